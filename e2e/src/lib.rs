//! Product and twin in one process, on free ports, with a store and a clock of their own.
//!
//! [`World`] keeps accounts: [`World::finish`] fails if a message that was answered with 250 is neither
//! sent nor failed nor waiting for a later try, or if a secret was logged or written in clear.

#![allow(clippy::unwrap_used, reason = "a world that does not come up fails the test")]

mod accounts;
mod api;
mod leaks;
mod mail;
mod provision;
mod setup;
mod time;
mod webhooks;
mod world;

pub use mail::message;
pub use provision::{add_domain, apply, destroy};
pub use setup::{Device, Setup};
pub use webhooks::{Heard, Receiver};
pub use world::World;
