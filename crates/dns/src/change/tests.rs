//! Plans for zones that people have.

use azure_types::communication::{VerificationRecord, VerificationRecords};

use super::*;
use crate::required::Required;

const INCLUDE: &str = "v=spf1 include:spf.protection.outlook.com -all";

fn required() -> Required {
    let record = |kind: &str, name: &str, value: &str| {
        let (kind, name, value) = (kind.to_owned(), name.to_owned(), value.to_owned());
        Some(VerificationRecord { kind, name, value, ttl: 3600 })
    };
    let records = VerificationRecords {
        domain: record("TXT", "example.com", "ms-domain-verification=1"),
        spf: record("TXT", "example.com", INCLUDE),
        dkim: record("CNAME", "s1._domainkey", "s1.azurecomm.net"),
        dkim2: None,
    };
    Required::new("example.com", Some("example.com"), &records).unwrap().with_dmarc("v=DMARC1; p=none")
}

fn held(name: &str, kind: &str, value: &str) -> Held {
    let record = Record::read(name, kind, value, 300);
    Held { id: format!("{name} {kind} {value}"), record, is_proxied: false, comment: None }
}

fn ours(name: &str, kind: &str, value: &str) -> Held {
    Held { comment: Some("Postern".to_owned()), ..held(name, kind, value) }
}

fn is_ours(held: &Held) -> bool {
    held.comment.is_some()
}

fn good() -> Vec<Held> {
    let records = required();
    records.records().map(|(_, one)| held(&one.name, one.kind(), one.value())).collect()
}

fn said(change: &Change) -> String {
    match change {
        Change::Create(record) => format!("+ {record}"),
        Change::Replace { held, by, .. } => format!("{} -> {}", held.record, by.value()),
        Change::Delete(held) => format!("- {}", held.record),
    }
}

/// Takes all of a name away from records that are right, adds others, and says what is planned.
#[track_caller]
fn check(without: &str, with: &[Held], changes: &[&str], blocked: &[&str]) {
    let mut held = good();
    held.retain(|one| one.record.name != without);
    held.extend_from_slice(with);
    let (planned, in_the_way) = super::changes(&required(), &held, &is_ours);
    assert_eq!(planned.iter().map(said).collect::<Vec<_>>(), changes);
    assert_eq!(in_the_way.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(), blocked);
}

const KEY: &str = "s1._domainkey.example.com";
const PROOF: &str = "+ example.com TXT \"ms-domain-verification=1\"";

#[test]
fn nothing_is_changed_when_all_is_there() {
    check("", &[held("example.com", "TXT", "else"), held("example.com", "MX", "10 a.example")], &[], &[]);
    check("_dmarc.example.com", &[held("_dmarc.example.com", "TXT", "v=DMARC1; p=reject")], &[], &[]);
    check("_dmarc.example.com", &[held("_dmarc.example.com", "CNAME", "p.example.net")], &[], &[]);
}

#[test]
fn what_is_missing_is_created() {
    let spf = format!("+ example.com TXT \"{INCLUDE}\"");
    check("example.com", &[], &[PROOF, &spf], &[]);
    check(KEY, &[], &["+ s1._domainkey.example.com CNAME s1.azurecomm.net"], &[]);
    check("_dmarc.example.com", &[], &["+ _dmarc.example.com TXT \"v=DMARC1; p=none\""], &[]);
}

#[test]
fn the_only_spf_record_is_merged() {
    let replaced = "example.com TXT \"v=spf1 mx ~all\" -> v=spf1 mx include:spf.protection.outlook.com -all";
    check("example.com", &[held("example.com", "TXT", "v=spf1 mx ~all")], &[PROOF, replaced], &[]);
    let two = [ours("example.com", "TXT", INCLUDE), held("example.com", "TXT", "v=spf1 mx ~all")];
    check("example.com", &two, &[PROOF, replaced, &format!("- example.com TXT \"{INCLUDE}\"")], &[]);
    let foreign = [held("example.com", "TXT", "v=spf1 a -all"), held("example.com", "TXT", "v=spf1 mx ~all")];
    check(
        "example.com",
        &foreign,
        &[PROOF],
        &[
            "example.com has 2 SPF records, where one is allowed, and Postern does not take away records of others. \
        Replace all of them by: v=spf1 a mx include:spf.protection.outlook.com -all",
        ],
    );
    check(
        "example.com",
        &[held("example.com", "TXT", "v=spf1 mx,a ~all")],
        &[PROOF],
        &[
            "Receivers cannot use the record that is there: \"mx,a\" is not understood: there is no such mechanism. \
         Mend that first.",
        ],
    );
}

#[test]
fn a_soft_end_stays_when_azure_has_verified() {
    let held = [held("example.com", "TXT", "v=spf1 include:spf.protection.outlook.com ~all")];
    let (changes, _) = changes(&required().with_soft_end(), &held, &is_ours);
    assert!(!changes.iter().any(|change| matches!(change, Change::Replace { .. })));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let foreign = "is there, and Postern did not write it. Nothing can stand beside the CNAME to s1.azurecomm.net \
                   that Azure requires: delete it if it is not needed.";
    check(KEY, &[held(KEY, "CNAME", "b.example")], &[], &[&format!("{KEY} CNAME b.example {foreign}")]);
    check(KEY, &[held(KEY, "A", "192.0.2.1")], &[], &[&format!("{KEY} A 192.0.2.1 {foreign}")]);
    check(
        "example.com",
        &[held("example.com", "CNAME", "b.example")],
        &[],
        &[
            "example.com is a CNAME to b.example, and nothing else can stand beside one. Replace it by address records, \
         or verify another domain.",
        ],
    );
    let proxied = Held { is_proxied: true, ..held(KEY, "CNAME", "s1.azurecomm.net") };
    check(
        KEY,
        &[proxied],
        &[],
        &[&format!("The CNAME at {KEY} is right, but proxied, so that nobody sees it. Turn its proxy off.")],
    );
}

