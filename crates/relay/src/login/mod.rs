//! Logins: what a name means, whether its proof is good, and who has failed too often.

mod entra;
mod guard;
mod name;
mod verifier;

pub use entra::{Brought, EntraApp, EntraLogin, EntraTarget};
pub use guard::{Banned, LoginGuard};
pub use name::{LoginForm, is_broken};
pub use verifier::Verifier;
