//! Resource providers: whether a subscription may use them, and asking for it.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::{COMMUNICATION_NAMESPACE, Page, Provider, ResourceType};
use azure_types::event_grid::EVENT_GRID_NAMESPACE;
use jiff::SignedDuration;

use super::call::Call;
use super::{Answer, communication, event_grid, registration, subscriptions};
use crate::state::dns::provider::NETWORK_NAMESPACE;
use crate::state::{Registration, Subscription};

/// What it takes to look at providers where the caller has no role at all. A caller with a role in a subscription may.
const READ: &str = "Microsoft.Resources/subscriptions/providers/read";

/// All providers that the twin has heard of.
pub(super) fn list(call: &Call<'_>, id: &str) -> Answer {
    subscriptions::find(call, id, READ)?;
    let mut value: Vec<Provider> = KNOWN.iter().map(|namespace| shown(call, id, namespace)).collect();
    let state = call.backend.state();
    let others = state.subscription(id).into_iter().flat_map(|one| &one.registrations);
    let others: Vec<String> = others
        .map(|registration| registration.namespace.clone())
        .filter(|namespace| !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(namespace)))
        .collect();
    drop(state);
    value.extend(others.iter().map(|namespace| shown(call, id, namespace)));
    Ok(Json(Page { value, next_link: None }).into_response())
}

pub(super) fn show(call: &Call<'_>, id: &str, namespace: &str) -> Answer {
    subscriptions::find(call, id, READ)?;
    Ok(answered(call, id, namespace))
}

/// Asks for a provider, which takes a while; asking again changes nothing.
pub(super) fn register(call: &Call<'_>, id: &str, namespace: &str) -> Answer {
    call.must(&format!("{namespace}/register/action"), &format!("/subscriptions/{id}"))?;
    subscriptions::must_be_writable(call, id)?;
    let now = call.backend.now();
    change(call, id, |subscription, seconds| {
        let is_known = |one: &Registration| one.namespace.eq_ignore_ascii_case(namespace);
        if !subscription.registrations.iter().any(is_known) {
            let done_at = clock::after(now, SignedDuration::from_secs(seconds));
            subscription.registrations.push(Registration { namespace: canonical(namespace), done_at });
        }
    });
    Ok(answered(call, id, namespace))
}

/// Gives a provider back.
pub(super) fn unregister(call: &Call<'_>, id: &str, namespace: &str) -> Answer {
    call.must(&format!("{namespace}/unregister/action"), &format!("/subscriptions/{id}"))?;
    subscriptions::must_be_writable(call, id)?;
    change(call, id, |subscription, _| {
        subscription.registrations.retain(|one| !one.namespace.eq_ignore_ascii_case(namespace));
    });
    Ok(answered(call, id, namespace))
}

fn change(call: &Call<'_>, id: &str, change: impl FnOnce(&mut Subscription, i64)) {
    call.backend.change_state(|state| {
        let seconds = state.behaviour.registration_seconds;
        let found = state.subscriptions.iter_mut().find(|one| one.id.to_string().eq_ignore_ascii_case(id));
        if let Some(subscription) = found {
            change(subscription, seconds);
        }
    });
}

fn answered(call: &Call<'_>, id: &str, namespace: &str) -> Response {
    Json(shown(call, id, namespace)).into_response()
}

fn shown(call: &Call<'_>, id: &str, namespace: &str) -> Provider {
    let registration = registration::find(call, id, namespace);
    let registration_state = registration::word_of(registration.as_ref(), call.backend.now());
    let namespace = registration.map_or_else(|| canonical(namespace), |one| one.namespace);
    let types: Vec<(&str, Vec<&str>)> = match namespace.as_str() {
        COMMUNICATION_NAMESPACE => communication::kinds().collect(),
        EVENT_GRID_NAMESPACE => event_grid::kinds().collect(),
        NETWORK_NAMESPACE => vec![("dnszones", vec!["2018-05-01"])],
        _ => Vec::new(),
    };
    Provider {
        id: format!("/subscriptions/{id}/providers/{namespace}"),
        registration_state: registration_state.to_owned(),
        resource_types: types.into_iter().map(resource_type).collect(),
        namespace,
    }
}

fn resource_type((name, versions): (&str, Vec<&str>)) -> ResourceType {
    ResourceType {
        resource_type: name.to_owned(),
        locations: vec!["global".to_owned()],
        api_versions: versions.into_iter().map(str::to_owned).collect(),
    }
}

/// Its name in Azure's own spelling, as far as it is known.
fn canonical(namespace: &str) -> String {
    let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(namespace));
    known.map_or_else(|| namespace.to_owned(), |known| (*known).to_owned())
}

const KNOWN: [&str; 6] = [
    COMMUNICATION_NAMESPACE,
    "Microsoft.Resources",
    "Microsoft.Authorization",
    EVENT_GRID_NAMESPACE,
    "Microsoft.Storage",
    NETWORK_NAMESPACE,
];
