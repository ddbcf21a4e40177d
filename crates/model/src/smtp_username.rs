//! SMTP usernames: short names that Azure has for an app, in place of `<service>.<app>.<tenant>`.

use azure_types::ids::{ClientId, TenantId};

use crate::id::AccountId;
use crate::name::ServiceName;

/// An SMTP username of a communication service, as Azure listed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpUsername {
    /// The account through which it was seen.
    pub account: AccountId,
    /// The communication service that it belongs to.
    pub service: ServiceName,
    /// What is typed: free text, or an address at a linked domain. In any case, as other logins.
    pub username: String,
    /// The app whose secret is the password.
    pub client: ClientId,
    /// The app's directory.
    pub tenant: TenantId,
}
