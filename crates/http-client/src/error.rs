//! Why an exchange failed, by what may have happened on the other side.

use crate::destination::NotPublic;

use url::{Position, Url};

/// What the connection reported; its text names no URL, because a query may hold what must not be logged.
pub use reqwest::Error as TransportError;

/// A request without a usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// No connection came about: the request was never sent.
    #[error("no connection to {host}")]
    Unreachable {
        /// Host and port.
        host: String,
        source: TransportError,
    },
    /// The address may not be connected to: the request was never sent.
    #[error(transparent)]
    NotPublic(#[from] NotPublic),
    /// The connection broke, or no answer came in time: the request may have been carried out.
    #[error("no answer from {host}")]
    Interrupted {
        /// Host and port.
        host: String,
        source: TransportError,
    },
    /// The answer is too large, or not what its type says.
    #[error("{host} gave an answer that cannot be understood: {what}")]
    Garbled {
        /// Host and port.
        host: String,
        what: String,
    },
}

impl ExchangeError {
    pub(crate) fn of(host: &str, source: TransportError) -> Self {
        let (host, source) = (host.to_owned(), source.without_url());
        if source.is_connect() || source.is_builder() {
            Self::Unreachable { host, source }
        } else {
            Self::Interrupted { host, source }
        }
    }
}

/// The host of a URL, with the port where it names one.
pub(crate) fn host(url: &Url) -> String {
    url[Position::BeforeHost..Position::AfterPort].to_owned()
}
