//! Credentials for devices and applications: with login and password, or by network alone.

mod differences;
mod edit;
mod networks;
mod password;
mod rules;

use std::sync::Arc;

use model::credential::{Access, AuthorRule, Credential, Lane, PasswordHash};
use model::id::CredentialId;
use model::name::LoginName;
use secrecy::SecretString;
use store::StoreError;

use crate::Control;
use crate::error::{Fault, Invalid};

use self::rules::{intake_rules, known_sender, rate, replaces_somebody, sender_rule};

pub use self::edit::CredentialChange;

/// A credential as the operator describes it.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// What the device types.
    pub login: String,
    /// The account that its mail goes through.
    pub account: String,
    /// How its clients show that they may use it.
    pub access: NewAccess,
    /// Addresses or domains that it may send from; every sender of the account when empty.
    pub senders: Vec<String>,
    /// Networks that it may come from, `192.0.2.0/24` or single addresses; anywhere when empty.
    pub networks: Vec<String>,
    /// An author for messages that have none.
    pub default_from: Option<String>,
    /// An author for all messages.
    pub forced_from: Option<String>,
    /// What else is done with its mail.
    pub intake: NewIntakeRules,
    /// Messages in any minute.
    pub rate_per_minute: Option<u32>,
    /// How urgent its mail is.
    pub lane: Lane,
}

/// What is done with a credential's mail on its way in, as the operator describes it.
#[derive(Clone, Debug, Default)]
pub struct NewIntakeRules {
    /// Whether answers go to the author whom the rule replaced.
    pub reply_to_author: bool,
    /// Domains of reverse-paths, beside those of the account's senders.
    pub reverse_paths: Vec<String>,
    /// Whether a reverse-path may be any address.
    pub reverse_path_anywhere: bool,
    /// Names of repairs.
    pub repairs: Vec<String>,
    /// Whom DSNs tell: `sender`, `nobody` or an address; the sender when `None`.
    pub dsn_to: Option<String>,
    /// How long after it may leave a message is of use, where it does not say so.
    pub deadline_seconds: Option<u32>,
    /// `reject` or `drop`: what happens to recipients that mail must not go to.
    pub suppressed: Option<String>,
}

/// How clients are to show that they may use a credential.
#[derive(Clone, Debug)]
pub enum NewAccess {
    /// By a password that is made.
    MadePassword,
    /// By a password that devices have already.
    Password(SecretString),
    /// By the network alone, on listeners without login.
    Network(PublicNetworks),
}

/// The desired password of a credential.
enum Secret {
    Made,
    Given(SecretString),
    None,
}

/// Whether networks of the Internet may do without login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicNetworks {
    /// They are a mistake.
    #[default]
    Refused,
    /// They are meant.
    Allowed,
}

impl From<bool> for PublicNetworks {
    fn from(are_allowed: bool) -> Self {
        if are_allowed { Self::Allowed } else { Self::Refused }
    }
}

/// A credential, and the password that was made for it.
#[derive(Debug)]
pub struct IssuedCredential {
    pub credential: Credential,
    /// Its password, if it was made here: it is shown this once.
    pub password: Option<SecretString>,
}

impl Control {
    /// Makes a credential.
    ///
    /// # Errors
    /// When a field is not valid, the login is taken, or nothing can be stored.
    pub async fn add_credential(&self, new: NewCredential) -> Result<IssuedCredential, Fault> {
        let account = new.account.clone();
        let (mut credential, secret) = self.draft(new)?;
        let (password, made) = match secret {
            Secret::Made => {
                let made = password::make(&self.entropy);
                (Some(made.clone()), Some(made))
            }
            Secret::Given(given) => (Some(given), None),
            Secret::None => (None, None),
        };
        if let Some(password) = &password {
            credential.access = Access::Password(self.hash(password).await);
        }
        let without_login = if credential.access == Access::Network { ", without login" } else { "" };
        let detail = format!("account {account}{without_login}");
        let audit = self.entry("credential.add", &credential.login, detail);
        self.store.credentials().add(credential.clone(), audit).await?;
        Ok(IssuedCredential { credential, password: made })
    }

    /// Says whether a credential could be made now, and makes none.
    ///
    /// # Errors
    /// As [`add_credential`](Self::add_credential).
    pub fn check_credential(&self, new: NewCredential) -> Result<(), Fault> {
        let (credential, _) = self.draft(new)?;
        let login = credential.login.to_string();
        match self.store.directory().credential(&login) {
            Some(_) => Err(StoreError::Exists(format!("credential {login}")).into()),
            None => Ok(()),
        }
    }

