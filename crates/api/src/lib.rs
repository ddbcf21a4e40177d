//! All JSON of the management API: requests, views, the lines of answers that go on, and errors. One file a resource.
//!
//! What programs outside see is decided here and nowhere else: the server writes these types, the command line reads
//! them, and neither has others. Nothing here does anything.

#![allow(missing_docs, reason = "most fields of requests and views say what they are")]

pub mod page;
pub mod problem;

pub mod accounts;
pub mod events;
pub mod export;
pub mod removal;
pub mod rotation;
pub mod verification;

pub mod domains;
pub mod infrastructure;
pub mod senders;

pub mod bans;
pub mod credentials;
pub mod refusals;

pub mod messages;
pub mod queue;
pub mod quota_report;
pub mod search;

pub mod audit;
pub mod dns_providers;
pub mod health;
pub mod secrets;
pub mod status;
pub mod suppressions;

pub mod webhook_events;
pub mod webhooks;

pub mod command;
