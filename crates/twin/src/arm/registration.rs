//! Whether a subscription may use a resource provider.

use axum::http::StatusCode;
use jiff::Timestamp;

use super::call::Call;
use crate::error_reply::ErrorReply;
use crate::state::Registration;

/// Refuses what belongs to a provider that the subscription may not use.
pub(super) fn must_be_registered(call: &Call<'_>, id: &str, namespace: &str) -> Result<(), ErrorReply> {
    if word_of(find(call, id, namespace).as_ref(), call.backend.now()) == REGISTERED {
        return Ok(());
    }
    let text = format!(
        "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for \
         how to register subscriptions."
    );
    Err(ErrorReply::new(StatusCode::CONFLICT, "MissingSubscriptionRegistration", text))
}

/// The registration of a provider, if it was asked for.
pub(super) fn find(call: &Call<'_>, id: &str, namespace: &str) -> Option<Registration> {
    let state = call.backend.state();
    let mut all = state.subscription(id).into_iter().flat_map(|one| &one.registrations);
    all.find(|one| one.namespace.eq_ignore_ascii_case(namespace)).cloned()
}

/// Azure's word for how far a registration is.
pub(super) fn word_of(registration: Option<&Registration>, now: Timestamp) -> &'static str {
    match registration {
        None => "NotRegistered",
        Some(registration) if registration.done_at > now => "Registering",
        Some(_) => REGISTERED,
    }
}

const REGISTERED: &str = "Registered";
