//! Deliveries: what goes to an end point, and what its answer means.

use azure_types::event_grid::{AttributeValue, DeliverySchema, Destination, StorageQueue, WebHook};
use http_client::Method;
use http_client::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::{self, Call};
use super::handshake::ORIGIN;
use crate::backend::Backend;
use crate::faults::{Effect, Operation};
use crate::outbox::{Outcome, Pending, Seen};
use crate::state::EventBehaviour;
use crate::state::event_grid::EventSubscription;

/// Delivers what is due for a subscription, once; what cannot be delivered waits again.
pub(super) async fn deliver(backend: &Backend, id: Uuid) {
    let (found, behaviour) = {
        let state = backend.state();
        (state.events.subscription(id).cloned(), state.behaviour.events.clone())
    };
    let now = backend.now();
    let Some(subscription) = found else {
        // What was meant for a subscription that is gone is nobody's.
        drop(backend.events.outbox().take(id, now, usize::MAX));
        return;
    };
    let most = match subscription.destination() {
        Some(Destination::WebHook(hook)) => hook.max_events_per_batch.unwrap_or(1) as usize,
        _ => 1,
    };
    let batch = match behaviour.shuffles {
        true => backend.events.outbox().take_newest(id, now),
        false => backend.events.outbox().take(id, now, most),
    };
    if batch.is_empty() {
        return;
    }
    let answer = attempt(backend, &behaviour, &subscription, &batch).await;
    settle(backend, &subscription, batch, answer);
}

/// What an end point answered: its status, or why there is none.
type Answered = Result<u16, String>;

async fn attempt(
    backend: &Backend,
    behaviour: &EventBehaviour,
    subscription: &EventSubscription,
    batch: &[Pending],
) -> Answered {
    match backend.faults.trigger(Operation::EventDelivery) {
        Some(Effect::Answer { status, .. }) => return Ok(status),
        Some(Effect::Fail { message, .. }) => return Err(message),
        Some(Effect::Hang | Effect::CutAfter(_)) => return Err("no answer".to_owned()),
        Some(Effect::DoneButUnanswered) => {
            let _ = send(backend, behaviour, subscription, batch).await;
            return Err("no answer".to_owned());
        }
        None | Some(Effect::Late(_)) => {}
    }
    send(backend, behaviour, subscription, batch).await
}

async fn send(
    backend: &Backend,
    behaviour: &EventBehaviour,
    subscription: &EventSubscription,
    batch: &[Pending],
) -> Answered {
    let hook = match subscription.destination() {
        Some(Destination::WebHook(hook)) => hook,
        Some(Destination::StorageQueue(queue)) => {
            put(backend, subscription, queue, batch);
            return Ok(201);
        }
        None => return Err("the subscription has no destination".to_owned()),
    };
    let mut headers = headers(subscription, hook, batch);
    if let Some(token) = super::validation::token(backend, hook)
        && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}"))
    {
        headers.insert(AUTHORIZATION, value);
    }
    let url = hook.endpoint_url.clone().unwrap_or_default();
    let body = body(subscription, hook, batch).to_string().into_bytes();
    let call = Call { method: Method::POST, url, headers, body };
    caller::call(behaviour, call).await.map(|reply| reply.status.as_u16())
}

/// Each message of a queue is one event.
fn put(backend: &Backend, subscription: &EventSubscription, queue: &StorageQueue, batch: &[Pending]) {
    for pending in batch {
        let event = match subscription.schema() {
            DeliverySchema::CloudEventSchemaV1 => cloud_event(&pending.event),
            _ => pending.event.clone(),
        };
        backend.events.queues.put(queue, &event, backend.now());
    }
}

/// An array of events, or for CloudEvents without batches one event.
fn body(subscription: &EventSubscription, hook: &WebHook, batch: &[Pending]) -> Value {
    if subscription.schema() != DeliverySchema::CloudEventSchemaV1 {
        return batch.iter().map(|pending| pending.event.clone()).collect();
    }
    let mut events = batch.iter().map(|pending| cloud_event(&pending.event));
    if is_batched(hook) { events.collect() } else { events.next().unwrap_or_default() }
}

