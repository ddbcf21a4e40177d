//! What a person is handed, for zones that people have: each record once, with what it takes the place of.

#![allow(clippy::unwrap_used, reason = "a requirement that cannot be made fails the test")]

use azure_types::communication::{VerificationRecord, VerificationRecords};
use dns::actual::Actual;
use dns::change::changes;
use dns::manual::{Action, Handout, RecordLine};
use dns::preflight::preflight;
use dns::record::Record;
use dns::required::Required;

const INCLUDE: &str = "include:spf.protection.outlook.com";

fn required(domain: &str, zone: &str) -> Required {
    let record = |kind: &str, name: &str, value: &str| {
        let (kind, name, value) = (kind.to_owned(), name.to_owned(), value.to_owned());
        Some(VerificationRecord { kind, name, value, ttl: 3600 })
    };
    let records = VerificationRecords {
        domain: record("TXT", domain, "ms-domain-verification=1"),
        spf: record("TXT", domain, &format!("v=spf1 {INCLUDE} -all")),
        dkim: record("CNAME", "s1._domainkey", "s1.azurecomm.net"),
        dkim2: None,
    };
    Required::new(domain, Some(zone), &records).unwrap()
}

fn lines(required: &Required, there: &[(&str, &str, &str)]) -> Vec<RecordLine> {
    let zone = required.zone().unwrap();
    let mut actual =
        Actual { domain: required.domain().to_owned(), zone: Some(zone.to_owned()), ..Actual::default() };
    for (name, kind, value) in there {
        let record = Record::read(name, kind, value, 300);
        actual.names.entry(record.name.clone()).or_default().records.push(record);
    }
    let (held, rows) = (actual.held(), preflight(required, &actual));
    let (changes, blocked) = changes(required, &held, &|_| false);
    Handout { zone, held: &held, changes: &changes, blocked: &blocked }.lines(&rows)
}

/// Each row in words.
#[track_caller]
fn check(there: &[(&str, &str, &str)], wanted: &[&str]) {
    assert_eq!(in_words(&lines(&required("example.com", "example.com"), there)), wanted);
}

fn in_words(lines: &[RecordLine]) -> Vec<String> {
    let words = lines.iter().map(|line| {
        let replaces: String = line.replaces.iter().map(|value| format!(" <- {value}")).collect();
        let (part, action) = (line.part.title(), line.action.title());
        format!("{part}, {action}: {} {} {} {}{replaces}", line.relative, line.ttl, line.kind, line.value)
    });
    words.collect()
}

const KEY: &str = "s1._domainkey.example.com";
const PROOF: &str = "Ownership, add: @ 300 TXT \"ms-domain-verification=1\"";
const DKIM: &str = "DKIM, add: s1._domainkey 3600 CNAME s1.azurecomm.net.";
const DMARC: &str = "DMARC, recommended: _dmarc 3600 TXT \"v=DMARC1; p=none\"";

#[test]
fn an_empty_zone_needs_each_record_once() {
    let proof = PROOF.replace("300", "3600");
    let spf = format!("SPF, add: @ 3600 TXT \"v=spf1 {INCLUDE} -all\"");
    check(&[], &[&proof, &spf, DKIM, DMARC]);
    // Others at the name decide how long it may be kept.
    check(&[("example.com", "TXT", "token")], &[PROOF, &spf.replace("3600", "300"), DKIM, DMARC]);
}

#[test]
fn an_spf_record_with_several_faults_is_one_row_that_names_the_old_one() {
    let spf = |old: &str| format!("SPF, replace: @ 300 TXT \"v=spf1 mx {INCLUDE} -all\" <- {old}");
    for old in ["\"v=spf1 mx ~all\"", "\"v=spf1 \" \"mx ~all\""] {
        check(&[("example.com", "TXT", old)], &[PROOF, &spf(old), DKIM, DMARC]);
    }
}

