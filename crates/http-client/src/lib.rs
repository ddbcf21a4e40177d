//! The one HTTP client of the product's own connections: to Azure, to Cloudflare, to the operator's web hooks.
//!
//! 1. [`HttpClient::new`] builds a pool from [`Options`]: TLS trust, proxy, time limit, which addresses. It follows no redirect and asks
//!    for no compression, so that what is counted is what came, and from where it was asked for.
//! 2. [`HttpClient::request`] begins a request, [`HttpClient::exchange`] sends it and reads the answer up to a
//!    [`Limit`]: a server that answers without end fills no memory.
//! 3. [`ExchangeError`] says whether the request can have been carried out.
//!
//! Nothing here retries: only the caller knows what may be done twice.

mod client;
mod destination;
mod error;
mod reply;

pub use reqwest::header;
pub use reqwest::{Method, RequestBuilder, StatusCode};
pub use url::Url;

pub use client::{BuildError, HttpClient, Options, Proxy, Schemes};
pub use destination::{Destinations, NotPublic, is_public};
pub use error::{ExchangeError, TransportError};
pub use reply::{Limit, Reply};