#[test]
fn what_is_ours_is_corrected() {
    check(
        KEY,
        &[ours(KEY, "CNAME", "b.example")],
        &[&format!("{KEY} CNAME b.example -> s1.azurecomm.net")],
        &[],
    );
    let proxied = Held { is_proxied: true, ..ours(KEY, "CNAME", "s1.azurecomm.net") };
    check(KEY, &[proxied], &[&format!("{KEY} CNAME s1.azurecomm.net -> s1.azurecomm.net")], &[]);
    let old = [ours("example.com", "TXT", "ms-domain-verification=0"), held("example.com", "TXT", INCLUDE)];
    let wanted = "example.com TXT \"ms-domain-verification=0\" -> ms-domain-verification=1";
    check("example.com", &old, &[wanted], &[]);
}

#[test]
fn records_of_a_name_have_one_ttl() {
    let ttls = |held: &[Held]| -> Vec<(String, u32)> {
        let (changes, _) = changes(&required(), held, &is_ours);
        changes.iter().filter_map(Change::new_record).map(|one| (one.kind().to_owned(), one.ttl)).collect()
    };
    let with_ttl = |value: &str, ttl| Held {
        record: Record::txt("example.com", value, ttl),
        ..held("example.com", "TXT", value)
    };
    let all = |txt| {
        [
            ("TXT".to_owned(), txt),
            ("TXT".to_owned(), txt),
            ("CNAME".to_owned(), 3600),
            ("TXT".to_owned(), 3600),
        ]
    };
    assert_eq!(ttls(&[]), all(3600));
    // What stays decides, then the shortest of what is written.
    assert_eq!(ttls(&[with_ttl("token", 86_400)]), all(86_400));
    assert_eq!(ttls(&[with_ttl("token", 86_400), with_ttl("v=spf1 mx ~all", 300)]), all(86_400));
    assert_eq!(ttls(&[with_ttl("token", 600), with_ttl("other", 900)]), all(600));
    assert_eq!(ttls(&[with_ttl("v=spf1 mx ~all", 300)]), all(300));
    // Only records of the same type count.
    assert_eq!(ttls(&[held("example.com", "A", "192.0.2.1")]), all(3600));
}

#[test]
fn a_text_that_is_there_already_goes_before_another_one_becomes_it() {
    let mut there = good();
    there.retain(|one| !one.record.text().is_some_and(dns_records::spf::is_spf));
    there.extend([held("example.com", "TXT", "v=spf1 -all"), ours("example.com", "TXT", INCLUDE)]);
    let (changes, blocked) = changes(&required(), &there, &is_ours);
    let said: Vec<String> = changes.iter().map(said).collect();
    assert_eq!(
        said,
        [format!("- example.com TXT \"{INCLUDE}\""), format!("example.com TXT \"v=spf1 -all\" -> {INCLUDE}"),]
    );
    assert!(blocked.is_empty());
}

#[test]
fn what_was_written_is_taken_back() {
    let written = |value: &str, before: Option<&str>| Written {
        zone: "example.com".to_owned(),
        record: Record::txt("example.com", value, 300),
        record_id: String::new(),
        before: before.map(str::to_owned),
        also_before: Vec::new(),
    };
    let log = [written("ms-domain-verification=1", None), written(INCLUDE, Some("v=spf1 ~all"))];
    let (changes, left) = undo(&log, &good());
    assert_eq!(
        changes.iter().map(said).collect::<Vec<_>>(),
        [
            format!("example.com TXT \"{INCLUDE}\" -> v=spf1 ~all"),
            "- example.com TXT \"ms-domain-verification=1\"".to_owned(),
        ]
    );
    assert!(left.is_empty() && undo(&log, &[]) == (Vec::new(), Vec::new()));
    let also_before = vec!["v=spf1 a ~all".to_owned(), "v=spf1 mx ~all".to_owned()];
    let log = [Written { also_before, ..written(INCLUDE, Some("v=spf1 ~all")) }];
    let mut there = good();
    there.push(held("example.com", "TXT", "v=spf1 mx ~all"));
    let (changes, left) = undo(&log, &there);
    assert_eq!(
        changes.iter().map(said).collect::<Vec<_>>(),
        [
            format!("example.com TXT \"{INCLUDE}\" -> v=spf1 ~all"),
            "+ example.com TXT \"v=spf1 a ~all\"".to_owned(),
        ],
        "what somebody has put back already is not written twice"
    );
    assert!(left.is_empty());
    let edited = Held { id: "7".to_owned(), ..held("example.com", "TXT", "v=spf1 a mx -all") };
    let log = [Written { record_id: "7".to_owned(), ..written(INCLUDE, Some("v=spf1 ~all")) }];
    let (changes, left) = undo(&log, &[edited]);
    assert!(changes.is_empty() && left[0].message.contains("was changed by somebody since it was written"));
}
