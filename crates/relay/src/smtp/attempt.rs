//! One try to log in: what the name means, whether it may be tried, who judges it, and why it failed.

use std::net::IpAddr;
use std::sync::Arc;

use ::smtp::reply::Refusal;
use ::smtp::sasl::{Login, Proof};
use jiff::SignedDuration;
use meter::Counter;
use model::account::Account;
use model::azure::{AzureConnection, Service};
use model::credential::{Access, Credential, PasswordHash};
use model::smtp_username::SmtpUsername;
use secrecy::SecretString;
use store::Directory;

use super::{SmtpService, reason};
use crate::intake::Principal;
use crate::login::{
    Attempt, Brought, EntraApp, EntraLogin, EntraTarget, Guess, LoginForm, NotTried, Turn, app_key,
    login_key, shown_unknown,
};
use crate::reply_for;

/// What a login name means.
enum Meant {
    /// A credential, be there one of that name or not.
    Credential(String),
    /// An app, with the account whose communication service it names.
    App(EntraApp, Option<Arc<Account>>),
}

/// Where a login is tried from, when its turn is, and whether the same one was wrong some minutes ago.
#[derive(Clone, Copy)]
struct Circumstances {
    address: IpAddr,
    turn: Turn,
    was_wrong: bool,
    was_wrong_just_now: bool,
}

/// Entra is asked about a wrong secret only so often. It may be right the next time, so it is no guess; but a client that
/// repeats it all day would have us ask as often, until Entra asks us to stop.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(10);

impl SmtpService {
    /// Tries a login, unless there were too many wrong ones. Every failure that is the client's reads the same to it.
    pub(super) async fn guarded_log_in(&self, address: IpAddr, login: &Login) -> Result<Principal, Refusal> {
        let directory = self.intake.store().directory();
        let meant = meaning(&directory, &login.name);
        let (Proof::Password(proof) | Proof::Token(proof)) = &login.proof;
        let (key, hash) = (meant.key(), meant.hash(&directory, address));
        let guess = Guess { mark: self.verifier.mark(&key, hash, proof), login: key, address };
        let attempt = match self.protection.attempt(guess).await {
            Ok(attempt) => attempt,
            Err(refused) => {
                self.count(if matches!(refused, NotTried::Banned(_)) { "locked" } else { "unavailable" });
                return Err(self.not_tried(&refused));
            }
        };
        let is_app = matches!(meant, Meant::App(..));
        let at = self.circumstances(address, &attempt);
        match self.log_in(at, login, meant).await {
            Ok(principal) => {
                attempt.right();
                self.count("accepted");
                if let Principal::Credential(credential) = &principal {
                    self.protection.used(credential.id, address);
                }
                Ok(principal)
            }
            Err(refusal) => {
                self.count(if refusal.is_permanent() { "wrong" } else { "unavailable" });
                // A client that was asked to come again later has guessed nothing.
                if refusal.is_permanent() && !(is_app && at.was_wrong_just_now) {
                    attempt.wrong();
                } else {
                    attempt.untried();
                }
                Err(refusal)
            }
        }
    }

    fn count(&self, result: &'static str) {
        self.protection.meters().tried.of(&result, Counter::default).count();
    }

    fn circumstances(&self, address: IpAddr, attempt: &Attempt) -> Circumstances {
        let since = attempt.wrong_at().map(|at| self.intake.clock().now().duration_since(at));
        Circumstances {
            address,
            turn: attempt.turn(),
            was_wrong: since.is_some(),
            was_wrong_just_now: since.is_some_and(|since| since < ASK_AGAIN),
        }
    }

    fn not_tried(&self, refused: &NotTried) -> Refusal {
        let reason = match refused {
            NotTried::Banned(ban) => {
                let (what, until, lift) = (&ban.what, ban.spell.until, self.protection.lift(&ban.what));
                format!("{what} until {until} after too many wrong passwords: `{lift}` unlocks it")
            }
            NotTried::Busy => "too many passwords are being tried for it at the same time".to_owned(),
            NotTried::Full => "so many logins or networks are locked that no more can be watched".to_owned(),
        };
        reply_for::guard(refused).because(reason)
    }

    /// A login as it may be written down: as it is if there is one of that name.
    pub(super) fn shown(&self, name: &str) -> String {
        let directory = self.intake.store().directory();
        match directory.credential(name) {
            Some(credential) => credential.login.to_string(),
            None if directory.smtp_username(name).is_some() => name.to_owned(),
            None => shown_unknown(name),
        }
    }

    async fn log_in(&self, at: Circumstances, login: &Login, meant: Meant) -> Result<Principal, Refusal> {
        match (meant, &login.proof) {
            (Meant::Credential(name), Proof::Password(password)) => {
                self.by_credential(at, &name, password).await.map(Principal::Credential)
            }
            (Meant::Credential(_), Proof::Token(_)) => Err(failed(reason::TOKEN_FOR_NOBODY)),
            (Meant::App(app, account), _) => {
                let entra = self.by_entra(at, login, app, account.as_deref()).await;
                entra.map(|entra| Principal::Entra(Arc::new(entra)))
            }
        }
    }