fn is_batched(hook: &WebHook) -> bool {
    hook.max_events_per_batch.is_some_and(|most| most > 1)
}

/// The same event in the schema of CloudEvents 1.0.
fn cloud_event(event: &Value) -> Value {
    json!({
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "specversion": "1.0",
        "data": event["data"],
    })
}

fn headers(subscription: &EventSubscription, hook: &WebHook, batch: &[Pending]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let first = batch.first().map(|pending| &pending.event).unwrap_or(&Value::Null);
    let mut put = |name: &str, value: &str| {
        let parsed = (HeaderName::try_from(name), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = parsed {
            headers.insert(name, value);
        }
    };
    for attribute in hook.delivery_attribute_mappings.iter().flatten() {
        match &attribute.value {
            AttributeValue::Static(fixed) => put(&attribute.name, &fixed.value),
            AttributeValue::Dynamic(field) => {
                let found = first.pointer(&format!("/{}", field.source_field.replace('.', "/")));
                put(&attribute.name, found.and_then(Value::as_str).unwrap_or_default());
            }
        }
    }
    put("aeg-event-type", "Notification");
    put("aeg-subscription-name", &subscription.name.to_uppercase());
    put("aeg-delivery-count", &batch.first().map_or(0, |pending| pending.attempts).to_string());
    put("aeg-data-version", "1.0");
    put("aeg-metadata-version", "1");
    let kind = match (subscription.schema(), is_batched(hook)) {
        (DeliverySchema::CloudEventSchemaV1, true) => "application/cloudevents-batch+json; charset=utf-8",
        (DeliverySchema::CloudEventSchemaV1, false) => "application/cloudevents+json; charset=utf-8",
        _ => "application/json; charset=utf-8",
    };
    put(CONTENT_TYPE.as_str(), kind);
    if subscription.schema() == DeliverySchema::CloudEventSchemaV1 {
        put("webhook-request-origin", ORIGIN);
    }
    headers
}

/// Notes what became of each event: delivered, to be tried again, or given up.
fn settle(backend: &Backend, subscription: &EventSubscription, batch: Vec<Pending>, answer: Answered) {
    let now = backend.now();
    let retries = backend.state().behaviour.events.retry_seconds.clone();
    let text = answer.as_ref().map_or_else(Clone::clone, ToString::to_string);
    let mut outbox = backend.events.outbox();
    for mut pending in batch {
        pending.attempts += 1;
        let outcome = if matches!(answer, Ok(200..=204)) {
            Outcome::Delivered
        } else if let Some(at) =
            next_attempt(subscription, &pending, &answer, Plan { retries: &retries, now })
        {
            outbox.push(at, pending);
            continue;
        } else {
            given_up(subscription)
        };
        let Pending { subscription, event, attempts, .. } = pending;
        outbox.see(Seen { subscription, outcome, attempts, last_answer: text.clone(), event });
    }
}

fn given_up(subscription: &EventSubscription) -> Outcome {
    let properties = &subscription.properties;
    let has_place = properties.dead_letter_destination.is_some()
        || properties.dead_letter_with_resource_identity.is_some();
    if has_place { Outcome::DeadLettered } else { Outcome::Dropped }
}

struct Plan<'a> {
    /// Seconds after each attempt.
    retries: &'a [i64],
    now: Timestamp,
}

/// When an event is tried again, if it is. 400 and 413 are never tried again.
fn next_attempt(
    subscription: &EventSubscription,
    pending: &Pending,
    answer: &Answered,
    plan: Plan<'_>,
) -> Option<Timestamp> {
    if matches!(answer, Ok(400 | 413)) || pending.attempts >= subscription.max_attempts() {
        return None;
    }
    let index = (pending.attempts as usize).saturating_sub(1).min(plan.retries.len().saturating_sub(1));
    let wait = plan.retries.get(index).copied().unwrap_or(10);
    let at = clock::after(plan.now, SignedDuration::from_secs(wait));
    (at < clock::after(pending.made_at, subscription.time_to_live())).then_some(at)
}
