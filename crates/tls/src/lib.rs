//! TLS as both sides of SMTP and HTTP use it.
//!
//! [`ServerIdentity`] is one or two certificates with their keys that can be loaded again while connections are
//! served; [`self_signed`] makes one for a LAN; [`client_config`] is what our own clients trust;
//! [`Stream`] is a connection that can become secure on the way; [`HandshakeError`] says
//! what a client offered when it cannot.

mod client;
mod handshake;
mod identity;
mod offer;
mod recorder;
mod self_signed;
mod stream;

pub use client::{TrustError, client_config};
pub use handshake::HandshakeError;
pub use identity::{CertificateFiles, CertificateLifetime, IdentityError, ServerIdentity, install_provider};
pub use offer::{Heard, Offer, Version};
pub use recorder::Recorder;
pub use self_signed::{KeyKind, Names, self_signed, self_signed_with};
pub use stream::{Stream, TlsFacts};
