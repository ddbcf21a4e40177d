//! Why a login was refused, for the operator alone: its client gets one and the same reply.
//!
//! [`crate::refusals::advice`] tells them apart by these words.

pub(crate) const UNKNOWN_LOGIN: &str = "unknown login: no credential has that name";
pub(crate) const WRONG_PASSWORD: &str = "the password is wrong";
pub(crate) const WRONG_NETWORK: &str = "the login may not come from that network";
pub(crate) const NO_PASSWORD: &str = "the credential has no password: it is used without login";
pub(crate) const TOKEN_FOR_NOBODY: &str =
    "a token proves nothing here: the name is neither an app's nor an SMTP username";
pub(crate) const OTHER_TENANT: &str = "its tenant is not listed under [entra] `tenants`";
pub(crate) const UNKNOWN_SERVICE: &str = "its communication service belongs to no account, and [entra] does not say where it is: list it \
     under [entra.services]";
pub(crate) const ENTRA_REFUSED: &str = "Entra refused it";
pub(crate) const ENTRA_REFUSED_BEFORE: &str =
    "Entra refused it less than ten seconds ago, and is not asked again yet";
pub(crate) const ENTRA_SILENT: &str = "Entra could not be asked";
