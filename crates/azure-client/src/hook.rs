//! Telling the operator's own service something: one JSON document to one URL.

use std::time::Duration;

use http_client::Method;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::failure::{Answered, RequestFailure};
use crate::http::Http;
use crate::reply::Wanted;

/// A receiver that takes longer to accept an alarm gets the next one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts a document.
///
/// # Errors
/// When nobody answers, or the answer is an error.
pub async fn post(http: &Http, url: &Url, body: &Value, now: Timestamp) -> Result<(), RequestFailure> {
    let request = http.request(Method::POST, url.clone()).json(body).timeout(PATIENCE);
    let reply = http.confirm(request, Wanted::Document.limit()).await?;
    if reply.status.is_success() {
        Ok(())
    } else {
        Err(RequestFailure::Answered(Answered::read(&reply, now)))
    }
}
