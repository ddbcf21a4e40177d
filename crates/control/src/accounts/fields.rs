//! The fields of an account, from what was typed or pasted. What was normalised is noted.

use azure_types::access_key::AccessKey;
use azure_types::ids::ClientId;
use jiff::Timestamp;
use model::account::Concurrency;
use model::azure::Authorization;
use model::quota::Quota;
use secrecy::{ExposeSecret as _, SecretString};
use store::{NewSecret, SecretFacts, SecretName};
use url::Url;

use crate::error::Invalid;

/// How the input was normalised, in sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes(pub(super) Vec<String>);

/// How an account's app authenticates.
#[derive(Clone, Debug)]
pub enum AuthenticationMethod {
    /// The value of a client secret.
    ClientSecret(SecretString),
    /// A certificate and its private key, in PEM.
    Certificate(SecretString),
    /// The identity of the machine, on a host in Azure.
    ManagedIdentity,
    /// A key of the communication service.
    AccessKey(SecretString),
}

impl Notes {
    /// Takes off what is pasted along: spaces, quotes, a trailing line break.
    pub(super) fn clean<'a>(&mut self, field: &str, text: &'a str) -> &'a str {
        let clean = text.trim().trim_matches(['"', '\'', '`', '\u{201c}', '\u{201d}']).trim();
        if clean != text {
            self.0.push(format!(
                "{}: spaces or quotes around it were left out",
                field.replace(['_', '.'], " ")
            ));
        }
        clean
    }

    pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        field: &'static str,
        text: &str,
    ) -> Result<T, Invalid> {
        self.clean(field, text).parse().map_err(|error| Invalid::new(field, error))
    }

    /// An https base URL; its path is dropped.
    pub(super) fn base_url(&mut self, field: &'static str, text: &str) -> Result<Url, Invalid> {
        let text = self.clean(field, text);
        let mut url = Url::parse(text).map_err(|_| {
            Invalid::new(field, format!("{text:?} is not a URL such as https://name.example"))
        })?;
        if url.scheme() != "https" || url.host_str().is_none() {
            return Err(Invalid::new(field, "only https is used: tokens and mail do not travel in clear"));
        }
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }

    /// What is to be kept of an authentication method.
    pub(super) fn authentication(
        &mut self,
        authentication: AuthenticationMethod,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Authorization, Option<NewSecret>), Invalid> {
        let (authorization, name, secret) = match authentication {
            AuthenticationMethod::ClientSecret(secret) => {
                let secret = self.client_secret(&secret)?;
                (Authorization::ClientSecret, SecretName::ClientSecret, secret)
            }
            AuthenticationMethod::AccessKey(key) => {
                let key = SecretString::from(self.clean("access_key", key.expose_secret()));
                AccessKey::parse(key.expose_secret()).map_err(|error| Invalid::new("access_key", error))?;
                (Authorization::AccessKey, SecretName::AccessKey, key)
            }
            AuthenticationMethod::Certificate(pem) => {
                (Authorization::Certificate, SecretName::Certificate, pem)
            }
            AuthenticationMethod::ManagedIdentity => return Ok((Authorization::ManagedIdentity, None)),
        };
        let mut facts = SecretFacts::of(&secret, now);
        facts.expires_at = expires_at;
        if name == SecretName::Certificate {
            // The first characters of PEM are the same for all.
            facts.hint = "PEM".to_owned();
        }
        Ok((authorization, Some(NewSecret { name, secret, facts })))
    }

    pub(super) fn client_secret(&mut self, secret: &SecretString) -> Result<SecretString, Invalid> {
        let secret = self.clean("client_secret", secret.expose_secret());
        if secret.is_empty() {
            return Err(Invalid::new("client_secret", "it is empty"));
        }
        // The portal shows the secret's id beside its value, and it is the id that stays visible.
        if secret.parse::<ClientId>().is_ok() {
            return Err(Invalid::new(
                "client_secret",
                "this is the id of a secret; paste its value, which the portal shows only once",
            ));
        }
        Ok(SecretString::from(secret))
    }
}

pub(super) fn checked_quota(quota: Quota) -> Result<Quota, Invalid> {
    let sends =
        [(quota.sends.per_minute, "quota.sends_per_minute"), (quota.sends.per_hour, "quota.sends_per_hour")];
    let reads = quota.status_reads;
    let reads = [
        (reads.per_minute, "quota.status_reads_per_minute"),
        (reads.per_hour, "quota.status_reads_per_hour"),
    ];
    for [minute, hour] in [sends, reads] {
        if let Some((_, field)) = [minute, hour].iter().find(|(number, _)| *number == 0) {
            return Err(Invalid::new(field, "with 0 nothing would ever be sent"));
        }
        if minute.0 > hour.0 {
            return Err(Invalid::new(minute.1, "a minute cannot have more than an hour: write MINUTE/HOUR"));
        }
    }
    if let Some(day) = quota.sends.per_day.filter(|day| *day < quota.sends.per_hour) {
        let reason =
            format!("a day cannot have less than an hour: {day} is less than {}", quota.sends.per_hour);
        return Err(Invalid::new("quota.sends_per_day", reason));
    }
    Ok(quota)
}

pub(super) fn checked_concurrency(concurrency: Concurrency) -> Result<Concurrency, Invalid> {
    match concurrency {
        Concurrency { requests: 0, .. } => Err(Invalid::new("requests_at_once", "with 0 nothing is sent")),
        Concurrency { smtp_sessions: 0, .. } => Err(Invalid::new("smtp_sessions", "with 0 nothing is sent")),
        concurrency => Ok(concurrency),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_along_is_left_out_and_noted() {
        let mut notes = Notes::default();
        assert_eq!(notes.clean("client_id", " \"abc\"\n"), "abc");
        assert_eq!(notes.clean("client_id", "\u{201c}abc\u{201d}"), "abc");
        assert_eq!(notes.clean("client_id", "abc"), "abc");
        assert_eq!(notes.0.len(), 2);
        assert_eq!(
            notes.base_url("endpoint", " https://a.example/x?y#z ").unwrap().as_str(),
            "https://a.example/"
        );
        assert!(notes.base_url("endpoint", "http://a.example").is_err());
    }
}
