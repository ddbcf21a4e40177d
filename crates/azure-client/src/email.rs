//! The Email API: send a message, ask how a send stands.

use std::time::Duration;

use azure_types::email::{
    API_VERSION, EmailMessage, EmailSendResult, OPERATION_ID_HEADER, OPERATIONS_PATH, SEND_PATH,
};
use azure_types::ids::OperationId;
use bytes::Bytes;
use http_client::header::CONTENT_TYPE;
use http_client::{Method, RequestBuilder};
use jiff::Timestamp;
use url::Url;

use crate::failure::{Answered, Failure, RequestIds, retry_after};
use crate::http::{Authorization, Http, ToSign};
use crate::reply::Wanted;

/// The Email API of one communication service.
#[derive(Clone, Debug)]
pub struct EmailApi {
    http: Http,
    endpoint: Url,
}

/// A reply that is not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How the send stands.
    pub result: EmailSendResult,
    /// When to ask again.
    pub retry_after: Option<Duration>,
    /// The ids that Microsoft's support asks for.
    pub ids: RequestIds,
}

impl EmailApi {
    /// The API behind `https://<hostName>`.
    #[must_use]
    pub fn new(http: Http, endpoint: Url) -> Self {
        Self { http, endpoint }
    }

    /// The request body of a message, to be sent as often as it takes.
    #[must_use]
    pub fn body(message: &EmailMessage) -> Bytes {
        // Strings in a flat structure: there is nothing in it that JSON could not hold.
        Bytes::from(serde_json::to_vec(message).unwrap_or_default())
    }

    /// Sends a message under an id of our choice.
    ///
    /// # Errors
    /// When Azure does not take it, or does not say.
    pub async fn send(
        &self,
        authorization: &Authorization,
        operation: OperationId,
        body: Bytes,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let url = self.url(SEND_PATH)?;
        let method = Method::POST;
        let builder = self
            .http
            .request(method.clone(), url.clone())
            .header(OPERATION_ID_HEADER, operation.to_string())
            .header("x-ms-client-request-id", operation.to_string())
            .header(CONTENT_TYPE, "application/json");
        let builder = authorization.apply(builder, &ToSign { method: &method, url: &url, body: &body }, now);
        self.exchange(builder.body(body), now).await
    }

    /// Asks how a send stands.
    ///
    /// # Errors
    /// When Azure does not know it, or does not say.
    pub async fn status(
        &self,
        authorization: &Authorization,
        operation: OperationId,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let url = self.url(&format!("{OPERATIONS_PATH}/{operation}"))?;
        let method = Method::GET;
        let builder = self.http.request(method.clone(), url.clone());
        let builder = authorization.apply(builder, &ToSign { method: &method, url: &url, body: &[] }, now);
        self.exchange(builder, now).await
    }

    /// The host that is spoken to.
    #[must_use]
    pub fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    async fn exchange(&self, request: RequestBuilder, now: Timestamp) -> Result<Answer, Failure> {
        let reply = self.http.exchange(request, Wanted::Document).await?;
        if !reply.status.is_success() {
            return Err(Failure::Answered(Answered::read(&reply, now)));
        }
        let (result, headers) = (reply.json()?, &reply.headers);
        Ok(Answer { result, retry_after: retry_after(headers, now), ids: RequestIds::read(headers) })
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        let base = self.endpoint.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}?api-version={API_VERSION}"))
            .map_err(|error| Failure::Garbled { host: self.host().to_owned(), what: error.to_string() })
    }
}
