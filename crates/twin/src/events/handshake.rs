//! The question whether an end point wants events: an event with a code in it, or OPTIONS for CloudEvents.

use azure_types::event_grid::{DeliverySchema, Destination};
use http_client::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http_client::{Method, Reply};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::{self, Call};
use crate::backend::Backend;
use crate::faults::{Effect, Operation};
use crate::keys::random_guid;
use crate::state::event_grid::{EventSubscription, Handshake, endpoint, topic};

/// What an end point answered.
enum Verdict {
    Agreed,
    /// It took the question and gave no code back.
    Taken,
    Refused(String),
}

/// The origin that CloudEvents' handshake names.
pub(super) const ORIGIN: &str = "eventgrid.azure.net";

/// Subscriptions whose end point has to be asked, and when.
pub(super) fn planned(backend: &Backend) -> Vec<(Uuid, Timestamp)> {
    let state = backend.state();
    let asking = state.events.subscriptions.iter().filter(|one| one.gone_at.is_none());
    asking
        .filter_map(|one| match one.handshake {
            Handshake::Asking { next_at, .. } => Some((one.id, next_at)),
            _ => None,
        })
        .collect()
}

/// Asks an end point, and notes what it says.
pub(super) async fn shake(backend: &Backend, id: Uuid) {
    let (found, behaviour) = {
        let state = backend.state();
        (state.events.subscription(id).cloned(), state.behaviour.events.clone())
    };
    let Some(subscription) = found else { return };
    let Handshake::Asking { code, is_change, attempts, .. } = subscription.handshake else { return };
    let verdict = match backend.faults.trigger(Operation::Handshake) {
        Some(Effect::Fail { message, .. } | Effect::Answer { message, .. }) => Verdict::Refused(message),
        _ => ask(&behaviour, &subscription, code).await,
    };
    let now = backend.now();
    backend.change_state(|state| {
        // Somebody may have written it anew meanwhile, or followed the link.
        let there = state.events.subscription_mut(id).filter(|one| one.handshake == subscription.handshake);
        let Some(there) = there else { return };
        match verdict {
            Verdict::Agreed => state.end_handshake(id, Ok(()), now),
            Verdict::Taken => {
                let until = clock::after(now, SignedDuration::from_secs(behaviour.manual_seconds));
                there.handshake = Handshake::Manual { code, until };
            }
            Verdict::Refused(_) if attempts == 0 => {
                let next_at = clock::after(now, SignedDuration::from_secs(behaviour.handshake_retry_seconds));
                there.handshake = Handshake::Asking { code, is_change, attempts: 1, next_at };
            }
            Verdict::Refused(reason) => {
                // Azure/azure-cli#21006, 2022-01, which spells it so.
                let message = format!(
                    "Webhook validation handshake failed for {}. {reason}. For troublehooting, visit \
                     https://aka.ms/esvalidation. Activity id:{}, timestamp: {now} (UTC).",
                    endpoint(&subscription),
                    random_guid()
                );
                state.end_handshake(id, Err(message), now);
            }
        }
    });
}

async fn ask(
    behaviour: &crate::state::EventBehaviour,
    subscription: &EventSubscription,
    code: Uuid,
) -> Verdict {
    let Some(Destination::WebHook(hook)) = subscription.destination() else { return Verdict::Agreed };
    let url = hook.endpoint_url.clone().unwrap_or_default();
    let is_cloud = subscription.schema() == DeliverySchema::CloudEventSchemaV1;
    let call = if is_cloud { options(subscription, url, code) } else { event(subscription, url, code) };
    match caller::call(behaviour, call).await {
        Ok(reply) if is_cloud => judge_options(&reply),
        Ok(reply) => judge_event(&reply, code),
        Err(reason) => {
            Verdict::Refused(format!("Http POST request failed with response code Unknown: {reason}"))
        }
    }
}

fn options(subscription: &EventSubscription, url: String, code: Uuid) -> Call {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-request-origin", HeaderValue::from_static(ORIGIN));
    if let Ok(link) = HeaderValue::from_str(&link(subscription, code)) {
        headers.insert("webhook-request-callback", link);
    }
    Call { method: Method::OPTIONS, url, headers, body: Vec::new() }
}

fn event(subscription: &EventSubscription, url: String, code: Uuid) -> Call {
    let mut headers = HeaderMap::new();
    headers.insert("aeg-event-type", HeaderValue::from_static("SubscriptionValidation"));
    if let Ok(name) = HeaderValue::from_str(&subscription.name.to_uppercase()) {
        headers.insert("aeg-subscription-name", name);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    let event = json!([{
        "id": random_guid(),
        "topic": topic(&subscription.source),
        "subject": "",
        "data": { "validationCode": code, "validationUrl": link(subscription, code) },
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": subscription.system_data.last_modified_at.to_string(),
        "metadataVersion": "1",
        "dataVersion": "2",
    }]);
    Call { method: Method::POST, url, headers, body: event.to_string().into_bytes() }
}

/// Where somebody agrees by hand.
fn link(subscription: &EventSubscription, code: Uuid) -> String {
    format!(
        "{}/eventsubscriptions/{}/validate?id={}&t={}&apiVersion=2025-02-15&token={code}",
        subscription.base_url,
        subscription.name.to_lowercase(),
        code.simple(),
        subscription.system_data.last_modified_at
    )
}

/// 200 with the code; any other body is to be followed by a visit of the link. 202 is no answer.
fn judge_event(reply: &Reply, code: Uuid) -> Verdict {
    if reply.status != http::StatusCode::OK {
        let text = format!("Http POST request failed with response code {}", reply.status.as_u16());
        return Verdict::Refused(text);
    }
    let body: Value = reply.json().unwrap_or_default();
    let said = body.get("validationResponse").or_else(|| body.get("ValidationResponse"));
    let is_it = said.and_then(Value::as_str).is_some_and(|said| said.eq_ignore_ascii_case(&code.to_string()));
    if is_it { Verdict::Agreed } else { Verdict::Taken }
}

fn judge_options(reply: &Reply) -> Verdict {
    let allowed = reply.headers.get("webhook-allowed-origin").and_then(|value| value.to_str().ok());
    match allowed {
        Some(allowed) if reply.status.is_success() && (allowed == "*" || allowed == ORIGIN) => {
            Verdict::Agreed
        }
        _ if reply.status.is_success() => Verdict::Taken,
        _ => Verdict::Refused(format!(
            "Http OPTIONS request failed with response code {}",
            reply.status.as_u16()
        )),
    }
}
