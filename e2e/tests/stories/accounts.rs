//! What an operator changes of an account takes effect, and only that.

use api::verification::{Outcome, Verdict};
use control::verify::Repair;
use control::{AccountChange, Control, NewCloud};
use e2e::World;

const ACCOUNT: &str = "contoso";

async fn move_to(control: &Control, cloud: NewCloud) {
    let change = AccountChange { cloud: Some(cloud), ..AccountChange::default() };
    control.change_account(ACCOUNT, change).await.unwrap();
}

fn named(cloud: &str) -> NewCloud {
    NewCloud { name: Some(cloud.to_owned()), ..NewCloud::default() }
}

#[tokio::test]
async fn an_account_that_was_put_into_the_wrong_azure_is_moved() {
    let world = World::start().await;
    let control = world.control();
    let nowhere = Some("https://127.0.0.1:9".to_owned());
    move_to(&control, NewCloud { authority: nowhere, ..NewCloud::default() }).await;
    let report = control.verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
    let failed = report.findings.iter().find(|finding| finding.outcome == Outcome::Failed).unwrap();
    assert_eq!(failed.code, "endpoint.unreachable");
    move_to(&control, world.cloud()).await;
    let report = control.verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
    assert_eq!(report.verdict, Verdict::Ready, "{report:#?}");
    world.finish().await;
}

#[tokio::test]
async fn the_base_url_of_a_service_follows_its_cloud_unless_somebody_chose_one() {
    let world = World::start().await;
    let control = world.control();
    let endpoint =
        || control.account(ACCOUNT).unwrap().azure().unwrap().service.as_ref().unwrap().endpoint.to_string();
    let chosen = endpoint();
    move_to(&control, named("china")).await;
    assert_eq!(endpoint(), chosen);
    let service = Some("contoso-mail".to_owned());
    control.change_account(ACCOUNT, AccountChange { service, ..AccountChange::default() }).await.unwrap();
    assert_eq!(endpoint(), "https://contoso-mail.communication.azure.cn/");
    move_to(&control, named("public")).await;
    assert_eq!(endpoint(), "https://contoso-mail.communication.azure.com/");
    world.finish().await;
}
