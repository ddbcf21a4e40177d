//! What the operator changes, checked before it is stored.
//!
//! Every change comes through [`Control`], whoever makes it: the CLI, the API, the demo.

mod accounts;
mod credentials;
mod error;
mod senders;

use clock::{Clock, Entropy};
use store::Store;

pub use accounts::{AccountChange, NewAccount, NewCloud};
pub use credentials::{IssuedCredential, NewCredential};
pub use error::{ControlError, Invalid};
pub use senders::NewSender;

/// Makes changes.
#[derive(Clone)]
pub struct Control {
    store: Store,
    clock: Clock,
    entropy: Entropy,
}

impl Control {
    /// Changes what is in `store`.
    #[must_use]
    pub fn new(store: Store, clock: Clock, entropy: Entropy) -> Self {
        Self { store, clock, entropy }
    }
}
