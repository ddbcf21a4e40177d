//! Endpoints of web hooks: added, listed, rotated, replayed and removed.

use std::time::Duration;

use clock::after;
use jiff::Timestamp;
use model::id::WebhookId;
use model::name::AccountName;
use model::webhook::{MOST_IN_BATCH, Reach, SigningSecret, Webhook, WebhookForm, WebhookKind, WebhookState};
use secrecy::SecretString;
use store::{NewSigningSecret, SecretName, SecretOwner, WebhookStanding};
use url::{Host, Url};

pub use store::DeadLetter;

use crate::Control;
use crate::error::{Fault, Invalid};

/// An endpoint as the operator describes it.
#[derive(Clone, Debug, Default)]
pub struct NewWebhook {
    pub url: String,
    /// The host of the URL if absent.
    pub name: Option<String>,
    /// Words of [`WebhookKind`]; all if empty.
    pub kinds: Vec<String>,
    /// The name of the account whose mail it is told of; all of them if absent.
    pub account: Option<String>,
    /// Events in a request at most; one event as an object if absent.
    pub batch: Option<u16>,
    pub reach: Option<Reach>,
    pub plain: Plain,
    /// CA certificates to trust, in PEM.
    pub ca_pem: Option<String>,
}

/// Whether a URL may be without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plain {
    /// On this machine, where nobody listens in between.
    #[default]
    OnThisMachine,
    /// The operator said that it may.
    Allowed,
}

/// An endpoint with a signing secret that is shown once.
#[derive(Clone, Debug)]
pub struct IssuedWebhook {
    pub webhook: Webhook,
    pub secret: SecretString,
    /// Until when requests are also signed with the secret before.
    pub previous_until: Option<Timestamp>,
}

/// An endpoint, and how things stand with it.
#[derive(Clone, Debug)]
pub struct KnownWebhook {
    pub webhook: Webhook,
    /// The account whose mail it is told of.
    pub account: Option<AccountName>,
    pub standing: WebhookStanding,
    pub previous_until: Option<Timestamp>,
}

/// Endpoints at most: each has a task and a connection.
const MOST: usize = 50;
/// How long both secrets are in use, unless the operator says otherwise.
const OVERLAP_HOURS: u16 = 24;
const MOST_OVERLAP_HOURS: u16 = 720;

impl Control {
    /// Adds an endpoint. It is told what happens from now on.
    ///
    /// # Errors
    /// When a field is not valid, the name is taken, the caller may not, or nothing can be stored.
    pub async fn add_webhook(&self, new: NewWebhook) -> Result<IssuedWebhook, Fault> {
        let account = match &new.account {
            Some(name) => Some(self.account_to_change(name)?.id),
            None => {
                self.caller.may_change_server()?;
                None
            }
        };
        let reach = new.reach.unwrap_or(Reach::Public);
        let url = checked_url(&new.url, reach, new.plain)?;
        let name = named(new.name.as_deref(), &url)?;
        if let Some(pem) = &new.ca_pem {
            tls::client_config(Some(pem))
                .map_err(|error| Invalid::new("ca_pem", model::error_chain(&error)))?;
        }
        if self.store.webhooks().list().await?.len() >= MOST {
            return Err(Invalid::new("url", format!("there are {MOST} web hooks: remove one first")).into());
        }
        let now = self.clock.now();
        let webhook = Webhook {
            id: WebhookId::new(now, self.entropy.bytes()),
            name,
            url,
            kinds: kinds(&new.kinds)?,
            account,
            form: form(new.batch)?,
            reach,
            ca_pem: new.ca_pem,
            state: WebhookState::Enabled,
            created_at: now,
        };
        let secret = SigningSecret::of(self.entropy.bytes()).text().clone();
        let audit = self.entry("webhook.add", &webhook.name, origin(&webhook.url));
        self.store.webhooks().add(webhook.clone(), secret.clone(), audit).await?;
        Ok(IssuedWebhook { webhook, secret, previous_until: None })
    }

    /// The endpoints that the caller sees, by name.
    ///
    /// # Errors
    /// When the caller may read none, or the store fails.
    pub async fn webhooks(&self) -> Result<Vec<KnownWebhook>, Fault> {
        self.caller.may_list()?;
        let mut all = Vec::new();
        for webhook in self.store.webhooks().list().await? {
            let is_seen = webhook.account.map_or_else(|| self.caller.sees_all(), |id| self.caller.sees(id));
            if is_seen {
                all.push(self.known(webhook).await?);
            }
        }
        Ok(all)
    }

    /// The endpoint of that name, and how things stand with it.
    ///
    /// # Errors
    /// When there is none, the caller does not see it, or the store fails.
    pub async fn webhook(&self, name: &str) -> Result<KnownWebhook, Fault> {
        let webhook = self.webhook_to_read(name).await?;
        self.known(webhook).await
    }

