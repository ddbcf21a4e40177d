//! From an account to connections and a credential: the one place that knows both sides.

use std::sync::Arc;

use clock::Entropy;
use model::account::{Account, Authorization};
use secrecy::SecretString;

use crate::credential::{
    App, AppCertificate, CertificateError, ClientSecret, Credential, IdentityEndpoint, ManagedIdentity,
};
use crate::http::{Http, HttpError};

/// Why an account has no credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Its certificate is not usable.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No connections can be made.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It has an access key and nothing else.
    #[error("the account has an access key, which is good for sending and for nothing else")]
    OnlyAnAccessKey,
}

/// The account's app.
#[must_use]
pub fn app(account: &Account) -> App {
    App { authority: account.cloud.authority().to_owned(), tenant: account.tenant, client: account.client }
}

/// What the account's app proves itself with. `secret` is what is kept for it; a managed identity needs none.
///
/// # Errors
/// When there is no such thing, or what is kept is not usable.
pub fn credential(
    account: &Account,
    http: &Http,
    secret: SecretString,
    identity: &IdentityEndpoint,
    entropy: &Entropy,
) -> Result<Arc<dyn Credential>, CredentialError> {
    let http = http.clone();
    Ok(match account.authorization {
        Authorization::ClientSecret => Arc::new(ClientSecret::new(http, app(account), secret)),
        Authorization::Certificate => {
            Arc::new(AppCertificate::new(http, app(account), &secret, entropy.clone())?)
        }
        Authorization::ManagedIdentity => {
            let http = Http::within_the_machine(account.cloud.ca_pem())?;
            Arc::new(ManagedIdentity::new(http, identity.clone(), account.client))
        }
        Authorization::AccessKey => return Err(CredentialError::OnlyAnAccessKey),
    })
}
