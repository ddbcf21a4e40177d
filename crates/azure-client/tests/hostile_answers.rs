//! What a server gains that answers without end, in another shape, or from elsewhere: nothing. On loopback.

#![allow(clippy::unwrap_used, reason = "a broken server fails the test")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_client::arm::{ArmApi, CallError};
use azure_client::credential::{App, ClientSecret, Credential, Requested};
use azure_client::email::EmailApi;
use azure_client::entra::TokenFailure;
use azure_client::{Authorization, Gate, Http, RequestFailure, Token, hook};
use bytes::Bytes;
use clock::Sources;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Gives every request the same answer.
struct Liar {
    address: SocketAddr,
    heard: Arc<Mutex<String>>,
    sent: Arc<AtomicUsize>,
}

/// What it answers: a head, and a piece that is said so many times.
#[derive(Clone)]
struct Lie {
    head: String,
    piece: Vec<u8>,
    times: usize,
}

const NO_ID: &str = "00000000-0000-0000-0000-000000000000";
const MIB: usize = 1 << 20;
/// More than what is in the buffers of two sockets.
const SOME_MORE: usize = 16 * MIB;

fn lie(status: u16, headers: &str, body: impl Into<Vec<u8>>) -> Lie {
    let piece = body.into();
    let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", piece.len());
    Lie { head, piece, times: 1 }
}

/// An answer of 600 MiB.
fn endless(status: u16) -> Lie {
    let (piece, times) = (vec![b'x'; MIB], 600);
    Lie { head: format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", times * MIB), piece, times }
}

impl Liar {
    async fn tells(lie: Lie) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, sent) = (Arc::<Mutex<String>>::default(), Arc::<AtomicUsize>::default());
        let liar = Self { address, heard: Arc::clone(&heard), sent: Arc::clone(&sent) };
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(tell(tcp, lie.clone(), (Arc::clone(&heard), Arc::clone(&sent))));
            }
        });
        liar
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn send(&self) -> Result<azure_client::email::Answer, RequestFailure> {
        let api = EmailApi::new(http(), Url::parse(&self.url()).unwrap());
        let token = Authorization::Bearer(SecretString::from("token"));
        api.send(&token, NO_ID.parse().unwrap(), Bytes::from_static(b"{}"), now()).await
    }

    async fn token(&self) -> Result<Token, TokenFailure> {
        let (tenant, client) = (NO_ID.parse().unwrap(), NO_ID.parse().unwrap());
        let app = App { authority: self.url(), tenant, client };
        ClientSecret::new(http(), app, SecretString::from("a-secret")).request("scope/.default", now()).await
    }
}

async fn tell(mut tcp: TcpStream, lie: Lie, (heard, sent): (Arc<Mutex<String>>, Arc<AtomicUsize>)) {
    let mut request = [0; 4_096];
    while let Ok(bytes @ 1..) = tcp.read(&mut request).await {
        heard.lock().unwrap().push_str(&String::from_utf8_lossy(&request[..bytes]));
        let _ = tcp.write_all(lie.head.as_bytes()).await;
        for _ in 0..lie.times {
            if tcp.write_all(&lie.piece).await.is_err() {
                return;
            }
            sent.fetch_add(lie.piece.len(), Ordering::Relaxed);
        }
    }
}

