//! The state from a file: what exists when the twin starts for the first time.

use std::collections::{BTreeMap, BTreeSet};

use azure_types::arm::{COMMUNICATION_NAMESPACE, SubscriptionState};
use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;

use super::directory::named;
use super::dns::Zone;
use super::dns::provider::NETWORK_NAMESPACE;
use super::dns::seed::{TokenSeed, ZoneSeed};
use super::roles::OWNER;
use super::{
    App, Assignment, Behaviour, ClientSecret, Domain, EmailService, Limits, Management, Registration,
    ResourceGroup, SenderUsername, Service, SetMembers, SmtpUsername, Stamp, State, Subscription, SystemData,
    Tenant, Verification,
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
    zone: Vec<ZoneSeed>,
    #[serde(default)]
    cloudflare_token: Vec<TokenSeed>,
    #[serde(default, alias = "habits")]
    behaviour: Behaviour,
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
    #[serde(default = "europe")]
    data_location: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainSeed {
    name: String,
    #[serde(default = "customer_managed")]
    management: Management,
    #[serde(default)]
    senders: Vec<SenderUsername>,
    #[serde(default = "email_service")]
    email_service: String,
    #[serde(default = "resource_group")]
    resource_group: String,
    #[serde(default = "europe")]
    data_location: String,
}

fn email_service() -> String {
    "contoso-email".to_owned()
}

fn resource_group() -> String {
    "mail".to_owned()
}

fn europe() -> String {
    "Europe".to_owned()
}

fn customer_managed() -> Management {
    Management::CustomerManaged
}

/// The state of a twin without a seed file.
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

    /// The state of a twin without a seed file.
    #[must_use]
    pub fn standard() -> Self {
        // A test reads it.
        Self::parse(DEFAULT).expect("the built-in seed is valid")
    }

    /// Makes the state, at the time when the twin starts.
    #[must_use]
    pub fn into_state(self, now: Timestamp) -> State {
        let (tenant, subscription) = (self.tenant.id, self.subscription.id);
        let app = self.app.into_app(now);
        let (client, principal) = (app.client, App::principal_to_be(app.client));
        let links: Vec<(String, String)> = self
            .service
            .iter()
            .flat_map(|service| {
                service.linked_domains.iter().map(|domain| (service.name.clone(), domain.clone()))
            })
            .collect();
        let services: Vec<Service> = self
            .service
            .into_iter()
            .map(|seed| seed.into_service(subscription, (tenant, client), now))
            .collect();
        let domains: Vec<Domain> =
            self.domain.into_iter().map(|seed| seed.into_domain(subscription, client, now)).collect();
        let zones: Vec<Zone> = self.zone.into_iter().map(|seed| seed.into_zone(subscription)).collect();
        let groups = services.iter().map(|service| service.resource_group.clone());
        let groups = groups.chain(domains.iter().map(|domain| domain.resource_group.clone()));
        let groups = groups.chain(zones.iter().filter_map(|zone| zone.resource_group().map(str::to_owned)));
        let groups: BTreeSet<String> = groups.collect();
        let mut state = State {
            tenants: vec![Tenant { id: tenant, domain: self.tenant.domain, apps: vec![app] }],
            assignments: vec![Assignment {
                id: named(client.guid(), "owner"),
                principal,
                scope: format!("/subscriptions/{subscription}"),
                role: OWNER,
                created_at: now,
                active_at: now,
            }],
            groups: groups.into_iter().map(|name| group(subscription, name)).collect(),
            subscriptions: vec![self.subscription.into_subscription(tenant, now)],
            email_services: email_services(&domains),
            services,
            domains,
            zones,
            cloudflare_tokens: self
                .cloudflare_token
                .into_iter()
                .map(|seed| seed.into_token(subscription))
                .collect(),
            behaviour: self.behaviour,
            ..State::default()
        };
        for domain in state.domains.clone() {
            if domain.management != Management::AzureManaged {
                state.publish(&domain);
            }
        }
        for (service, domain) in links {
            state.link(&service, &domain);
        }
        state
    }
}

impl SubscriptionSeed {
    /// One that may use the providers that the twin plays.
    fn into_subscription(self, tenant: TenantId, now: Timestamp) -> Subscription {
        Subscription {
            id: self.id,
            name: self.name,
            tenant,
            state: SubscriptionState::Enabled,
            registrations: [COMMUNICATION_NAMESPACE, NETWORK_NAMESPACE]
                .map(|namespace| Registration { namespace: namespace.to_owned(), done_at: now })
                .to_vec(),
            limits: self.limits,
        }
    }
}

impl AppSeed {
    fn into_app(self, now: Timestamp) -> App {
        let client = self.client_id;
        App {
            client,
            name: self.name,
            principal: Some(App::principal_to_be(client)),
            is_managed: false,
            secrets: vec![ClientSecret {
                id: named(client.guid(), "secret"),
                name: Some("seed".to_owned()),
                value: self.secret,
                starts_at: now,
                known_at: now,
                expires_at: Timestamp::from_second(now.as_second() + SECRET_SECONDS)
                    .unwrap_or(Timestamp::MAX),
            }],
            certificates: Vec::new(),
            owners: Vec::new(),
            graph_roles: vec![
                "Application.ReadWrite.All".to_owned(),
                "AppRoleAssignment.ReadWrite.All".to_owned(),
            ],
            created_at: now,
        }
    }
}

