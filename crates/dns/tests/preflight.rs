//! Actual records, and the findings about them. A case removes (`-part`) from records that are all right, and adds
//! others.

#![allow(clippy::unwrap_used, reason = "a table that cannot be read fails the test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use azure_types::communication::{VerificationRecord, VerificationRecords};
use dns::actual::{Actual, AtName, Server};
use dns::preflight::{RecordStatus, Row, preflight};
use dns::provider::Provider;
use dns::record::Record;
use dns::required::Required;
use dns::spf::{Question, Reply, Seen};

const GOOD: [(&str, &str); 6] = [
    ("domain", "@ TXT ms-domain-verification=1111"),
    ("spf", "@ TXT v=spf1 include:spf.protection.outlook.com -all"),
    (
        "dkim",
        "selector1-azurecomm-prod-net._domainkey CNAME selector1-azurecomm-prod-net._domainkey.azurecomm.net",
    ),
    (
        "dkim2",
        "selector2-azurecomm-prod-net._domainkey CNAME selector2-azurecomm-prod-net._domainkey.azurecomm.net",
    ),
    ("dmarc", "_dmarc TXT v=DMARC1; p=none"),
    ("mx", "@ MX 10 mail.example.net"),
];

struct Case {
    name: &'static str,
    domain: &'static str,
    zone: &'static str,
    actual: &'static str,
    codes: &'static [&'static str],
}

const fn case(name: &'static str, actual: &'static str, codes: &'static [&'static str]) -> Case {
    Case { name, domain: "example.com", zone: "example.com", actual, codes }
}

const fn below(name: &'static str, actual: &'static str, codes: &'static [&'static str]) -> Case {
    Case { name, domain: "acs.example.com", zone: "example.com", actual, codes }
}

