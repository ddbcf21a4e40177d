//! Submission and delivery: what happens between a client's session and Azure.
//!
//! [`intake`] is the entry point of all mail: it checks policy and header and puts messages into the queue. [`smtp`] is the way
//! in by SMTP: it checks logins and turns a session's questions into calls of the intake. [`Relay`] takes them out again, within the rate limits of Azure, and hands
//! them to a transport; `deliver` maps what came of it and tells senders of failures.

mod deliver;
mod event_counts;
mod handle;
mod index_older;
pub mod intake;
pub mod login;
pub mod meters;
mod noticed;
pub mod problems;
pub mod refusals;
mod relay;
mod reply_for;
mod settings;
pub mod smtp;
mod suppressed;
pub mod webhooks;

pub use deliver::{Delivery, Foretold, QuotaReading, TestMessage, Told, UpstreamError, Upstreams};
pub use event_counts::{EventCounts, EventResult};
pub use handle::{RelayHandle, RelayMeters, RelayParts};
pub use relay::Relay;
pub use settings::{ControlFields, EntraSettings, RelaySettings};
pub use smtp_server::admission::SessionCounts;
