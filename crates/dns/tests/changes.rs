//! Whatever stands in a zone: what is planned makes the comparison pass, and is planned once.

#![allow(clippy::unwrap_used, reason = "a plan that cannot be made fails the test")]

use azure_types::communication::{VerificationRecord, VerificationRecords};
use dns::actual::{Actual, AtName};
use dns::change::{Change, Held, Written, changes, undo};
use dns::preflight::preflight;
use dns::record::Record;
use dns::required::{Part, Required};
use proptest::prelude::*;

const KEY: &str = "s1._domainkey.example.com";

fn required() -> Required {
    let record = |kind: &str, name: &str, value: &str| {
        let (kind, name, value) = (kind.to_owned(), name.to_owned(), value.to_owned());
        Some(VerificationRecord { kind, name, value, ttl: 3600 })
    };
    let records = VerificationRecords {
        domain: record("TXT", "example.com", "ms-domain-verification=1"),
        spf: record("TXT", "example.com", "v=spf1 include:spf.protection.outlook.com -all"),
        dkim: record("CNAME", "s1._domainkey", "s1.azurecomm.net"),
        dkim2: record("CNAME", "s2._domainkey", "s2.azurecomm.net"),
    };
    Required::new("example.com", Some("example.com"), &records).unwrap().with_dmarc("v=DMARC1; p=none")
}

/// What people have in their zones.
const POOL: [(&str, &str, &str); 18] = [
    ("example.com", "TXT", "ms-domain-verification=1"),
    ("example.com", "TXT", "ms-domain-verification=0"),
    ("example.com", "TXT", "google-site-verification=x"),
    ("example.com", "TXT", "v=spf1 mx ~all"),
    ("example.com", "TXT", "v=spf1 ip4:192.0.2.1 +all"),
    ("example.com", "TXT", "v=spf1 include:spf.protection.outlook.com -all"),
    ("example.com", "TXT", "v=spf1 -all include:spf.protection.outlook.com exp=a.example.com"),
    ("example.com", "TXT", "v=spf1 redirect=_spf.example.net"),
    ("example.com", "TXT", "v=spf1 ipv4:192.0.2.1 -all"),
    ("example.com", "CNAME", "web.example.net"),
    ("example.com", "A", "192.0.2.1"),
    (KEY, "CNAME", "s1.azurecomm.net"),
    (KEY, "CNAME", "other.example.net"),
    (KEY, "A", "192.0.2.1"),
    (KEY, "TXT", "v=DKIM1; p=x"),
    ("_dmarc.example.com", "TXT", "v=DMARC1; p=reject"),
    ("_dmarc.example.com", "TXT", "something else"),
    ("_dmarc.example.com", "CNAME", "policies.example.net"),
];

fn zone() -> impl Strategy<Value = Vec<Held>> {
    let one = (0..POOL.len(), any::<bool>(), any::<bool>());
    proptest::collection::vec(one, 0..7).prop_map(|drawn| {
        let mut held: Vec<Held> = Vec::new();
        for (number, (at, is_ours, is_proxied)) in drawn.into_iter().enumerate() {
            let (name, kind, value) = POOL[at];
            let record = Record::read(name, kind, value, 300);
            let is_proxied = is_proxied && matches!(kind, "A" | "CNAME");
            let comment = is_ours.then(|| "Postern".to_owned());
            // Providers keep a CNAME alone, and nothing twice.
            let is_alone = |other: &Held| {
                other.record.name == record.name && (other.record.target().is_some() || kind == "CNAME")
            };
            if !held.iter().any(|other| is_alone(other) || other.record.says_the_same(&record)) {
                held.push(Held { id: number.to_string(), record, is_proxied, comment });
            }
        }
        held
    })
}

fn is_ours(held: &Held) -> bool {
    held.comment.is_some()
}

