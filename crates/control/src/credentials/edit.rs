//! Changing a credential: what is given is different from now on, and the rest stays.

use std::sync::Arc;

use ipnet::IpNet;
use model::account::Account;
use model::credential::{Access, AuthorRule, Credential, IntakeRules, Lane, PasswordHash, ReversePathRule};
use secrecy::SecretString;
use store::{Directory, StoreError};

use super::differences::differences;
use super::rules::{
    deadline, dsn_recipient, known_sender, rate, repairs, replaces_somebody, reverse_path_domains,
    sender_rule, suppressed,
};
use super::{PublicNetworks, networks, password};
use crate::Control;
use crate::error::{Fault, Invalid};

/// What is different from now on. What is absent stays; a list that is given replaces the one that is there.
#[derive(Clone, Debug, Default)]
pub struct CredentialChange {
    /// Addresses or domains that it may send from; every sender of the account when empty.
    pub senders: Option<Vec<String>>,
    /// Networks that it may come from; anywhere when empty.
    pub networks: Option<Vec<String>>,
    /// Whether networks of the Internet may do without login.
    pub public: PublicNetworks,
    /// Its password, new or as it is: needed where weak passwords were allowed by the networks, and are not any more.
    pub password: Option<SecretString>,
    /// An author for messages that have none; `Some(None)` removes it.
    pub default_from: Option<Option<String>>,
    /// An author for all messages; `Some(None)` removes it.
    pub forced_from: Option<Option<String>>,
    /// Whether answers go to the author whom the rule replaced.
    pub reply_to_author: Option<bool>,
    /// Domains of reverse-paths, beside those of the account's senders.
    pub reverse_paths: Option<Vec<String>>,
    /// Whether a reverse-path may be any address.
    pub reverse_path_anywhere: Option<bool>,
    /// Names of repairs.
    pub repairs: Option<Vec<String>>,
    /// `reject`, `drop` or `default`: what happens to recipients that mail must not go to.
    pub suppressed: Option<String>,
    /// Messages in any minute; `Some(None)`: as many as the account allows.
    pub rate_per_minute: Option<Option<u32>>,
    /// How urgent its mail is.
    pub lane: Option<Lane>,
    /// Whom DSNs tell: `sender`, `nobody` or an address.
    pub dsn_to: Option<String>,
    /// How long after it may leave a message is of use; `Some(None)`: as long as any message is tried.
    pub deadline_seconds: Option<Option<u32>>,
}

/// Attempts before a change fails because others change the same credential.
const TRIES: u32 = 4;

impl Control {
    /// Changes a credential. Sessions that are open go on, and their next message is judged anew.
    ///
    /// # Errors
    /// When there is no such credential, a field is not valid, or nothing can be stored.
    pub async fn change_credential(
        &self,
        login: &str,
        change: CredentialChange,
    ) -> Result<Arc<Credential>, Fault> {
        for _ in 1..TRIES {
            match self.change_credential_once(login, &change).await {
                // Somebody else changed it, perhaps another field: the next try begins with what they left.
                Err(Fault::Conflict { code: "changed", .. }) => {}
                done => return done,
            }
        }
        self.change_credential_once(login, &change).await
    }

    async fn change_credential_once(
        &self,
        login: &str,
        change: &CredentialChange,
    ) -> Result<Arc<Credential>, Fault> {
        let directory = self.store.directory();
        let before = self.credential_to_change(login)?;
        let missing = || StoreError::Missing(format!("credential {login}"));
        let account = directory.account(before.account).ok_or_else(missing)?;
        let mut changed = change.applied(&before, account, &directory)?;
        if let Some(hash) = self.password_from_now_on(&before, &changed, change).await? {
            changed.access = Access::Password(hash);
        }
        let mut detail = differences(&before, &changed);
        if changed.access != before.access {
            detail.push("a new password".to_owned());
        }
        if detail.is_empty() {
            return Ok(before);
        }
        let audit = self.entry("credential.edit", &before.login, detail.join(", "));
        self.store.credentials().change(before, changed.clone(), audit).await?;
        Ok(Arc::new(changed))
    }

    /// The hash of the password that is given with a change; `None` where the one that is there stays.
    async fn password_from_now_on(
        &self,
        before: &Credential,
        changed: &Credential,
        change: &CredentialChange,
    ) -> Result<Option<PasswordHash>, Invalid> {
        let (given, hash) = match (&change.password, before.password_hash()) {
            (Some(_), None) => {
                let reason = format!("{} is used without login, and has no password", before.login);
                return Err(Invalid::new("password", reason));
            }
            (None, hash) => {
                let allowed_weak = hash.is_some() && password::may_be_weak(&before.networks);
                return match allowed_weak && !password::may_be_weak(&changed.networks) {
                    true => Err(Invalid::new("password", NEEDED)),
                    false => Ok(None),
                };
            }
            (Some(given), Some(hash)) => (given, hash.clone()),
        };
        password::check(given, &before.login, &changed.networks)?;
        // The same password leaves open sessions alone.
        let (there, again) = (hash, given.clone());
        let is_same = tokio::task::spawn_blocking(move || there.is_of(&again)).await.unwrap_or(false);
        Ok(if is_same { None } else { Some(self.hash(given).await) })
    }
}

