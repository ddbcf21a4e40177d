//! From a login, or from the client's network, to a principal.

use std::net::IpAddr;
use std::sync::Arc;

use ::smtp::reply::Refusal;
use ::smtp::sasl::{Login, Proof};
use ::smtp::server::LoginPolicy;
use model::account::{Account, Service};
use model::credential::{Access, Credential};
use model::smtp_username::SmtpUsername;
use secrecy::SecretString;
use smtp_server::Peer;
use store::Directory;
use tracing::warn;

use super::{Principal, Sender, Submission, TOKEN_MARGIN};
use crate::login::{Brought, EntraApp, EntraLogin, EntraTarget, LoginForm};
use crate::reply_for;

const LOGIN_CHANGED: Refusal =
    Refusal::temporary(421, (7, 0), "This login has changed: connect and log in again");
const NETWORK_CHANGED: Refusal =
    Refusal::temporary(421, (7, 0), "The credential of your network has changed: connect again");

impl Submission {
    /// On whose behalf a message is taken, as things are now: a session may be older than the last change.
    pub(super) fn sender(&self, peer: &Peer, principal: Option<&Principal>) -> Result<Sender, Refusal> {
        let (address, now) = (peer.address.ip(), self.context.clock.now());
        let directory = self.context.store.directory();
        let credential = match principal {
            Some(Principal::Entra(login)) => {
                let is_ending = login.token.expires_at.duration_since(now) < TOKEN_MARGIN;
                return if is_ending {
                    Err(reply_for::LOG_IN_AGAIN)
                } else {
                    Ok(Sender::Entra(Arc::clone(login)))
                };
            }
            Some(Principal::Credential(credential)) => Arc::clone(credential),
            None if peer.login == LoginPolicy::Required => return Err(reply_for::LOG_IN_FIRST),
            None => match directory.credential_without_login(address) {
                Some(credential) => Arc::clone(credential),
                None => return Err(reply_for::no_credential_for(address)),
            },
        };
        let (credential, _) = current(&credential, address, &directory)?;
        if !self.rates.allows(&credential, now) {
            return Err(reply_for::TOO_FAST);
        }
        Ok(Sender::Credential(credential))
    }

    /// Checks a login. Every failure that is the client's reads the same.
    pub(super) async fn log_in(&self, peer: IpAddr, login: &Login) -> Result<Principal, Refusal> {
        let directory = self.context.store.directory();
        let (app, account) = match LoginForm::read(&login.name) {
            LoginForm::Entra(app) => {
                let account = account_of(&directory, &app);
                (app, account)
            }
            // What the operator made here comes before what Azure lists.
            LoginForm::Credential(name) => match directory.smtp_username(&name) {
                Some((listed, account)) if directory.credential(&name).is_none() => {
                    let SmtpUsername { service, client, tenant, .. } = listed.clone();
                    (EntraApp { service, client, tenant }, Some(Arc::clone(account)))
                }
                _ => {
                    let Proof::Password(password) = &login.proof else { return Err(reply_for::LOGIN_FAILED) };
                    return self.by_credential(peer, &name, password).await.map(Principal::Credential);
                }
            },
        };
        self.by_entra(login, app, account.as_deref()).await.map(|entra| Principal::Entra(Arc::new(entra)))
    }

    /// Lets Entra judge: by the secret that is the password, or by the keys that it signs tokens with.
    async fn by_entra(
        &self,
        login: &Login,
        app: EntraApp,
        account: Option<&Account>,
    ) -> Result<EntraLogin, Refusal> {
        let (entra, name, now) = (&self.context.settings.entra, &login.name, self.context.clock.now());
        if !entra.tenants.contains(&app.tenant) {
            warn!(login = name, "an Entra login of a tenant that is not allowed");
            return Err(reply_for::LOGIN_FAILED);
        }
        let target = self.target(app.service.as_str(), account)?;
        match &login.proof {
            Proof::Password(secret) => {
                let logged_in = target.log_in(name, app, secret.clone(), now).await;
                logged_in.map_err(|failure| reply_for::token(name, &failure))
            }
            Proof::Token(token) => {
                let brought = Brought { token, checker: &self.bearers, audiences: &entra.audiences };
                let taken = target.take(name, app, brought, now).await;
                taken.map_err(|failure| reply_for::bearer(name, &failure))
            }
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
        let hash = here.and_then(|credential| credential.password_hash());
        let is_good = self.verifier.is_good(hash, password, self.context.clock.now()).await;
        here.filter(|_| is_good).map(Arc::clone).ok_or(reply_for::LOGIN_FAILED)
    }

    /// Where an Entra login leads: to the account that has the service, or to where the settings say.
    fn target(&self, service: &str, account: Option<&Account>) -> Result<EntraTarget, Refusal> {
        if let Some((account, own)) = account.and_then(|account| Some((account, account.service.as_ref()?))) {
            return target_of(account, own);
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

/// The account that has the service of a login in Azure's long form.
fn account_of(directory: &Directory, app: &EntraApp) -> Option<Arc<Account>> {
    let has_it = |account: &&Arc<Account>| {
        let own = account.service.as_ref();
        account.tenant == app.tenant
            && own.is_some_and(|own| own.name.as_str().eq_ignore_ascii_case(app.service.as_str()))
    };
    directory.accounts().find(has_it).cloned()
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
    address: IpAddr,
    directory: &Directory,
) -> Result<(Arc<Credential>, Arc<Account>), Refusal> {
    let (now, changed) = match credential.access {
        Access::Password(_) => (directory.credential(credential.login.as_str()), LOGIN_CHANGED),
        Access::Network => (directory.credential_without_login(address), NETWORK_CHANGED),
    };
    let is_same = |now: &&Arc<Credential>| {
        now.id == credential.id && now.access == credential.access && now.may_come_from(address)
    };
    let current = now.filter(is_same).ok_or(changed.clone())?;
    let account = directory.account(current.account).ok_or(changed)?;
    if !account.is_enabled() {
        return Err(reply_for::ACCOUNT_DISABLED);
    }
    Ok((Arc::clone(current), Arc::clone(account)))
}
