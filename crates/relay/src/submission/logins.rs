//! From a login to a principal.

use std::net::IpAddr;
use std::sync::Arc;

use ::smtp::reply::Refusal;
use ::smtp::sasl::{Login, Proof};
use azure_types::ids::TenantId;
use model::account::{Account, Service};
use model::credential::Credential;
use secrecy::SecretString;
use store::Directory;
use tracing::warn;

use super::{Principal, Submission};
use crate::login::{EntraTarget, LoginForm};
use crate::reply_for;

const LOGIN_CHANGED: Refusal =
    Refusal::temporary(421, (7, 0), "This login has changed: connect and log in again");

impl Submission {
    /// Checks a login. Every failure that is the client's reads the same.
    pub(super) async fn log_in(&self, peer: IpAddr, login: &Login) -> Result<Principal, Refusal> {
        match (LoginForm::read(&login.name), &login.proof) {
            (LoginForm::Entra { service, client, tenant }, Proof::Password(secret)) => {
                if !self.context.settings.entra.tenants.contains(&tenant) {
                    warn!(login = login.name, "an Entra login of a tenant that is not allowed");
                    return Err(reply_for::LOGIN_FAILED);
                }
                let target = self.target(service.as_str(), tenant)?;
                let now = self.context.clock.now();
                let app = (service, client, tenant);
                let logged_in = target.log_in(&login.name, app, secret.clone(), now).await;
                let entra = logged_in.map_err(|failure| reply_for::token(&login.name, &failure))?;
                Ok(Principal::Entra(Arc::new(entra)))
            }
            (LoginForm::Credential(name), Proof::Password(password)) => {
                self.by_credential(peer, &name, password).await.map(Principal::Credential)
            }
            // Whether a token may send from here would be for its issuer to say, and nobody asks it.
            (_, Proof::Token(_)) => Err(reply_for::LOGIN_FAILED),
        }
    }

    async fn by_credential(
        &self,
        peer: IpAddr,
        name: &str,
        password: &SecretString,
    ) -> Result<Arc<Credential>, Refusal> {
        let directory = self.context.store.directory();
        let credential = directory.credential(name);
        // From a network that is not its own a login does not exist: not even the time that the answer
        // takes tells whether the password is good.
        let here = credential.filter(|credential| credential.may_come_from(peer));
        if let (Some(credential), None) = (credential, here) {
            warn!(login = %credential.login, peer.address = %peer, "a login from a network that is not its own");
        }
        let hash = here.map(|credential| &credential.password_hash);
        let is_good = self.verifier.is_good(hash, password, self.context.clock.now()).await;
        here.filter(|_| is_good).map(Arc::clone).ok_or(reply_for::LOGIN_FAILED)
    }

    /// Where an Entra login leads: to the account that has the service, or to where the settings say.
    fn target(&self, service: &str, tenant: TenantId) -> Result<EntraTarget, Refusal> {
        let directory = self.context.store.directory();
        let target = directory.accounts().filter(|account| account.tenant == tenant).find_map(|account| {
            let own = account.service.as_ref()?;
            own.name.as_str().eq_ignore_ascii_case(service).then(|| target_of(account, own))
        });
        if let Some(target) = target {
            return target;
        }
        let entra = &self.context.settings.entra;
        let Some(endpoint) = entra.endpoint_of(service) else {
            warn!(
                service,
                "an Entra login names a communication service that belongs to no account, and [entra] does not say \
                 where it is: list it under [entra.services]"
            );
            return Err(reply_for::LOGIN_FAILED);
        };
        Ok(EntraTarget {
            http: self.entra_http.clone(),
            authority: entra.authority.as_str().trim_end_matches('/').to_owned(),
            endpoint,
            smtp: entra.smtp.clone(),
            ca_pem: entra.ca_pem.clone(),
        })
    }
}

fn target_of(account: &Account, service: &Service) -> Result<EntraTarget, Refusal> {
    if !account.is_enabled() {
        return Err(reply_for::ACCOUNT_DISABLED);
    }
    let (host, port) = account.cloud.smtp();
    Ok(EntraTarget {
        http: azure_client::Http::new(account.cloud.ca_pem()).map_err(|_| reply_for::LOGIN_UNAVAILABLE)?,
        authority: account.cloud.authority().to_owned(),
        endpoint: service.endpoint.clone(),
        smtp: (host.to_owned(), port),
        ca_pem: account.cloud.ca_pem().map(str::to_owned),
    })
}

/// The credential as it is now, with its account: a session may be older than the last change.
pub(super) fn current(
    credential: &Credential,
    directory: &Directory,
) -> Result<(Arc<Credential>, Arc<Account>), Refusal> {
    let current = directory
        .credential(credential.login.as_str())
        .filter(|now| now.id == credential.id && now.password_hash == credential.password_hash)
        .ok_or(LOGIN_CHANGED)?;
    let account = directory.account(current.account).ok_or(LOGIN_CHANGED)?;
    if !account.is_enabled() {
        return Err(reply_for::ACCOUNT_DISABLED);
    }
    Ok((Arc::clone(current), Arc::clone(account)))
}
