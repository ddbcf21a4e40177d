//! Logins: what a name means, whether its proof is good, and who has guessed too often.

mod entra;
mod guard;
mod name;
mod protection;
mod shown;
mod verifier;

pub use entra::{Brought, EntraApp, EntraLogin, EntraTarget};
pub use guard::{Ban, Banned, Guess, LoginGuard, NotTried, Spell, login_key};
pub use name::{LoginForm, is_broken};
pub use protection::{Attempt, LoginProtection, app_key};
pub use shown::unknown as shown_unknown;
pub use verifier::{Turn, Verifier};
