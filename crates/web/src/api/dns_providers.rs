//! `/v1/dns-providers`: where zones are written.

use api::dns_providers::{AddDnsProvider, DnsProviderView};
use api::page::{Page, PageQuery};
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use control::NewDnsProvider;
use model::dns_provider::DnsProvider;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/dns-providers", get(list).post(add))
        .route("/v1/dns-providers/{name}", delete(remove))
}

async fn list(
    Calling(control): Calling,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DnsProviderView>>, ApiError> {
    let providers = control.dns_providers().await?;
    Ok(Json(cut(providers.iter().map(view), |view| view.name.clone(), Order::Ascending, &query)?))
}

async fn add(
    Calling(control): Calling,
    body: Result<Json<AddDnsProvider>, JsonRejection>,
) -> Result<(StatusCode, Json<DnsProviderView>), ApiError> {
    let Json(body) = body?;
    let AddDnsProvider { name, kind, token, base_url, ca_pem } = body;
    let added = control.add_dns_provider(NewDnsProvider { name, kind, token, base_url, ca_pem }).await?;
    Ok((StatusCode::CREATED, Json(view(&added))))
}

async fn remove(Calling(control): Calling, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    control.remove_dns_provider(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(connection: &DnsProvider) -> DnsProviderView {
    DnsProviderView {
        name: connection.name.to_string(),
        kind: connection.kind.as_str().to_owned(),
        base_url: connection.base_url.to_string(),
        created_at: connection.created_at,
    }
}
