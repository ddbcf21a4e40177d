//! Cloudflare, as its clients see it.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::rehearsal::{Answer, Rehearsal};
use crate::state::dns::provider::CloudflareToken;

const TOKEN: &str = "twin-cloudflare-token";

async fn ask_as(rehearsal: &Rehearsal, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let path = format!("/client/v4/{path}").replace('"', "%22").replace(' ', "%20");
    rehearsal.ask(method, &path, &[("authorization", &bearer)], body.to_string().into()).await
}

async fn ask(rehearsal: &Rehearsal, method: &str, path: &str, body: Value) -> Answer {
    ask_as(rehearsal, TOKEN, method, path, body).await
}

fn code(answer: &Answer) -> (u16, u64) {
    assert_eq!(answer.body["success"], false);
    (answer.status, answer.body["errors"][0]["code"].as_u64().unwrap())
}

/// Where the records of a zone are.
async fn records(rehearsal: &Rehearsal, zone: &str) -> String {
    let found = ask(rehearsal, "GET", &format!("zones?name={zone}"), json!(null)).await;
    assert_eq!(found.body["result_info"]["total_count"], 1);
    format!("zones/{}/dns_records", found.body["result"][0]["id"].as_str().unwrap())
}

fn alias() -> Value {
    json!({ "type": "CNAME", "name": "Selector1._domainkey", "content": "Selector1.azurecomm.net.", "ttl": 3600 })
}

#[tokio::test]
async fn zones_are_found_by_name_and_page() {
    let rehearsal = Rehearsal::begin();
    let all = ask(&rehearsal, "GET", "zones?per_page=1&page=2", json!(null)).await;
    assert_eq!((all.status, &all.body["success"]), (200, &json!(true)));
    assert_eq!(all.body["result"][0]["name"], "fabrikam.example");
    assert_eq!(
        all.body["result_info"],
        json!({ "page": 2, "per_page": 1, "count": 1, "total_count": 2, "total_pages": 2 })
    );
    let beyond = ask(&rehearsal, "GET", "zones?page=3", json!(null)).await;
    assert_eq!(beyond.body["result"], json!([]));
    let part = ask(&rehearsal, "GET", "zones?name=starts_with:adat", json!(null)).await;
    assert_eq!(part.body["result"][0]["name"], "adatum.example");
    let zone = part.body["result"][0]["id"].as_str().unwrap();
    let one = ask(&rehearsal, "GET", &format!("zones/{zone}"), json!(null)).await;
    assert_eq!(one.body["result"]["name_servers"][0], "ada.ns.cloudflare.com");
    assert_eq!(code(&ask(&rehearsal, "GET", "zones/nonsense", json!(null)).await), (404, 7_003));
    let other = format!("zones/{}", "0".repeat(32));
    assert_eq!(code(&ask(&rehearsal, "GET", &other, json!(null)).await), (404, 1_001));
}

