//! SMTP usernames of Azure: an app that was set up for smtp.azurecomm.net changes nothing but its host.

use control::verify::Repair;
use e2e::{Device, Setup, World, message};
use model::queued::Origin;
use twin::state::{SmtpUsername, SystemData};

/// Makes an SMTP username at Azure, and lets Postern look.
async fn listed(world: &World, username: &str) -> Device {
    let ready = world.twin.ready().clone();
    let made = SmtpUsername {
        name: "printers".to_owned(),
        username: username.to_owned(),
        client: ready.client_id,
        tenant: ready.tenant_id,
        system_data: SystemData::default(),
    };
    world.twin.backend().change_state(|state| state.services[0].smtp_usernames = vec![made]);
    world.control().verify("contoso", Repair::Nothing, None).await.unwrap();
    Device { login: username.to_owned(), password: ready.client_secret }
}

async fn refusal(world: &World, device: &Device) -> Option<String> {
    world.log_in(device).await.err().map(|error| error.cause.to_string())
}

#[tokio::test]
async fn a_username_and_the_apps_secret_send_at_once() {
    let world = World::start().await;
    for username in ["printers@contoso.example", "Printers of the ground floor"] {
        let device = listed(&world, username).await;
        let shouted = Device { login: device.login.to_uppercase(), ..device.clone() };
        for device in [device, shouted] {
            let mut connection = world.log_in(&device).await.unwrap();
            let text = message("s", "a@example.com", "x");
            let verdict = world.offer(&mut connection, &["a@example.com"], &text).await;
            let mail = world.captured().pop().unwrap();
            let reply = verdict.message.unwrap().unwrap();
            assert_eq!(reply.to_string(), format!("250 2.0.0 OK {}", mail.operation));
        }
    }
    assert_eq!(world.captured().len(), 4);
    world.finish().await;
}

#[tokio::test]
async fn it_goes_on_by_smtp_under_the_same_name() {
    let world = World::start().await;
    let device = listed(&world, "printers@contoso.example").await;
    let mut connection = world.log_in(&device).await.unwrap();
    let text = b"From: The Boss <scanner@contoso.example>\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";
    assert!(world.offer(&mut connection, &["a@example.com"], text).await.message.unwrap().is_ok());
    assert_eq!(world.captured()[0].path, twin::captured::Path::Smtp);
    world.finish().await;
}

#[tokio::test]
async fn a_restart_remembers_it_and_azures_list_rules() {
    let mut world = World::start().await;
    let device = listed(&world, "printers@contoso.example").await;
    world.stop_server().await;
    world.start_server().await;
    assert_eq!(refusal(&world, &device).await, None);
    let wrong = Device { password: "wrong".to_owned(), ..device.clone() };
    assert!(refusal(&world, &wrong).await.unwrap().contains("535 5.7.3"));
    let renamed = listed(&world, "scanners@contoso.example").await;
    assert_eq!(refusal(&world, &renamed).await, None);
    assert!(refusal(&world, &device).await.unwrap().contains("535 5.7.3"));
    world.finish().await;
}

#[tokio::test]
async fn a_credential_of_the_same_name_comes_first() {
    let world = World::start().await;
    let listed = listed(&world, "printers@contoso.example").await;
    let own = world.add_device("Printers@contoso.example").await;
    assert!(refusal(&world, &listed).await.unwrap().contains("535 5.7.3"));
    let mut connection = world.log_in(&own).await.unwrap();
    let text = message("s", "a@example.com", "x");
    let reply = world.offer(&mut connection, &["a@example.com"], &text).await.message.unwrap().unwrap();
    let id = reply.text().rsplit(' ').next().unwrap().parse().unwrap();
    let origin = world.until_view(id, |_| true).await.origin;
    assert_eq!(origin, Origin::Credential("Printers@contoso.example".to_owned()));
    world.until_taken(1).await;
    world.control().remove_credential("printers@contoso.example").await.unwrap();
    assert_eq!(refusal(&world, &listed).await, None);
    world.finish().await;
}

#[tokio::test]
async fn its_tenant_has_to_be_listed_here() {
    let world = World::start_with(Setup { apps_may_log_in: false, ..Setup::default() }).await;
    let device = listed(&world, "printers@contoso.example").await;
    assert!(refusal(&world, &device).await.unwrap().contains("535 5.7.3"));
    world.finish().await;
}
