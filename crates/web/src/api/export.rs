//! The desired state of an account, for those who go on without Postern: `/v1/accounts/{name}/export?form=bicep`.

use api::export::Wanted;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use control::provision::ExportForm;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/accounts/{name}/export", get(export))
}

async fn export(
    Calling(control): Calling,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    let form = ExportForm::from_word(&wanted.form).ok_or_else(|| {
        let forms = ExportForm::ALL.map(ExportForm::as_str).join(", ");
        ApiError::invalid("form", format!("there are these forms, and no {:?}: {forms}", wanted.form))
    })?;
    let kind = match form {
        ExportForm::Csv => "text/csv; charset=utf-8; header=present",
        ExportForm::Bicep | ExportForm::Terraform => "text/plain; charset=utf-8",
    };
    let text = control.export(&name, form).await?;
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