/// Names are relative to the domain; those that end with a dot are full. `!` begins a line that is no record.
const CASES: &[Case] = &[
    case("all is right", "", &[]),
    below("all is right below the zone", "", &[]),
    case(
        "nothing is there",
        "-domain -spf -dkim -dkim2 -dmarc -mx",
        &["domain.missing", "spf.missing", "dkim.missing", "dkim.missing", "dmarc.missing", "mx.missing"],
    ),
    case(
        "the domain is nobody's",
        "-domain -spf -dkim -dkim2 -dmarc -mx\n! no zone",
        &[
            "zone.missing",
            "domain.missing",
            "spf.missing",
            "dkim.missing",
            "dkim.missing",
            "dmarc.missing",
            "mx.missing",
        ],
    ),
    case("the proof stands among other texts", "@ TXT google-site-verification=abc\n@ TXT MS=ms123", &[]),
    case(
        "the proof of another domain resource",
        "-domain\n@ TXT ms-domain-verification=2222",
        &["domain.other_proof"],
    ),
    case(
        "the proof of another domain resource beside the right one",
        "@ TXT ms-domain-verification=2222",
        &[],
    ),
    case(
        "the proof with quotes of its own",
        "-domain\n@ TXT \"\\\"ms-domain-verification=1111\\\"\"",
        &["domain.garbled"],
    ),
    case(
        "the proof at the doubled name",
        "-domain\nexample.com TXT ms-domain-verification=1111",
        &["domain.misplaced"],
    ),
    case(
        "a CNAME hides the texts of the domain",
        "-domain -spf -mx\n@ CNAME example.azurewebsites.net.",
        &["domain.hidden", "spf.hidden"],
    ),
    case(
        "a CNAME leads to texts that are right",
        "-domain -spf -mx\n@ CNAME texts.example.net.\n! behind @ ms-domain-verification=1111\n! behind @ v=spf1 include:spf.protection.outlook.com -all",
        &[],
    ),
    case(
        "SPF of somebody else",
        "-spf\n@ TXT v=spf1 include:_spf.google.com -all\n! seen _spf.google.com v=spf1 -all",
        &["spf.no_include"],
    ),
    case(
        "SPF of somebody else, and soft",
        "-spf\n@ TXT v=spf1 ip4:192.0.2.1 ~all",
        &["spf.no_include", "spf.soft_end"],
    ),
    case(
        "SPF with a soft end",
        "-spf\n@ TXT v=spf1 include:spf.protection.outlook.com ~all",
        &["spf.soft_end"],
    ),
    case(
        "SPF with a neutral end",
        "-spf\n@ TXT v=spf1 include:spf.protection.outlook.com ?all",
        &["spf.soft_end"],
    ),
    case(
        "SPF that lets everybody",
        "-spf\n@ TXT v=spf1 include:spf.protection.outlook.com +all",
        &["spf.open_end"],
    ),
    case("SPF without an end", "-spf\n@ TXT v=spf1 include:spf.protection.outlook.com", &["spf.no_end"]),
    case(
        "SPF that is redirected",
        "-spf\n@ TXT v=spf1 redirect=_spf.example.net\n! seen _spf.example.net v=spf1 -all",
        &["spf.no_include", "spf.redirect"],
    ),
    case(
        "SPF behind its end",
        "-spf\n@ TXT v=spf1 -all include:spf.protection.outlook.com",
        &["spf.no_include"],
    ),
    case(
        "SPF with a modifier behind its end",
        "-spf\n@ TXT v=spf1 include:spf.protection.outlook.com -all exp=why.example.com",
        &["spf.order"],
    ),
    case("two SPF records", "@ TXT v=spf1 ip4:192.0.2.1 -all", &["spf.several"]),
    case(
        "SPF with a mistake",
        "-spf\n@ TXT v=spf1 ipv4:192.0.2.1 include:spf.protection.outlook.com -all",
        &["spf.invalid"],
    ),
    case(
        "SPF with two records in one",
        "-spf\n@ TXT v=spf1 mx -all v=spf1 include:spf.protection.outlook.com -all",
        &["spf.invalid"],
    ),
    case(
        "SPF with quotes of its own",
        "-spf\n@ TXT \"\\\"v=spf1 include:spf.protection.outlook.com -all\\\"\"",
        &["spf.not_one"],
    ),
    case(
        "SPF at the doubled name",
        "-spf\nexample.com TXT v=spf1 include:spf.protection.outlook.com -all",
        &["spf.misplaced"],
    ),
    case(
        "SPF with too many look-ups",
        "-spf\n@ TXT v=spf1 include:many.example.net include:spf.protection.outlook.com -all\n! seen many.example.net v=spf1 exists:%{i}.a.b exists:%{i}.a.b exists:%{i}.a.b exists:%{i}.a.b exists:%{i}.a.b exists:%{i}.a.b exists:%{i}.a.b exists:%{i}.a.b exists:%{i}.a.b -all",
        &["spf.too_many_lookups"],
    ),
    case(
        "SPF that leads nowhere three times",
        "-spf\n@ TXT v=spf1 a:a.example a:b.example mx:c.example include:spf.protection.outlook.com -all\n! void a.example\n! void b.example\n! void c.example",
        &["spf.void_lookups"],
    ),
    case(
        "SPF that leads nowhere once",
        "-spf\n@ TXT v=spf1 a:a.example include:spf.protection.outlook.com -all\n! void a.example",
        &["spf.void_lookups"],
    ),
    case(
        "SPF that includes nothing",
        "-spf\n@ TXT v=spf1 include:gone.example include:spf.protection.outlook.com -all\n! void gone.example",
        &["spf.broken_include"],
    ),
    case(
        "a key that leads elsewhere",
        "-dkim\nselector1-azurecomm-prod-net._domainkey CNAME selector1.dkim.example.net",
        &["dkim.other_target"],
    ),
    case(
        "a key whose target has the zone appended",
        "-dkim\nselector1-azurecomm-prod-net._domainkey CNAME selector1-azurecomm-prod-net._domainkey.azurecomm.net.example.com",
        &["dkim.target_appended"],
    ),
    case(
        "a key at the doubled name",
        "-dkim\nselector1-azurecomm-prod-net._domainkey.example.com CNAME selector1-azurecomm-prod-net._domainkey.azurecomm.net",
        &["dkim.misplaced"],
    ),
    below(
        "a key at the doubled name below the zone",
        "-dkim\nselector1-azurecomm-prod-net._domainkey.acs.example.com.example.com. CNAME selector1-azurecomm-prod-net._domainkey.azurecomm.net",
        &["dkim.misplaced"],
    ),
    below(
        "a key without the label of the subdomain",
        "-dkim2\nselector2-azurecomm-prod-net._domainkey.example.com. CNAME selector2-azurecomm-prod-net._domainkey.azurecomm.net",
        &["dkim.misplaced"],
    ),
    case(
        "a key that is proxied",
        "-dkim\nselector1-azurecomm-prod-net._domainkey A 104.16.0.1",
        &["dkim.flattened"],
    ),
    case(
        "a key that is flattened elsewhere",
        "-dkim\nselector1-azurecomm-prod-net._domainkey AAAA 2001:db8::1\n! provider other",
        &["dkim.flattened"],
    ),
    case(
        "a key that is a text",
        "-dkim\nselector1-azurecomm-prod-net._domainkey TXT v=DKIM1; p=abc",
        &["dkim.text"],
    ),
    case(
        "a wildcard answers for a key",
        "-dkim\nselector1-azurecomm-prod-net._domainkey A 192.0.2.7\nselector1-azurecomm-prod-net._domainkey.example.com A 192.0.2.7",
        &["dkim.wildcard"],
    ),
    case(
        "nobody answers for a key",
        "-dkim\n! trouble selector1-azurecomm-prod-net._domainkey",
        &["dkim.unanswered"],
    ),
    below(
        "the policy is inherited",
        "-dmarc\n_dmarc.example.com. TXT v=DMARC1; p=reject; sp=quarantine",
        &[],
    ),
    below(
        "the policy above is no good",
        "-dmarc\n_dmarc.example.com. TXT v=DMARC1; p=strict",
        &["dmarc.missing"],
    ),
    case("two policies", "_dmarc TXT v=DMARC1; p=reject", &["dmarc.several"]),
    case("a policy without p", "-dmarc\n_dmarc TXT v=DMARC1; rua=mailto:a@example.com", &["dmarc.invalid"]),
    case("a policy in small letters", "-dmarc\n_dmarc TXT v=dmarc1; p=none", &["dmarc.invalid"]),
    case(
        "a policy at the doubled name",
        "-dmarc\n_dmarc.example.com TXT v=DMARC1; p=none",
        &["dmarc.misplaced"],
    ),
    case(
        "a policy behind a CNAME",
        "-dmarc\n_dmarc CNAME policies.example.net\n! behind _dmarc v=DMARC1; p=reject",
        &[],
    ),
    case("no mail is taken", "-mx\n@ MX 0 .", &["mx.null"]),
    case("mail goes to the web server", "-mx\n@ A 192.0.2.1", &["mx.missing"]),
    case("a name server is silent", "! silent ns2.example.net", &["zone.partly_silent"]),
    case(
        "all name servers are silent",
        "! silent ns1.example.net\n! silent ns2.example.net",
        &["zone.silent"],
    ),
    case("name servers disagree", "! disagreeing ns2.example.net", &["zone.disagreeing"]),
    Case {
        name: "the zone is not delegated",
        domain: "acs.example.com",
        zone: "acs.example.com",
        actual: "! zone example.com",
        codes: &["zone.elsewhere"],
    },
    case("the zone is held elsewhere", "! zone acs.example.com", &["zone.elsewhere"]),
];