    /// Enables or disables an endpoint. One that is enabled is told what happens from now on.
    ///
    /// # Errors
    /// When there is none, the caller may not, or nothing can be stored.
    pub async fn set_webhook_state(&self, name: &str, state: WebhookState) -> Result<KnownWebhook, Fault> {
        let webhook = self.webhook_to_change(name).await?;
        let action = match state {
            WebhookState::Enabled => "webhook.enable",
            WebhookState::Disabled | WebhookState::Gone => "webhook.disable",
        };
        if webhook.state != state {
            let audit = self.entry(action, &webhook.name, "");
            self.store.webhooks().set_state(webhook.id, state, audit).await?;
        }
        self.webhook(name).await
    }

    /// Replaces the signing secret. For `overlap_hours` requests are signed with both.
    ///
    /// # Errors
    /// When there is none, the caller may not, or nothing can be stored.
    pub async fn rotate_webhook_secret(
        &self,
        name: &str,
        overlap_hours: Option<u16>,
    ) -> Result<IssuedWebhook, Fault> {
        let webhook = self.webhook_to_change(name).await?;
        let hours = overlap_hours.unwrap_or(OVERLAP_HOURS);
        if hours > MOST_OVERLAP_HOURS {
            let reason = format!("it is from 0 to {MOST_OVERLAP_HOURS}");
            return Err(Invalid::new("overlap_hours", reason).into());
        }
        let now = self.clock.now();
        let until = (hours > 0).then(|| after(now, Duration::from_secs(u64::from(hours) * 3_600)));
        let secret = SigningSecret::of(self.entropy.bytes()).text().clone();
        let owner = SecretOwner::Webhook(webhook.id);
        let previous = match until {
            Some(until) => Some((self.store.secrets().get(owner, SecretName::SigningSecret).await?, until)),
            None => None,
        };
        let audit = self.entry("webhook.rotate", &webhook.name, format!("both secrets for {hours} hours"));
        let new = NewSigningSecret { secret: secret.clone(), previous, at: now };
        self.store.webhooks().rotate(webhook.id, new, audit).await?;
        Ok(IssuedWebhook { webhook, secret, previous_until: until })
    }

    /// Has events delivered again: those since a time, or the dead letters, of which it says how many there are.
    ///
    /// # Errors
    /// When there is none of that name, the caller may not, or nothing can be stored.
    pub async fn replay_webhook(&self, name: &str, since: Option<Timestamp>) -> Result<Option<usize>, Fault> {
        let webhook = self.webhook_to_change(name).await?;
        if webhook.state != WebhookState::Enabled {
            let message =
                format!("web hook {name} is not enabled: `postern webhook enable {name}` enables it");
            return Err(Fault::Conflict { code: "conflict", message, detail: Vec::new() });
        }
        let detail = since.map_or_else(|| "dead letters".to_owned(), |since| format!("since {since}"));
        let (webhooks, audit) = (self.store.webhooks(), self.entry("webhook.replay", &webhook.name, detail));
        match since {
            None => Ok(Some(webhooks.replay_dead_letters(webhook.id, audit).await?)),
            Some(since) => {
                webhooks.replay_since(webhook.id, since, audit).await?;
                Ok(None)
            }
        }
    }

    /// Removes an endpoint.
    ///
    /// # Errors
    /// When there is none, the caller may not, or nothing can be stored.
    pub async fn remove_webhook(&self, name: &str) -> Result<(), Fault> {
        let webhook = self.webhook_to_change(name).await?;
        let audit = self.entry("webhook.remove", &webhook.name, "");
        Ok(self.store.webhooks().remove(webhook.id, audit).await?)
    }

