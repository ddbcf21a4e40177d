//! Provisioning takes nothing away that it has not made, and changes nothing that nobody was shown.

use api::infrastructure::adopted::Adopt;
use api::infrastructure::manifest::{DomainManifest, Manifest, SenderManifest};
use api::infrastructure::progress::ApplyEvent;
use control::{Control, NewDnsProvider};
use e2e::World;
use provisioning::NewDomain;
use tokio::sync::mpsc::unbounded_channel;
use twin::state::dns::Record;

const ACCOUNT: &str = "contoso";
const DOMAIN: &str = "northwind.example";

async fn desired(control: &Control, senders: &[&str]) {
    let senders = senders.iter().map(|one| SenderManifest::Plain((*one).to_owned())).collect();
    let manifest = DomainManifest { dns: Some("azure".into()), senders, ..DomainManifest::default() };
    e2e::add_domain(control, DOMAIN, manifest).await;
}

async fn apply(world: &World, control: &Control) {
    let applied = world.drive(e2e::apply(control, ACCOUNT, None)).await.unwrap();
    assert!(applied.is_complete(), "{applied:#?}");
}

async fn destroy(world: &World, control: &Control) {
    let applied = world.drive(e2e::destroy(control, ACCOUNT, &[], None)).await.unwrap();
    assert!(applied.is_complete(), "{applied:#?}");
}

