//! An answer, read as far as it may be read.

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::ExchangeError;

/// The answer of a server, its body read within the limit.
#[derive(Debug)]
pub struct Reply {
    /// Host and port that were asked.
    pub host: String,
    /// Its status, which may be an error's.
    pub status: StatusCode,
    /// Its header fields.
    pub headers: HeaderMap,
    /// The whole body; of an error's, at most [`Limit::error_bytes`].
    pub body: Vec<u8>,
}

/// How much of an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Largest body, in bytes: a larger one is an [`ExchangeError::Garbled`].
    pub bytes: usize,
    /// Bytes that are read of an error's body. What follows is cut off.
    pub error_bytes: usize,
}

impl Limit {
    /// Up to `bytes`, and 64 KB of an error: what follows says nothing more.
    #[must_use]
    pub const fn of(bytes: usize) -> Self {
        Self { bytes, error_bytes: 64 << 10 }
    }
}

impl Reply {
    pub(crate) async fn read(
        mut response: Response,
        host: String,
        limit: Limit,
    ) -> Result<Self, ExchangeError> {
        let mut reply = Self::without_body(&response, host);
        let most = if reply.status.is_success() { limit.bytes } else { limit.error_bytes };
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(reply),
                Err(source) => return Err(ExchangeError::of(&reply.host, source)),
            };
            let room = most - reply.body.len();
            reply.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() <= room {
                continue;
            }
            if reply.status.is_success() {
                return Err(reply.garbled(format!("it has more than {most} bytes")));
            }
            return Ok(reply);
        }
    }

    pub(crate) fn without_body(response: &Response, host: String) -> Self {
        Self { host, status: response.status(), headers: response.headers().clone(), body: Vec::new() }
    }

    /// The body as JSON. Deeper than 128 levels is no document that anybody meant.
    ///
    /// # Errors
    /// When it is not JSON, or not of that shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ExchangeError> {
        serde_json::from_slice(&self.body).map_err(|error| self.garbled(error.to_string()))
    }

    /// An answer that has arrived and cannot be understood.
    #[must_use]
    pub fn garbled(&self, what: String) -> ExchangeError {
        ExchangeError::Garbled { host: self.host.clone(), what }
    }
}
