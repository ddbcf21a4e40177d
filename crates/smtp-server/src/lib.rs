//! Drives [`smtp::server`] over sockets.
//!
//! 1. [`listener::run`] accepts connections; [`admission`] says which of them there is room for.
//! 2. [`connection`] owns one socket: it brings bytes to the session and answers to the client.
//! 3. What the session asks is answered by a [`Service`]: ten questions, and nothing else to know.
//!
//! No policy lives here, and no switch that only one service would use.

pub mod admission;
mod connection;
mod handshake;
pub mod listener;
mod service;
mod timeouts;

pub use connection::{Endpoint, serve};
pub use handshake::log_failure as log_handshake_failure;
pub use service::{Answer, Peer, Refused, Service};
pub use timeouts::{Patience, Timeouts};