#[tokio::test]
async fn what_was_there_before_outlives_destroy() {
    let world = World::start().await;
    let control = world.control();
    control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap();
    desired(&control, &["noreply"]).await;
    apply(&world, &control).await;
    destroy(&world, &control).await;
    let twin = world.twin.backend().state().clone();
    assert!(twin.service("contoso-mail").is_some());
    let names: Vec<&str> = twin.domains.iter().map(|domain| domain.name.as_str()).collect();
    assert!(names.contains(&"contoso.example") && !names.contains(&DOMAIN), "{names:?}");
    assert_eq!(twin.service("contoso-mail").unwrap().linked_domains.len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn addresses_of_a_domain_that_is_gone_are_gone_here() {
    let world = World::start().await;
    let control = world.control();
    desired(&control, &["noreply"]).await;
    apply(&world, &control).await;
    let count = || {
        let directory = world.server().store.directory();
        let account = control.account(ACCOUNT).unwrap();
        directory.senders(account.id).filter(|one| one.mailbox.to_string().ends_with(DOMAIN)).count()
    };
    assert_eq!(count(), 2);
    world.drive(e2e::destroy(&control, ACCOUNT, &[DOMAIN.to_owned()], None)).await.unwrap();
    assert_eq!(count(), 0);
    world.finish().await;
}

#[tokio::test]
async fn a_sender_that_somebody_made_again_is_theirs() {
    let world = World::start().await;
    let control = world.control();
    desired(&control, &["alerts"]).await;
    apply(&world, &control).await;
    control.provisioning().forget_sender(ACCOUNT, "alerts@northwind.example").await.unwrap();
    apply(&world, &control).await;
    world.twin.backend().change_state(|state| {
        let domain = state.domains.iter_mut().find(|domain| domain.name == DOMAIN).unwrap();
        let (username, display_name) = ("alerts".to_owned(), None);
        domain.senders.push(twin::state::SenderUsername { username, display_name });
    });
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let keys: Vec<&str> = plan.steps.iter().map(|step| step.key.as_str()).collect();
    assert_eq!(keys, ["devices/northwind.example"]);
    world.finish().await;
}

#[tokio::test]
async fn a_plan_of_a_file_keeps_nothing_and_a_desired_state_that_changes_meanwhile_is_not_forgotten() {
    let world = World::start().await;
    let control = world.control();
    desired(&control, &[]).await;
    let before = control.provisioning().infrastructure(ACCOUNT).await.unwrap();
    let plan = control.provisioning().plan(ACCOUNT, &[], Some(Manifest::default())).await.unwrap();
    assert!(plan.steps.iter().all(|step| !step.key.contains(DOMAIN)));
    assert_eq!(control.provisioning().infrastructure(ACCOUNT).await.unwrap(), before);
    apply(&world, &control).await;

    let (events, mut heard) = unbounded_channel();
    let meddling = async {
        while let Some(event) = heard.recv().await {
            if matches!(&event, ApplyEvent::Ended { key, .. } if key.starts_with("unlink")) {
                desired(&control, &["late"]).await;
            }
        }
    };
    let destroying = async { e2e::destroy(&control, ACCOUNT, &[], Some(events)).await };
    let (destroyed, ()) = Box::pin(world.drive(async { tokio::join!(destroying, meddling) })).await;
    assert!(destroyed.unwrap_err().to_string().contains("changed"));
    assert!(
        control.provisioning().infrastructure(ACCOUNT).await.unwrap().domains[DOMAIN]
            .senders
            .contains_key("late")
    );
    world.finish().await;
}

#[tokio::test]
async fn a_record_that_changes_between_look_and_writing_is_left_alone() {
    let world = World::start().await;
    let control = world.control();
    let put = |value: &str| {
        world.twin.backend().change_state(|state| {
            let zone = state.zones.iter_mut().find(|zone| zone.name == DOMAIN).unwrap();
            zone.records.retain(|record| !record.value.starts_with("v=spf1"));
            zone.records.push(Record::new("TXT", DOMAIN, value));
        });
    };
    put("v=spf1 ip4:192.0.2.1 ~all");
    desired(&control, &[]).await;
    control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let (events, mut heard) = unbounded_channel();
    let meddling = async {
        while let Some(event) = heard.recv().await {
            // The proof of ownership stands in the same record set, and is written first.
            if matches!(&event, ApplyEvent::Progress { message, .. } if message.ends_with("is written")) {
                put("v=spf1 ip4:203.0.113.5 ~all");
            }
        }
    };
    let applying = async { e2e::apply(&control, ACCOUNT, Some(events)).await.unwrap() };
    world.drive(async { tokio::join!(applying, meddling) }).await;
    let twin = world.twin.backend().state().clone();
    let zone = twin.zones.iter().find(|zone| zone.name == DOMAIN).unwrap();
    let spf: Vec<&str> = zone
        .records
        .iter()
        .map(|record| record.value.as_str())
        .filter(|value| value.starts_with("v=spf1"))
        .collect();
    assert_eq!(spf, ["v=spf1 ip4:203.0.113.5 ~all"]);
    world.finish().await;
}

#[tokio::test]
async fn wrong_targets_names_and_tokens_are_refused() {
    let world = World::start().await;
    let control = world.control();
    desired(&control, &[]).await;
    assert!(control.provisioning().plan(ACCOUNT, &["typo.example".to_owned()], None).await.is_err());
    assert!(control.provisioning().plan(ACCOUNT, &["Northwind.Example.".to_owned()], None).await.is_ok());
    for name in ["1.2.3.4", "_x.example", "x", "a b.example"] {
        let new = NewDomain { name: name.to_owned(), ..NewDomain::default() };
        assert!(control.provisioning().add_domain(ACCOUNT, new).await.is_err(), "{name}");
    }
    for dmarc in ["v=DMARC1garbage", "v=DMARC1; p=none\nfake", "p=none"] {
        let manifest = DomainManifest { dmarc: Some(dmarc.to_owned()), ..DomainManifest::default() };
        let new = NewDomain { name: DOMAIN.to_owned(), manifest, ..NewDomain::default() };
        assert!(control.provisioning().add_domain(ACCOUNT, new).await.is_err(), "{dmarc:?}");
    }
    let connection = |token: &str, base_url: String| NewDnsProvider {
        name: "cf".into(),
        kind: "cloudflare".into(),
        token: token.into(),
        base_url: Some(base_url),
        ca_pem: Some(std::fs::read_to_string(&world.twin.ready().ca).unwrap()),
    };
    let base_url = format!("{}/client/v4", world.twin.ready().url);
    let wrong = control.add_dns_provider(connection("not-the-token", base_url.clone())).await.unwrap_err();
    assert!(wrong.to_string().contains("does not take the token"), "{wrong}");
    let hidden = base_url.replace("https://", "https://user:secret@");
    assert!(control.add_dns_provider(connection("twin-cloudflare-token", hidden)).await.is_err());
    world.finish().await;
}

#[tokio::test]
async fn an_account_with_domains_is_not_removed_in_silence() {
    let world = World::start().await;
    let control = world.control();
    control.remove_credential("scanner1").await.unwrap();
    desired(&control, &[]).await;
    let refused = control.remove_account(ACCOUNT).await.unwrap_err();
    assert!(refused.to_string().contains("postern destroy"), "{refused}");
    let losses = control.losses(ACCOUNT).await.unwrap();
    assert!(!losses.domains.is_empty(), "{losses:?}");
    let removal = control.begin_removal(ACCOUNT, &losses).await.unwrap();
    control.finish_removal(removal, &[]).await.unwrap();
    world.finish().await;
}
