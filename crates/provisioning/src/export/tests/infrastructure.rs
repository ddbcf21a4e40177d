//! Infrastructures to export.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::id::AccountId;
use model::infrastructure::{
    AZURE_MANAGED, DesiredDomain, DesiredLogin, DesiredSender, DnsWay, DomainOwner, Infrastructure,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::super::ExportContext;

const SUBSCRIPTION: &str = "22222222-bbbb-4222-8222-222222222222";
const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
const CLIENT: &str = "33333333-cccc-4333-8333-333333333333";

pub(super) fn home() -> ExportContext {
    ExportContext {
        subscription: SUBSCRIPTION.parse().unwrap(),
        tenant: TENANT.parse().unwrap(),
        client: CLIENT.parse().unwrap(),
        environment: None,
        relay: ("smtp.azurecomm.net".into(), 587),
        azure_domain: None,
    }
}

fn bare() -> Infrastructure {
    Infrastructure {
        account: AccountId::from_bytes([1; 16]),
        group: "postern".into(),
        location: "westeurope".into(),
        data_location: "Europe".into(),
        service: "contoso".into(),
        email_service: "contoso-email".into(),
        access: false,
        domains: BTreeMap::new(),
        smtp_usernames: BTreeMap::new(),
        changed_at: Timestamp::UNIX_EPOCH,
    }
}

fn sender(username: &str, display_name: Option<&str>, suppressed: &[&str]) -> (String, DesiredSender) {
    let suppressed = suppressed.iter().map(|one| (*one).to_owned()).collect();
    let display_name = display_name.map(str::to_owned);
    (username.to_lowercase(), DesiredSender { username: username.into(), display_name, suppressed })
}

/// One with everything in it.
pub(super) fn rich() -> Infrastructure {
    let contoso = DesiredDomain {
        dns: DnsWay::Azure,
        tracking: true,
        dmarc: Some("v=DMARC1; p=none".into()),
        senders: [
            sender(
                "NoReply",
                Some("Contoso \"News\", daily"),
                &["no@example.com", "NO@example.com", "x@example.com"],
            ),
            sender("alerts", Some("=HYPERLINK(\"https://evil.example\")"), &[]),
            sender("it", Some("O'Brien \\ ${secret} $${x} %{if} \u{202e}"), &["y@example.com"]),
            sender("scanner", None, &[]),
        ]
        .into(),
        ..DesiredDomain::default()
    };
    let cafe =
        DesiredDomain { senders: [sender("café", Some("Café"), &[])].into(), ..DesiredDomain::default() };
    let azure = DesiredDomain {
        owner: DomainOwner::Azure,
        senders: [sender("hello", None, &[])].into(),
        ..DesiredDomain::default()
    };
    let empty = DesiredDomain::default();
    let printer = DesiredLogin { username: "scanner@contoso.example".into(), client: None };
    let shop = DesiredLogin { username: "shop".into(), client: SUBSCRIPTION.parse().ok() };
    Infrastructure {
        group: "mail (prod)".into(),
        data_location: "unitedstates".into(),
        service: "contoso_mail".into(),
        access: true,
        domains: [
            ("contoso.example".into(), contoso),
            ("contoso-example".into(), cafe),
            (AZURE_MANAGED.into(), azure),
            ("1and1.example".into(), empty),
        ]
        .into(),
        smtp_usernames: [("printer".into(), printer), ("shop".into(), shop)].into(),
        ..bare()
    }
}

/// One with many senders, spread over its domains, and many logins.
pub(super) fn large(senders: usize, domains: usize, logins: usize) -> Infrastructure {
    let mut infrastructure = bare();
    for domain in 0..domains {
        infrastructure.domains.insert(format!("d{domain}.example"), DesiredDomain::default());
    }
    for number in 0..senders {
        let domain = infrastructure.domains.get_mut(&format!("d{}.example", number % domains)).unwrap();
        domain.senders.extend([sender(&format!("s{number}"), None, &[])]);
    }
    let login = |number| DesiredLogin { username: format!("user {number}"), client: None };
    infrastructure.smtp_usernames =
        (0..logins).map(|number| (format!("login-{number}"), login(number))).collect();
    infrastructure
}

/// What may mean something to one of the languages, and everything else.
fn any_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "'", "\"", "\\", "$", "%", "{", "}", "${", "%{", "$${", "%%{", "\\u{", "'''", "//", "/*", "*/", "#",
        "\n", "\r", "\r\n", "\t", "\0", "\u{85}", "\u{2028}", "\u{202e}", "\u{feff}", "[", "]", "=", "+",
        "-", "@", ",", ";", " ", "a", "A", "é", "😀",
    ]);
    let piece = prop_oneof![4 => nasty.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_sender() -> impl Strategy<Value = DesiredSender> {
    (any_text(), proptest::option::of(any_text()), vec(any_text(), 0..3))
        .prop_map(|(username, display_name, suppressed)| DesiredSender { username, display_name, suppressed })
}

fn any_domain() -> impl Strategy<Value = DesiredDomain> {
    (btree_map(any_text(), any_sender(), 0..4), any::<bool>()).prop_map(|(senders, tracking)| DesiredDomain {
        tracking,
        senders,
        ..DesiredDomain::default()
    })
}

/// Any at all, also such as no desired state can be.
pub(super) fn any_infrastructure() -> impl Strategy<Value = Infrastructure> {
    let login = any_text().prop_map(|username| DesiredLogin { username, client: None });
    (
        [any_text(), any_text(), any_text(), any_text(), any_text()],
        btree_map(any_text(), any_domain(), 0..4),
        btree_map(any_text(), login, 0..3),
    )
        .prop_map(
            |([group, location, data_location, service, email_service], domains, smtp_usernames)| {
                Infrastructure {
                    group,
                    location,
                    data_location,
                    service,
                    email_service,
                    domains,
                    smtp_usernames,
                    ..bare()
                }
            },
        )
}
