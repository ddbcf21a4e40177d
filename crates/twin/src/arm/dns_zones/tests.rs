//! Azure DNS, as its clients see it.

use serde_json::{Value, json};

use super::super::tests::{SUBSCRIPTION, ask, assign, send, send_with};
use crate::rehearsal::{Answer, Rehearsal};
use crate::state::roles::DNS_ZONE_CONTRIBUTOR;

fn zone() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Network/dnsZones/northwind.example")
}

fn set(kind: &str, name: &str) -> String {
    format!("{}/{kind}/{name}", zone())
}

/// The word of an error: Azure DNS writes it without an envelope, Resource Manager in one.
fn code(answer: &Answer) -> (u16, &str) {
    let is_bare = answer.body.get("error").is_none();
    let by = if is_bare { "service" } else { "gateway" };
    assert_eq!(answer.headers["x-ms-failure-cause"], by, "{:?}", answer.body);
    let error = if is_bare { &answer.body } else { &answer.body["error"] };
    (answer.status, error["code"].as_str().unwrap_or_default())
}

fn texts(values: &[&str]) -> Value {
    let values: Vec<Value> = values.iter().map(|value| json!({ "value": [value] })).collect();
    json!({ "properties": { "TTL": 3600, "TXTRecords": values, "metadata": { "by": "a test" } } })
}

#[tokio::test]
async fn a_record_set_is_written_as_a_whole_and_answered_by_dns() {
    let rehearsal = Rehearsal::begin();
    let path = set("TXT", "@");
    assert_eq!(code(&ask(&rehearsal, "GET", &path).await), (404, "NotFound"));
    let made = send(&rehearsal, "PUT", &path, texts(&["one", "two"])).await;
    assert_eq!((made.status, &made.body["type"]), (201, &json!("Microsoft.Network/dnszones/TXT")));
    assert_eq!(made.body["properties"]["fqdn"], "northwind.example.");
    let changed = send(&rehearsal, "PUT", &path, texts(&["two", "three"])).await;
    assert_eq!(changed.status, 200);
    assert_ne!(made.body["etag"], changed.body["etag"]);
    let patched = send(&rehearsal, "PATCH", &path, json!({ "properties": { "TTL": 60 } })).await;
    assert_eq!((patched.status, &patched.body["properties"]["TTL"]), (200, &json!(60)));
    let there = ask(&rehearsal, "GET", &path.replace("dnsZones", "DNSZONES")).await;
    assert_eq!(there.body["properties"]["TXTRecords"], json!([{ "value": ["three"] }, { "value": ["two"] }]));
    assert_eq!(
        (&there.body["name"], &there.body["properties"]["metadata"]["by"]),
        (&json!("@"), &json!("a test"))
    );
    let state = rehearsal.backend.state().clone();
    let seen = rehearsal.backend.now();
    let answer = crate::state::dns::answer::answer(&state, "northwind.example", "TXT", seen);
    assert_eq!(answer.records.len(), 2);
    assert_eq!(ask(&rehearsal, "DELETE", &path).await.status, 200);
    assert_eq!(ask(&rehearsal, "DELETE", &path).await.status, 204);
}

#[tokio::test]
async fn nobody_writes_over_what_somebody_else_has_just_written() {
    let rehearsal = Rehearsal::begin();
    let path = set("TXT", "_dmarc");
    let write = async |method: &str, header: (&str, &str), text: &str| {
        send_with(&rehearsal, method, &path, texts(&[text]), &[header]).await
    };
    let none = ("if-none-match", "*");
    assert_eq!(code(&write("PUT", ("if-match", "*"), "x").await), (412, "PreconditionFailed"));
    let made = write("PUT", none, "one").await;
    assert_eq!(made.status, 201);
    assert_eq!(code(&write("PUT", none, "two").await), (412, "PreconditionFailed"));
    let etag = made.body["etag"].as_str().unwrap();
    assert_eq!(write("PUT", ("if-match", etag), "one").await.status, 200);
    // The same values, but written anew.
    assert_eq!(code(&write("PUT", ("if-match", etag), "two").await), (412, "PreconditionFailed"));
    assert_eq!(code(&write("DELETE", ("if-match", etag), "").await), (412, "PreconditionFailed"));
    assert_eq!(write("DELETE", ("if-match", "*"), "").await.status, 200);
}