impl ServiceSeed {
    fn into_service(
        self,
        subscription: SubscriptionId,
        (tenant, client): (TenantId, ClientId),
        now: Timestamp,
    ) -> Service {
        let self_id = format!("service {}", self.name);
        let smtp_username = |username: String| SmtpUsername {
            name: username.replace(['@', '.'], "-"),
            username,
            client,
            tenant,
            system_data: SystemData::made(&client.to_string(), now),
        };
        Service {
            keys: [key(&self.name, "primary"), key(&self.name, "secondary")],
            smtp_usernames: self.smtp_usernames.into_iter().map(smtp_username).collect(),
            name: self.name,
            subscription,
            resource_group: self.resource_group,
            data_location: self.data_location,
            public_network_access: true,
            disable_local_auth: false,
            location: "global".to_owned(),
            stamp: Stamp::made(&client.to_string(), now, etag(subscription, &self_id)),
            set: SetMembers::default(),
            tags: BTreeMap::new(),
            ready_at: now,
            has_failed: false,
            linked_domains: Vec::new(),
            identity: None,
            notification_hub: None,
        }
    }
}

impl DomainSeed {
    fn into_domain(self, subscription: SubscriptionId, client: ClientId, now: Timestamp) -> Domain {
        let mut senders = vec![SenderUsername::default_one()];
        senders.extend(self.senders);
        Domain {
            ownership: named(subscription.guid(), &self.name),
            location: "global".to_owned(),
            stamp: Stamp::made(
                &client.to_string(),
                now,
                etag(subscription, &format!("domain {}", self.name)),
            ),
            engagement_tracking: false,
            tags: BTreeMap::new(),
            ready_at: now,
            has_failed: false,
            suppression_lists: Vec::new(),
            name: self.name,
            subscription,
            resource_group: self.resource_group,
            email_service: self.email_service,
            data_location: self.data_location,
            management: self.management,
            verification: Verification::done(),
            senders,
        }
    }
}

/// The email services that domains are part of.
fn email_services(domains: &[Domain]) -> Vec<EmailService> {
    let mut services: Vec<EmailService> = domains
        .iter()
        .map(|domain| EmailService {
            name: domain.email_service.clone(),
            subscription: domain.subscription,
            resource_group: domain.resource_group.clone(),
            data_location: domain.data_location.clone(),
            location: domain.location.clone(),
            stamp: domain.stamp.clone(),
            tags: BTreeMap::new(),
            ready_at: domain.ready_at,
            has_failed: false,
        })
        .collect();
    services.sort_by_key(EmailService::resource_id);
    services.dedup_by_key(|service| service.resource_id());
    services
}

fn group(subscription: SubscriptionId, name: String) -> ResourceGroup {
    let location = "westeurope".to_owned();
    ResourceGroup { subscription, name, location, tags: BTreeMap::new(), gone_at: None }
}

/// An access key that follows from a name; 64 bytes, as Azure's are.
fn key(service: &str, which: &str) -> String {
    let first = digest(format!("{service}/{which}/1").as_bytes());
    let second = digest(format!("{service}/{which}/2").as_bytes());
    STANDARD.encode([first, second].concat())
}

/// An etag that follows from what a resource is called.
fn etag(subscription: SubscriptionId, what: &str) -> u128 {
    named(subscription.guid(), what).as_u128()
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_former_name_of_the_behaviour_is_read() {
        for key in ["behaviour", "habits"] {
            let text = format!("{DEFAULT}\n[{key}]\npoll_seconds = 17\n");
            let seed = Seed::parse(&text).unwrap();
            assert_eq!(seed.behaviour.poll_seconds, 17, "{key}");
        }
    }
    use crate::state::SecretVerdict;

    #[test]
    fn the_standard_seed_makes_a_twin_that_can_send() {
        let now = Timestamp::UNIX_EPOCH;
        let state = Seed::standard().into_state(now);
        let tenant = state.tenant("contoso.example").unwrap();
        let app = &tenant.apps[0];
        assert_eq!(app.judge(&app.secrets[0].value, now), SecretVerdict::Good);
        assert_eq!(app.judge(&app.secrets[0].value, Timestamp::MAX), SecretVerdict::Expired);
        assert_eq!(app.judge(&app.secrets[0].id.to_string(), now), SecretVerdict::Wrong);
        let service = state.service("contoso-mail").unwrap();
        assert!(state.may_send(app.principal.unwrap(), &service.resource_id(), now));
        assert_eq!(service.usable_keys().count(), 2);
        assert!(service.linked_domains.iter().all(|domain| state.domain_at(domain).is_some()));
        assert_eq!(service.linked_domains.len(), 2);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = Seed::parse(&format!("{DEFAULT}\n[[domain]]\nname = 'x'\ncolour = 'red'\n")).unwrap_err();
        assert!(error.to_string().contains("colour"), "{error}");
    }
}