    /// Requests to an endpoint that were given up, behind the one with that number.
    ///
    /// # Errors
    /// When there is none of that name, the caller does not see it, or the store fails.
    pub async fn webhook_dead_letters(
        &self,
        name: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, Fault> {
        let webhook = self.webhook_to_read(name).await?;
        Ok(self.store.webhooks().dead_letters(webhook.id, after, limit).await?)
    }

    /// Enters that a caller sends an endpoint a test event; gives the endpoint.
    ///
    /// # Errors
    /// When there is none, the caller may not, or nothing can be stored; nothing may be sent then.
    pub async fn enter_webhook_test(&self, name: &str) -> Result<Webhook, Fault> {
        let webhook = self.webhook_to_change(name).await?;
        self.store.audit().enter(self.entry("webhook.test", &webhook.name, "")).await?;
        Ok(webhook)
    }

    async fn known(&self, webhook: Webhook) -> Result<KnownWebhook, Fault> {
        let standing = self.store.webhooks().standing(webhook.id).await?;
        let (owner, name) = (SecretOwner::Webhook(webhook.id), SecretName::PreviousSigningSecret);
        let until = self.store.secrets().facts(owner, name).await?.and_then(|facts| facts.expires_at);
        let directory = self.store.directory();
        let account =
            webhook.account.and_then(|id| directory.account(id)).map(|account| account.name.clone());
        let previous_until = until.filter(|until| self.clock.now() < *until);
        Ok(KnownWebhook { webhook, account, standing, previous_until })
    }

    async fn webhook_to_read(&self, name: &str) -> Result<Webhook, Fault> {
        self.caller.may_list()?;
        let webhook = self.store.webhooks().named(name).await?;
        match webhook.account {
            Some(account) => self.caller.may_read(account, format!("web hook {name}"))?,
            None if self.caller.sees_all() => {}
            None => return Err(Fault::not_found(format!("web hook {name}"))),
        }
        Ok(webhook)
    }

    async fn webhook_to_change(&self, name: &str) -> Result<Webhook, Fault> {
        let webhook = self.webhook_to_read(name).await?;
        match webhook.account {
            Some(account) => self.caller.may_change(account, format!("web hook {name}"))?,
            None => self.caller.may_change_server()?,
        }
        Ok(webhook)
    }
}

/// A URL with TLS, to an address that may be reached. What is in it is shown to everybody who sees the endpoint.
fn checked_url(text: &str, reach: Reach, plain: Plain) -> Result<Url, Invalid> {
    let invalid = |reason: &str| Invalid::new("url", reason);
    let url =
        Url::parse(text.trim()).map_err(|_| invalid("it is not a URL such as https://example.com/hooks"))?;
    let (Some(host), "http" | "https") = (url.host(), url.scheme()) else {
        return Err(invalid("it is not a URL such as https://example.com/hooks"));
    };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(invalid("it has a password or a fragment: requests are signed instead"));
    }
    let (is_here, address) = match host {
        Host::Domain(name) => (name.eq_ignore_ascii_case("localhost"), None),
        Host::Ipv4(address) => (address.is_loopback(), Some(address.into())),
        Host::Ipv6(address) => (address.is_loopback(), Some(address.into())),
    };
    if url.scheme() == "http" && !is_here && plain == Plain::OnThisMachine {
        return Err(invalid(
            "without TLS anybody on the way can read and change events: use https, or allow it (allow_plain, \
             `--insecure`)",
        ));
    }
    let is_private = is_here || address.is_some_and(|address| !http_client::is_public(address));
    if is_private && reach == Reach::Public {
        return Err(invalid(
            "its address is in a private network or on this machine: allow that for this web hook (allow_private, \
             `--allow-private`)",
        ));
    }
    Ok(url)
}

fn named(name: Option<&str>, url: &Url) -> Result<AccountName, Invalid> {
    let own = || url.host_str().unwrap_or_default().trim_matches(['[', ']']).replace(':', "-");
    let name = name.map_or_else(own, |name| name.trim().to_owned());
    name.parse().map_err(|error| Invalid::new("name", error))
}

fn kinds(words: &[String]) -> Result<Vec<WebhookKind>, Invalid> {
    if words.is_empty() {
        return Ok(WebhookKind::ALL.to_vec());
    }
    let kinds: Result<Vec<WebhookKind>, _> = words.iter().map(|word| word.trim().parse()).collect();
    let mut kinds = kinds.map_err(|error| Invalid::new("kinds", error))?;
    kinds.sort();
    kinds.dedup();
    Ok(kinds)
}

fn form(batch: Option<u16>) -> Result<WebhookForm, Invalid> {
    match batch {
        None => Ok(WebhookForm::Single),
        Some(most @ 1..=MOST_IN_BATCH) => Ok(WebhookForm::Batch(most)),
        Some(_) => Err(Invalid::new("batch", format!("it is from 1 to {MOST_IN_BATCH}"))),
    }
}

/// A URL without its path, which may hold a token.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_tls_and_lead_to_the_internet_unless_that_is_allowed() {
        let checked = |url: &str, reach, plain| checked_url(url, reach, plain).map_err(|error| error.reason);
        let (public, private) = (Reach::Public, Reach::Private);
        let (plain, tls) = (Plain::Allowed, Plain::OnThisMachine);
        for (url, reach, plain) in [
            ("https://hooks.example.com/in?key=1", public, tls),
            ("https://10.0.0.1/", private, tls),
            ("http://127.0.0.1:9000/", private, tls),
            ("http://localhost/", private, tls),
            ("http://hooks.example.com/", public, plain),
        ] {
            assert_eq!(checked(url, reach, plain).unwrap().as_str(), url);
        }
        for (url, reach, plain, piece) in [
            ("hooks.example.com", public, tls, "not a URL"),
            ("ftp://hooks.example.com/", public, plain, "not a URL"),
            ("https://a:b@hooks.example.com/", public, tls, "password"),
            ("https://hooks.example.com/#x", public, tls, "fragment"),
            ("http://hooks.example.com/", public, tls, "https"),
            ("http://10.0.0.1/", private, tls, "https"),
            ("https://10.0.0.1/", public, tls, "private network"),
            ("https://[::ffff:169.254.169.254]/", public, tls, "private network"),
            ("https://LOCALHOST/", public, tls, "private network"),
            ("http://127.0.0.1/", public, plain, "private network"),
        ] {
            let reason = checked(url, reach, plain).unwrap_err();
            assert!(reason.contains(piece), "{url}: {reason}");
        }
    }

    #[test]
    fn a_web_hook_without_a_name_has_that_of_its_host() {
        for (url, name) in [
            ("https://hooks.example.com:8443/", "hooks.example.com"),
            ("https://[2001:db8::1]/", "2001-db8--1"),
        ] {
            assert_eq!(named(None, &Url::parse(url).unwrap()).unwrap().as_str(), name);
        }
    }
}
