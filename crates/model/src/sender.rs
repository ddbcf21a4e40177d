//! Sender addresses.

use jiff::Timestamp;
use smtp::address::Mailbox;

use crate::id::AccountId;

/// An address that an account may send from: a sender username at a domain that is linked to the
/// account's communication service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Whose it is.
    pub account: AccountId,
    pub mailbox: Mailbox,
    /// The name that Azure puts beside it.
    pub display_name: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
}
