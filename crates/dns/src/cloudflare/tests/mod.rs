//! Against a Cloudflare on loopback that keeps a few records.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::*;

const TOKEN: &str = "correct-horse-battery-staple";

/// What is there, what was called, and what is answered first.
#[derive(Default)]
struct Records {
    all: Vec<Value>,
    calls: Vec<String>,
    first: VecDeque<Response>,
}

type Shared = Arc<Mutex<Records>>;

fn answered(result: &Value) -> Response {
    Json(json!({ "success": true, "errors": [], "messages": [], "result": result })).into_response()
}

fn refused(status: u16, code: u64, message: &str) -> Response {
    let body = json!({ "success": false, "errors": [{ "code": code, "message": message }], "result": null });
    (axum::http::StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.unwrap();
    let mut records = shared.lock().unwrap();
    records.calls.push(format!("{} {}", parts.method, parts.uri.path_and_query().unwrap()));
    if let Some(first) = records.first.pop_front() {
        return first;
    }
    if !is_known(&parts.headers) {
        return refused(401, 10000, "Authentication error");
    }
    let path: Vec<&str> = parts.uri.path().trim_start_matches("/client/v4/").split('/').collect();
    match (parts.method.as_str(), path.as_slice()) {
        ("GET", ["zones"]) => zones(&parts.uri),
        ("GET", ["zones", "z1", "dns_records"]) => list(&records.all, &parts.uri),
        ("POST", ["zones", "z1", "dns_records"]) => create(&mut records, &body),
        (_, ["zones", "z1", "dns_records", id]) => {
            let Some(at) = records.all.iter().position(|record| record["id"] == *id) else {
                return refused(404, 81044, "Record does not exist.");
            };
            match parts.method.as_str() {
                "PATCH" => {
                    let fields: serde_json::Map<String, Value> = serde_json::from_slice(&body).unwrap();
                    records.all[at].as_object_mut().unwrap().extend(fields);
                }
                "DELETE" => return answered(&records.all.remove(at)),
                _ => {}
            }
            answered(&records.all[at])
        }
        other => panic!("nobody answers {other:?}"),
    }
}

fn is_known(headers: &HeaderMap) -> bool {
    headers["authorization"] == format!("Bearer {TOKEN}")
}

fn parameter(uri: &Uri, name: &str) -> String {
    let url = Url::parse(&format!("http://host{uri}")).unwrap();
    url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn zones(uri: &Uri) -> Response {
    match parameter(uri, "name").as_str() {
        "example.com" => answered(
            &json!([{ "id": "z1", "name": "Example.com", "status": "active", "name_servers": ["a.ns.cloudflare.com"] }]),
        ),
        "hidden.example.com" => refused(403, 0, "Actor requires permission to list zones"),
        _ => answered(&json!([])),
    }
}

/// Two records a page, whatever is wanted.
fn list(all: &[Value], uri: &Uri) -> Response {
    let name = parameter(uri, "name");
    let found: Vec<&Value> = all.iter().filter(|record| record["name"] == name).collect();
    let page: usize = parameter(uri, "page").parse().unwrap();
    let actual: Vec<&Value> = found.iter().copied().skip((page - 1) * 2).take(2).collect();
    let info = json!({ "page": page, "total_pages": found.len().div_ceil(2) });
    Json(json!({ "success": true, "errors": [], "result": actual, "result_info": info })).into_response()
}

fn create(records: &mut Records, body: &Bytes) -> Response {
    let mut record: Value = serde_json::from_slice(body).unwrap();
    let same = |other: &&Value| ["type", "name", "content"].iter().all(|key| other[*key] == record[*key]);
    if records.all.iter().any(|other| same(&other)) {
        return refused(400, 81058, "An identical record already exists.");
    }
    if records.all.iter().any(|other| other["name"] == record["name"] && other["type"] == "A") {
        return refused(400, 81053, "An A, AAAA, or CNAME record with that host already exists.");
    }
    record["id"] = format!("r{}", records.all.len()).into();
    records.all.push(record.clone());
    answered(&record)
}

async fn cloudflare(all: &[Value], token: &str) -> (Cloudflare, Shared) {
    let shared: Shared = Arc::new(Mutex::new(Records { all: all.to_vec(), ..Records::default() }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/client/v4", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let clock = Clock::standing(Timestamp::UNIX_EPOCH);
    // A waiting task waits for as long as one turn of this takes.
    let moved = clock.clone();
    tokio::spawn(async move {
        loop {
            moved.advance(std::time::Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
    });
    (Cloudflare::new(&base_url, token.into(), None, clock).unwrap(), shared)
}

fn record(id: &str, kind: &str, content: &str) -> Value {
    json!({ "id": id, "type": kind, "name": "example.com", "content": content, "ttl": 1, "proxied": kind == "A",
            "comment": null, "tags": [] })
}

async fn zone(cloudflare: &Cloudflare) -> CloudflareZone {
    cloudflare.zone_of("Mail.Hidden.example.com.").await.unwrap()
}

#[tokio::test]
async fn zones_and_records_are_found() {
    let all = [
        record("1", "TXT", "\"v=spf1\" \" -all\""),
        record("2", "MX", "mail.example.net"),
        record("3", "A", "192.0.2.1"),
    ];
    let mut all = all.to_vec();
    all[1]["priority"] = 10.into();
    let (cloudflare, _) = cloudflare(&all, TOKEN).await;
    let zone = zone(&cloudflare).await;
    assert!(zone.is_active && zone.name == "example.com" && zone.id == "z1");
    let names = ["example.com".to_owned(), "none.example.com".to_owned(), "example.net".to_owned()];
    let held = cloudflare.held(&zone, &names).await.unwrap();
    let seen: Vec<(&str, &str, bool)> =
        held.iter().map(|held| (held.record.kind(), held.record.value(), held.is_proxied)).collect();
    assert_eq!(
        seen,
        [("TXT", "v=spf1 -all", false), ("MX", "10 mail.example.net", false), ("A", "192.0.2.1", true)]
    );
    let error = cloudflare.zone_of("example.net").await.unwrap_err();
    assert!(
        error.to_string().starts_with("The token sees no zone for example.net. Include the zone"),
        "{error}"
    );
}

#[tokio::test]
async fn records_are_written_replaced_and_deleted() {
    let (cloudflare, shared) = cloudflare(&[], TOKEN).await;
    let zone = zone(&cloudflare).await;
    let create = Change::Create(Record::txt("example.com", "v=spf1 ~all", 300));
    assert_eq!(cloudflare.write(&zone, &create, "Postern: x").await.unwrap(), "r0");
    // Again, as after an answer that was lost.
    assert_eq!(cloudflare.write(&zone, &create, "Postern: x").await.unwrap(), "r0");
    let held = cloudflare.held(&zone, &["example.com".to_owned()]).await.unwrap().remove(0);
    assert_eq!((held.comment.as_deref(), held.record.ttl), (Some("Postern: x"), 300));
    let by = Record::txt("example.com", &format!("v=spf1 {}-all", "a ".repeat(150)), 300);
    let replace = Change::Replace { held: held.clone(), by: by.clone(), why: String::new() };
    assert_eq!(cloudflare.write(&zone, &replace, "").await.unwrap(), "r0");
    assert_eq!(cloudflare.write(&zone, &replace, "").await.unwrap(), "r0");
    assert_eq!(shared.lock().unwrap().all[0]["comment"], "Postern: x");
    let delete = Change::Delete(held.clone());
    let error = cloudflare.write(&zone, &delete, "").await.unwrap_err();
    assert_eq!(error, CloudflareError::Changed("example.com TXT \"v=spf1 ~all\"".to_owned()));
    let delete = Change::Delete(Held { record: by, ..held });
    assert_eq!(cloudflare.write(&zone, &delete, "").await.unwrap(), "r0");
    assert_eq!(cloudflare.write(&zone, &delete, "").await.unwrap(), "r0");
    assert!(shared.lock().unwrap().all.is_empty());
    assert!(matches!(cloudflare.write(&zone, &replace, "").await, Err(CloudflareError::Changed(_))));
}

#[tokio::test]
async fn whose_fault_it_is_is_said() {
    let (cloudflare, shared) = cloudflare(&[record("1", "A", "192.0.2.1")], TOKEN).await;
    let zone = zone(&cloudflare).await;
    let create = Change::Create(Record::cname("example.com", "b.example", 300));
    for (first, wanted) in [
        (
            None,
            "example.com CNAME b.example cannot be written, because another record is in its way (HTTP 400, 81053: An \
                A, AAAA, or CNAME record with that host already exists.). Delete that one first.",
        ),
        (
            Some(refused(403, 10000, "Authentication error")),
            "The token may not do that (HTTP 403, 10000: Authentication \
                error). Give it the permissions Zone:Read and DNS:Edit for the zone.",
        ),
        (
            Some(refused(403, 9109, "Invalid access token")),
            "Cloudflare does not take the token (HTTP 403, 9109: Invalid \
                access token). Copy it again, or make a new one under My Profile > API Tokens.",
        ),
        (
            Some(refused(400, 1004, "DNS\nValidation Error")),
            "Cloudflare refuses it (HTTP 400, 1004: DNS Validation Error).",
        ),
        (Some("<html>".into_response()), " gave an answer that is not Cloudflare's. Is a proxy in between?"),
    ] {
        shared.lock().unwrap().first.extend(first);
        let error = cloudflare.write(&zone, &create, "").await.unwrap_err().to_string();
        // A host comes first where the answer is nobody's.
        assert!(error.ends_with(wanted), "{error}");
    }
}

fn busy(seconds: &str) -> Response {
    let mut response = refused(429, 971, "Please wait");
    response.headers_mut().insert("retry-after", seconds.parse().unwrap());
    response
}

#[tokio::test]
async fn what_is_for_now_is_tried_again_and_not_for_ever() {
    let (cloudflare, shared) = cloudflare(&[], TOKEN).await;
    let answers = |answers: Vec<Response>| {
        let mut records = shared.lock().unwrap();
        records.first.extend(answers);
        records.calls.clear();
    };
    answers(vec![busy("20"), refused(502, 0, "")]);
    assert!(cloudflare.zone_of("example.com").await.is_ok());
    assert_eq!(shared.lock().unwrap().calls.len(), 3);
    answers(vec![busy("31")]);
    assert_eq!(
        cloudflare.zone_of("example.com").await.unwrap_err().to_string(),
        "Cloudflare wants to be left alone for 31 seconds. Try again then."
    );
    answers(vec![refused(500, 0, ""), refused(500, 0, ""), "down".into_response()]);
    assert!(matches!(cloudflare.zone_of("example.com").await, Err(CloudflareError::Garbled(_))));
}

#[tokio::test]
async fn the_token_is_never_shown() {
    let (cloudflare, _) = cloudflare(&[], "wrong-token").await;
    let error = cloudflare.zone_of("example.com").await.unwrap_err();
    assert!(matches!(error, CloudflareError::Token(_)));
    let actual = format!("{cloudflare:?} {error:?} {error}");
    assert!(!actual.contains("wrong-token"), "{actual}");
    let new = |base_url: &str, token: &str| {
        Cloudflare::new(base_url, token.into(), None, Clock::system()).unwrap_err().to_string()
    };
    assert_eq!(
        new("http://api.example", "t"),
        "Cloudflare cannot be called: the base URL http://api.example is not https"
    );
    assert_eq!(
        new("http://127.0.0.1:1", "wrong\ntoken"),
        "Cloudflare cannot be called: the token is empty, or holds spaces or line ends"
    );
}
