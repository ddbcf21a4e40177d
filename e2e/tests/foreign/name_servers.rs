//! What is handed out for DNS by hand, judged by programs that name servers bring: scripts by BIND, zone files by what
//! BIND, Knot, NSD, ldns and PowerDNS check them with.

use api::domains::{DomainStatus, RecordAction};
use api::infrastructure::manifest::DomainManifest;
use control::Control;
use serde_json::{Value, json};
use twin::state::dns::{Record, Zone};

use crate::adopting::make_due_now;
use crate::context::{Context, client_tests};
use crate::name_server::{NameServer, head};
use crate::tools::Client;

client_tests!(Client::NameServers =>
    scripts_leave_one_spf_record_and_lose_nothing,
    scripts_fail_where_somebody_was_faster,
    zone_files_are_read_alike_by_all,
    each_record_is_a_row,
    the_command_prints_what_is_pasted,
);

const ACCOUNT: &str = "contoso";
pub(crate) const ZONE: &str = "tailspin.example";
const DOMAINS: [&str; 2] = [ZONE, "mail.xn--bcher-kva.tailspin.example"];
/// Texts of others, none of which may change.
const OTHERS: [&str; 5] = [
    r#""token; of \"others\"""#,
    r#""back\\slash \195\169 \255""#,
    r#""split" " where" " nobody" " would""#,
    r#""""#,
    r#""google-site-verification=x""#,
];

/// A domain that Azure knows and whose records a person writes; gives what it is handed for the zone at a server.
pub(crate) async fn known_to_azure(context: &Context, domain: &str) -> Control {
    make_due_now(context);
    let control = context.world.control();
    let manifest = DomainManifest { dmarc: Some("v=DMARC1; p=none".into()), ..DomainManifest::default() };
    e2e::add_domain(&control, domain, manifest).await;
    e2e::apply(&control, ACCOUNT, None).await.unwrap();
    control
}

async fn handed(context: &Context, domain: &str, server: &NameServer) -> DomainStatus {
    let control = context.world.control().asking(server.address);
    control.provisioning().domain_status(ACCOUNT, domain).await.unwrap()
}

/// The name within the zone: empty, or with labels.
fn within_zone(domain: &str) -> &str {
    domain.strip_suffix(ZONE).unwrap().trim_end_matches('.')
}

