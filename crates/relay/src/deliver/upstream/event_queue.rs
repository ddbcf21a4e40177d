//! The queue of Azure Storage from which an account's events are pulled.

use std::time::Duration;

use azure_client::TokenSource;
use azure_client::entra::TokenFailure;
use azure_client::storage_queue::StorageQueue;
use azure_client::{RequestFailure, Token};
use azure_types::storage_queue::QueueMessage;
use clock::Clock;

/// A queue, and what is needed to read it.
pub(crate) struct EventQueue {
    /// As it is configured.
    pub(super) url: String,
    pub(super) queue: StorageQueue,
    /// `None` if the URL has a signature.
    pub(super) tokens: Option<TokenSource>,
    pub(super) clock: Clock,
}

/// Why a queue cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventQueueFailure {
    #[error("no token for the queue")]
    Token(#[from] TokenFailure),
    #[error(transparent)]
    Request(#[from] RequestFailure),
}

impl EventQueue {
    /// Whether it is the queue at that URL, opened by the same signature.
    pub(crate) fn is_at(&self, url: &str) -> bool {
        self.url == url
    }

    /// Receives messages, which nobody else receives for so long.
    pub(crate) async fn receive(&self, hidden_for: Duration) -> Result<Vec<QueueMessage>, EventQueueFailure> {
        let token = self.token().await?;
        let bearer = token.as_ref().map(|token| &token.access_token);
        let received = self.queue.receive(bearer, hidden_for, self.clock.now()).await;
        if let (Err(RequestFailure::Answered(answered)), Some(tokens), Some(token)) =
            (&received, &self.tokens, &token)
            && answered.http_status == 401
        {
            tokens.forget(token).await;
        }
        Ok(received?)
    }

    /// Deletes a message that was received.
    pub(crate) async fn delete(&self, message: &QueueMessage) -> Result<(), EventQueueFailure> {
        let token = self.token().await?;
        let bearer = token.as_ref().map(|token| &token.access_token);
        Ok(self.queue.delete(bearer, message, self.clock.now()).await?)
    }

    async fn token(&self) -> Result<Option<Token>, TokenFailure> {
        match &self.tokens {
            Some(tokens) => Ok(Some(tokens.token().await?)),
            None => Ok(None),
        }
    }
}
