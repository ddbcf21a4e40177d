//! The desired state of an account, for those who go on without Postern: `/v1/accounts/{name}/export?form=bicep`.

use api::export::Wanted;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use provisioning::ExportForm;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(export))
}

/// Export the desired state.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/export", operation_id = "export_infrastructure", tag = "accounts",
    params(("name" = String, Path, description = "The account's name"), Wanted),
    responses((status = 200, description = "The export in the form that was asked for", content((String = "text/plain"), (String = "text/csv")))),
)]
async fn export(
    Calling(control): Calling,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    let form: ExportForm = wanted.form.parse().map_err(|unknown| ApiError::invalid("form", unknown))?;
    let kind = match form {
        ExportForm::Csv => "text/csv; charset=utf-8; header=present",
        ExportForm::Bicep | ExportForm::Terraform => "text/plain; charset=utf-8",
    };
    let text = control.provisioning().export(&name, form).await?;
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
