//! A local Azure, to rehearse with: what it plays, it plays for unmodified Azure clients.
//!
//! [`state`] is what exists (tenants, apps, services, domains), [`captured`] is what was sent, both without
//! any I/O. `entra`, `graph`, `arm`, `email` and `smtp` are endpoints of Azure, `dns` and `cloudflare` endpoints of its
//! neighbours; `inspect` and `faults` are controls that only the twin has, on an endpoint of their own.
//!
//! [`Twin::start`] opens all endpoints; [`ReadyFile`] has their addresses; [`Backend`] is what they share.

mod arm;
mod backend;
mod buckets;
pub mod captured;
mod certificate;
mod cloudflare;
#[cfg(test)]
mod concurrent_writes;
mod dns;
mod dns_wire;
mod email;
mod endpoints;
mod entra;
mod error_reply;
mod events;
mod fault_effects;
mod faults;
mod filter;
mod form;
mod graph;
mod inspect;
mod keys;
mod outbox;
mod path;
mod persistence;
mod private_file;
mod ready;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod rehearsal;
mod request_window;
mod resolver;
mod smtp;
pub mod state;
mod storage_queues;
mod twin;

pub use backend::{Backend, ReadState};
pub use faults::{Effect, InjectedFault, Operation};
pub use ready::ReadyFile;
pub use twin::{Options, StartError, Twin};
