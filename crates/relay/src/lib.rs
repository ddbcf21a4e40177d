//! Submission and delivery: what happens between a client's session and Azure.
//!
//! [`submission`] answers the questions of an SMTP session: it checks logins and policy and puts
//! messages into the queue. [`Relay`] takes them out again, within the rate limits of Azure, and hands
//! them to a transport; `deliver` maps what came of it and tells senders of failures.

mod deliver;
mod handle;
pub mod login;
pub mod problems;
pub mod rate_limit;
pub mod refusals;
mod relay;
mod reply_for;
mod settings;
pub mod submission;

pub use deliver::{TestOutcome, Told, UpstreamError, Upstreams};
pub use handle::{RelayHandle, RelayParts, TestMessage};
pub use relay::Relay;
pub use settings::{ControlFields, EntraSettings, RelaySettings};
