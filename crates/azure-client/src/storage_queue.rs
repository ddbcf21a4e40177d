//! An Azure Storage queue from which events are pulled: received, and deleted once they are recorded.

use std::time::Duration;

use azure_types::storage_queue::{MOST_AT_ONCE, QueueMessage, VERSION, read_messages};
use http_client::{Method, RequestBuilder};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::failure::{Answered, RequestFailure};
use crate::http::Http;
use crate::reply::Wanted;

/// A queue of a storage account.
#[derive(Clone)]
pub struct StorageQueue {
    http: Http,
    /// `https://<account>.queue.core.windows.net/<queue>`, with a shared access signature in its query if it has one.
    url: Url,
}

impl StorageQueue {
    /// The queue at a URL. A shared access signature in its query takes the place of a token.
    #[must_use]
    pub fn new(http: Http, url: Url) -> Self {
        Self { http, url }
    }

    /// Whether the URL has what a request proves itself with.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.url.query_pairs().any(|(name, _)| name == "sig")
    }

    /// Receives messages, which nobody else receives for so long.
    ///
    /// # Errors
    /// When Azure does not answer, refuses, or answers with something else.
    pub async fn receive(
        &self,
        token: Option<&SecretString>,
        hidden_for: Duration,
        now: Timestamp,
    ) -> Result<Vec<QueueMessage>, RequestFailure> {
        let mut url = self.at("messages");
        url.query_pairs_mut()
            .append_pair("numofmessages", &MOST_AT_ONCE.to_string())
            .append_pair("visibilitytimeout", &hidden_for.as_secs().to_string());
        let request = self.request(Method::GET, url, token, now);
        let reply = self.http.exchange(request, Wanted::Document).await?;
        if !reply.status.is_success() {
            return Err(RequestFailure::Answered(Answered::read(&reply, now)));
        }
        read_messages(&reply.body).map_err(|error| RequestFailure::Garbled {
            host: self.host().to_owned(),
            what: error.to_string(),
        })
    }

    /// Deletes a message that was received. One that is not there any more is no failure.
    ///
    /// # Errors
    /// When Azure does not answer, or refuses.
    pub async fn delete(
        &self,
        token: Option<&SecretString>,
        message: &QueueMessage,
        now: Timestamp,
    ) -> Result<(), RequestFailure> {
        let mut url = self.at(&format!("messages/{}", crate::segment(&message.message_id)));
        url.query_pairs_mut().append_pair("popreceipt", &message.pop_receipt);
        let request = self.request(Method::DELETE, url, token, now);
        let reply = self.http.exchange(request, Wanted::Document).await?;
        if reply.status.is_success() || reply.status.as_u16() == 404 {
            Ok(())
        } else {
            Err(RequestFailure::Answered(Answered::read(&reply, now)))
        }
    }

    /// The host that is spoken to.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn request(
        &self,
        method: Method,
        url: Url,
        token: Option<&SecretString>,
        now: Timestamp,
    ) -> RequestBuilder {
        let request = self
            .http
            .request(method, url)
            .header("x-ms-version", VERSION)
            .header("x-ms-date", message::date::http(now));
        match token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    fn at(&self, below: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{below}", self.url.path().trim_end_matches('/')));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_stays_in_the_query_of_what_lies_below() {
        tls::install_provider();
        let http = Http::new(None).unwrap();
        let of = |url: &str| StorageQueue::new(http.clone(), url.parse().unwrap());
        let signed = of("https://contoso.queue.core.windows.net/events?sv=2021-12-02&sig=a%2Fb");
        assert!(signed.is_signed());
        let expected = "https://contoso.queue.core.windows.net/events/messages?sv=2021-12-02&sig=a%2Fb";
        assert_eq!(signed.at("messages").as_str(), expected);
        let plain = of("https://localhost:10001/devstoreaccount1/events/");
        assert!(!plain.is_signed());
        assert_eq!(plain.at("messages").as_str(), "https://localhost:10001/devstoreaccount1/events/messages");
    }
}
