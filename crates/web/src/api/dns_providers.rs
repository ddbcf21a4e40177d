//! `/v1/dns-providers`: where zones are written.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use control::NewDnsProvider;
use jiff::Timestamp;
use model::dns_provider::DnsProvider;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Api, Operator};
use crate::error::ApiError;

/// A connection, without its token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DnsProviderView {
    /// Its name.
    pub name: String,
    /// `cloudflare`.
    pub kind: String,
    /// Where the API is.
    pub origin: String,
    /// When it was added.
    pub created_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddConnection {
    name: String,
    kind: String,
    token: SecretString,
    #[serde(default)]
    origin: Option<String>,
    #[serde(default)]
    ca_pem: Option<String>,
}

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/dns-providers", get(list).post(add))
        .route("/v1/dns-providers/{name}", delete(remove))
}

async fn list(State(api): State<Api>) -> Result<Json<Vec<DnsProviderView>>, ApiError> {
    Ok(Json(api.store.dns_providers().list().await?.iter().map(view).collect()))
}

async fn add(
    Operator(control): Operator,
    body: Result<Json<AddConnection>, JsonRejection>,
) -> Result<(StatusCode, Json<DnsProviderView>), ApiError> {
    let Json(body) = body?;
    let AddConnection { name, kind, token, origin, ca_pem } = body;
    let added = control.add_dns_provider(NewDnsProvider { name, kind, token, origin, ca_pem }).await?;
    Ok((StatusCode::CREATED, Json(view(&added))))
}

async fn remove(Operator(control): Operator, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    control.remove_dns_provider(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(connection: &DnsProvider) -> DnsProviderView {
    DnsProviderView {
        name: connection.name.to_string(),
        kind: connection.kind.as_str().to_owned(),
        origin: connection.origin.to_string(),
        created_at: connection.created_at,
    }
}
