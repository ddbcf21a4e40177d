//! Logins: whose they are, whether they are good, and how many sessions a subscription has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use azure_types::ids::{ClientId, PrincipalId, SubscriptionId, TenantId};
use secrecy::{ExposeSecret as _, SecretString};
use smtp::sasl::{Login, Proof};

use crate::state::State;
use crate::world::{SecretVerdict, Service, SmtpUsername, World};

/// Authenticated sessions of each subscription.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<SubscriptionId, usize>>);

/// One of them, until it is dropped.
pub(super) struct Seat {
    sessions: Arc<Sessions>,
    subscription: SubscriptionId,
}

/// The service that a login is for, if the login is good.
pub(super) fn log_in(state: &State, login: &Login) -> Option<Service> {
    let world = state.world();
    let (service, tenant, client) = identity(&world, &login.name)?;
    let principal = match &login.proof {
        Proof::Password(secret) => by_secret(state, &world, (tenant, client), secret)?,
        Proof::Token(token) => {
            let claims = crate::email::read_token(state, token.expose_secret())?;
            (claims.appid == client && claims.tid == tenant).then_some(claims.oid)?
        }
    };
    world.may_send(principal, &service.resource_id(), state.now()).then(|| service.clone())
}

/// The service that a login name means, with the app whose secret is the password.
fn identity<'w>(world: &'w World, name: &str) -> Option<(&'w Service, TenantId, ClientId)> {
    for service in &world.services {
        let user = service.smtp_usernames.iter().find(|user| user.username.eq_ignore_ascii_case(name));
        if let Some(user) = user {
            return is_usable(world, service, user).then_some((service, user.tenant, user.client));
        }
    }
    let delimiter = if name.contains('|') { '|' } else { '.' };
    let mut parts = name.rsplitn(3, delimiter);
    let tenant = parts.next()?.parse().ok()?;
    let client = parts.next()?.parse().ok()?;
    Some((world.service(parts.next()?)?, tenant, client))
}

/// A username in the form of an address is good while its domain is linked to the service.
fn is_usable(world: &World, service: &Service, user: &SmtpUsername) -> bool {
    let Some((_, name)) = user.username.rsplit_once('@') else { return true };
    world.domains.iter().any(|domain| domain.name.eq_ignore_ascii_case(name) && service.links(domain))
}

fn by_secret(
    state: &State,
    world: &World,
    (tenant, client): (TenantId, ClientId),
    secret: &SecretString,
) -> Option<PrincipalId> {
    let app = world.app(tenant, client)?;
    let verdict = app.judge(secret.expose_secret(), state.now());
    (verdict == SecretVerdict::Good).then_some(app.principal?)
}

impl Sessions {
    pub(super) fn seat(self: &Arc<Self>, subscription: SubscriptionId, limit: usize) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(subscription).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Seat { sessions: Arc::clone(self), subscription })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.subscription) {
            *count -= 1;
        }
    }
}