#[tokio::test]
async fn a_record_is_made_changed_and_taken_away() {
    let rehearsal = Rehearsal::begin();
    let records = records(&rehearsal, "fabrikam.example").await;
    let made = ask(&rehearsal, "POST", &records, alias()).await.body["result"].clone();
    assert_eq!(made["name"], "selector1._domainkey.fabrikam.example");
    assert_eq!(made["content"], "selector1.azurecomm.net");
    assert_eq!((&made["proxied"], &made["proxiable"]), (&json!(false), &json!(true)));
    let one = format!("{records}/{}", made["id"].as_str().unwrap());
    rehearsal.backend.advance(SignedDuration::from_mins(1));
    let proxied = ask(&rehearsal, "PATCH", &one, json!({ "proxied": true, "comment": "why" })).await;
    assert_eq!(
        (&proxied.body["result"]["proxied"], &proxied.body["result"]["ttl"]),
        (&json!(true), &json!(1))
    );
    assert_ne!(proxied.body["result"]["modified_on"], made["modified_on"]);
    let replaced = ask(&rehearsal, "PUT", &one, alias()).await;
    assert_eq!(
        (&replaced.body["result"]["proxied"], &replaced.body["result"]["comment"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(ask(&rehearsal, "GET", &one, json!(null)).await.body["result"], replaced.body["result"]);
    let gone = ask(&rehearsal, "DELETE", &one, json!(null)).await;
    assert_eq!(gone.body["result"], json!({ "id": made["id"] }));
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(code(&ask(&rehearsal, method, &one, json!({})).await), (404, 81_044), "{method}");
    }
}

#[tokio::test]
async fn what_cannot_stand_in_a_zone_is_refused() {
    let rehearsal = Rehearsal::begin();
    let records = records(&rehearsal, "fabrikam.example").await;
    let spf = |content: &str| json!({ "type": "TXT", "name": "@", "content": content });
    assert_eq!(ask(&rehearsal, "POST", &records, spf("v=spf1 -all")).await.status, 200);
    assert_eq!(ask(&rehearsal, "POST", &records, alias()).await.status, 200);
    let name = "selector1._domainkey.fabrikam.example";
    for (body, expected) in [
        (spf("\"v=spf1 -all\""), 81_058),
        (alias(), 81_058),
        (json!({ "type": "CNAME", "name": name, "content": "other.example" }), 81_053),
        (json!({ "type": "A", "name": name, "content": "192.0.2.1" }), 81_053),
        (json!({ "type": "A", "name": "@", "content": "mail.example" }), 1_004),
        (json!({ "type": "CNAME", "name": "x", "content": "192.0.2.1" }), 1_004),
        (json!({ "type": "TXT", "name": "x", "content": "\"open" }), 1_004),
        (json!({ "type": "TXT", "name": "x", "content": "t", "proxied": true }), 1_004),
        (json!({ "type": "TXT", "name": "x", "content": "t", "ttl": 10 }), 1_004),
        (json!({ "type": "MX", "name": "x", "content": "mail.example" }), 1_004),
        (json!({ "type": "TXT", "name": "x y", "content": "t" }), 1_004),
        (json!({ "name": "x", "content": "t" }), 1_004),
    ] {
        let refused = ask(&rehearsal, "POST", &records, body.clone()).await;
        assert_eq!(code(&refused), (400, expected), "{body}");
    }
    assert_eq!(ask(&rehearsal, "GET", &records, json!(null)).await.body["result_info"]["count"], 2);
}

#[tokio::test]
async fn a_list_has_what_its_filters_want() {
    let rehearsal = Rehearsal::begin();
    let records = records(&rehearsal, "fabrikam.example").await;
    for (kind, name, content, comment) in [
        ("TXT", "@", "v=spf1 -all", None),
        ("TXT", "@", "ms-domain-verification=1", Some("by hand")),
        ("TXT", "bücher", "long", None),
        ("CNAME", "www", "fabrikam.example", None),
    ] {
        let body = json!({ "type": kind, "name": name, "content": content, "comment": comment });
        assert_eq!(ask(&rehearsal, "POST", &records, body).await.status, 200, "{name}");
    }
    for (query, count) in [
        ("", 4),
        ("type=TXT", 3),
        ("name=fabrikam.example", 2),
        ("name.exact=FABRIKAM.example&type=TXT", 2),
        ("name.contains=xn--bcher", 1),
        ("name.endswith=.fabrikam.example", 2),
        ("content=v%3Dspf1 -all", 1),
        ("content.exact=\"v%3Dspf1 -all\"", 1),
        ("content.startswith=v%3Dspf1", 1),
        ("content.contains=spf", 1),
        ("comment.present=", 1),
        ("comment.absent=true", 3),
        ("comment.contains=hand", 1),
        ("search=hand", 1),
        ("match=any&type=CNAME&content.contains=spf", 2),
        ("per_page=3&page=2", 1),
    ] {
        let list = ask(&rehearsal, "GET", &format!("{records}?{query}"), json!(null)).await;
        assert_eq!(list.body["result"].as_array().unwrap().len(), count, "{query}");
    }
    let sorted = ask(&rehearsal, "GET", &format!("{records}?order=name&direction=desc"), json!(null)).await;
    assert_eq!(sorted.body["result"][0]["name"], "xn--bcher-kva.fabrikam.example");
    assert_eq!(sorted.body["result"][0]["content"], "\"long\"");
}

#[tokio::test]
async fn a_batch_is_done_as_a_whole_or_not_at_all() {
    let rehearsal = Rehearsal::begin();
    let records = records(&rehearsal, "fabrikam.example").await;
    let made = ask(&rehearsal, "POST", &records, alias()).await.body["result"]["id"].clone();
    let text = json!({ "type": "TXT", "name": "@", "content": "v=spf1 -all" });
    let batch = format!("{records}/batch");
    let broken = json!({ "deletes": [{ "id": made }], "posts": [text, text] });
    assert_eq!(code(&ask(&rehearsal, "POST", &batch, broken).await), (400, 81_058));
    let unchanged = ask(&rehearsal, "GET", &records, json!(null)).await;
    assert_eq!(unchanged.body["result"][0]["id"], made);
    let whole = json!({ "deletes": [{ "id": made }], "posts": [text, alias()] });
    let done = ask(&rehearsal, "POST", &batch, whole).await.body["result"].clone();
    assert_eq!((&done["deletes"][0]["id"], &done["puts"]), (&made, &json!([])));
    assert_eq!(done["posts"][0]["content"], "\"v=spf1 -all\"");
}

#[tokio::test]
async fn a_token_opens_its_own_zones() {
    let rehearsal = Rehearsal::begin();
    let verify = "user/tokens/verify";
    assert_eq!(ask(&rehearsal, "GET", verify, json!(null)).await.body["result"]["status"], "active");
    let unknown = ask_as(&rehearsal, "no-such-token", "GET", verify, json!(null)).await;
    assert_eq!(code(&unknown), (401, 1_000));
    assert_eq!(code(&ask_as(&rehearsal, "no-such-token", "GET", "zones", json!(null)).await), (401, 10_000));
    assert_eq!(code(&rehearsal.ask("GET", "/client/v4/zones", &[], "".into()).await), (400, 9_106));
    let (fabrikam, adatum) =
        (records(&rehearsal, "fabrikam.example").await, records(&rehearsal, "adatum.example").await);
    let zones = Some(vec!["fabrikam.example".to_owned()]);
    let (id, value) = ("reader".to_owned(), "reads".to_owned());
    let token = CloudflareToken { id, value, zones, is_read_only: true };
    rehearsal.backend.change_state(|state| state.cloudflare_tokens.push(token));
    let zones = ask_as(&rehearsal, "reads", "GET", "zones", json!(null)).await;
    assert_eq!(zones.body["result_info"]["total_count"], 1);
    assert_eq!(ask_as(&rehearsal, "reads", "GET", &fabrikam, json!(null)).await.status, 200);
    assert_eq!(code(&ask_as(&rehearsal, "reads", "POST", &fabrikam, alias()).await), (403, 10_000));
    assert_eq!(code(&ask_as(&rehearsal, "reads", "GET", &adatum, json!(null)).await), (403, 10_000));
}

#[tokio::test]
async fn whoever_asks_too_much_waits() {
    let rehearsal = Rehearsal::begin();
    rehearsal.backend.change_state(|state| state.behaviour.cloudflare_requests = 2);
    assert_eq!(ask(&rehearsal, "GET", "zones", json!(null)).await.status, 200);
    rehearsal.backend.advance(SignedDuration::from_secs(100));
    assert_eq!(ask(&rehearsal, "GET", "zones", json!(null)).await.status, 200);
    let refused = ask(&rehearsal, "GET", "zones", json!(null)).await;
    assert_eq!((code(&refused).0, &refused.headers["retry-after"]), (429, &"200".parse().unwrap()));
    rehearsal.backend.advance(SignedDuration::from_secs(200));
    assert_eq!(ask(&rehearsal, "GET", "zones", json!(null)).await.status, 200);
}
