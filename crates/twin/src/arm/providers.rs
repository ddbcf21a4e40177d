//! Resource providers: whether a subscription may use them, and asking for it.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::Provider;
use jiff::SignedDuration;

use super::{Caller, subscriptions};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::Registration;

/// One provider.
pub(super) fn show(state: &State, caller: &Caller, id: &str, namespace: &str) -> Result<Response, Refusal> {
    let subscription = subscriptions::find(state, caller, id)?;
    caller.must(state, "Microsoft.Resources/subscriptions/providers/read", &subscription.id)?;
    Ok(shown(state, id, namespace))
}

/// Asks for a provider, which takes a while; asking again changes nothing.
pub(super) fn register(
    state: &State,
    caller: &Caller,
    id: &str,
    namespace: &str,
) -> Result<Response, Refusal> {
    let scope = format!("/subscriptions/{id}");
    caller.must(state, &format!("{namespace}/register/action"), &scope)?;
    subscriptions::find(state, caller, id)?;
    let now = state.now();
    state.change_world(|world| {
        let wait = SignedDuration::from_secs(world.habits.registration_seconds);
        let subscription = world.subscriptions.iter_mut().find(|one| one.id.to_string() == id);
        let Some(subscription) = subscription else { return };
        let is_known = |one: &Registration| one.namespace.eq_ignore_ascii_case(namespace);
        if !subscription.registrations.iter().any(is_known) {
            let done_at = now.saturating_add(wait).unwrap_or(now);
            subscription.registrations.push(Registration { namespace: namespace.to_owned(), done_at });
        }
    });
    Ok(shown(state, id, namespace))
}

fn shown(state: &State, id: &str, namespace: &str) -> Response {
    let now = state.now();
    let world = state.world();
    let registration = world
        .subscriptions
        .iter()
        .filter(|one| one.id.to_string() == id)
        .flat_map(|one| &one.registrations)
        .find(|one| one.namespace.eq_ignore_ascii_case(namespace));
    let registration_state = match registration {
        None => "NotRegistered",
        Some(registration) if registration.done_at > now => "Registering",
        Some(_) => "Registered",
    };
    let namespace = registration.map_or(namespace, |registration| &registration.namespace);
    Json(Provider {
        id: format!("/subscriptions/{id}/providers/{namespace}"),
        namespace: namespace.to_owned(),
        registration_state: registration_state.to_owned(),
    })
    .into_response()
}
