//! Submission and delivery: what happens between a client's session and Azure.
//!
//! [`submission`] answers the questions of an SMTP session: it checks logins and policy and puts
//! messages into the queue. [`Relay`] takes them out again, at the pace that Azure allows, and hands
//! them to a transport; `deliver` maps what came of it and tells senders of failures.

mod deliver;
pub mod login;
pub mod pacing;
pub mod problems;
pub mod refusals;
mod relay;
mod reply_for;
mod settings;
pub mod submission;

pub use deliver::{Told, Tried, UpstreamError, Upstreams, send_trial, tell_of_removal};
pub use relay::Relay;
pub use settings::{ControlFields, EntraSettings, RelaySettings};
