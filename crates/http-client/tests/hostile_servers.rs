//! Servers that answer without end, slowly, elsewhere or not at all. On loopback.

#![allow(clippy::unwrap_used, reason = "a broken server fails the test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_client::{Destinations, ExchangeError, HttpClient, Limit, Method, Options, Proxy, Schemes, Url};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const LIMIT: Limit = Limit { bytes: 1_000, error_bytes: 100 };

fn client(schemes: Schemes, time_limit: Duration) -> HttpClient {
    client_for(Destinations::Any, schemes, time_limit)
}

fn client_for(destinations: Destinations, schemes: Schemes, time_limit: Duration) -> HttpClient {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let (tls, proxy) = (Arc::new(tls), Proxy::Never);
    HttpClient::new(Options { tls, schemes, proxy, destinations, time_limit }).unwrap()
}

/// Answers every request with a head and then a piece, so many times; gives its address.
async fn server(head: &'static str, piece: &'static str, times: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            if stream.read(&mut request).await.is_err() {
                continue;
            }
            let mut alive = stream.write_all(head.as_bytes()).await;
            for _ in 0..times {
                if alive.is_err() {
                    break;
                }
                alive = stream.write_all(piece.as_bytes()).await;
            }
        }
    });
    address
}

fn url(address: SocketAddr) -> Url {
    format!("http://{address}/a?secret=word").parse().unwrap()
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit_and_an_error_is_cut_off() {
    let client = client(Schemes::HttpToo, Duration::from_secs(60));
    let ask = async |head: &'static str, piece: &'static str, times: usize| {
        let request = client.request(Method::GET, url(server(head, piece, times).await));
        client.exchange(request, LIMIT).await
    };
    let all = ask("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", "x", 1_000).await.unwrap();
    assert_eq!((all.status.as_u16(), all.body.len()), (200, 1_000));
    let endless = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let refused = ask(endless, "xxxxxxxx", usize::MAX).await.unwrap_err();
    assert!(matches!(&refused, ExchangeError::Garbled { what, .. } if what.contains("1000 bytes")));
    let error = ask("HTTP/1.1 500 X\r\nconnection: close\r\n\r\n", "xxxxxxxx", usize::MAX).await.unwrap();
    assert_eq!((error.status.as_u16(), error.body.len()), (500, 100));
}

#[tokio::test]
async fn of_a_confirmation_no_body_is_read() {
    let client = client(Schemes::HttpToo, Duration::from_secs(60));
    let address = server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", "xxxxxxxx", usize::MAX).await;
    let request = client.request(Method::POST, url(address));
    let reply = client.confirm(request, LIMIT).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
    let head = client.head_of(client.request(Method::GET, url(address))).await.unwrap();
    assert_eq!(head.host, address.to_string());
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let client = client(Schemes::HttpToo, Duration::from_secs(60));
    let head = "HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let request = client.request(Method::GET, url(server(head, "", 0).await));
    assert_eq!(client.exchange(request, LIMIT).await.unwrap().status.as_u16(), 302);
}

#[tokio::test]
async fn what_was_never_sent_is_told_from_what_may_have_been_done() {
    let client = client(Schemes::HttpToo, Duration::from_millis(200));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let unreachable = client.exchange(client.request(Method::GET, url(closed)), LIMIT).await.unwrap_err();
    assert!(matches!(unreachable, ExchangeError::Unreachable { .. }), "{unreachable:?}");
    let short = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", "x", 1).await;
    let interrupted = client.exchange(client.request(Method::GET, url(short)), LIMIT).await.unwrap_err();
    assert!(matches!(interrupted, ExchangeError::Interrupted { .. }), "{interrupted:?}");
    for error in [unreachable, interrupted] {
        assert!(!format!("{error:?}").contains("secret=word"), "a query stays out of logs");
    }
}

#[tokio::test]
async fn without_tls_nobody_is_asked_unless_that_is_wanted() {
    let client = client(Schemes::Https, Duration::from_secs(60));
    let address = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "", 0).await;
    let refused = client.exchange(client.request(Method::GET, url(address)), LIMIT).await.unwrap_err();
    assert!(matches!(refused, ExchangeError::Unreachable { .. }), "{refused:?}");
}

#[tokio::test]
async fn deep_json_is_refused() {
    let client = client(Schemes::HttpToo, Duration::from_secs(60));
    let address = server("HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n", "[", 400).await;
    let reply = client.exchange(client.request(Method::GET, url(address)), LIMIT).await.unwrap();
    assert!(matches!(reply.json::<serde_json::Value>(), Err(ExchangeError::Garbled { .. })));
}

#[tokio::test]
async fn private_addresses_are_not_connected_to_by_number_or_by_name() {
    let client = client_for(Destinations::Public, Schemes::HttpToo, Duration::from_secs(60));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ask = async |host: &str| {
        let url: Url = format!("http://{host}:{port}/a?secret=word").parse().unwrap();
        client.exchange(client.request(Method::POST, url), LIMIT).await.unwrap_err()
    };
    for host in ["127.0.0.1", "[::1]", "127.1"] {
        let refused = ask(host).await;
        assert!(matches!(refused, ExchangeError::NotPublic(_)), "{host}: {refused:?}");
    }
    let named = ask("localhost").await;
    let ExchangeError::Unreachable { source, .. } = &named else { panic!("{named:?}") };
    let mut why: &dyn std::error::Error = source;
    while let Some(source) = why.source() {
        why = source;
    }
    assert!(why.to_string().contains("localhost is "), "{why}");
    assert!(!format!("{named:?}").contains("secret=word"));
    let nobody = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(nobody.is_err(), "somebody connected");
}
