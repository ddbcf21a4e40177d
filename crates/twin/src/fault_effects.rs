//! What an armed failure does to an HTTPS endpoint's answer.

use std::future::Future;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::backend::Backend;
use crate::endpoints::Unanswered;
use crate::error_reply::ErrorReply;
use crate::faults::{Effect, Operation};

/// Gives the real answer, unless a failure is due.
pub(crate) async fn answer_or_fail(
    backend: &Backend,
    operation: Operation,
    real: impl Future<Output = Response> + Send,
) -> Response {
    let refuse =
        |status, code: String, message: String| ErrorReply::new(status, &code, message).into_response();
    answer_or_fail_with(backend, operation, refuse, real).await
}

/// As [`answer_or_fail`], for an endpoint with refusals of its own form.
pub(crate) async fn answer_or_fail_with(
    backend: &Backend,
    operation: Operation,
    refuse: impl FnOnce(StatusCode, String, String) -> Response + Send,
    real: impl Future<Output = Response> + Send,
) -> Response {
    match backend.faults.trigger(operation) {
        None => real.await,
        Some(Effect::Answer { status, code, message, retry_after }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = refuse(status, code, message);
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
        Some(Effect::Fail { code, message }) => refuse(StatusCode::INTERNAL_SERVER_ERROR, code, message),
        Some(Effect::Late(milliseconds)) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            real.await
        }
        Some(Effect::Hang) => std::future::pending().await,
        Some(Effect::DoneButUnanswered) => {
            let mut response = real.await;
            response.extensions_mut().insert(Unanswered);
            response
        }
        Some(Effect::CutAfter(_)) => {
            let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
            response.extensions_mut().insert(Unanswered);
            response
        }
    }
}
