//! A world from a file: what exists when the twin starts for the first time.

use azure_types::arm::{COMMUNICATION_NAMESPACE, SubscriptionState};
use azure_types::ids::{ClientId, PrincipalId, SubscriptionId, TenantId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    App, Assignment, ClientSecret, Domain, Habits, Limits, Management, Registration, SenderUsername, Service,
    SmtpUsername, Subscription, Tenant, World,
};

/// What a seed file says. Ids that it leaves out follow from names, the same every time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    tenant: TenantSeed,
    subscription: SubscriptionSeed,
    app: AppSeed,
    #[serde(default)]
    service: Vec<ServiceSeed>,
    #[serde(default)]
    domain: Vec<DomainSeed>,
    #[serde(default)]
    habits: Habits,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the seed file is not valid: {0}")]
pub struct SeedError(#[from] toml::de::Error);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantSeed {
    id: TenantId,
    domain: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionSeed {
    id: SubscriptionId,
    name: String,
    limits: Option<Limits>,
}

/// The app that owns everything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppSeed {
    client_id: ClientId,
    name: String,
    secret: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceSeed {
    name: String,
    resource_group: String,
    #[serde(default)]
    linked_domains: Vec<String>,
    #[serde(default)]
    smtp_usernames: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainSeed {
    name: String,
    #[serde(default = "customer_managed")]
    management: Management,
    #[serde(default)]
    senders: Vec<SenderUsername>,
}

fn customer_managed() -> Management {
    Management::CustomerManaged
}

/// The world of a twin that was given no seed.
const DEFAULT: &str = include_str!("default_seed.toml");
/// A secret without an end would never be rotated; this is what the portal offers at most.
const SECRET_SECONDS: i64 = 730 * 86_400;

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// When it is not TOML, or has a key that is not known; the error names line and reason.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        Ok(toml::from_str(text)?)
    }

    /// The world of a twin that was given no seed.
    #[must_use]
    pub fn standard() -> Self {
        // A test reads it.
        Self::parse(DEFAULT).expect("the built-in seed is valid")
    }

    /// Makes the world, at the time when the twin starts.
    #[must_use]
    pub fn into_world(self, now: Timestamp) -> World {
        let tenant = self.tenant.id;
        let client = self.app.client_id;
        let principal = PrincipalId::new(named(client.guid(), "service principal"));
        let app = App {
            client,
            name: self.app.name,
            principal,
            secrets: vec![ClientSecret {
                id: named(client.guid(), "secret"),
                value: self.app.secret,
                starts_at: now,
                expires_at: Timestamp::from_second(now.as_second() + SECRET_SECONDS)
                    .unwrap_or(Timestamp::MAX),
            }],
            graph_roles: vec!["Application.ReadWrite.All".to_owned()],
        };
        let services = self
            .service
            .into_iter()
            .map(|seed| Service {
                keys: [key(&seed.name, "primary"), key(&seed.name, "secondary")],
                smtp_usernames: seed
                    .smtp_usernames
                    .into_iter()
                    .map(|username| SmtpUsername { username, client, tenant })
                    .collect(),
                name: seed.name,
                subscription: self.subscription.id,
                resource_group: seed.resource_group,
                disable_local_auth: false,
                linked_domains: seed.linked_domains,
            })
            .collect();
        let domains = self
            .domain
            .into_iter()
            .map(|seed| Domain {
                name: seed.name,
                management: seed.management,
                verified: true,
                senders: seed.senders,
            })
            .collect();
        World {
            tenants: vec![Tenant { id: tenant, domain: self.tenant.domain, apps: vec![app] }],
            assignments: vec![Assignment {
                principal,
                scope: format!("/subscriptions/{}", self.subscription.id),
                actions: vec!["*".to_owned()],
                not_actions: Vec::new(),
            }],
            subscriptions: vec![Subscription {
                id: self.subscription.id,
                name: self.subscription.name,
                tenant,
                state: SubscriptionState::Enabled,
                registrations: vec![Registration {
                    namespace: COMMUNICATION_NAMESPACE.to_owned(),
                    done_at: now,
                }],
                limits: self.subscription.limits,
            }],
            services,
            domains,
            habits: self.habits,
        }
    }
}

/// An id that follows from another and a word.
fn named(base: Uuid, word: &str) -> Uuid {
    let digest = digest(&[base.as_bytes(), word.as_bytes()].concat());
    let mut octets = [0; 16];
    octets.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(octets).into_uuid()
}

/// An access key that follows from a name; 64 octets, as Azure's are.
fn key(service: &str, which: &str) -> String {
    let first = digest(format!("{service}/{which}/1").as_bytes());
    let second = digest(format!("{service}/{which}/2").as_bytes());
    STANDARD.encode([first, second].concat())
}

fn digest(octets: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::SecretVerdict;

    #[test]
    fn the_standard_seed_makes_a_world_that_can_send() {
        let now = Timestamp::UNIX_EPOCH;
        let world = Seed::standard().into_world(now);
        let tenant = world.tenant("contoso.example").unwrap();
        let app = &tenant.apps[0];
        assert_eq!(app.judge(&app.secrets[0].value, now), SecretVerdict::Good);
        assert_eq!(app.judge(&app.secrets[0].value, Timestamp::MAX), SecretVerdict::Expired);
        assert_eq!(app.judge(&app.secrets[0].id.to_string(), now), SecretVerdict::Wrong);
        let service = world.service("contoso-mail").unwrap();
        assert!(world.may_send(app.principal, &service.resource_id()));
        assert_eq!(service.usable_keys().count(), 2);
        assert!(service.linked_domains.iter().all(|domain| world.domain(domain).is_some()));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = Seed::parse(&format!("{DEFAULT}\n[[domain]]\nname = 'x'\ncolour = 'red'\n")).unwrap_err();
        assert!(error.to_string().contains("colour"), "{error}");
    }
}
