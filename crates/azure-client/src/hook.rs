//! Telling the operator's own service something: one JSON document to one URL.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::failure::{Answered, Failure};
use crate::http::Http;
use crate::reply::{Reply, Wanted};

/// Whoever takes longer to take an alarm is told by the next one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts a document.
///
/// # Errors
/// When nobody answers, or the answer is an error.
pub async fn post(http: &Http, url: &Url, body: &Value, now: Timestamp) -> Result<(), Failure> {
    let host = url.host_str().unwrap_or_default();
    let exchange = |error| Failure::exchange(host, error);
    let request =
        http.request(Method::POST, url.clone()).json(body).timeout(PATIENCE).build().map_err(exchange)?;
    let response = http.execute(request).await.map_err(exchange)?;
    if response.status().is_success() {
        // Of what it says to that nothing is read.
        return Ok(());
    }
    Err(Failure::Answered(Answered::read(&Reply::read(response, host, Wanted::Document).await?, now)))
}
