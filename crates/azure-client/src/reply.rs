//! An answer, read as far as it may be read: whoever answers without end fills no memory.
//!
//! The pool asks for no compression and follows no redirect, so that what is counted is what came, and from where it
//! was asked for.

use reqwest::header::HeaderMap;
use reqwest::{Request, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::http::Http;

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The whole of it; of an error's, as much as an error may have.
    pub(crate) body: Vec<u8>,
}

/// What is asked for, by how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A token, or where tokens are had.
    Token,
    /// The keys of a tenant; Entra's set has about 20,000 bytes.
    Keys,
    Document,
}

/// Bytes of an error that are read. What follows says nothing more.
const ERROR_BYTES: usize = 64 << 10;

impl Wanted {
    fn max_bytes(self) -> usize {
        match self {
            Self::Token => 64 << 10,
            Self::Keys => 256 << 10,
            Self::Document => 4 << 20,
        }
    }
}

impl Http {
    /// Sends a request to `host` and reads the answer. An error is an answer, too.
    pub(crate) async fn exchange(
        &self,
        request: Request,
        host: &str,
        wanted: Wanted,
    ) -> Result<Reply, Failure> {
        let response = self.execute(request).await.map_err(|error| Failure::exchange(host, error))?;
        Reply::read(response, host, wanted).await
    }
}

impl Reply {
    /// Reads an answer that has begun.
    pub(crate) async fn read(mut response: Response, host: &str, wanted: Wanted) -> Result<Self, Failure> {
        let (status, headers) = (response.status(), response.headers().clone());
        let most = if status.is_success() { wanted.max_bytes() } else { ERROR_BYTES };
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::exchange(host, error))? {
            let room = most - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() <= room {
                continue;
            }
            if status.is_success() {
                let what = format!("it has more than {most} bytes");
                return Err(Failure::Garbled { host: host.to_owned(), what });
            }
            break;
        }
        Ok(Self { status, headers, body })
    }

    /// The body as JSON. Deeper than 128 levels is no document that anybody meant.
    pub(crate) fn json<T: DeserializeOwned>(&self, host: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failure::Garbled { host: host.to_owned(), what: error.to_string() })
    }
}
