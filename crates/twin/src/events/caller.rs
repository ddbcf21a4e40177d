//! Requests to end points: HTTPS with the certificates that are trusted, no redirect, 30 seconds for an answer.

use std::time::Duration;

use http_client::header::HeaderMap;
use http_client::{Destinations, HttpClient, Limit, Method, Options, Proxy, Reply, Schemes, Url};

use crate::state::EventBehaviour;

/// Seconds that Event Grid waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that are read of an answer.
const LIMIT: Limit = Limit::of(64 << 10);

/// What is asked of an end point.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Asks an end point.
///
/// # Errors
/// When there is no answer, in words.
pub(super) async fn call(behaviour: &EventBehaviour, call: Call) -> Result<Reply, String> {
    let client = client(behaviour)?;
    let url: Url = call.url.parse().map_err(|error| format!("the URL is not valid: {error}"))?;
    let request = client.request(call.method, url).headers(call.headers).body(call.body);
    client.exchange(request, LIMIT).await.map_err(|error| chain(&error))
}

fn client(behaviour: &EventBehaviour) -> Result<HttpClient, String> {
    let mut pem = String::new();
    for path in &behaviour.trusted_certificates {
        pem += &std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    }
    let trusted = (!behaviour.trusted_certificates.is_empty()).then_some(pem.as_str());
    let tls = tls::client_config(trusted).map_err(|error| chain(&error))?;
    let schemes = if behaviour.takes_http { Schemes::HttpToo } else { Schemes::Https };
    let destinations = Destinations::Any;
    HttpClient::new(Options { tls, schemes, proxy: Proxy::Never, destinations, time_limit: PATIENCE })
        .map_err(|error| chain(&error))
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