    /// A credential as it will be, but for its password.
    fn draft(&self, new: NewCredential) -> Result<(Credential, Secret), Fault> {
        let account = self.account_to_change(&new.account)?;
        let directory = self.store.directory();
        let login: LoginName = new.login.trim().parse().map_err(|error| Invalid::new("login", error))?;
        let author = match (&new.forced_from, &new.default_from) {
            (Some(_), Some(_)) => {
                return Err(Invalid::new("forced_from", "choose it or a default from, not both").into());
            }
            (Some(forced), None) => {
                AuthorRule::Forced(known_sender("forced_from", forced, account.id, &directory)?)
            }
            (None, Some(default)) => {
                AuthorRule::Default(known_sender("default_from", default, account.id, &directory)?)
            }
            (None, None) => AuthorRule::Keep,
        };
        if new.intake.reply_to_author {
            replaces_somebody(&author)?;
        }
        let rate_per_minute = rate(new.rate_per_minute)?;
        let networks = networks::read(&new.networks)?;
        let secret = match new.access {
            NewAccess::MadePassword => Secret::Made,
            NewAccess::Password(given) => {
                password::check(&given, &login, &networks)?;
                Secret::Given(given)
            }
            NewAccess::Network(public) => {
                networks::check_without_login(&networks, public)?;
                Secret::None
            }
        };
        let credential = Credential {
            id: CredentialId::new(self.clock.now(), self.entropy.bytes()),
            login,
            account: account.id,
            access: Access::Network,
            senders: sender_rule(&new.senders)?,
            networks,
            author,
            intake: intake_rules(&new.intake)?,
            rate_per_minute,
            lane: new.lane,
            created_at: self.clock.now(),
        };
        Ok((credential, secret))
    }

    /// Gives a credential another password, one that is made if none is given; the old one is good for nothing from
    /// now on. Returns what was made.
    ///
    /// # Errors
    /// When there is no such credential, it has no password, what is given is too weak, or nothing can be stored.
    pub async fn reset_password(
        &self,
        login: &str,
        given: Option<SecretString>,
    ) -> Result<Option<SecretString>, Fault> {
        let credential = self.credential_to_change(login)?;
        if credential.access == Access::Network {
            let reason = format!("{login} is used without login, and has no password");
            return Err(Invalid::new("login", reason).into());
        }
        let (password, made) = match given {
            Some(given) => {
                password::check(&given, &credential.login, &credential.networks)?;
                (given, None)
            }
            None => {
                let made = password::make(&self.entropy);
                (made.clone(), Some(made))
            }
        };
        let hash = self.hash(&password).await;
        let audit = self.entry("credential.reset", login, "");
        self.store.credentials().set_password(login, hash, audit).await?;
        Ok(made)
    }

    /// Removes a credential. Its next login fails, and so does its next message, with login or without.
    ///
    /// # Errors
    /// When there is no such credential, or nothing can be stored.
    pub async fn remove_credential(&self, login: &str) -> Result<(), Fault> {
        self.credential_to_change(login)?;
        let audit = self.entry("credential.remove", login, "");
        Ok(self.store.credentials().remove(login, audit).await?)
    }

    /// The credential of that login.
    ///
    /// # Errors
    /// When there is none, or the caller does not see its account.
    pub fn credential(&self, login: &str) -> Result<Arc<Credential>, Fault> {
        self.caller.may_list()?;
        let what = format!("credential {login}");
        let directory = self.store.directory();
        let Some(credential) = directory.credential(login) else {
            return Err(Fault::NotFound { what });
        };
        self.caller.may_read(credential.account, what)?;
        Ok(Arc::clone(credential))
    }

    /// The credential of that login, to be changed.
    ///
    /// # Errors
    /// As [`Control::credential`], and when the caller may not change it.
    pub fn credential_to_change(&self, login: &str) -> Result<Arc<Credential>, Fault> {
        let credential = self.credential(login)?;
        self.caller.may_change(credential.account, format!("credential {login}"))?;
        Ok(credential)
    }

    /// Hashes a password on a thread that may take its time.
    async fn hash(&self, password: &SecretString) -> PasswordHash {
        let (password, salt) = (password.clone(), self.entropy.bytes());
        let hashed = tokio::task::spawn_blocking(move || PasswordHash::of(&password, salt));
        // A hash that was not made is that of no password.
        hashed.await.unwrap_or_else(|_| PasswordHash::new(String::new()))
    }
}
