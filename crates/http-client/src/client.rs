//! The pool of connections.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use rustls::ClientConfig;
use url::Url;

use crate::destination::{self, Destinations, PublicOnly};
use crate::error::{self, ExchangeError, TransportError};
use crate::reply::{Limit, Reply};

/// A pool of connections. Clones share it.
#[derive(Clone, Debug)]
pub struct HttpClient {
    pool: Client,
    destinations: Destinations,
}

/// How a pool behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is trusted. ALPN is set here.
    pub tls: Arc<ClientConfig>,
    /// The URLs that may be asked.
    pub schemes: Schemes,
    /// Whether the environment's proxy is used.
    pub proxy: Proxy,
    /// The addresses that may be connected to. Where a proxy is used, it chooses them.
    pub destinations: Destinations,
    /// Time for a whole exchange, from connecting to the last byte of the answer.
    pub time_limit: Duration,
}

/// The URLs that may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    Https,
    /// `http` too: for this machine, and for what the operator names.
    HttpToo,
}

/// Whether the environment's proxy is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// It is, where `HTTPS_PROXY` and the like name one.
    OfTheEnvironment,
    /// It is not: the server is on this machine or close to it.
    Never,
}

/// The client cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built")]
pub struct BuildError(#[source] TransportError);

const CONNECT: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(60);

impl HttpClient {
    /// Builds a pool. Connections are made when they are needed.
    ///
    /// # Errors
    /// When the TLS configuration is not usable.
    pub fn new(options: Options) -> Result<Self, BuildError> {
        let mut tls = Arc::unwrap_or_clone(options.tls);
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")))
            .https_only(options.schemes == Schemes::Https)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(options.time_limit)
            .pool_idle_timeout(IDLE);
        let builder = match options.proxy {
            Proxy::OfTheEnvironment => builder,
            Proxy::Never => builder.no_proxy(),
        };
        let builder = match options.destinations {
            Destinations::Any => builder,
            Destinations::Public => builder.dns_resolver(Arc::new(PublicOnly)),
        };
        Ok(Self { pool: builder.build().map_err(BuildError)?, destinations: options.destinations })
    }

    /// Begins a request.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.pool.request(method, url)
    }

    /// Sends a request and reads the answer. An error status is an answer, too.
    ///
    /// # Errors
    /// When no answer comes, or it is larger than `limit`.
    pub async fn exchange(&self, request: RequestBuilder, limit: Limit) -> Result<Reply, ExchangeError> {
        let (host, response) = self.send(request).await?;
        Reply::read(response, host, limit).await
    }

    /// Sends a request and reads only the head of the answer. The connection is closed if a body follows.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn head_of(&self, request: RequestBuilder) -> Result<Reply, ExchangeError> {
        let (host, response) = self.send(request).await?;
        Ok(Reply::without_body(&response, host))
    }

    /// Sends a request of whose answer only the status counts: a body is read of an error alone.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn confirm(&self, request: RequestBuilder, limit: Limit) -> Result<Reply, ExchangeError> {
        let (host, response) = self.send(request).await?;
        if response.status().is_success() {
            return Ok(Reply::without_body(&response, host));
        }
        Reply::read(response, host, limit).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<(String, Response), ExchangeError> {
        let request = request.build().map_err(|source| ExchangeError::of("", source))?;
        let host = error::host(request.url());
        if self.destinations == Destinations::Public {
            destination::check_literal(request.url())?;
        }
        match self.pool.execute(request).await {
            Ok(response) => Ok((host, response)),
            Err(source) => Err(ExchangeError::of(&host, source)),
        }
    }
}
