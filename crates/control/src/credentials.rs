//! Logins for devices and applications.

use ipnet::IpNet;
use model::credential::{
    AuthorRule, Credential, IntakeRules, Lane, PasswordHash, ReversePathRule, SenderRule,
};
use model::id::CredentialId;
use model::repair::Repair;
use secrecy::{ExposeSecret as _, SecretString};
use smtp::address::{Domain, Mailbox};
use store::{Directory, StoreError};

use crate::Control;
use crate::error::{ControlError, Invalid};

/// A credential as the operator describes it.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// What the device types.
    pub login: String,
    /// The account that its mail goes through.
    pub account: String,
    /// A password of the operator's choice; one is made when absent.
    pub password: Option<SecretString>,
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
}

/// A credential with its password, which is shown this once.
#[derive(Debug)]
pub struct IssuedCredential {
    /// The credential.
    pub credential: Credential,
    /// Its password.
    pub password: SecretString,
}

/// No character that is mistaken for another, or that a device's keyboard may lack.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 60 bits: guessed online, that takes for ever, and a copier's panel takes a minute.
const PASSWORD_LENGTH: usize = 12;
/// What the operator chooses must not be much weaker.
const MIN_PASSWORD_LENGTH: usize = 10;

impl Control {
    /// Makes a credential.
    ///
    /// # Errors
    /// When a field is not valid, the login is taken, or nothing can be stored.
    pub async fn add_credential(&self, new: NewCredential) -> Result<IssuedCredential, ControlError> {
        let directory = self.store.directory();
        let account = directory
            .account_named(&new.account)
            .ok_or_else(|| StoreError::Missing(format!("account {}", new.account)))?;
        let login = new.login.trim().parse().map_err(|error| Invalid::new("login", error))?;
        let author = match (&new.forced_from, &new.default_from) {
            (Some(_), Some(_)) => {
                return Err(Invalid::new("forced from", "choose it or a default from, not both").into());
            }
            (Some(forced), None) => {
                AuthorRule::Forced(known_sender("forced from", forced, account.id, &directory)?)
            }
            (None, Some(default)) => {
                AuthorRule::Default(known_sender("default from", default, account.id, &directory)?)
            }
            (None, None) => AuthorRule::Keep,
        };
        if new.rate_per_minute == Some(0) {
            return Err(Invalid::new("rate per minute", "with 0 it could send nothing").into());
        }
        let password = new.password.map_or_else(|| Ok(self.password()), checked_password)?;
        let (hashed, salt) = (password.clone(), self.entropy.octets());
        let credential = Credential {
            id: CredentialId::new(self.clock.now(), self.entropy.octets()),
            login,
            account: account.id,
            password_hash: PasswordHash::of(&hashed, salt),
            senders: sender_rule(&new.senders)?,
            networks: new.networks.iter().map(|text| network(text)).collect::<Result<_, _>>()?,
            author,
            intake: intake_rules(&new.intake)?,
            rate_per_minute: new.rate_per_minute,
            lane: new.lane,
            created_at: self.clock.now(),
        };
        let audit = self.entry("credential.add", &credential.login, format!("account {}", account.name));
        self.store.credentials().add(credential.clone(), audit).await?;
        Ok(IssuedCredential { credential, password })
    }

    /// Gives a credential a new password; the old one is good for nothing from now on.
    ///
    /// # Errors
    /// When there is no such credential, or nothing can be stored.
    pub async fn reset_password(&self, login: &str) -> Result<SecretString, ControlError> {
        let password = self.password();
        let hash = PasswordHash::of(&password, self.entropy.octets());
        let audit = self.entry("credential.reset", login, "");
        self.store.credentials().set_password(login, hash, audit).await?;
        Ok(password)
    }

    /// Removes a credential. Its next login fails, and so does its next message.
    ///
    /// # Errors
    /// When there is no such credential, or nothing can be stored.
    pub async fn remove_credential(&self, login: &str) -> Result<(), ControlError> {
        let audit = self.entry("credential.remove", login, "");
        Ok(self.store.credentials().remove(login, audit).await?)
    }

