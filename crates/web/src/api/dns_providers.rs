//! `/v1/dns-providers`: where zones are written.

use api::dns_providers::{AddDnsProvider, DnsProviderView};
use api::page::{Page, PageQuery};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use control::NewDnsProvider;
use model::dns_provider::DnsProvider;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// List connections to DNS providers.
#[utoipa::path(
    get, path = "/v1/dns-providers", operation_id = "list_dns_providers", tag = "dns-providers",
    params(PageQuery),
    responses((status = 200, description = "A page of connections, by name", body = Page<DnsProviderView>)),
)]
async fn list(
    Calling(control): Calling,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DnsProviderView>>, ApiError> {
    let providers = control.dns_providers().await?;
    Ok(Json(cut(providers.iter().map(view), |view| view.name.clone(), Order::Ascending, &query)?))
}

/// Add a connection to a DNS provider, once the provider accepts its token.
#[utoipa::path(
    post, path = "/v1/dns-providers", operation_id = "add_dns_provider", tag = "dns-providers",
    request_body = AddDnsProvider,
    responses((status = 201, description = "The connection was added", body = DnsProviderView)),
    extensions(("x-problems" = json!(["exists", "upstream"]))),
)]
async fn add(
    Calling(control): Calling,
    body: Result<Json<AddDnsProvider>, JsonRejection>,
) -> Result<(StatusCode, Json<DnsProviderView>), ApiError> {
    let Json(body) = body?;
    let AddDnsProvider { name, kind, token, base_url, ca_pem } = body;
    let added = control.add_dns_provider(NewDnsProvider { name, kind, token, base_url, ca_pem }).await?;
    Ok((StatusCode::CREATED, Json(view(&added))))
}

/// Remove a connection to a DNS provider.
#[utoipa::path(
    delete, path = "/v1/dns-providers/{name}", operation_id = "remove_dns_provider", tag = "dns-providers",
    params(("name" = String, Path, description = "The connection's name")),
    responses((status = 204, description = "It is done")),
    extensions(("x-problems" = json!(["in_use"]))),
)]
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
