//! The management API, version 1. One file for each resource: its views, its requests, its routes.
//!
//! Views are made by hand from `model`: what is shown is decided here, and secrets have no way in.

mod accounts;
mod credentials;
mod messages;
mod queue;
mod senders;
mod status;

use std::sync::Arc;

use axum::Router;
use clock::{Clock, Entropy};
use control::Control;
use relay::RelaySettings;
use store::Store;

pub use accounts::{AccountView, CloudView, QuotaView};
pub use credentials::{CredentialView, IssuedView};
pub use messages::{AcceptedView, AttemptView, MessageView, RecipientView, SendView};
pub use queue::{ChangedView, QueueEntry};
pub use senders::SenderView;
pub use status::StatusView;

/// What the API works on.
#[derive(Clone)]
pub struct Api {
    control: Control,
    store: Store,
    settings: Arc<RelaySettings>,
    clock: Clock,
    entropy: Entropy,
}

impl Api {
    /// The API of a server.
    #[must_use]
    pub fn new(store: Store, settings: Arc<RelaySettings>, clock: Clock, entropy: Entropy) -> Self {
        let control = Control::new(store.clone(), clock.clone(), entropy.clone());
        Self { control, store, settings, clock, entropy }
    }

    /// All routes.
    pub fn routes(self) -> Router {
        Router::new()
            .merge(accounts::routes())
            .merge(senders::routes())
            .merge(credentials::routes())
            .merge(messages::routes())
            .merge(queue::routes())
            .merge(status::routes())
            .with_state(self)
    }
}
