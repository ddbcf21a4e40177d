//! The pool of connections, and how a request proves who sends it.

use std::time::Duration;

use azure_types::access_key::{AccessKey, Signed, content_hash};
use http_client::{
    BuildError, Destinations, HttpClient, Limit, Method, Options, Proxy, Reply, RequestBuilder, Schemes,
    header,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tls::TrustError;
use url::{Position, Url};

use crate::failure::RequestFailure;

/// Connections to Azure, shared by everything that one account does.
#[derive(Clone, Debug)]
pub struct Http(pub(crate) HttpClient);

/// What a base URL says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// What time it is there.
    pub date: Option<Timestamp>,
}

/// Why no connections can be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// What was to be trusted cannot be.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The client cannot be built.
    #[error(transparent)]
    Client(#[from] BuildError),
}

/// How a request proves who sends it.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// A token of Entra.
    Bearer(SecretString),
    /// A signature with a key of the communication service.
    AccessKey(AccessKey),
}

/// A 10 MB request over a slow line.
const WHOLE_REQUEST: Duration = Duration::from_secs(120);

impl Http {
    /// A pool that trusts the system's roots, or only `ca_pem`.
    ///
    /// # Errors
    /// When what is to be trusted is not usable.
    pub fn new(ca_pem: Option<&str>) -> Result<Self, HttpError> {
        Self::with(ca_pem, Schemes::Https)
    }

    /// As [`Http::new`], but also without TLS: for the metadata service of the machine that this runs on, and
    /// for nothing else.
    ///
    /// # Errors
    /// When what is to be trusted is not usable.
    pub fn within_the_machine(ca_pem: Option<&str>) -> Result<Self, HttpError> {
        Self::with(ca_pem, Schemes::HttpToo)
    }

    /// For the operator's own web hooks, which may be without TLS.
    ///
    /// # Errors
    /// When the system's roots are not usable.
    pub fn for_hooks() -> Result<Self, HttpError> {
        Self::with(None, Schemes::HttpToo)
    }

    fn with(ca_pem: Option<&str>, schemes: Schemes) -> Result<Self, HttpError> {
        // A proxy of the environment would also be asked for another Azure on this machine.
        let is_near = ca_pem.is_some() || schemes == Schemes::HttpToo;
        let proxy = if is_near { Proxy::Never } else { Proxy::OfTheEnvironment };
        let options = Options {
            tls: tls::client_config(ca_pem)?,
            schemes,
            proxy,
            destinations: Destinations::Any,
            time_limit: WHOLE_REQUEST,
        };
        Ok(Self(HttpClient::new(options)?))
    }

    /// Whether somebody answers at that base URL, whatever the answer is, and what time it is there.
    ///
    /// # Errors
    /// When nobody does.
    pub async fn probe(&self, base_url: &Url) -> Result<Probe, RequestFailure> {
        let reply = self.head_of(self.request(Method::GET, base_url.clone())).await?;
        let date = reply.headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        Ok(Probe { date: date.map(|date| date.timestamp()) })
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.0.request(method, url)
    }

    /// Sends a request and reads the head of the answer alone.
    pub(crate) async fn head_of(&self, request: RequestBuilder) -> Result<Reply, RequestFailure> {
        Ok(self.0.head_of(request).await?)
    }

    /// Sends a request of whose answer only the status counts.
    pub(crate) async fn confirm(
        &self,
        request: RequestBuilder,
        limit: Limit,
    ) -> Result<Reply, RequestFailure> {
        Ok(self.0.confirm(request, limit).await?)
    }
}

impl Authorization {
    /// Adds the headers that prove the sender. A signed request is good for five minutes.
    pub(crate) fn apply(
        &self,
        builder: RequestBuilder,
        signed: &ToSign<'_>,
        now: Timestamp,
    ) -> RequestBuilder {
        match self {
            Self::Bearer(token) => builder.bearer_auth(token.expose_secret()),
            Self::AccessKey(key) => {
                let (hash, date) = (content_hash(signed.body), message::date::http(now));
                let host = signed.url[Position::BeforeHost..Position::AfterPort].to_owned();
                let authorization = key.authorization(&Signed {
                    method: signed.method.as_str(),
                    path_and_query: &signed.url[Position::BeforePath..Position::AfterQuery],
                    date: &date,
                    host: &host,
                    content_hash: &hash,
                });
                builder
                    .header("x-ms-date", date)
                    .header("x-ms-content-sha256", hash)
                    .header("authorization", authorization)
            }
        }
    }
}

/// What a signature covers.
pub(crate) struct ToSign<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
    pub(crate) body: &'a [u8],
}