#[test]
fn what_a_person_has_to_decide_names_all_that_is_in_the_way() {
    let there = [
        ("example.com", "TXT", "v=spf1 mx ~all"),
        ("example.com", "TXT", "v=spf1 a -all"),
        (KEY, "CNAME", "other.example.net"),
        ("_dmarc.example.com", "TXT", "v=dmarc1; p=none"),
    ];
    let spf = format!(
        "SPF, decide first: @ 300 TXT \"v=spf1 a mx {INCLUDE} -all\" <- \"v=spf1 mx ~all\" <- \"v=spf1 a -all\""
    );
    let key = "DKIM, decide first: s1._domainkey 3600 CNAME s1.azurecomm.net. <- other.example.net.";
    check(&there, &[PROOF, &spf, key, &format!("{DMARC} <- \"v=dmarc1; p=none\"")]);
    let text = [(KEY, "TXT", "v=DKIM1; p=x")];
    let (proof, spf) =
        (PROOF.replace("300", "3600"), format!("SPF, add: @ 3600 TXT \"v=spf1 {INCLUDE} -all\""));
    let key = format!(
        "DKIM, decide first: s1._domainkey 3600 CNAME s1.azurecomm.net. <- {KEY} TXT \"v=DKIM1; p=x\""
    );
    check(&text, &[&proof, &spf, &key, DMARC]);
}

#[test]
fn what_is_right_is_shown_as_it_is() {
    let spf = format!("v=spf1 mx {INCLUDE} -all");
    let there = [
        ("example.com", "TXT", "ms-domain-verification=1"),
        ("example.com", "TXT", spf.as_str()),
        (KEY, "CNAME", "s1.azurecomm.net"),
        ("_dmarc.example.com", "TXT", "v=DMARC1; p=reject"),
    ];
    let lines = lines(&required("example.com", "example.com"), &there);
    assert!(lines.iter().all(|line| line.action == Action::Keep && line.replaces.is_empty()));
    let plain: Vec<&str> = lines.iter().map(|line| line.plain.as_str()).collect();
    assert_eq!(plain, ["ms-domain-verification=1", &spf, "s1.azurecomm.net", "v=DMARC1; p=reject"]);
}

#[test]
fn names_are_relative_to_the_zone_and_inherited_policies_are_no_row() {
    let there = [("_dmarc.example.com", "TXT", "v=DMARC1; p=reject")];
    let lines = lines(&required("mail.xn--bcher-kva.example.com", "example.com"), &there);
    let names: Vec<(&str, &str)> =
        lines.iter().map(|line| (line.relative.as_str(), line.name.as_str())).collect();
    assert_eq!(
        names,
        [
            ("mail.xn--bcher-kva", "mail.xn--bcher-kva.example.com"),
            ("mail.xn--bcher-kva", "mail.xn--bcher-kva.example.com"),
            ("s1._domainkey.mail.xn--bcher-kva", "s1._domainkey.mail.xn--bcher-kva.example.com"),
        ]
    );
}

#[test]
fn what_only_a_wildcard_gives_is_in_nobodys_way() {
    let wildcard = |name: &'static str| (name, "A", "192.0.2.9");
    let there = [wildcard(KEY), wildcard("s1._domainkey.example.com.example.com")];
    assert_eq!(in_words(&lines(&required("example.com", "example.com"), &there))[2], DKIM);
    let stands = in_words(&lines(&required("example.com", "example.com"), &there[..1]));
    let key = "DKIM, decide first: s1._domainkey 3600 CNAME s1.azurecomm.net.";
    assert_eq!(stands[2], format!("{key} <- {KEY} A 192.0.2.9"));
}

#[test]
fn long_texts_are_split_for_zone_files_and_whole_for_pages() {
    let old = format!("v=spf1 {}~all", "ip4:192.0.2.111 ".repeat(20));
    let lines = lines(&required("example.com", "example.com"), &[("example.com", "TXT", &old)]);
    let spf = &lines[1];
    assert!(spf.plain.len() > 255 && spf.plain.starts_with("v=spf1 ip4:192.0.2.111 "));
    assert_eq!(spf.value, format!("\"{}\" \"{}\"", &spf.plain[..255], &spf.plain[255..]));
}
