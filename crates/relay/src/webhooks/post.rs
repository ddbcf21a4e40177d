//! One signed request to an endpoint.

use std::time::Duration;

use http_client::{
    BuildError, Destinations, ExchangeError, HttpClient, Limit, Method, Options, Proxy, Reply, Schemes,
    header,
};
use jiff::Timestamp;
use model::webhook::{Reach, SigningSecret, Webhook};
use secrecy::ExposeSecret as _;
use store::{SecretName, SecretOwner, Store, StoreError};
use tls::TrustError;

/// What came of a test event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    pub is_accepted: bool,
    /// The answer, or why there was none.
    pub message: String,
}

/// Why no request can be made to an endpoint.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("its CA certificates cannot be used")]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Client(#[from] BuildError),
}

/// A request, ready to be sent.
pub(super) struct Post {
    pub(super) id: String,
    pub(super) body: Vec<u8>,
    /// When it is sent.
    pub(super) at: Timestamp,
}

/// An endpoint that does not answer within this time has not accepted the request.
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// What is read of an answer: only its status counts, and the first words of an error.
const LIMIT: Limit = Limit { bytes: 1 << 10, error_bytes: 1 << 10 };

/// The connections of one endpoint. No proxy is used: it would choose the address.
pub(super) fn client(webhook: &Webhook) -> Result<HttpClient, PostError> {
    Ok(HttpClient::new(Options {
        tls: tls::client_config(webhook.ca_pem.as_deref())?,
        schemes: if webhook.url.scheme() == "https" { Schemes::Https } else { Schemes::HttpToo },
        proxy: Proxy::Never,
        destinations: match webhook.reach {
            Reach::Public => Destinations::Public,
            Reach::Private => Destinations::Any,
        },
        time_limit: TIME_LIMIT,
    })?)
}

/// What requests are signed with now: the secret, and the one before while both are in use.
pub(super) async fn secrets(
    store: &Store,
    webhook: &Webhook,
    now: Timestamp,
) -> Result<Vec<SigningSecret>, StoreError> {
    let (store, owner) = (store.secrets(), SecretOwner::Webhook(webhook.id));
    let mut names = vec![SecretName::SigningSecret];
    let before = store.facts(owner, SecretName::PreviousSigningSecret).await?;
    if before.and_then(|facts| facts.expires_at).is_some_and(|until| now < until) {
        names.push(SecretName::PreviousSigningSecret);
    }
    let mut secrets = Vec::new();
    for name in names {
        let text = store.get(owner, name).await?;
        secrets.push(text.expose_secret().parse().map_err(|_| StoreError::Sealed)?);
    }
    Ok(secrets)
}

/// Sends a request.
pub(super) async fn send(
    http: &HttpClient,
    webhook: &Webhook,
    secrets: &[SigningSecret],
    post: Post,
) -> Result<Reply, ExchangeError> {
    let Post { id, body, at } = post;
    let seconds = at.as_second();
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(&id, seconds, &body)).collect();
    let request = http
        .request(Method::POST, webhook.url.clone())
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signatures.join(" "))
        .body(body);
    http.confirm(request, LIMIT).await
}
