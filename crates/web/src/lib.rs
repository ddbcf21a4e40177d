//! What people and programs call.
//!
//! [`api`] is the management API: the CLI is its first client, and everything that it does, others can do
//! too. It is served on a socket in the data directory that only the server's own user may open, so that
//! there is nobody to be told apart.

pub mod api;
mod error;
mod extract;
mod impatient;
mod socket;

pub use socket::{SocketError, bind_socket, serve_socket, serve_tcp};
