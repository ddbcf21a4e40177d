//! Logins: whose they are, whether they are good, and how many sessions a subscription has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use azure_types::ids::{ClientId, PrincipalId, SubscriptionId, TenantId};
use secrecy::{ExposeSecret as _, SecretString};
use smtp::sasl::{Login, Proof};

use crate::backend::Backend;
use crate::state::{SecretVerdict, Service, SmtpUsername, State};

/// Authenticated sessions of each subscription.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<SubscriptionId, usize>>);

/// One of them, until it is dropped.
pub(super) struct Seat {
    sessions: Arc<Sessions>,
    subscription: SubscriptionId,
}

/// The service that a login is for, if the login is good.
pub(super) fn log_in(backend: &Backend, login: &Login) -> Option<Service> {
    let state = backend.state();
    let (service, tenant, client) = identity(&state, &login.name)?;
    let principal = match &login.proof {
        Proof::Password(secret) => by_secret(backend, &state, (tenant, client), secret)?,
        Proof::Token(token) => {
            let claims = crate::email::read_token(backend, token.expose_secret())?;
            (claims.appid == client && claims.tid == tenant).then_some(claims.oid)?
        }
    };
    state.may_send(principal, &service.resource_id(), backend.now()).then(|| service.clone())
}

/// The service that a login name means, with the app whose secret is the password.
fn identity<'w>(state: &'w State, name: &str) -> Option<(&'w Service, TenantId, ClientId)> {
    for service in &state.services {
        let user = service.smtp_usernames.iter().find(|user| user.username.eq_ignore_ascii_case(name));
        if let Some(user) = user {
            return is_usable(state, service, user).then_some((service, user.tenant, user.client));
        }
    }
    let delimiter = if name.contains('|') { '|' } else { '.' };
    let mut parts = name.rsplitn(3, delimiter);
    let tenant = parts.next()?.parse().ok()?;
    let client = parts.next()?.parse().ok()?;
    Some((state.service(parts.next()?)?, tenant, client))
}

/// A username in the form of an address is good while its domain is linked to the service.
fn is_usable(state: &State, service: &Service, user: &SmtpUsername) -> bool {
    let Some((_, name)) = user.username.rsplit_once('@') else { return true };
    state.domains.iter().any(|domain| domain.name.eq_ignore_ascii_case(name) && service.links(domain))
}

fn by_secret(
    backend: &Backend,
    state: &State,
    (tenant, client): (TenantId, ClientId),
    secret: &SecretString,
) -> Option<PrincipalId> {
    let app = state.app(tenant, client)?;
    let verdict = app.judge(secret.expose_secret(), backend.now());
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
