//! Endpoints without sockets, for the tests of this crate.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use clock::Clock;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::backend::Backend;
use crate::captured::Captured;
use crate::keys::TokenKey;
use crate::persistence::Persistence;
use crate::state::Seed;

/// The HTTPS endpoint of a fresh twin.
pub(crate) struct Rehearsal {
    pub(crate) backend: Arc<Backend>,
    router: Router,
}

/// What the endpoint answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The body as it came, where the order of members matters.
    pub(crate) text: String,
}

/// Where the token key is, which takes long to make.
static FOLDER: OnceLock<TempDir> = OnceLock::new();

impl Rehearsal {
    pub(crate) fn begin() -> Self {
        Self::asking(None)
    }

    /// One whose verifications ask a name server.
    pub(crate) fn asking(server: Option<SocketAddr>) -> Self {
        let folder = FOLDER.get_or_init(|| tempfile::tempdir().unwrap());
        let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
        let state = Seed::standard().into_state(clock.now());
        let key = TokenKey::open(folder.path()).unwrap();
        let mut backend =
            Backend::new((state.clone(), state), Captured::default(), clock, key, Persistence::none());
        backend.resolver = server.map(|address| crate::resolver::Resolver::new(address).unwrap());
        let backend = Arc::new(backend);
        let router = crate::entra::routes()
            .merge(crate::email::routes())
            .merge(crate::events::routes())
            .merge(crate::arm::routes())
            .merge(crate::graph::routes())
            .merge(crate::cloudflare::routes())
            .merge(crate::inspect::routes())
            .with_state(Arc::clone(&backend));
        Self { backend, router }
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let path = crate::path::settled(&path.parse().unwrap());
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost:8443");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}
