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

use crate::failure::{Answered, RequestFailure, RequestIds, retry_after};
use crate::http::{Authorization, Http, ToSign};
use crate::reply::Wanted;

/// The Email API of one communication service.
#[derive(Clone, Debug)]
pub struct EmailApi {
    http: Http,
    endpoint: Url,
    send_url: Url,
}

/// Bytes of a body beside texts and files: enough for most, so that it is written into one piece of memory.
const OTHER_BYTES: usize = 2_048;
/// The caller's own id of a request, for Microsoft's support.
const CLIENT_REQUEST_ID_HEADER: &str = "x-ms-client-request-id";

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
        let send_url = at(&endpoint, SEND_PATH);
        Self { http, endpoint, send_url }
    }

    /// The request body of a message, to be sent as often as it takes.
    #[must_use]
    pub fn body(message: &EmailMessage) -> Bytes {
        let texts =
            [&message.content.plain_text, &message.content.html].into_iter().flatten().map(String::len);
        let files = message.attachments.iter().map(|file| file.content_in_base64.len());
        let bytes: usize = texts.chain(files).sum();
        let mut body = Vec::with_capacity(bytes + bytes / 16 + OTHER_BYTES);
        // Strings in a flat structure: there is nothing in it that JSON could not hold, and memory is never full.
        let _ = serde_json::to_writer(&mut body, message);
        Bytes::from(body)
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
    ) -> Result<Answer, RequestFailure> {
        let (url, method) = (&self.send_url, Method::POST);
        let id = operation.to_string();
        let builder = self
            .http
            .request(method.clone(), url.clone())
            .header(OPERATION_ID_HEADER, &id)
            .header(CLIENT_REQUEST_ID_HEADER, &id)
            .header(CONTENT_TYPE, "application/json");
        let builder = authorization.apply(builder, &ToSign { method: &method, url, body: &body }, now);
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
    ) -> Result<Answer, RequestFailure> {
        let url = at(&self.endpoint, &format!("{OPERATIONS_PATH}/{operation}"));
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

    async fn exchange(&self, request: RequestBuilder, now: Timestamp) -> Result<Answer, RequestFailure> {
        let reply = self.http.exchange(request, Wanted::Document).await?;
        if !reply.status.is_success() {
            return Err(RequestFailure::Answered(Answered::read(&reply, now)));
        }
        let (result, headers) = (reply.json()?, &reply.headers);
        Ok(Answer { result, retry_after: retry_after(headers, now), ids: RequestIds::read(headers) })
    }
}

/// The URL of an operation of the API.
fn at(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(&format!("{}{path}", endpoint.path().trim_end_matches('/')));
    url.set_query(Some(&format!("api-version={API_VERSION}")));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colon_of_a_send_is_literal_and_the_version_is_asked_for() {
        let endpoint: Url = "https://contoso.communication.azure.com/".parse().unwrap();
        let expected =
            format!("https://contoso.communication.azure.com/emails:send?api-version={API_VERSION}");
        assert_eq!(at(&endpoint, SEND_PATH).as_str(), expected);
        let below: Url = "https://localhost:8443/contoso".parse().unwrap();
        let expected = format!("https://localhost:8443/contoso/emails:send?api-version={API_VERSION}");
        assert_eq!(at(&below, SEND_PATH).as_str(), expected);
    }
}
