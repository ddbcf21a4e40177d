//! From a connection to Azure to its transports: the one place where they are set up.

use std::sync::Arc;

use azure_client::account::credential;
use azure_client::credential::IdentityEndpoint;
use azure_client::email::EmailApi;
use azure_client::{Http, TokenSource};
use azure_types::access_key::AccessKey;
use clock::{Clock, Entropy};
use model::account::Account;
use model::azure::{Authorization, AzureConnection, Service};
use secrecy::{ExposeSecret as _, SecretString};
use smtp_client::{Target, Timeouts};
use tls::TrustError;

use super::UpstreamError;
use super::acs_rest::{AcsRest, Proof};
use super::acs_smtp::AcsSmtp;
use super::carrier::{Carrier, Form};
use super::limits::SharedLimiter;
use super::pool::{Pool, PoolLogin, PoolProof};
use crate::login::EntraLogin;

/// Sessions at once for a login that a client brought.
const ONE_SESSION: u16 = 1;

/// What the transports of an account are made with.
pub(super) struct Means<'a> {
    pub(super) account: &'a Account,
    pub(super) secret: SecretString,
    pub(super) identity: &'a IdentityEndpoint,
    pub(super) clock: &'a Clock,
    pub(super) entropy: &'a Entropy,
    pub(super) status_reads: Arc<SharedLimiter>,
}

impl Means<'_> {
    /// The transports that the account's login is good for, whether or not mail may use them: what Azure took by one is
    /// asked about by the same.
    pub(super) fn azure(self, azure: &AzureConnection) -> Result<Vec<Carrier>, UpstreamError> {
        let service = service(self.account, azure)?;
        let http = Http::new(azure.cloud.ca_pem())?;
        let rest = |proof| {
            let email = EmailApi::new(http.clone(), service.endpoint.clone());
            Carrier::AcsRest(AcsRest::new(email, proof, Some(Arc::clone(&self.status_reads))))
        };
        if azure.authorization == Authorization::AccessKey {
            // Nothing is sent by SMTP with a key.
            return Ok(vec![rest(Proof::Key(AccessKey::parse(self.secret.expose_secret())?))]);
        }
        let credential = credential(azure, &http, self.secret.clone(), self.identity, self.entropy)?;
        let scope = format!("{}/.default", azure.cloud.communication());
        let tokens = Arc::new(TokenSource::new(credential, scope, self.clock.clone()));
        let proof = match azure.authorization {
            Authorization::ClientSecret => PoolProof::Secret(self.secret),
            _ => PoolProof::Source(Arc::clone(&tokens)),
        };
        let login = PoolLogin { name: azure.smtp_login().unwrap_or_default(), proof };
        let (host, port) = azure.cloud.smtp();
        let trust = tls::client_config(azure.cloud.ca_pem())?;
        let target = Target { host: host.to_owned(), port, trust, timeouts: Timeouts::default() };
        let pool = Pool::new(target, login, self.account.concurrency.smtp_sessions);
        Ok(vec![rest(Proof::Source(tokens)), Carrier::AcsSmtp(AcsSmtp::new(pool))])
    }
}

/// Azure's transport that takes a form, with the login that a client brought.
///
/// # Errors
/// When the roots that the transport trusts are not usable.
pub(crate) fn carrier_of(login: &EntraLogin, form: &Form) -> Result<Carrier, TrustError> {
    let (target, token) = (&login.target, &login.token.access_token);
    Ok(match form {
        Form::Document(_) => {
            let email = EmailApi::new(target.http.clone(), target.endpoint.clone());
            Carrier::AcsRest(AcsRest::new(email, Proof::Token(token.clone()), None))
        }
        Form::Whole => {
            let trust = tls::client_config(target.ca_pem.as_deref())?;
            let (host, port) = target.smtp.clone();
            let server = Target { host, port, trust, timeouts: Timeouts::default() };
            let login = PoolLogin { name: login.name.clone(), proof: PoolProof::Token(token.clone()) };
            Carrier::AcsSmtp(AcsSmtp::new(Pool::new(server, login, ONE_SESSION)))
        }
    })
}

fn service<'a>(account: &Account, azure: &'a AzureConnection) -> Result<&'a Service, UpstreamError> {
    azure.service.as_ref().ok_or_else(|| {
        let name = &account.name;
        // With a key alone services cannot be listed.
        UpstreamError::NoService(match azure.authorization {
            Authorization::AccessKey => format!("edit {name} --service SERVICE"),
            _ => format!("import {name}"),
        })
    })
}
