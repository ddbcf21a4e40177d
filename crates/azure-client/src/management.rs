//! What Resource Manager and Graph have in common: a token, JSON both ways, pages, and patience.

use std::sync::Arc;
use std::time::Duration;

use azure_types::arm::Page;
use azure_types::error::ErrorDetail;
use clock::{Clock, Entropy, Sources};
use http_client::{Method, Reply, StatusCode};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::credential::Credential;
use crate::entra::TokenFailure;
use crate::failure::{Answered, RequestFailure};
use crate::gate::Gate;
use crate::http::Http;
use crate::reply::Wanted;
use crate::token_source::TokenSource;

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no token for it.
    #[error("no token")]
    Token(#[from] TokenFailure),
    /// The call itself.
    #[error(transparent)]
    Failed(#[from] RequestFailure),
}

impl CallError {
    /// What Azure answered, if it did.
    #[must_use]
    pub fn answered(&self) -> Option<&Answered> {
        match self {
            Self::Failed(RequestFailure::Answered(answered)) => Some(answered),
            Self::Token(_) | Self::Failed(_) => None,
        }
    }

    /// Whether Azure answered with that status.
    #[must_use]
    pub fn is(&self, status: u16) -> bool {
        self.answered().is_some_and(|answered| answered.http_status == status)
    }
}

/// One of the two, for one account.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    http: Http,
    base_url: String,
    tokens: Arc<TokenSource>,
    clock: Clock,
    entropy: Entropy,
    gate: Arc<Gate>,
}

/// Something was written or deleted, and may go on for a while.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Whether there was anything to delete.
    pub was_there: bool,
    /// Where to ask how it goes.
    operation: Option<Url>,
}

/// How something goes that was begun.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Operation {
    /// `Succeeded`, `Failed`, `Canceled`, and others on the way there.
    #[serde(default)]
    pub status: String,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<ErrorDetail>,
}

/// On which a write depends.
#[derive(Clone, Copy)]
pub(crate) enum Condition<'a> {
    /// What is there still has that etag.
    Unchanged(&'a str),
    /// Nothing is there.
    Absent,
}

struct Ask<'a> {
    method: Method,
    url: Url,
    body: Option<&'a Value>,
    condition: Option<Condition<'a>>,
}

/// Tries of one call that meets trouble.
const TRIES: u32 = 5;
/// How long a call waits for its turn while there is too much.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// Between tries, if Azure does not say.
const WAIT: Duration = Duration::from_secs(1);
/// A longer wait than this is left to the caller.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Pages of one list.
const MAX_PAGES: usize = 1_000;
/// Bytes of all pages of one list.
const MAX_LIST_BYTES: usize = 64 << 20;

impl Management {
    pub(crate) fn new(
        http: Http,
        base_url: &str,
        credential: Arc<dyn Credential>,
        Sources { clock, entropy }: Sources,
        gate: Arc<Gate>,
    ) -> Self {
        let tokens = Arc::new(TokenSource::new(credential, format!("{base_url}/.default"), clock.clone()));
        Self { http, base_url: base_url.to_owned(), tokens, clock, entropy, gate }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Method::GET, &self.url(path)?, None).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, CallError> {
        self.call(Method::POST, &self.url(path)?, body).await
    }

    /// All pages of a list. The next page is where Azure says, word for word, but only on the same host: it
    /// is sent a token.
    pub(crate) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, CallError> {
        let (mut all, mut next, mut bytes) = (Vec::new(), Some(self.url(path)?), 0);
        for _ in 0..MAX_PAGES {
            let Some(url) = next.take() else { break };
            let reply =
                self.patiently(&Ask { method: Method::GET, url, body: None, condition: None }).await?;
            bytes += reply.body.len();
            if bytes > MAX_LIST_BYTES {
                let what = format!("a list has more than {MAX_LIST_BYTES} bytes");
                return Err(RequestFailure::Garbled { host: self.host(), what }.into());
            }
            let page: Page<T> = self.read_as(&reply)?;
            all.extend(page.value);
            next = page.next_link.map(|link| self.same_host(&link)).transpose()?;
        }
        Ok(all)
    }