/// Does what a provider would do, and remembers it as the engine does.
fn apply(zone: &mut Vec<Held>, plan: &[Change]) -> Vec<Written> {
    let mut written = Vec::new();
    for change in plan {
        let (record, record_id, before) = match change {
            Change::Create(record) => (record, format!("new {record}"), None),
            Change::Replace { held, by, .. } => (by, held.id.clone(), Some(held.record.value().to_owned())),
            Change::Delete(held) => {
                zone.retain(|other| other != held);
                continue;
            }
        };
        zone.retain(|other| other.id != record_id);
        let comment = Some("Postern".to_owned());
        zone.push(Held { id: record_id.clone(), record: record.clone(), is_proxied: false, comment });
        written.push(Written {
            zone: "example.com".to_owned(),
            record: record.clone(),
            record_id,
            before,
            also_before: Vec::new(),
        });
    }
    written
}

fn actual(zone: &[Held]) -> Actual {
    let mut actual = Actual { zone: Some("example.com".to_owned()), ..Actual::default() };
    for held in zone {
        let at: &mut AtName = actual.names.entry(held.record.name.clone()).or_default();
        let proxy = Record::read(&held.record.name, "A", "104.16.0.1", 300);
        at.records.push(if held.is_proxied { proxy } else { held.record.clone() });
    }
    actual
}

/// What stands there, without ids and in order.
fn values(zone: &[Held]) -> Vec<String> {
    let mut values: Vec<String> = zone.iter().map(|held| held.record.to_string()).collect();
    values.sort();
    values
}

proptest! {
    #[test]
    fn a_plan_is_right_and_made_once(zone in zone()) {
        let (required, mut zone) = (required(), zone);
        let foreign: Vec<Held> = zone.iter().filter(|held| !is_ours(held)).cloned().collect();
        let (plan, blocked) = changes(&required, &zone, &is_ours);
        apply(&mut zone, &plan);
        let (again, still_blocked) = changes(&required, &zone, &is_ours);
        prop_assert_eq!(again, Vec::new());
        prop_assert_eq!(still_blocked.len(), blocked.len());
        for held in foreign.iter().filter(|held| !held.record.text().is_some_and(dns::spf::is_spf)) {
            prop_assert!(zone.contains(held), "{:?} is not ours", held);
        }
        for row in preflight(&required, &actual(&zone)).iter().filter(|row| row.verdict.is_in_the_way()) {
            let is_told = blocked.iter().any(|blocked| blocked.name == row.name);
            prop_assert!(is_told, "{} is in the way after {:#?}", row.message, plan);
            prop_assert!(row.part != Part::Dkim2);
        }
    }

    #[test]
    fn what_is_written_into_a_foreign_zone_is_taken_back(zone in zone()) {
        let mut zone: Vec<Held> = zone.into_iter().map(|held| Held { comment: None, ..held }).collect();
        let before = values(&zone);
        let (plan, _) = changes(&required(), &zone, &is_ours);
        let written = apply(&mut zone, &plan);
        let (back, left) = undo(&written, &zone);
        prop_assert!(left.is_empty());
        apply(&mut zone, &back);
        prop_assert_eq!(values(&zone), before);
    }

    #[test]
    fn nothing_that_is_shown_makes_the_comparison_panic(
        texts in proptest::collection::vec((0..5_usize, "TXT|CNAME|A|MX", "(v=spf1|v=DMARC1;|ms-domain-verification=)?(?s).{0,30}"), 0..12)
    ) {
        let required = required();
        let names = required.names();
        let mut actual = Actual { zone: Some("example.com".to_owned()), ..Actual::default() };
        for (name, kind, value) in texts {
            let record = Record::read(&names[name], &kind, &value, 1);
            actual.names.entry(record.name.clone()).or_default().records.push(record);
        }
        for row in preflight(&required, &actual) {
            prop_assert!(!row.message.is_empty() && !row.code.is_empty());
        }
        let _ = changes(&required, &actual.held(), &|_| true);
    }
}
