//! As much of Entra and of the Email API as a client that sends mail needs.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use azure_types::email::EmailMessage;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::mail;
use crate::watch::Taken;

/// Listens on a free port.
pub(super) async fn start(
    shared: Shared,
    config: Arc<ServerConfig>,
    shutdown: CancellationToken,
) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = shutdown.cancelled() => return,
            };
            let Ok((tcp, _)) = accepted else { continue };
            let (shared, config, shutdown) = (shared.clone(), Arc::clone(&config), shutdown.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = connection(tcp, shared, config) => {}
                    () = shutdown.cancelled() => {}
                }
            });
        }
    });
    Ok(port)
}

/// For a client to finish its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);

async fn connection(tcp: TcpStream, shared: Shared, config: Arc<ServerConfig>) {
    let _ = tcp.set_nodelay(true);
    let mut stream = tls::Stream::Clear(tcp);
    if stream.accept(config, HANDSHAKE).await.is_err() {
        return;
    }
    let service = service_fn(move |request| answer(shared.clone(), request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http2().max_concurrent_streams(1_000);
    // A server that is killed leaves its connections broken.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    mut shared: Shared,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let path = parts.uri.path();
    if path.ends_with("/oauth2/v2.0/token") {
        let token = json!({ "token_type": "Bearer", "expires_in": 86_399, "access_token": "bench" });
        return Ok(response(StatusCode::OK, &token));
    }
    let operation = parts.headers.get("operation-id").and_then(|id| id.to_str().ok());
    Ok(match (parts.method, path, operation) {
        (Method::POST, "/emails:send", Some(operation)) => {
            shared.hesitate().await;
            let mail = serde_json::from_slice::<EmailMessage>(&body).ok();
            if let (Some(taken), Some(mail)) = (shared.taken.get(), &mail) {
                let addresses = mail.recipients.to.iter().map(|to| to.address.to_string());
                let _ =
                    taken.send(Taken { operation: operation.to_owned(), recipients: addresses.collect() });
            }
            let text = mail.and_then(|mail| mail.content.plain_text);
            shared.audit.arrive(text.and_then(|text| mail::read(text.as_bytes())));
            response(StatusCode::ACCEPTED, &json!({ "id": operation, "status": "Running" }))
        }
        (Method::GET, path, _) if path.starts_with("/emails/operations/") => {
            let id = path.rsplit('/').next();
            response(StatusCode::OK, &json!({ "id": id, "status": "Succeeded" }))
        }
        _ => response(StatusCode::NOT_FOUND, &json!({ "error": { "code": "NotFound", "message": "" } })),
    })
}

fn response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    response
}
