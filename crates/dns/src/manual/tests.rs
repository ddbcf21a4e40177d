//! Handouts as people get them.

use proptest::prelude::*;

use super::*;

fn held(name: &str, kind: &str, value: &str) -> Held {
    Held { id: String::new(), record: Record::read(name, kind, value, 300), is_proxied: false, comment: None }
}

fn spf(text: &str) -> Record {
    Record::txt("example.com", text, 300)
}

/// A domain whose SPF record is split where nobody would, beside a token of somebody else.
fn there() -> Vec<Held> {
    vec![
        held("example.com", "TXT", "\"v=spf1 \" \"mx ~all\""),
        held("example.com", "TXT", "\"token; of \\\"others\\\" \\\\ \\195\\169\""),
        held("old.example.com", "CNAME", "b.example"),
        held("moved.example.com", "A", "192.0.2.1"),
    ]
}

fn changes() -> Vec<Change> {
    let there = there();
    let by = spf("v=spf1 mx include:spf.protection.outlook.com -all");
    let target = "s1.azurecomm.net";
    let replaces = |held: &Held, by| Change::Replace { held: held.clone(), by, why: String::new() };
    vec![
        Change::Create(Record::txt("example.com", "ms-domain-verification=1", 300)),
        replaces(&there[0], by),
        Change::Create(Record::cname("s1._domainkey.example.com", target, 3600)),
        Change::Create(Record::txt("_dmarc.example.com", "v=DMARC1; p=none", 3600)),
        replaces(&there[2], Record::cname("old.example.com", target, 3600)),
        replaces(&there[3], Record::cname("moved.example.com", target, 3600)),
        Change::Delete(there[2].clone()),
    ]
}

fn blocked() -> Vec<Blocked> {
    let message = "Two are there.\nDecide \u{e9}.".to_owned();
    vec![Blocked { name: "x.example.com".to_owned(), held: Vec::new(), message }]
}

#[test]
fn zone_files_can_be_used_as_they_are() {
    let (held, changes, blocked) = (there(), changes(), blocked());
    let handout = Handout { zone: "Example.com.", held: &held, changes: &changes[..4], blocked: &blocked };
    assert_eq!(
        handout.zone_file().replace('\t', " "),
        "; Zone example.com.: add the lines that are not comments.\n\
         example.com. 300 IN TXT \"ms-domain-verification=1\"\n\
         ; delete: example.com. 300 IN TXT \"v=spf1 \" \"mx ~all\"\n\
         example.com. 300 IN TXT \"v=spf1 mx include:spf.protection.outlook.com -all\"\n\
         s1._domainkey.example.com. 3600 IN CNAME s1.azurecomm.net.\n\
         _dmarc.example.com. 3600 IN TXT \"v=DMARC1; p=none\"\n\
         ; left out, x.example.com: Two are there. Decide \\u{e9}.\n"
    );
    let nothing = Handout { zone: "example.com", held: &held, changes: &[], blocked: &[] };
    assert!(nothing.zone_file().ends_with("; There is nothing to change.\n"));
}

#[test]
fn a_name_is_as_it_was_seen_or_nothing_is_done() {
    let (held, changes, blocked) = (there(), changes(), blocked());
    let handout = Handout { zone: "example.com", held: &held, changes: &changes, blocked: &blocked };
    let script = handout.nsupdate();
    let (comments, updates): (Vec<&str>, Vec<&str>) = script.lines().partition(|line| line.starts_with(';'));
    assert_eq!(comments.last(), Some(&"; left out, x.example.com: Two are there. Decide \\u{e9}."));
    assert_eq!(
        updates.join("\n"),
        "zone example.com.\n\
         prereq nxrrset example.com. CNAME\n\
         prereq yxrrset example.com. TXT \"v=spf1 \" \"mx ~all\"\n\
         prereq yxrrset example.com. TXT \"token; of \\\"others\\\" \\\\ \\195\\169\"\n\
         update delete example.com. TXT \"v=spf1 \" \"mx ~all\"\n\
         update add example.com. 300 TXT \"ms-domain-verification=1\"\n\
         update add example.com. 300 TXT \"v=spf1 mx include:spf.protection.outlook.com -all\"\n\
         send\n\
         prereq nxdomain s1._domainkey.example.com.\n\
         update add s1._domainkey.example.com. 3600 CNAME s1.azurecomm.net.\n\
         send\n\
         prereq nxrrset _dmarc.example.com. CNAME\n\
         prereq nxrrset _dmarc.example.com. TXT\n\
         update add _dmarc.example.com. 3600 TXT \"v=DMARC1; p=none\"\n\
         send\n\
         prereq nxrrset old.example.com. A\n\
         prereq nxrrset old.example.com. AAAA\n\
         prereq yxrrset old.example.com. CNAME b.example.\n\
         prereq nxrrset old.example.com. MX\n\
         prereq nxrrset old.example.com. TXT\n\
         update delete old.example.com. CNAME b.example.\n\
         update delete old.example.com. CNAME b.example.\n\
         update add old.example.com. 3600 CNAME s1.azurecomm.net.\n\
         send\n\
         prereq yxrrset moved.example.com. A 192.0.2.1\n\
         prereq nxrrset moved.example.com. AAAA\n\
         prereq nxrrset moved.example.com. CNAME\n\
         prereq nxrrset moved.example.com. MX\n\
         prereq nxrrset moved.example.com. TXT\n\
         update delete moved.example.com. A 192.0.2.1\n\
         update add moved.example.com. 3600 CNAME s1.azurecomm.net.\n\
         send"
    );
}

#[test]
fn escapes_in_names_stay_and_what_is_none_becomes_one() {
    for (given, wanted) in [
        ("a\\.b.example", "a\\.b.example."),
        ("a\\032b.example", "a\\032b.example."),
        ("a b;c\".example", "a\\032b\\059c\\034.example."),
        ("a\\", "a\\092."),
        ("a\\9", "a\\0929."),
        ("a\\999", "a\\092999."),
        ("\\\\", "\\\\."),
        ("xn--bcher-kva.example", "xn--bcher-kva.example."),
        ("*.example", "*.example."),
    ] {
        assert_eq!(master::name(given), wanted);
    }
}

proptest! {
    #[test]
    fn nothing_becomes_a_line_of_its_own(name in "(?s).{0,20}", kind in "MX|TXT|CNAME|A|x y", value in "(?s).{0,40}") {
        let one = held(&name, &kind, &value);
        let changes = [Change::Create(one.record.clone()), Change::Delete(one.clone())];
        let blocked = [Blocked { name: name.clone(), held: Vec::new(), message: value.clone() }];
        let held = [one];
        let handout = Handout { zone: &name, held: &held, changes: &changes, blocked: &blocked };
        let (script, file) = (handout.nsupdate(), handout.zone_file());
        prop_assert!(script.is_ascii() && file.is_ascii());
        for line in script.lines() {
            let first = line.split(' ').next().unwrap_or_default();
            prop_assert!([";", "zone", "prereq", "update", "send"].contains(&first), "{}", line);
        }
        prop_assert_eq!(file.lines().count(), 4);
    }
}
