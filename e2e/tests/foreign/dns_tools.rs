//! What is handed out for DNS by hand, in OctoDNS and dns-lexicon.

use api::domains::DomainStatus;
use serde_json::{Value, json};
use twin::state::dns::{Record, Zone};

use crate::context::{Context, client_tests};
use crate::name_server::head;
use crate::name_servers::{ZONE, known_to_azure};
use crate::tools::Client;

client_tests!(Client::DnsTools =>
    octodns_reads_what_is_handed_out,
    values_may_be_pasted_into_lexicon,
);

const TOKEN: &str = "token; of \"others\"";

/// A zone at the twin whose SPF record will be longer than one string.
async fn handed(context: &Context) -> DomainStatus {
    let spf = format!("v=spf1 {}~all", "ip4:192.0.2.111 ".repeat(20));
    context.world.twin.backend().change_state(|state| {
        let records = vec![Record::new("TXT", ZONE, &spf), Record::new("TXT", ZONE, TOKEN)];
        state.zones.push(Zone { name: ZONE.into(), records, ..Zone::default() });
    });
    let control = known_to_azure(context, ZONE).await;
    control.provisioning().domain_status("contoso", ZONE).await.unwrap()
}

/// Each record as it was handed out stands in what a program printed.
fn must_show_all(printed: &str, status: &DomainStatus) {
    assert!(status.records.len() >= 5);
    for record in &status.records {
        let value = if record.finding.kind == "TXT" { &record.plain } else { &record.value };
        let line = format!("{}. {} {} {value}", record.finding.name, record.ttl, record.finding.kind);
        assert!(printed.lines().any(|printed| printed == line), "{line}\nis not in\n{printed}");
    }
}

async fn octodns_reads_what_is_handed_out(context: Context) {
    let status = handed(&context).await;
    let zone = format!("{}@ {} IN TXT \"token; of \\\"others\\\"\"\n", head(ZONE), status.records[0].ttl);
    context.keep(&format!("{ZONE}."), &(zone + &status.bind));
    let folder = context.folder().display().to_string();
    let printed = context.run(Client::DnsTools, &["octodns", &folder, ZONE], "").await.expect(0);
    must_show_all(&printed, &status);
    assert!(printed.contains(TOKEN), "{printed}");
}

async fn values_may_be_pasted_into_lexicon(context: Context) {
    let status = handed(&context).await;
    let file = context.keep("zone", &head(ZONE)).display().to_string();
    for name in ["relative", "name"] {
        let records: Vec<Value> = status
            .records
            .iter()
            .map(|record| {
                let name = if name == "name" { &record.finding.name } else { &record.relative };
                json!({ "kind": record.finding.kind, "name": name, "value": record.value, "ttl": record.ttl })
            })
            .collect();
        let records = serde_json::to_string(&records).unwrap();
        let printed = context.run(Client::DnsTools, &["lexicon", &file, ZONE], &records).await.expect(0);
        must_show_all(&printed, &status);
    }
}
