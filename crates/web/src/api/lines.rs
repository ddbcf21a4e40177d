//! Answers that go on: JSON, a line each.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;

/// Sends each line as it comes, until nobody has another to give. The guard is dropped with the answer: at its end, or
/// when the client disconnects.
pub(super) fn streamed<T, G>(lines: UnboundedReceiver<T>, guard: G) -> Response
where
    T: Serialize + Send + 'static,
    G: Send + 'static,
{
    let stream = futures_util::stream::unfold((lines, guard), |(mut lines, guard)| async move {
        let line = lines.recv().await?;
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        Some((text, (lines, guard)))
    });
    let body = Body::from_stream(stream.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}
