//! How much of Azure's answers is read.

use http_client::{Limit, Reply, RequestBuilder};

use crate::failure::RequestFailure;
use crate::http::Http;

/// What is asked for, by how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A token, or where tokens are had.
    Token,
    /// The keys of a tenant; Entra's set has about 20,000 bytes.
    Keys,
    Document,
}

impl Wanted {
    pub(crate) fn limit(self) -> Limit {
        Limit::of(match self {
            Self::Token => 64 << 10,
            Self::Keys => 256 << 10,
            Self::Document => 4 << 20,
        })
    }
}

impl Http {
    /// Sends a request and reads the answer. An error is an answer, too.
    pub(crate) async fn exchange(
        &self,
        request: RequestBuilder,
        wanted: Wanted,
    ) -> Result<Reply, RequestFailure> {
        Ok(self.0.exchange(request, wanted.limit()).await?)
    }
}
