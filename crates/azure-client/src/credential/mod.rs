//! What an app proves itself with to Entra: one file for each way, all behind one trait.

mod certificate;
mod managed_identity;
mod secret;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

pub use self::certificate::{AppCertificate, CertificateError};
pub use self::managed_identity::{IdentityEndpoint, ManagedIdentity};
pub use self::secret::ClientSecret;

pub use crate::entra::App;

use crate::entra::{Token, TokenFailure};

/// What a request for a token brings.
pub type Requested<'a> = Pin<Box<dyn Future<Output = Result<Token, TokenFailure>> + Send + 'a>>;

/// A way for an app to prove itself.
pub trait Credential: Send + Sync + fmt::Debug {
    /// Asks for a token for a scope, `https://management.azure.com/.default`.
    fn request<'a>(&'a self, scope: &'a str, now: Timestamp) -> Requested<'a>;
}
