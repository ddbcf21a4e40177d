//! Our own nouns, without behaviour that needs anything outside.
//!
//! Nothing here is serialisable: rows are `store`'s, views are `web`'s, and both are converted by hand,
//! so that neither can change the other by accident.

pub mod account;
pub mod azure;
pub mod caller;
pub mod cloud;
pub mod credential;
pub mod delivery;
pub mod division;
pub mod dns_provider;
mod error_chain;
pub mod fairness;
pub mod fault;
pub mod forecast;
pub mod id;
pub mod infrastructure;
pub mod mask;
pub mod moment;
pub mod name;
pub mod network;
pub mod operation;
pub mod queued;
pub mod quota;
pub mod quota_report;
pub mod rate_limit;
pub mod refused;
pub mod repair;
pub mod rotation;
pub mod search;
pub mod secret;
pub mod sender;
pub mod smtp_username;
pub mod suppression;
pub mod tracking;
pub mod upstream;
pub mod visible;
pub mod webhook;
pub mod word;

pub use error_chain::error_chain;