    fn password(&self) -> SecretString {
        let octets: [u8; PASSWORD_LENGTH] = self.entropy.octets();
        let text: String = octets.iter().map(|octet| char::from(ALPHABET[usize::from(octet % 32)])).collect();
        SecretString::from(text)
    }
}

fn checked_password(password: SecretString) -> Result<SecretString, Invalid> {
    if password.expose_secret().chars().count() < MIN_PASSWORD_LENGTH {
        let reason = format!("it needs {MIN_PASSWORD_LENGTH} characters; leave it out to have one made");
        return Err(Invalid::new("password", reason));
    }
    Ok(password)
}

/// An author must be one of the account's senders, or every message would be refused.
fn known_sender(
    field: &'static str,
    text: &str,
    account: model::id::AccountId,
    directory: &Directory,
) -> Result<Mailbox, Invalid> {
    let mailbox: Mailbox = text.trim().parse().map_err(|error| Invalid::new(field, error))?;
    match directory.sender(account, &mailbox) {
        Some(_) => Ok(mailbox),
        None => Err(Invalid::new(field, format!("{mailbox} is not a sender of the account; add it first"))),
    }
}

fn sender_rule(texts: &[String]) -> Result<SenderRule, Invalid> {
    if texts.is_empty() {
        return Ok(SenderRule::Any);
    }
    let (mut mailboxes, mut domains) = (Vec::new(), Vec::new());
    for text in texts.iter().map(|text| text.trim()) {
        if text.contains('@') {
            mailboxes
                .push(text.parse().map_err(|error| Invalid::new("senders", format!("{text}: {error}")))?);
        } else {
            let domain: Domain =
                text.parse().map_err(|error| Invalid::new("senders", format!("{text}: {error}")))?;
            domains.push(domain);
        }
    }
    Ok(SenderRule::Only { mailboxes, domains })
}

fn intake_rules(new: &NewIntakeRules) -> Result<IntakeRules, Invalid> {
    let domain = |text: &String| {
        text.trim()
            .parse::<Domain>()
            .map_err(|error| Invalid::new("reverse paths", format!("{text}: {error}")))
    };
    let repair = |word: &String| {
        let known = Repair::ALL.map(Repair::as_str).join(", ");
        let unknown = || Invalid::new("repairs", format!("{word:?} is none of {known}"));
        Repair::from_word(word.trim()).ok_or_else(unknown)
    };
    let domains = new.reverse_paths.iter().map(domain).collect::<Result<_, _>>()?;
    Ok(IntakeRules {
        reply_to_author: new.reply_to_author,
        reverse_paths: match new.reverse_path_anywhere {
            true => ReversePathRule::Anywhere,
            false => ReversePathRule::Domains(domains),
        },
        repairs: new.repairs.iter().map(repair).collect::<Result<_, _>>()?,
    })
}

fn network(text: &str) -> Result<IpNet, Invalid> {
    let text = text.trim();
    let single = || text.parse().map(|address: std::net::IpAddr| IpNet::from(address)).ok();
    text.parse().ok().or_else(single).ok_or_else(|| {
        Invalid::new("networks", format!("{text:?} is not a network such as 192.0.2.0/24 or an address"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_may_be_single_addresses() {
        assert_eq!(network("192.0.2.7").unwrap().to_string(), "192.0.2.7/32");
        assert_eq!(network(" 2001:db8::/32 ").unwrap().to_string(), "2001:db8::/32");
        assert!(network("192.0.2.0/33").is_err());
        assert!(network("scanner").is_err());
    }

    #[test]
    fn senders_are_addresses_or_domains() {
        let rule = sender_rule(&["a@b.example".into(), "c.example".into()]).unwrap();
        assert!(rule.allows(&"x@c.example".parse().unwrap()));
        assert!(sender_rule(&["a@".into()]).is_err());
        assert_eq!(sender_rule(&[]).unwrap(), SenderRule::Any);
    }
}