impl Case {
    fn full(&self, name: &str) -> String {
        match name {
            "@" => self.domain.to_owned(),
            _ => name.strip_suffix('.').map_or_else(|| format!("{name}.{}", self.domain), str::to_owned),
        }
    }

    fn required(&self) -> Required {
        let given = |part: usize, value: &str| {
            let (name, rest) = GOOD[part].1.split_once(' ').unwrap();
            let name = if name == "@" { self.domain } else { name };
            let (kind, _) = rest.split_once(' ').unwrap();
            let (name, kind, value) = (name.to_owned(), kind.to_owned(), value.to_owned());
            Some(VerificationRecord { kind, name, value, ttl: 3600 })
        };
        let value = |part: usize| GOOD[part].1.splitn(3, ' ').nth(2).unwrap();
        let records = VerificationRecords {
            domain: given(0, value(0)),
            spf: given(1, value(1)),
            dkim: given(2, value(2)),
            dkim2: given(3, value(3)),
        };
        Required::new(self.domain, Some(self.zone), &records).unwrap()
    }

    fn actual(&self) -> Actual {
        let server = |name: &str| Server { name: name.to_owned(), trouble: None };
        let mut actual = Actual {
            domain: self.domain.to_owned(),
            zone: Some(self.zone.to_owned()),
            provider: Provider::Cloudflare,
            servers: vec![server("ns1.example.net"), server("ns2.example.net")],
            negative_ttl: 1800,
            names: BTreeMap::new(),
            spf: Seen::from([seen("spf.protection.outlook.com", "v=spf1 ip4:192.0.2.0/24 -all")]),
        };
        let first = self.actual.lines().next().filter(|line| line.starts_with('-')).unwrap_or_default();
        let good = GOOD
            .iter()
            .filter(|(part, _)| !first.split(' ').any(|word| word.strip_prefix('-') == Some(part)));
        for line in
            good.map(|(_, line)| *line).chain(self.actual.lines().filter(|line| !line.starts_with('-')))
        {
            match line.strip_prefix("! ") {
                Some(more) => self.tell(&mut actual, more),
                None => {
                    let words: Vec<&str> = line.splitn(3, ' ').collect();
                    let record = Record::read(&self.full(words[0]), words[1], words[2], 300);
                    actual.names.entry(record.name.clone()).or_default().records.push(record);
                }
            }
        }
        actual
    }

