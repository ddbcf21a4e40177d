//! What the operator changes, checked before it is stored, and what the server does for the operator on its own.
//!
//! Every change of the CLI, the API, the demo and the server itself comes through [`Control`]. It is
//! entered into the audit log together with who made it. [`verify`] looks whether an account can do what it is
//! there for, [`rotation`] renews its secret, and [`watch`] does both in time.

mod accounts;
mod caller;
mod credentials;
mod dns_providers;
mod error;
mod events;
pub mod expiry;
mod locks;
mod queue;
mod quota_report;
pub mod reads;
pub mod rotation;
mod search;
mod secrets;
mod senders;
mod suppressions;
pub mod verify;
pub mod watch;
mod webhooks;

use std::net::SocketAddr;
use std::sync::Arc;

use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Entropy, Sources};
use model::caller::Caller;
use provisioning::Provisioning;
use store::Store;
use tokio::sync::Notify;

pub use accounts::{AccountChange, AuthenticationMethod, NewAccount, NewCloud, Noted, Removal};
pub use credentials::{
    CredentialChange, IssuedCredential, NewAccess, NewCredential, NewIntakeRules, PublicNetworks,
};
pub use dns_providers::NewDnsProvider;
pub use error::{Fault, Invalid};
pub use events::{EventKey, EventKeyChange, EventQueue};
pub use senders::NewSender;
pub use suppressions::{ExplainedSuppression, NewSuppression, SuppressionQuery, SuppressionQuestion};
pub use webhooks::{DeadLetter, IssuedWebhook, KnownWebhook, NewWebhook, Plain};

/// Reads and changes what the operator manages, on behalf of a caller.
#[derive(Clone)]
pub struct Control {
    store: Store,
    clock: Clock,
    entropy: Entropy,
    /// Who it acts for.
    caller: Caller,
    /// What accounts have at Azure and in DNS, for the same caller.
    provisioning: Provisioning,
    /// Wakes the watch.
    wake: Arc<Notify>,
}

impl Control {
    /// Changes what is in `store`.
    #[must_use]
    pub fn new(store: Store, sources: Sources, identity: IdentityEndpoint) -> Self {
        let caller = Caller::server("server");
        let provisioning = Provisioning::new(store.clone(), sources.clone(), identity);
        let Sources { clock, entropy } = sources;
        Self { store, clock, entropy, caller, provisioning, wake: Arc::default() }
    }

    /// Asks all questions of DNS there, instead of the zones' own servers.
    #[must_use]
    pub fn asking(mut self, server: SocketAddr) -> Self {
        self.provisioning = self.provisioning.asking(server);
        self
    }

    /// Reads and changes what accounts have at Azure and in DNS, for the same caller.
    #[must_use]
    pub fn provisioning(&self) -> &Provisioning {
        &self.provisioning
    }
}
