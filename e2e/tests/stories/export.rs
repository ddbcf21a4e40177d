//! Leaving is possible at any time: what was made at Azure is had in every form.

use api::infrastructure::manifest::Manifest;
use control::Control;
use e2e::World;
use provisioning::ExportForm;

const ACCOUNT: &str = "contoso";
/// What has to be in every form.
const SENDERS: [(&str, &str); 4] = [
    ("northwind.example", "alerts"),
    ("northwind.example", "NoReply"),
    ("fabrikam.example", "it"),
    ("", "hello"),
];

async fn desired(control: &Control) {
    let manifest: Manifest = toml::from_str(
        r#"
        resource_group = "fresh"
        service = "fresh-mail"
        [domain.azure]
        senders = ["hello"]
        [domain."northwind.example"]
        dns = "azure"
        senders = ["alerts", { username = "NoReply", display_name = "=1, \"${x}\" 'y'", suppressed = ["no@example.com"] }]
        [domain."fabrikam.example"]
        senders = ["it"]
        [smtp_username.printer]
        username = "alerts@northwind.example"
        "#,
    )
    .unwrap();
    control.provisioning().set_infrastructure(ACCOUNT, manifest).await.unwrap();
}

#[tokio::test]
async fn every_domain_and_sender_is_in_every_form() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    let applied = world.drive(e2e::apply(&control, ACCOUNT, None)).await.unwrap();
    assert!(applied.only_pending(), "only the domain that a person keeps is not done: {applied:#?}");
    for form in ExportForm::ALL {
        let text = control.provisioning().export(ACCOUNT, form).await.unwrap();
        for (domain, sender) in SENDERS {
            assert!(
                text.contains(sender) && text.contains(domain),
                "{form:?} lacks {sender}@{domain}: {text}"
            );
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn what_is_imported_is_what_is_at_azure() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    world.drive(e2e::apply(&control, ACCOUNT, None)).await.unwrap();
    let terraform = control.provisioning().export(ACCOUNT, ExportForm::Terraform).await.unwrap();
    let bicep = control.provisioning().export(ACCOUNT, ExportForm::Bicep).await.unwrap();
    {
        let twin = world.twin.backend().state();
        let domain = twin.domains.iter().find(|domain| domain.name == "northwind.example").unwrap();
        let lists: Vec<_> = domain.suppression_lists.iter().collect();
        assert_eq!(lists.len(), 1);
        for list in lists {
            assert!(terraform.contains(&list.name) && bicep.contains(&list.name), "{}", list.name);
            for address in &list.addresses {
                assert!(
                    terraform.contains(&address.name) && bicep.contains(&address.name),
                    "{}",
                    address.name
                );
            }
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn the_table_has_what_devices_are_told() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    world.drive(e2e::apply(&control, ACCOUNT, None)).await.unwrap();
    let table = control.provisioning().export(ACCOUNT, ExportForm::Csv).await.unwrap();
    let lines: Vec<&str> = table.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), SENDERS.len() + 1, "{table}");
    let line = |of: &str| lines.iter().find(|line| line.contains(of)).copied().unwrap();
    // A login of its own, a display name that is no formula, and the domain that Azure chose.
    assert!(line("alerts").ends_with(",alerts@northwind.example"), "{table}");
    assert!(line("NoReply").contains("\"'=1, \"\"${x}\"\" 'y'\",NoReply@northwind.example"), "{table}");
    let address = line("hello").split(',').nth(3).unwrap();
    assert!(address.starts_with("hello@") && address.ends_with(".azurecomm.net"), "{table}");
    world.finish().await;
}
