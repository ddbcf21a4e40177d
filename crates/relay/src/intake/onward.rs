//! Delivery, as far as the intake needs it: so the intake depends on nothing that uses it.

use std::pin::Pin;
use std::sync::Arc;

use ::smtp::path::ReversePath;
use azure_types::ids::OperationId;
use model::account::Account;
use model::queued::Recipient;
use store::{Body, StoreError};

use super::Rejection;
use crate::login::EntraLogin;
use crate::noticed::StorageKind;

/// An answer that takes its time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Delivery, as far as the intake needs it.
pub trait Onward: Send + Sync {
    /// Whether an account's mail can reach a local part beyond ASCII, or why that cannot be found out.
    fn reaches_beyond_ascii<'a>(&'a self, account: &'a Arc<Account>) -> Answer<'a, Result<bool, String>>;

    /// Sends a message while its client waits. Its body is read once there is memory for it.
    fn send_now<'a>(&'a self, message: DirectMessage<'a>) -> Answer<'a, Result<Sent, Rejection>>;

    /// The store accepted a message, for which it wrote these.
    fn store_wrote(&self, kinds: &[StorageKind]);

    /// The store failed to write something that a message needs.
    fn store_failed(&self, kind: StorageKind, error: &StoreError);
}

/// A message that is sent with the token of its client.
pub struct DirectMessage<'a> {
    pub login: &'a EntraLogin,
    /// The id under which Azure gets it.
    pub operation: OperationId,
    /// Header section and body.
    pub body: Body,
    /// How large it is.
    pub size_bytes: u64,
    /// Where DSNs go.
    pub reverse_path: &'a ReversePath,
    pub recipients: &'a [Recipient],
}

/// To whom Azure sends a message that it accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// To all recipients.
    ToAll,
    /// Not to all of them; what it said of each that it left out.
    ToSome(String),
}
