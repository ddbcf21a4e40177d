//! From a desired state to senders that send: the desired state of an account is compared with what Azure and DNS show, and the
//! difference is done, one recorded step at a time.
//!
//! [`manifest`] is the desired state as people write it, [`observed`] what is there, [`plan`] the difference, which asks
//! nobody, and [`apply`] does it. A run that was killed leaves nothing that the next one does not find: every step
//! can be done twice. Nothing else in Postern makes anything at Azure.

mod adopt;
mod apply;
mod approve;
mod azure_account;
mod caller;
pub mod capability;
mod consent;
mod desired;
mod doctor;
mod edit;
pub mod endpoint;
mod existing_service;
mod export;
mod feasible;
mod handout;
mod lock;
pub mod manifest;
mod notes;
mod observation;
mod observed;
mod perform;
mod plan;
mod read;
mod reconcile;
mod restore;
mod rights;
pub mod role;
mod service;
mod smtp_usernames;
mod step;

use std::net::SocketAddr;

use azure_client::Gates;
use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Entropy, Sources};
use model::caller::Caller;
use model::visible::visible;
use store::Store;

pub use self::approve::Begun;
pub use self::azure_account::AzureAccount;
pub use self::consent::{Aim, ApplyError, ApplyRequest};
pub use self::edit::{BadRows, NewDomain};
pub use self::export::ExportForm;
pub use self::reconcile::Reconciled;
pub use self::step::domain_title;

/// Reads and changes what accounts have at Azure and in DNS, on behalf of a caller.
#[derive(Clone)]
pub struct Provisioning {
    /// Where accounts, desired states and approvals are kept.
    pub store: Store,
    pub clock: Clock,
    pub entropy: Entropy,
    /// Where the tokens of this machine's own identity are.
    identity: IdentityEndpoint,
    /// The concurrency limits of Resource Manager.
    gates: Gates,
    /// Who it acts for.
    caller: Caller,
    /// Where all questions of DNS go, if not to the zones' own servers.
    name_server: Option<SocketAddr>,
}

impl Provisioning {
    /// Provisions accounts that are in `store`, for the server itself.
    #[must_use]
    pub fn new(store: Store, sources: Sources, identity: IdentityEndpoint) -> Self {
        let Sources { clock, entropy } = sources;
        let caller = Caller::server("server");
        Self { store, clock, entropy, identity, gates: Gates::default(), caller, name_server: None }
    }

    /// Asks all questions of DNS there, instead of the zones' own servers.
    #[must_use]
    pub fn asking(mut self, server: SocketAddr) -> Self {
        self.name_server = Some(server);
        self
    }
}

/// What others wrote, for a terminal and a log: nothing in it moves a cursor or begins a line.
pub(crate) fn clean(text: &str) -> String {
    visible(text).into_owned()
}
