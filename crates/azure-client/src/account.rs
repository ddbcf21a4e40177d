//! From an account's connection to a credential: the one place that knows both sides.

use std::sync::Arc;

use clock::Entropy;
use model::azure::{Authorization, AzureConnection};
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
pub fn app(azure: &AzureConnection) -> App {
    App { authority: azure.cloud.authority().to_owned(), tenant: azure.tenant, client: azure.client }
}

/// What the account's app proves itself with. `secret` is what is kept for it; a managed identity needs none.
///
/// # Errors
/// When there is no such thing, or what is kept is not usable.
pub fn credential(
    azure: &AzureConnection,
    http: &Http,
    secret: SecretString,
    identity: &IdentityEndpoint,
    entropy: &Entropy,
) -> Result<Arc<dyn Credential>, CredentialError> {
    let http = http.clone();
    Ok(match azure.authorization {
        Authorization::ClientSecret => Arc::new(ClientSecret::new(http, app(azure), secret)),
        Authorization::Certificate => {
            Arc::new(AppCertificate::new(http, app(azure), &secret, entropy.clone())?)
        }
        Authorization::ManagedIdentity => {
            let http = Http::within_the_machine(azure.cloud.ca_pem())?;
            Arc::new(ManagedIdentity::new(http, identity.clone(), azure.client))
        }
        Authorization::AccessKey => return Err(CredentialError::OnlyAnAccessKey),
    })
}
