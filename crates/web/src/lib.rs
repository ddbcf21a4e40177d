//! What people and programs call.
//!
//! [`api`] is the management API: the CLI is its first client, and everything that it does, others can do
//! too. It is served on a socket in the data directory that only the server's own user may open, so that
//! there is nobody to be told apart. [`hooks`] are called by Event Grid.

pub mod api;
mod error;
mod extract;
mod hooks;
mod impatient;
mod socket;

pub use hooks::hooks;
pub use socket::{Seats, SocketError, bind_socket, serve_socket, serve_tcp, serve_tls};