fn http() -> Http {
    Http::within_the_machine(None).unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

#[track_caller]
fn assert_garbled(failure: &RequestFailure, why: &str) {
    assert!(matches!(failure, RequestFailure::Garbled { what, .. } if what.contains(why)), "{failure:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let liar = Liar::tells(endless(202)).await;
    assert_garbled(&liar.send().await.unwrap_err(), "more than 4194304 bytes");
    assert!(liar.sent.load(Ordering::Relaxed) < 4 * MIB + SOME_MORE);

    let liar = Liar::tells(endless(500)).await;
    let Err(RequestFailure::Answered(answered)) = liar.send().await else { panic!() };
    assert_eq!((answered.http_status, answered.message.len()), (500, 200));
    assert!(liar.sent.load(Ordering::Relaxed) < SOME_MORE);

    let liar = Liar::tells(endless(200)).await;
    let Err(TokenFailure::Exchange(failure)) = liar.token().await else { panic!() };
    assert_garbled(&failure, "more than 65536 bytes");
    assert!(liar.sent.load(Ordering::Relaxed) < SOME_MORE);
}

#[tokio::test]
async fn a_web_hook_that_answers_without_end_is_told_once() {
    for (status, is_told) in [(200, true), (500, false)] {
        let liar = Liar::tells(endless(status)).await;
        let url = Url::parse(&liar.url()).unwrap();
        let told = hook::post(&http(), &url, &serde_json::json!({}), now()).await;
        assert_eq!(told.is_ok(), is_told);
        assert!(liar.sent.load(Ordering::Relaxed) < SOME_MORE);
    }
}

#[tokio::test]
async fn a_deep_answer_overflows_nothing() {
    let deep = |open: &str| open.repeat(MIB / open.len());
    for open in ["[", r#"{"error":"#, r#"{"details":["#] {
        let liar = Liar::tells(lie(202, "", deep(open))).await;
        assert!(matches!(liar.send().await, Err(RequestFailure::Garbled { .. })), "{open}");
        let liar = Liar::tells(lie(400, "", deep(open))).await;
        assert!(matches!(liar.send().await, Err(RequestFailure::Answered(_))), "{open}");
        let liar = Liar::tells(lie(400, "", deep(open))).await;
        assert!(
            matches!(liar.token().await, Err(TokenFailure::Exchange(RequestFailure::Answered(_)))),
            "{open}"
        );
    }
}

#[tokio::test]
async fn a_compressed_answer_is_neither_asked_for_nor_unpacked() {
    let liar = Liar::tells(lie(202, "content-encoding: gzip\r\n", b"\x1f\x8b\x08\x00".to_vec())).await;
    assert!(matches!(liar.send().await, Err(RequestFailure::Garbled { .. })));
    assert!(!liar.heard.lock().unwrap().to_ascii_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn a_secret_follows_no_redirect() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Liar::tells(lie(200, "", "{}")).await;
        let location = format!("location: {}/token\r\n", elsewhere.url());
        let authority = Liar::tells(lie(status, &location, "")).await;
        let Err(TokenFailure::Exchange(RequestFailure::Answered(answered))) = authority.token().await else {
            panic!()
        };
        assert_eq!(answered.http_status, status);
        assert!(authority.heard.lock().unwrap().contains("a-secret"));
        let Err(RequestFailure::Answered(answered)) =
            Liar::tells(lie(status, &location, "")).await.send().await
        else {
            panic!()
        };
        assert_eq!(answered.http_status, status);
        assert_eq!(*elsewhere.heard.lock().unwrap(), "");
    }
}

#[tokio::test]
async fn what_an_answer_says_is_one_line_and_has_an_end() {
    let long = "x".repeat(60_000);
    let body = format!(r#"{{"error":{{"code":"A\u001b[2J\r\nB","message":"\u0000c\u009b{long}"}}}}"#);
    let Err(RequestFailure::Answered(answered)) = Liar::tells(lie(400, "", body)).await.send().await else {
        panic!()
    };
    assert_eq!(answered.code, "A [2J B");
    assert!(answered.message.starts_with("c xxx") && answered.message.chars().count() == 2_049);

    let body = r#"{"error":"invalid\u001b_client","error_description":"AADSTS7000222: \u001b]0;gone\u0007 Trace ID: x"}"#;
    let Err(TokenFailure::Refused(error)) = Liar::tells(lie(401, "", body)).await.token().await else {
        panic!()
    };
    assert_eq!(error.summary(), "AADSTS7000222:  ]0;gone");
    assert_eq!((error.code(), error.error.as_str()), (Some(7_000_222), "invalid _client"));
}

#[derive(Debug)]
struct Known;

impl Credential for Known {
    fn request<'a>(&'a self, _: &'a str, now: Timestamp) -> Requested<'a> {
        let expires_at = now.saturating_add(jiff::SignedDuration::from_hours(1)).unwrap();
        Box::pin(async move { Ok(Token { access_token: SecretString::from("token"), expires_at }) })
    }
}

#[tokio::test]
async fn a_list_without_end_comes_to_one() {
    // Its next page is itself.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let page = format!(
        r#"{{"value":[],"nextLink":"{base_url}/subscriptions?page=2"}}{}"#,
        " ".repeat(4 * MIB - 200)
    );
    let lie = lie(200, "", page);
    let sent = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(tell(tcp, lie.clone(), (Arc::default(), Arc::clone(&counted))));
        }
    });
    let gate = Arc::new(Gate::default());
    let arm = ArmApi::new(http(), &base_url, Arc::new(Known), Sources::system(), gate);
    let listed = tokio::time::timeout(Duration::from_secs(30), arm.subscriptions()).await.unwrap();
    let Err(CallError::Failed(failure)) = listed else { panic!("{listed:?}") };
    assert_garbled(&failure, "a list has more than");
    assert!(sent.load(Ordering::Relaxed) <= 72 * MIB);
}

#[tokio::test]
async fn an_id_that_leads_elsewhere_is_not_followed() {
    let subscription = "/subscriptions/22222222-bbbb-4222-8222-222222222222";
    for id in [
        "https://evil.example/",
        "@evil.example/s",
        "/subscriptions/../../evil",
        &format!("{subscription}/s?x"),
    ] {
        let page = format!(r#"{{"value":[{{"id":"{id}","name":"s"}}]}}"#);
        let liar = Liar::tells(lie(200, "", page)).await;
        let arm =
            ArmApi::new(http(), &liar.url(), Arc::new(Known), Sources::system(), Arc::new(Gate::default()));
        let Err(CallError::Failed(failure)) = arm.services(NO_ID.parse().unwrap()).await else {
            panic!("{id}")
        };
        assert_garbled(&failure, "is not a resource ID");
        assert_garbled(&arm.resource_id(id).unwrap_err(), "is not a resource ID");
    }
}