#[tokio::test]
async fn types_have_members_of_their_own() {
    let rehearsal = Rehearsal::begin();
    for (kind, name, member, value) in [
        ("A", "host", "ARecords", json!([{ "ipv4Address": "192.0.2.1" }])),
        ("AAAA", "host", "AAAARecords", json!([{ "ipv6Address": "2001:db8::1" }])),
        ("CNAME", "s1._domainkey", "CNAMERecord", json!({ "cname": "s1.azurecomm.net" })),
        ("MX", "@", "MXRecords", json!([{ "preference": 10, "exchange": "mail.example" }])),
        ("NS", "below", "NSRecords", json!([{ "nsdname": "ns1.elsewhere.example." }])),
        ("TXT", "long", "TXTRecords", json!([{ "value": ["k".repeat(255), "k".repeat(45)] }])),
    ] {
        let body = json!({ "properties": { "TTL": 300, member: value } });
        let made = send(&rehearsal, "PUT", &set(kind, name), body).await;
        assert_eq!(made.status, 201, "{kind} {}", made.body);
        assert_eq!(made.body["properties"][member], value, "{kind}");
    }
    for (list, count) in [("TXT", 1), ("cname", 1), ("SOA", 1), ("recordsets", 8), ("all", 8)] {
        let list = ask(&rehearsal, "GET", &format!("{}/{list}", zone())).await;
        assert_eq!(list.body["value"].as_array().unwrap().len(), count, "{}", list.body);
    }
    let shown = ask(&rehearsal, "GET", &zone()).await;
    assert_eq!(shown.body["properties"]["numberOfRecordSets"], 8);
    assert_eq!(shown.body["properties"]["nameServers"][0], "ns1-01.azure-dns.com.");
}

#[tokio::test]
async fn what_cannot_stand_in_a_zone_is_refused() {
    let rehearsal = Rehearsal::begin();
    let alias = json!({ "properties": { "TTL": 300, "CNAMERecord": { "cname": "x.example" } } });
    assert_eq!(send(&rehearsal, "PUT", &set("CNAME", "www"), alias.clone()).await.status, 201);
    let without_ttl = json!({ "properties": { "TXTRecords": [{ "value": ["x"] }] } });
    for (kind, name, body, expected) in [
        ("TXT", "www", texts(&["x"]), (409, "Conflict")),
        ("CNAME", "@", alias.clone(), (400, "BadRequest")),
        ("TXT", "@", texts(&[&"k".repeat(256)]), (400, "BadRequest")),
        ("TXT", "@", texts(&["x", "x"]), (400, "BadRequest")),
        ("TXT", "@", texts(&[]), (400, "BadRequest")),
        ("TXT", "@", without_ttl, (400, "BadRequest")),
        ("A", "@", alias.clone(), (400, "BadRequest")),
        ("HINFO", "@", alias, (404, "ResourceNotFound")),
    ] {
        let refused = send(&rehearsal, "PUT", &set(kind, name), body).await;
        assert_eq!(code(&refused), expected, "{kind} {name}");
    }
    assert_eq!(code(&ask(&rehearsal, "DELETE", &set("SOA", "@")).await), (400, "BadRequest"));
    let nowhere = zone().replace("northwind", "nobody");
    assert_eq!(code(&ask(&rehearsal, "GET", &format!("{nowhere}/TXT/@")).await), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn zones_come_and_go() {
    let rehearsal = Rehearsal::begin();
    let other = zone().replace("northwind", "tailspin");
    assert_eq!(send(&rehearsal, "PUT", &other, json!({})).await.status, 400);
    let body = json!({ "location": "global", "tags": { "a": "b" } });
    assert_eq!(send(&rehearsal, "PUT", &other, body.clone()).await.status, 201);
    let again = send(&rehearsal, "PUT", &other, body).await;
    assert_eq!((again.status, &again.body["tags"]["a"]), (200, &json!("b")));
    let all = ask(&rehearsal, "GET", &format!("{SUBSCRIPTION}/providers/Microsoft.Network/dnszones")).await;
    let names: Vec<&Value> = all.body["value"].as_array().unwrap().iter().map(|zone| &zone["name"]).collect();
    assert_eq!(names, ["northwind.example", "tailspin.example"]);
    let filter = format!("{SUBSCRIPTION}/resources?$filter=resourceType eq 'microsoft.network/dnszones'");
    assert_eq!(ask(&rehearsal, "GET", &filter).await.body["value"].as_array().unwrap().len(), 2);
    assert_eq!(ask(&rehearsal, "DELETE", &other).await.status, 200);
    assert_eq!(ask(&rehearsal, "DELETE", &other).await.status, 204);
}

#[tokio::test]
async fn roles_say_who_may_write() {
    let rehearsal = Rehearsal::begin();
    let role = rehearsal.backend.state().role(DNS_ZONE_CONTRIBUTOR).unwrap().clone();
    assert!(role.permissions[0].allows("Microsoft.Network/dnsZones/TXT/write"));
    assign(&rehearsal, &zone(), &["Microsoft.Network/dnsZones/read", "Microsoft.Network/dnsZones/TXT/*"]);
    assert_eq!(ask(&rehearsal, "GET", &zone()).await.status, 200);
    assert_eq!(send(&rehearsal, "PUT", &set("TXT", "@"), texts(&["x"])).await.status, 201);
    let alias = json!({ "properties": { "TTL": 300, "CNAMERecord": { "cname": "x.example" } } });
    for (method, path, body) in [
        ("PUT", set("CNAME", "www"), alias),
        ("DELETE", zone(), json!(null)),
        ("GET", format!("{}/recordsets", zone()), json!(null)),
    ] {
        let refused = send(&rehearsal, method, &path, body).await;
        assert_eq!(code(&refused), (403, "AuthorizationFailed"), "{method} {path}");
    }
}