const NEEDED: &str = "until now this login may have had a weak password, because all its networks were small (/16, \
                      IPv6: /48, or smaller); give its password too, with --password-stdin, so that it can be judged, \
                      or a new one";

impl CredentialChange {
    /// The credential as it is to be; its password is another question.
    fn applied(
        &self,
        before: &Credential,
        account: &Account,
        directory: &Directory,
    ) -> Result<Credential, Invalid> {
        let networks = match &self.networks {
            Some(texts) => self.checked_networks(before, texts)?,
            None if self.public == PublicNetworks::Allowed => {
                return Err(Invalid::new("networks", "to allow public networks, list them with --network"));
            }
            None => before.networks.clone(),
        };
        let author = self.author(&before.author, account, directory)?;
        if self.reply_to_author == Some(true) {
            replaces_somebody(&author)?;
        }
        Ok(Credential {
            senders: self.senders.as_deref().map_or_else(|| Ok(before.senders.clone()), sender_rule)?,
            networks,
            author,
            intake: self.intake(&before.intake)?,
            rate_per_minute: match self.rate_per_minute {
                Some(given) => rate(given)?,
                None => before.rate_per_minute,
            },
            lane: self.lane.unwrap_or(before.lane),
            ..before.clone()
        })
    }

    fn checked_networks(&self, before: &Credential, texts: &[String]) -> Result<Vec<IpNet>, Invalid> {
        let networks = networks::read(texts)?;
        match before.access {
            Access::Network => networks::check_without_login(&networks, self.public)?,
            Access::Password(_) if self.public == PublicNetworks::Allowed => {
                let reason = format!("{} has a password: its networks may be any", before.login);
                return Err(Invalid::new("networks", reason));
            }
            Access::Password(_) => {}
        }
        Ok(networks)
    }

    /// An author that is given replaces the other kind; one that is removed leaves the other kind alone.
    fn author(
        &self,
        before: &AuthorRule,
        account: &Account,
        directory: &Directory,
    ) -> Result<AuthorRule, Invalid> {
        let sender = |field, text: &str| known_sender(field, text, account.id, directory);
        Ok(match (&self.forced_from, &self.default_from) {
            (Some(Some(_)), Some(Some(_))) => {
                return Err(Invalid::new("forced_from", "choose it or a default from, not both"));
            }
            (Some(Some(forced)), _) => AuthorRule::Forced(sender("forced_from", forced)?),
            (_, Some(Some(default))) => AuthorRule::Default(sender("default_from", default)?),
            (forced, default) => match before {
                AuthorRule::Forced(_) if forced.is_some() => AuthorRule::Keep,
                AuthorRule::Default(_) if default.is_some() => AuthorRule::Keep,
                before => before.clone(),
            },
        })
    }

    fn intake(&self, before: &IntakeRules) -> Result<IntakeRules, Invalid> {
        let given = self.reverse_paths.as_deref().map(reverse_path_domains).transpose()?;
        let reverse_paths = match (self.reverse_path_anywhere, given) {
            (Some(true), Some(domains)) if !domains.is_empty() => {
                return Err(Invalid::new("reverse_paths", "choose domains or any address, not both"));
            }
            (Some(true), _) => ReversePathRule::Anywhere,
            (_, Some(domains)) => ReversePathRule::Domains(domains),
            (Some(false), None) if before.reverse_paths == ReversePathRule::Anywhere => {
                ReversePathRule::default()
            }
            (Some(false) | None, None) => before.reverse_paths.clone(),
        };
        Ok(IntakeRules {
            reply_to_author: self.reply_to_author.unwrap_or(before.reply_to_author),
            reverse_paths,
            repairs: self.repairs.as_deref().map_or_else(|| Ok(before.repairs.clone()), repairs)?,
            suppressed: self.suppressed.as_deref().map_or(Ok(before.suppressed), suppressed)?,
            dsn_to: self.dsn_to.as_deref().map_or_else(|| Ok(before.dsn_to.clone()), dsn_recipient)?,
            deadline: match self.deadline_seconds {
                Some(given) => deadline(given)?,
                None => before.deadline,
            },
        })
    }
}

#[cfg(test)]
mod tests;