    fn tell(&self, actual: &mut Actual, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap();
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let silent = || Some("did not answer in 2 seconds".to_owned());
        let mut at = |name: &str, change: &dyn Fn(&mut AtName)| {
            change(actual.names.entry(self.full(name)).or_default());
        };
        match word {
            "no" => actual.zone = None,
            "zone" => actual.zone = Some(name.to_owned()),
            "provider" => actual.provider = Provider::Other,
            "seen" => actual.spf.extend([seen(name, text)]),
            "void" => actual.spf.extend(
                [
                    Question::Record(name.to_owned()),
                    Question::Address(name.to_owned()),
                    Question::Mail(name.to_owned()),
                ]
                .map(|question| (question, Reply::Nothing)),
            ),
            "behind" => at(name, &|at| at.behind.push(Record::txt("behind.example.net", text, 300))),
            "trouble" => at(name, &|at| at.trouble = Some("no name server answered in 2 seconds".to_owned())),
            "disagreeing" => at("@", &|at| at.disagreeing.push((name.to_owned(), Vec::new()))),
            "silent" => {
                actual
                    .servers
                    .iter_mut()
                    .filter(|one| one.name == name)
                    .for_each(|one| one.trouble = silent());
            }
            _ => panic!("{word} is no word"),
        }
    }

    fn rows(&self) -> Vec<Row> {
        preflight(&self.required(), &self.actual())
    }
}

fn seen(name: &str, text: &str) -> (Question, Reply) {
    (Question::Record(name.to_owned()), Reply::Record(text.to_owned()))
}