    /// Lets Entra judge: by the secret that is the password, or by the keys that it signs tokens with.
    async fn by_entra(
        &self,
        at: Circumstances,
        login: &Login,
        app: EntraApp,
        account: Option<&Account>,
    ) -> Result<EntraLogin, Refusal> {
        let (entra, name, now) = (&self.intake.settings().entra, &login.name, self.intake.clock().now());
        if !entra.tenants.contains(&app.tenant) {
            return Err(failed(reason::OTHER_TENANT));
        }
        let target = self.target(app.service.as_str(), account)?;
        if at.was_wrong_just_now {
            return Err(failed(reason::ENTRA_REFUSED_BEFORE));
        }
        let refused = |refusal: Refusal| match refusal.is_permanent() {
            true => refusal.because(reason::ENTRA_REFUSED),
            false => refusal.because(reason::ENTRA_SILENT),
        };
        match &login.proof {
            Proof::Password(secret) => {
                let logged_in = target.log_in(name, app, secret.clone(), now).await;
                logged_in.map_err(|failure| refused(reply_for::token(name, &failure)))
            }
            Proof::Token(token) => {
                let brought = Brought { token, checker: &self.bearers, audiences: &entra.audiences };
                let taken = target.take(name, app, brought, now).await;
                taken.map_err(|failure| refused(reply_for::bearer(name, &failure)))
            }
        }
    }

    async fn by_credential(
        &self,
        at: Circumstances,
        name: &str,
        password: &SecretString,
    ) -> Result<Arc<Credential>, Refusal> {
        let directory = self.intake.store().directory();
        let credential = directory.credential(name);
        // From a network that is not its own a login does not exist: not even the time that the answer
        // takes tells whether the password is good.
        let here = credential.filter(|credential| credential.may_come_from(at.address));
        let hash = here.and_then(|credential| credential.password_hash());
        // What was wrong against the same hash is wrong again: a device that repeats it all day costs no work.
        let is_good =
            !at.was_wrong && self.verifier.is_good(at.turn, hash, password, self.intake.clock().now()).await;
        match (here, credential) {
            (Some(here), _) if is_good => Ok(Arc::clone(here)),
            (Some(here), _) if here.access == Access::Network => Err(failed(reason::NO_PASSWORD)),
            (Some(_), _) => Err(failed(reason::WRONG_PASSWORD)),
            (None, Some(_)) => Err(failed(reason::WRONG_NETWORK)),
            (None, None) => Err(failed(reason::UNKNOWN_LOGIN)),
        }
    }

    /// Where an Entra login leads: to the account that has the service, or to where the settings say.
    ///
    /// # Errors
    /// When nothing says where it is, before Entra is asked for a token that could go nowhere.
    fn target(&self, service: &str, account: Option<&Account>) -> Result<EntraTarget, Refusal> {
        let azure = account.and_then(|account| Some((account, account.azure().ok()?)));
        if let Some((account, azure)) = azure
            && let Some(own) = &azure.service
        {
            must_be_enabled(account)?;
            return target_of(azure, own);
        }
        let entra = &self.intake.settings().entra;
        let Some(endpoint) = entra.endpoint_of(service) else {
            return Err(failed(reason::UNKNOWN_SERVICE));
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
        account.azure().is_ok_and(|azure| {
            let own = azure.service.as_ref();
            azure.tenant == app.tenant
                && own.is_some_and(|own| own.name.as_str().eq_ignore_ascii_case(app.service.as_str()))
        })
    };
    directory.accounts().find(has_it).cloned()
}

fn must_be_enabled(account: &Account) -> Result<(), Refusal> {
    if account.is_enabled() { Ok(()) } else { Err(reply_for::ACCOUNT_DISABLED) }
}

fn target_of(azure: &AzureConnection, service: &Service) -> Result<EntraTarget, Refusal> {
    let (host, port) = azure.cloud.smtp();
    Ok(EntraTarget {
        http: azure_client::Http::new(azure.cloud.ca_pem()).map_err(|_| reply_for::LOGIN_UNAVAILABLE)?,
        authority: azure.cloud.authority().to_owned(),
        endpoint: service.endpoint.clone(),
        smtp: (host.to_owned(), port),
        ca_pem: azure.cloud.ca_pem().map(str::to_owned),
    })
}

impl Meant {
    /// What guesses are counted by: an app's are the same whatever service its login names.
    fn key(&self) -> String {
        match self {
            Self::Credential(name) => login_key(name),
            Self::App(app, _) => app_key(app),
        }
    }

    /// What a password is compared with here.
    fn hash<'a>(&self, directory: &'a Directory, address: IpAddr) -> Option<&'a PasswordHash> {
        let Self::Credential(name) = self else { return None };
        directory.credential(name).filter(|credential| credential.may_come_from(address))?.password_hash()
    }
}

fn failed(reason: &'static str) -> Refusal {
    reply_for::LOGIN_FAILED.because(reason)
}

fn meaning(directory: &Directory, name: &str) -> Meant {
    match LoginForm::read(name) {
        LoginForm::Entra(app) => {
            let account = account_of(directory, &app);
            Meant::App(app, account)
        }
        // What the operator made here comes before what Azure lists.
        LoginForm::Credential(name) => match directory.smtp_username(&name) {
            Some((listed, account)) if directory.credential(&name).is_none() => {
                let SmtpUsername { service, client, tenant, .. } = listed.clone();
                Meant::App(EntraApp { service, client, tenant }, Some(Arc::clone(account)))
            }
            _ => Meant::Credential(name),
        },
    }
}
