//! One call of Cloudflare's API, with patience.

use std::time::Duration;

use http_client::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use http_client::{
    Destinations, ExchangeError, HttpClient, Limit, Method, Options, Proxy, Schemes, StatusCode,
};
use model::error_chain;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};

use super::Cloudflare;
use super::error::CloudflareError;
use super::wire::Envelope;

/// An answer that went well.
pub(super) struct Answer {
    envelope: Envelope,
    host: String,
}

const WHOLE_REQUEST: Duration = Duration::from_secs(30);
const TRIES: u32 = 3;
/// Waits that are not told.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// A longer pause is an error.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const LIMIT: Limit = Limit::of(4 << 20);

impl Answer {
    pub(super) fn one<T: DeserializeOwned>(self) -> Result<T, CloudflareError> {
        serde_json::from_value(self.envelope.result).map_err(|_| CloudflareError::Garbled(self.host))
    }

    pub(super) fn list<T: DeserializeOwned>(self) -> Result<Vec<T>, CloudflareError> {
        self.one()
    }

    /// How many pages there are.
    pub(super) fn pages(&self) -> u64 {
        self.envelope.result_info.as_ref().map_or(1, |info| info.total_pages)
    }
}

/// Only https, because of the token; but on this machine nobody listens in between.
pub(super) fn base_url(text: &str) -> Result<Url, CloudflareError> {
    let unusable = |why: &str| CloudflareError::Unusable(format!("the base URL {text} {why}"));
    let url = Url::parse(text).map_err(|_| unusable("is not a URL"))?;
    let is_near = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(unusable("names no host")),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_near => Ok(url),
        _ => Err(unusable("is not https")),
    }
}

pub(super) fn check_token(token: &SecretString) -> Result<(), CloudflareError> {
    let token = token.expose_secret();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CloudflareError::Unusable("the token is empty, or holds spaces or line ends".to_owned()));
    }
    Ok(())
}

pub(super) fn client(base_url: &Url, ca_pem: Option<&str>) -> Result<HttpClient, CloudflareError> {
    let unusable = |error: &dyn std::fmt::Display| CloudflareError::Unusable(error.to_string());
    let is_https = base_url.scheme() == "https";
    let options = Options {
        tls: tls::client_config(ca_pem).map_err(|error| unusable(&error))?,
        schemes: if is_https { Schemes::Https } else { Schemes::HttpToo },
        // A proxy of the environment would also be asked for another Cloudflare on this machine.
        proxy: if ca_pem.is_some() || !is_https { Proxy::Never } else { Proxy::OfTheEnvironment },
        destinations: Destinations::Any,
        time_limit: WHOLE_REQUEST,
    };
    HttpClient::new(options).map_err(|error| unusable(&error))
}

/// Calls, and calls again where it is for now and nothing is lost by it.
pub(super) async fn patiently(
    cloudflare: &Cloudflare,
    method: &Method,
    url: &Url,
    body: Option<&Value>,
) -> Result<Answer, CloudflareError> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match once(cloudflare, method, url, body).await {
            Err(CloudflareError::Busy(told)) if told > LONGEST_WAIT => {
                return Err(CloudflareError::Busy(told));
            }
            Err(CloudflareError::Busy(told)) => cloudflare.clock.sleep(told).await,
            Err(CloudflareError::Failed(_) | CloudflareError::Silent(_)) => {
                cloudflare.clock.sleep(wait).await;
            }
            done => return done,
        }
        wait *= 2;
    }
    once(cloudflare, method, url, body).await
}

async fn once(
    cloudflare: &Cloudflare,
    method: &Method,
    url: &Url,
    body: Option<&Value>,
) -> Result<Answer, CloudflareError> {
    let mut request = cloudflare.http.request(method.clone(), url.clone());
    request = request.bearer_auth(cloudflare.token.expose_secret());
    if let Some(body) = body {
        request = request.json(body);
    }
    let reply = cloudflare.http.exchange(request, LIMIT).await.map_err(|error| match error {
        ExchangeError::Garbled { host, .. } => CloudflareError::Garbled(host),
        ExchangeError::NotPublic(error) => CloudflareError::Silent(error.to_string()),
        ExchangeError::Unreachable { source, .. } | ExchangeError::Interrupted { source, .. } => {
            CloudflareError::Silent(error_chain(&source))
        }
    })?;
    let (status, host) = (reply.status, reply.host);
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(CloudflareError::Busy(retry_after(&reply.headers).unwrap_or(FIRST_WAIT)));
    }
    let envelope: Envelope = match serde_json::from_slice(&reply.body) {
        Ok(envelope) => envelope,
        Err(_) if status.is_server_error() => Envelope::default(),
        Err(_) => return Err(CloudflareError::Garbled(host)),
    };
    if status.is_success() && envelope.success {
        return Ok(Answer { envelope, host });
    }
    Err(CloudflareError::refused(status.as_u16(), &envelope))
}

/// Cloudflare gives seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER).map(HeaderValue::to_str)?.ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