    /// Writes or deletes something, which may go on after the answer.
    pub(crate) async fn begin(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Begun, CallError> {
        let reply = self.patiently(&Ask { method, url: self.url(path)?, body, condition: None }).await?;
        // Where to ask is somewhere on the same host, or nowhere that a token is sent to.
        let header = |name: &str| reply.headers.get(name)?.to_str().ok();
        let link = header("azure-asyncoperation").or_else(|| header("location"));
        let operation = link.and_then(|link| self.same_host(link).ok());
        Ok(Begun { was_there: reply.status != StatusCode::NO_CONTENT, operation })
    }

    /// What became of something that was begun.
    pub(crate) async fn operation(&self, begun: &Begun) -> Result<Option<Operation>, CallError> {
        let Some(url) = &begun.operation else { return Ok(None) };
        let ask = Ask { method: Method::GET, url: url.clone(), body: None, condition: None };
        let reply = self.patiently(&ask).await?;
        // One of Azure's two ways says how it goes in the status alone.
        let word = if reply.status == StatusCode::ACCEPTED { "InProgress" } else { "Succeeded" };
        let told: Option<Operation> = serde_json::from_slice(&reply.body).ok();
        let told = told.filter(|told| !told.status.is_empty());
        Ok(Some(told.unwrap_or_else(|| Operation { status: word.to_owned(), error: None })))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<T, CallError> {
        Ok(self.read_as(&self.patiently(&Ask { method, url: url.clone(), body, condition: None }).await?)?)
    }

    /// Writes if a condition holds.
    pub(crate) async fn write_if<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        condition: Condition<'_>,
        body: Option<&Value>,
    ) -> Result<T, CallError> {
        let ask = Ask { method, url: self.url(path)?, body, condition: Some(condition) };
        Ok(self.read_as(&self.patiently(&ask).await?)?)
    }

    /// Writes, and reads what is there then.
    pub(crate) async fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CallError> {
        self.call(Method::PATCH, &self.url(path)?, Some(body)).await
    }

    fn read_as<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, RequestFailure> {
        let bytes: &[u8] = if reply.body.is_empty() { b"null" } else { &reply.body };
        let what =
            |error: serde_json::Error| RequestFailure::Garbled { host: self.host(), what: error.to_string() };
        serde_json::from_slice(bytes).map_err(what)
    }

    async fn patiently(&self, ask: &Ask<'_>) -> Result<Reply, CallError> {
        let mut tries = 0;
        let give_up_at = clock::after(self.clock.now(), PATIENCE);
        loop {
            let permit = self.gate.pass(&self.clock).await;
            let answered = self.once(ask).await;
            drop(permit);
            match answered {
                Ok(reply) => return Ok(reply),
                Err(error) if error.is(429) => match self.wait(&error, 1).map(|wait| self.later(wait)) {
                    Some(again) if again < give_up_at => self.gate.close(again),
                    _ => return Err(error),
                },
                Err(error) => {
                    tries += 1;
                    match self
                        .wait(&error, tries)
                        .filter(|_| is_passing(&error, &ask.method) && tries < TRIES)
                    {
                        Some(wait) => self.clock.sleep(wait).await,
                        None => return Err(error),
                    }
                }
            }
        }
    }

    async fn once(&self, ask: &Ask<'_>) -> Result<Reply, CallError> {
        let token = self.tokens.token().await?;
        // Resource Manager remembers refusals by this id: a new one each time.
        let id = uuid::Builder::from_random_bytes(self.entropy.bytes()).into_uuid();
        let mut request = self
            .http
            .request(ask.method.clone(), ask.url.clone())
            .bearer_auth(token.access_token.expose_secret())
            .header("x-ms-client-request-id", id.to_string());
        request = match ask.condition {
            Some(Condition::Unchanged(etag)) => request.header("if-match", etag),
            Some(Condition::Absent) => request.header("if-none-match", "*"),
            None => request,
        };
        if let Some(body) = ask.body {
            request = request.json(body);
        }
        let reply = self.http.exchange(request, Wanted::Document).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            self.tokens.forget(&token).await;
        }
        if reply.status.is_success() {
            return Ok(reply);
        }
        Err(RequestFailure::Answered(Answered::read(&reply, self.clock.now())).into())
    }

    /// How long to wait before the call is made again, unless that is too long.
    fn wait(&self, error: &CallError, tries: u32) -> Option<Duration> {
        let asked = error.answered().and_then(|answered| answered.retry_after);
        let wait = asked.unwrap_or(WAIT * tries);
        // Those who were sent away together must not come back together.
        (wait <= MAX_WAIT).then(|| wait.mul_f64(1.0 + self.entropy.fraction() / 4.0))
    }

    fn later(&self, wait: Duration) -> Timestamp {
        clock::after(self.clock.now(), wait)
    }

    /// A part of an answer that cannot be read.
    pub(crate) fn garbled(&self, what: &impl ToString) -> RequestFailure {
        RequestFailure::Garbled { host: self.host(), what: what.to_string() }
    }

    fn url(&self, path: &str) -> Result<Url, RequestFailure> {
        self.same_host(&format!("{}{path}", self.base_url))
    }

    fn same_host(&self, link: &str) -> Result<Url, RequestFailure> {
        let url = Url::parse(link)
            .ok()
            .filter(|url| Url::parse(&self.base_url).is_ok_and(|own| own.origin() == url.origin()));
        let what = || format!("what comes next is somewhere else: {link}");
        url.ok_or_else(|| RequestFailure::Garbled { host: self.host(), what: what() })
    }

    fn host(&self) -> String {
        self.base_url.trim_start_matches("https://").to_owned()
    }
}

/// A request's body as JSON.
pub(crate) fn body(value: &impl Serialize) -> Value {
    // Strings, ids and times: there is nothing in it that JSON could not hold.
    serde_json::to_value(value).unwrap_or_default()
}

/// Whether trouble may be over at the next try, and trying again does nothing twice.
fn is_passing(error: &CallError, method: &Method) -> bool {
    error.answered().is_some_and(|answered| match answered.http_status {
        500 | 502 | 503 | 504 => {
            let is_idempotent = matches!(*method, Method::GET | Method::PUT | Method::DELETE);
            is_idempotent || answered.retry_after.is_some()
        }
        _ => false,
    })
}