/// Old SPF records, each as it is split in its zone.
fn old_spf_records() -> Vec<String> {
    let long = "ip4:192.0.2.111 ".repeat(20);
    vec![
        r#""v=spf1 mx ~all""#.to_owned(),
        r#""v=spf1 " "mx ~all""#.to_owned(),
        r#""v=spf1 mx ~all" """#.to_owned(),
        format!(r#""v=spf1 {}" "{}~all""#, &long[..200], &long[200..]),
        r#""V=SPF1 mx \126all""#.to_owned(),
    ]
}

/// Lines at a domain: texts of others with another TTL than the SPF record's.
fn lines(domain: &str, spf: Option<&str>) -> String {
    let others = OTHERS.iter().map(|text| format!("{domain}. 7200 IN TXT {text}\n"));
    spf.map(|spf| format!("{domain}. 300 IN TXT {spf}\n")).into_iter().chain(others).collect()
}

async fn scripts_leave_one_spf_record_and_lose_nothing(context: Context) {
    for domain in DOMAINS {
        known_to_azure(&context, domain).await;
        let name = within_zone(domain);
        for spf in old_spf_records().iter().map(|spf| Some(spf.as_str())).chain([None]) {
            // What a wildcard gives is not in the way of a key.
            let zone = format!("*.{ZONE}. 300 IN A 192.0.2.9\n{}", lines(domain, spf));
            let server = NameServer::start(&context, ZONE, &zone).await;
            let status = handed(&context, domain, &server).await;
            let said = server.update(&context, &status.nsupdate).await.expect(0);
            assert_eq!(said, "", "{spf:?}");
            let shown = server.records(&context, name, "TXT").await;
            let spf_records = shown.iter().filter(|line| line.to_lowercase().contains("v=spf1"));
            assert_eq!(spf_records.count(), 1, "{spf:?}: {shown:#?}");
            assert_eq!(shown.len(), OTHERS.len() + 2, "{shown:#?}");
            let ttl = shown[0].split(' ').next().unwrap();
            assert!(shown.iter().all(|line| line.starts_with(&format!("{ttl} IN TXT "))), "{shown:#?}");
            for text in OTHERS {
                assert!(
                    shown.iter().any(|line| line.ends_with(&format!(" IN TXT {text}"))),
                    "{text}: {shown:#?}"
                );
            }
            let dmarc = if name.is_empty() { "_dmarc".to_owned() } else { format!("_dmarc.{name}") };
            assert_eq!(server.records(&context, &dmarc, "TXT").await, [r#"3600 IN TXT "v=DMARC1; p=none""#]);
            for key in status.records.iter().filter(|record| record.finding.kind == "CNAME") {
                let shown = server.records(&context, within_zone(&key.finding.name), "CNAME").await;
                assert_eq!(shown, [format!("3600 IN CNAME {}", key.value)]);
            }
            // All that is demanded is there now, and the same script changes nothing any more.
            let again = handed(&context, domain, &server).await;
            assert!(again.nsupdate.ends_with("; There is nothing to change.\n"), "{}", again.nsupdate);
            server.update(&context, &status.nsupdate).await.expect(2);
            assert_eq!(server.records(&context, name, "TXT").await, shown);
        }
    }
}

async fn scripts_fail_where_somebody_was_faster(context: Context) {
    known_to_azure(&context, ZONE).await;
    let key = "selector1-azurecomm-prod-net._domainkey";
    for change in [
        "update add tailspin.example. 300 TXT \"somebody=else\"",
        "update delete tailspin.example. TXT \"google-site-verification=x\"",
        "update delete tailspin.example. TXT \"v=spf1 \" \"mx ~all\"\nupdate add tailspin.example. 300 TXT \"v=spf1 a ~all\"",
        "update delete tailspin.example. TXT",
    ] {
        let server = NameServer::start(&context, ZONE, &lines(ZONE, Some(r#""v=spf1 " "mx ~all""#))).await;
        let status = handed(&context, ZONE, &server).await;
        server.update(&context, &format!("zone {ZONE}.\n{change}\nsend\n")).await.expect(0);
        let before = server.records(&context, "", "TXT").await;
        let said = server.update(&context, &status.nsupdate).await.expect(2);
        assert_eq!(said, "update failed: NXRRSET\n", "{change}");
        assert_eq!(server.records(&context, "", "TXT").await, before);
        // The other names are as they were, and are written.
        assert_eq!(server.records(&context, key, "CNAME").await.len(), 1);
        // Written again the script does the rest.
        let status = handed(&context, ZONE, &server).await;
        assert_eq!(server.update(&context, &status.nsupdate).await.expect(0), "");
        let shown = server.records(&context, "", "TXT").await;
        assert_eq!(shown.iter().filter(|line| line.contains("v=spf1")).count(), 1, "{shown:#?}");
    }
    // A CNAME that somebody made meanwhile stays, too: beside one BIND ignores a text without a word.
    let server = NameServer::start(&context, ZONE, "").await;
    let status = handed(&context, ZONE, &server).await;
    for name in ["_dmarc", key] {
        let made = format!("zone {ZONE}.\nupdate add {name}.{ZONE}. 300 CNAME elsewhere.example.\nsend\n");
        server.update(&context, &made).await.expect(0);
    }
    let said = server.update(&context, &status.nsupdate).await.expect(2);
    assert_eq!(said, "update failed: YXDOMAIN\nupdate failed: YXRRSET\n");
    assert_eq!(server.records(&context, "_dmarc", "CNAME").await, ["300 IN CNAME elsewhere.example."]);
    assert_eq!(server.records(&context, "", "TXT").await.len(), 2);
}

async fn zone_files_are_read_alike_by_all(context: Context) {
    for domain in DOMAINS {
        known_to_azure(&context, domain).await;
        for spf in old_spf_records() {
            let server = NameServer::start(&context, ZONE, &lines(domain, Some(&spf))).await;
            let status = handed(&context, domain, &server).await;
            assert!(status.bind.contains("; delete: "), "{}", status.bind);
            // Texts that stay have the TTL that BIND gave to all of them.
            let kept = lines(domain, None).replace(" 7200 ", " 300 ");
            // $ORIGIN may be anything where the lines are pasted.
            let zone = format!("{}{kept}$ORIGIN else.{ZONE}.\n$TTL 60\n{}", head(ZONE), status.bind);
            must_be_read(&context, &zone, &status).await;
        }
    }
}

/// Everybody reads the zone without a word, and shows each record as it was handed out.
async fn must_be_read(context: &Context, zone: &str, status: &DomainStatus) {
    let file = context.keep("zone", zone).display().to_string();
    let modules = context.tools().powerdns_modules().display().to_string();
    let bind = format!("zone \"{ZONE}\" {{ type master; file \"{file}\"; }};\n");
    let bind = context.keep("named.conf", &bind).display().to_string();
    context.keep("pdns.conf", &format!("launch=bind\nbind-config={bind}\nmodule-dir={modules}\n"));
    let configuration = format!("--config-dir={}", context.folder().display());
    let quiet = [
        vec!["named-checkzone", "-q", "-k", "fail", "-m", "fail", ZONE, &file],
        vec!["kzonecheck", "-o", ZONE, &file],
    ];
    for words in quiet {
        assert_eq!(context.run(Client::NameServers, &words, "").await.expect(0), "", "{words:?}");
    }
    let checked = context.run(Client::NameServers, &["nsd-checkzone", ZONE, &file], "").await.expect(0);
    assert_eq!(checked, format!("zone {ZONE} is ok\n"));
    let words = ["pdnsutil", &configuration, "check-zone", ZONE];
    let checked = context.run(Client::NameServers, &words, "").await.expect(0);
    assert!(checked.contains(" 0 errors, 0 warnings."), "{checked}");
    for words in [
        vec!["named-compilezone", "-q", "-s", "full", "-o", "-", ZONE, &file],
        vec!["ldns-read-zone", &file],
        vec!["pdnsutil", &configuration, "list-zone", ZONE],
    ] {
        let printed = context.run(Client::NameServers, &words, "").await.expect(0);
        let printed: Vec<String> =
            printed.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).collect();
        for record in status.records.iter().filter(|record| record.action != RecordAction::Recommended) {
            let name = &record.finding.name;
            let value = record.value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            let rest = format!(" {} IN {} {value}", record.ttl, record.finding.kind);
            // PowerDNS prints names without their dot.
            let lines = [format!("{name}.{rest}"), format!("{name}{rest}")];
            assert!(printed.iter().any(|line| lines.contains(line)), "{words:?}: {lines:?} in {printed:#?}");
        }
    }
}

async fn each_record_is_a_row(context: Context) {
    let control = known_to_azure(&context, ZONE).await;
    let server = NameServer::start(&context, ZONE, &lines(ZONE, Some(r#""v=spf1 " "mx ?all""#))).await;
    let status = control.asking(server.address).provisioning().domain_status(ACCOUNT, ZONE).await.unwrap();
    // The SPF record has several faults, and is one row all the same.
    assert!(status.rows.iter().filter(|row| row.part == "SPF").count() > 1);
    let rows: Vec<(&str, &str, &str, u32)> = status
        .records
        .iter()
        .map(|row| (row.finding.part.as_str(), row.relative.as_str(), row.value.as_str(), row.ttl))
        .collect();
    let [first, second] = [1, 2].map(|number| {
        let key = if number == 1 { "selector1" } else { "selector2" };
        format!("{key}-azurecomm-prod-net._domainkey")
    });
    let targets = [&first, &second].map(|key| format!("{key}.azurecomm.net."));
    assert_eq!(rows.len(), 5, "{rows:?}");
    assert!(rows[0].2.starts_with("\"ms-domain-verification=") && rows[0].2.ends_with('"'), "{rows:?}");
    assert_eq!(
        rows[1..],
        [
            ("SPF", "@", "\"v=spf1 mx include:spf.protection.outlook.com -all\"", 300),
            ("DKIM", first.as_str(), targets[0].as_str(), 3600),
            ("DKIM2", second.as_str(), targets[1].as_str(), 3600),
            ("DMARC", "_dmarc", "\"v=DMARC1; p=none\"", 3600),
        ]
    );
    assert_eq!(status.records[1].replaces, [r#""v=spf1 " "mx ?all""#]);
}

async fn the_command_prints_what_is_pasted(context: Context) {
    let old = format!("v=spf1 {}~all", "ip4:192.0.2.111 ".repeat(20));
    context.world.twin.backend().change_state(|state| {
        let records = vec![Record::new("TXT", ZONE, &old)];
        state.zones.push(Zone { name: ZONE.into(), records, ..Zone::default() });
    });
    let control = known_to_azure(&context, ZONE).await;
    let status = control.provisioning().domain_status(ACCOUNT, ZONE).await.unwrap();
    let printed = context.type_in(&format!("postern domain records {ZONE}")).await.expect(0);
    let spf = &status.records[1];
    let (ttl, value, plain, replaces) = (spf.ttl, &spf.value, &spf.plain, &spf.replaces[0]);
    let block = format!(
        "\nSPF: replace\n  Type      TXT\n  Name      @\n  Full name {ZONE}\n  Value     {value}\n  \
         Plain     {plain}\n  TTL       {ttl}\n  Replaces  {replaces}\n"
    );
    assert!(printed.contains(&block), "{block}\nis not in\n{printed}");
    assert!(printed.contains("\n  Value     \"v=DMARC1; p=none\"\n"), "{printed}");
    assert_eq!(printed.matches("  Type ").count(), status.records.len(), "{printed}");
    for (form, wanted) in [("bind", &status.bind), ("nsupdate", &status.nsupdate)] {
        let printed =
            context.type_in(&format!("postern domain records {ZONE} --form {form}")).await.expect(0);
        assert_eq!(printed, *wanted);
    }
    let printed = context.type_in(&format!("postern domain records {ZONE} --json")).await.expect(0);
    let rows: Vec<Value> = serde_json::from_str(&printed).unwrap();
    assert_eq!(rows.len(), status.records.len());
    assert_eq!((&rows[1]["action"], &rows[1]["part"]), (&json!("replace"), &json!("SPF")));
    assert_eq!((&rows[1]["plain"], &rows[1]["replaces"]), (&json!(plain), &json!([replaces])));
    assert_eq!(
        (&rows[1]["name"], &rows[1]["relative"], &rows[1]["ttl"]),
        (&json!(ZONE), &json!("@"), &json!(ttl))
    );
}
