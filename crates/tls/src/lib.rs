//! TLS as both sides of SMTP and HTTP use it.
//!
//! [`ServerIdentity`] is a certificate with its key that can be loaded again while connections are
//! served; [`self_signed`] makes one for a LAN; [`client_config`] is what our own clients trust;
//! [`Stream`] is a connection that can become secure on the way.

mod client;
mod identity;
mod self_signed;
mod stream;

pub use client::{TrustError, client_config};
pub use identity::{IdentityError, ServerIdentity, install_provider};
pub use self_signed::{Names, self_signed};
pub use stream::{Stream, TlsFacts};