#[test]
fn each_case_has_its_codes() {
    for case in CASES {
        let rows = case.rows();
        let bad = rows.iter().filter(|row| row.verdict != RecordStatus::Right);
        assert_eq!(bad.map(|row| row.code).collect::<Vec<_>>(), case.codes, "{}", case.name);
    }
}

#[test]
fn what_is_proposed_is_right() {
    for case in CASES {
        let (required, mut actual) = (case.required(), case.actual());
        if actual.zone.is_none() || actual.names.values().any(|at| at.trouble.is_some()) {
            continue;
        }
        for proposal in preflight(&required, &actual).into_iter().filter_map(|row| row.proposal) {
            let at = actual.names.entry(proposal.write.name.clone()).or_default();
            at.records.retain(|record| !proposal.instead_of.contains(record) && *record != proposal.write);
            at.records.push(proposal.write);
        }
        let still = preflight(&required, &actual).into_iter().filter(|row| row.verdict.is_in_the_way());
        for row in still {
            let needs_a_person = row.verdict == RecordStatus::Conflict
                || row.code.starts_with("zone.")
                || matches!(
                    row.code,
                    "spf.invalid" | "spf.too_many_lookups" | "spf.void_lookups" | "spf.broken_include"
                );
            assert!(needs_a_person, "{}: {row:#?}", case.name);
        }
    }
}

#[test]
fn sentences_are_what_the_picture_says() {
    let mut report = String::new();
    for case in CASES {
        writeln!(report, "## {}", case.name).unwrap();
        for row in
            case.rows().iter().filter(|row| row.verdict != RecordStatus::Right || case.codes.is_empty())
        {
            let wait = row.wait_seconds.map(|seconds| format!(" ({seconds} s)")).unwrap_or_default();
            writeln!(report, "{} {:?}{wait}: {}", row.code, row.verdict, row.message).unwrap();
            for actual in &row.actual {
                writeln!(report, "  shown {actual}").unwrap();
            }
            if let Some(proposal) = &row.proposal {
                writeln!(report, "  write {}", proposal.write).unwrap();
                proposal.changes.iter().for_each(|change| writeln!(report, "    {change}").unwrap());
            }
            assert!(row.message.ends_with('.') && row.message.len() < 330, "{}", row.message);
        }
        report.push('\n');
    }
    if report != include_str!("preflight.txt") {
        let new = concat!(env!("CARGO_TARGET_TMPDIR"), "/preflight.txt");
        std::fs::write(new, report).unwrap();
        panic!(
            "the messages have changed: look at {new}, and copy it to crates/dns/tests/ if they are right"
        );
    }
}

#[test]
fn a_soft_end_is_right_once_azure_has_verified_the_domain() {
    for (text, code) in [
        ("v=spf1 include:spf.protection.outlook.com ~all", "spf.right"),
        ("v=spf1 ip4:192.0.2.1 include:spf.protection.outlook.com ?all", "spf.right"),
        ("v=spf1 include:spf.protection.outlook.com", "spf.right"),
        ("v=spf1 ip4:192.0.2.1 ~all", "spf.no_include"),
        ("v=spf1 include:spf.protection.outlook.com ~all exp=why.example.com", "spf.order"),
        ("v=spf1 include:spf.protection.outlook.com +all", "spf.open_end"),
    ] {
        let case = case("", format!("-spf\n@ TXT {text}").leak(), &[]);
        let rows = preflight(&case.required().with_soft_end(), &case.actual());
        let rows: Vec<&Row> = rows.iter().filter(|row| row.code.starts_with("spf.")).collect();
        let [row] = &rows[..] else { panic!("{text}: {rows:#?}") };
        assert_eq!(row.code, code, "{text}");
        let end = row.proposal.as_ref().map(|proposal| proposal.write.value().rsplit(' ').next().unwrap());
        let expected = match code {
            "spf.right" => None,
            "spf.open_end" => Some("-all"),
            _ => Some("~all"),
        };
        assert_eq!(end, expected, "{text}");
    }
}
