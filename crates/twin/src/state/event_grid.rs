//! Event Grid: system topics, and subscriptions to what happens with mail.

use std::collections::BTreeMap;

use azure_types::event_grid::{
    AdvancedFilter, DELIVERY_REPORT, DeliverySchema, Destination, ENGAGEMENT_REPORT, EventFilter,
    EventSubscriptionProperties,
};
use azure_types::ids::SubscriptionId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::State;
use super::SystemData;
use super::access::covers;

/// All topics and subscriptions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EventGrid {
    pub system_topics: Vec<SystemTopic>,
    pub subscriptions: Vec<EventSubscription>,
}

/// The events of one communication service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SystemTopic {
    pub name: String,
    pub subscription: SubscriptionId,
    pub resource_group: String,
    pub location: String,
    pub tags: BTreeMap<String, String>,
    pub identity: Option<Value>,
    /// ARM id of the service.
    pub source: String,
    pub topic_type: String,
    /// By which its metrics are found.
    pub metrics: Uuid,
    pub system_data: SystemData,
    /// When it is there.
    pub ready_at: Timestamp,
}

/// Who wants which events, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventSubscription {
    /// What no other subscription has, one of the same name that was made later included.
    pub id: Uuid,
    pub name: String,
    /// ARM id of the service or the system topic that it belongs to.
    pub scope: String,
    /// ARM id of the service.
    pub source: String,
    /// As they were asked for.
    pub properties: EventSubscriptionProperties,
    pub system_data: SystemData,
    pub handshake: Handshake,
    /// The operation that waits for the handshake.
    pub operation: Uuid,
    /// When it is there, once its end point has agreed.
    pub ready_at: Timestamp,
    /// Where the client that wrote it reached the twin: a handshake's link leads there.
    pub base_url: String,
    /// When it is gone, once somebody deletes it.
    pub gone_at: Option<Timestamp>,
}

/// How far an end point has agreed to get events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Handshake {
    /// It is asked, again where it did not answer.
    Asking {
        /// What it has to say.
        code: Uuid,
        /// Whether the subscription was there before.
        is_change: bool,
        attempts: u32,
        next_at: Timestamp,
    },
    /// It took the question and did not answer: somebody may follow the link until then.
    Manual {
        code: Uuid,
        until: Timestamp,
    },
    Agreed,
    /// Azure's code and text.
    Failed {
        code: String,
        message: String,
    },
}

impl SystemTopic {
    /// The topic's ARM id.
    #[must_use]
    pub fn resource_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.EventGrid/systemTopics/{}",
            self.subscription, self.resource_group, self.name
        )
    }
}

impl EventSubscription {
    /// The subscription's ARM id.
    #[must_use]
    pub fn resource_id(&self) -> String {
        if self.is_of_topic() {
            format!("{}/eventSubscriptions/{}", self.scope, self.name)
        } else {
            format!("{}/providers/Microsoft.EventGrid/eventSubscriptions/{}", self.scope, self.name)
        }
    }

    /// Whether it belongs to a system topic, and not to the service itself.
    #[must_use]
    pub fn is_of_topic(&self) -> bool {
        self.scope.to_ascii_lowercase().contains("/systemtopics/")
    }

    /// Where its events go.
    #[must_use]
    pub fn destination(&self) -> Option<&Destination> {
        let with_identity = self.properties.delivery_with_resource_identity.as_ref();
        self.properties.destination.as_ref().or(with_identity.map(|delivery| &delivery.destination))
    }

    /// The form of its deliveries; Event Grid's own unless another was asked for.
    #[must_use]
    pub fn schema(&self) -> DeliverySchema {
        self.properties.event_delivery_schema.unwrap_or_default()
    }

    /// How often an event is tried in all.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.properties.retry_policy.and_then(|policy| policy.max_delivery_attempts).unwrap_or(30)
    }

    /// How long an event is tried.
    #[must_use]
    pub fn time_to_live(&self) -> SignedDuration {
        let policy = self.properties.retry_policy.and_then(|policy| policy.event_time_to_live_in_minutes);
        SignedDuration::from_mins(policy.unwrap_or(1_440).into())
    }

    /// Whether it is there and its end point agreed.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        let is_over = self.properties.expiration_time_utc.is_some_and(|at| at <= now);
        // While it is asked again because of a change, events still come.
        let agreed = match self.handshake {
            Handshake::Agreed => true,
            Handshake::Asking { is_change, .. } => is_change,
            Handshake::Manual { .. } | Handshake::Failed { .. } => false,
        };
        agreed && !is_over && self.gone_at.is_none()
    }

    /// Whether an event is wanted, given as the Event Grid schema has it.
    #[must_use]
    pub fn wants(&self, event: &Value) -> bool {
        self.properties.filter.as_ref().is_none_or(|filter| lets_pass(filter, event))
    }
}

fn lets_pass(filter: &EventFilter, event: &Value) -> bool {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let cased = filter.is_subject_case_sensitive == Some(true);
    let cased = |text: &str| if cased { text.to_owned() } else { text.to_lowercase() };
    let subject = cased(event["subject"].as_str().unwrap_or_default());
    let kind = event["eventType"].as_str().unwrap_or_default();
    let types = filter.included_event_types.as_ref();
    types.is_none_or(|types| types.iter().any(|one| one == "All" || one.eq_ignore_ascii_case(kind)))
        && subject.starts_with(&cased(&text(&filter.subject_begins_with)))
        && subject.ends_with(&cased(&text(&filter.subject_ends_with)))
        && filter.advanced_filters.iter().flatten().all(|one| holds(one, event))
}

/// A member of the event by its path, `data.status` or `subject`.
fn member<'e>(event: &'e Value, key: &str) -> Option<&'e Value> {
    let mut found = event;
    for part in key.split('.') {
        let members = found.as_object()?;
        found = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(part))?.1;
    }
    Some(found).filter(|value| !value.is_null())
}

fn holds(filter: &AdvancedFilter, event: &Value) -> bool {
    let found = member(event, &filter.key);
    let text = found.and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let values = || filter.values.iter().flatten().filter_map(Value::as_str).map(str::to_lowercase);
    let operator = filter.operator_type.as_str();
    match operator.strip_prefix("StringNot").map(|rest| format!("String{rest}")) {
        // What is not there is not in a list either.
        Some(positive) => found.is_none() || !string_holds(&positive, &text, values()),
        None if operator == "IsNotNull" => found.is_some(),
        None if operator == "IsNullOrUndefined" => found.is_none(),
        None if operator == "BoolEquals" => found.is_some() && found == filter.value.as_ref(),
        None => found.is_some() && string_holds(operator, &text, values()),
    }
}

fn string_holds(operator: &str, text: &str, mut values: impl Iterator<Item = String>) -> bool {
    match operator {
        "StringIn" => values.any(|value| text == value),
        "StringBeginsWith" => values.any(|value| text.starts_with(&value)),
        "StringEndsWith" => values.any(|value| text.ends_with(&value)),
        "StringContains" => values.any(|value| text.contains(&value)),
        _ => false,
    }
}

/// Conditions that the twin plays; no member of its events is a number.
pub const OPERATORS: [&str; 11] = [
    "StringIn",
    "StringNotIn",
    "StringBeginsWith",
    "StringNotBeginsWith",
    "StringEndsWith",
    "StringNotEndsWith",
    "StringContains",
    "StringNotContains",
    "BoolEquals",
    "IsNotNull",
    "IsNullOrUndefined",
];

/// Types of events that a subscription gets which names none.
pub const EVENT_TYPES: [&str; 2] = [DELIVERY_REPORT, ENGAGEMENT_REPORT];

impl EventGrid {
    /// The topic at an ARM id.
    #[must_use]
    pub fn topic_at(&self, id: &str) -> Option<&SystemTopic> {
        self.system_topics.iter().find(|topic| topic.resource_id().eq_ignore_ascii_case(id))
    }

    /// The topic at an ARM id, to be changed.
    pub fn topic_at_mut(&mut self, id: &str) -> Option<&mut SystemTopic> {
        self.system_topics.iter_mut().find(|topic| topic.resource_id().eq_ignore_ascii_case(id))
    }

    /// The subscription at an ARM id.
    #[must_use]
    pub fn subscription_at(&self, id: &str) -> Option<&EventSubscription> {
        self.subscriptions.iter().find(|one| one.resource_id().eq_ignore_ascii_case(id))
    }

    /// The subscription at an ARM id, to be changed.
    pub fn subscription_at_mut(&mut self, id: &str) -> Option<&mut EventSubscription> {
        self.subscriptions.iter_mut().find(|one| one.resource_id().eq_ignore_ascii_case(id))
    }

    /// The subscription of that identity.
    #[must_use]
    pub fn subscription(&self, id: Uuid) -> Option<&EventSubscription> {
        self.subscriptions.iter().find(|one| one.id == id)
    }

    /// The subscription of that identity, to be changed.
    pub fn subscription_mut(&mut self, id: Uuid) -> Option<&mut EventSubscription> {
        self.subscriptions.iter_mut().find(|one| one.id == id)
    }

    /// Forgets what lies below an ARM id, and what is about something there.
    pub fn forget(&mut self, id: &str) {
        self.system_topics.retain(|topic| !covers(id, &topic.resource_id()) && !covers(id, &topic.source));
        self.subscriptions.retain(|one| !covers(id, &one.scope) && !covers(id, &one.source));
    }

    /// Whether something is due that [`EventGrid::settle`] would do.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.subscriptions.iter().any(|one| {
            one.gone_at.is_some_and(|at| at <= now)
                || matches!(one.handshake, Handshake::Manual { until, .. } if until <= now)
        })
    }
}

impl State {
    /// Ends subscriptions that were deleted, and handshakes that nobody has ended by hand.
    pub(super) fn settle_events(&mut self, now: Timestamp) {
        self.events.subscriptions.retain(|one| one.gone_at.is_none_or(|at| at > now));
        let late = self.events.subscriptions.iter();
        let late =
            late.filter(|one| matches!(one.handshake, Handshake::Manual { until, .. } if until <= now));
        let late: Vec<(Uuid, String)> = late.map(|one| (one.id, endpoint(one))).collect();
        for (id, url) in late {
            let message = format!(
                "Webhook validation handshake failed for {url}. Http POST request retuned 2XX response with response \
                 body . When a validation request is accepted without validation code in the response body, Http GET \
                 is expected on the validation url included in the validation event(within 10 minutes). For \
                 troublehooting, visit https://aka.ms/esvalidation."
            );
            self.end_handshake(id, Err(message), now);
        }
    }

    /// Ends a handshake, and the operation that waits for it.
    pub fn end_handshake(&mut self, subscription: Uuid, result: Result<(), String>, now: Timestamp) {
        let Some(found) = self.events.subscription_mut(subscription) else { return };
        let operation = found.operation;
        let failure = result.err().map(|message| (URL_VALIDATION.to_owned(), message));
        found.handshake = match &failure {
            None => Handshake::Agreed,
            Some((code, message)) => Handshake::Failed { code: code.clone(), message: message.clone() },
        };
        if let Some(operation) = self.operations.iter_mut().find(|one| one.id == operation) {
            (operation.done_at, operation.failure) = (now, failure);
        }
    }
}

/// The code of a handshake that failed (Azure/azure-cli#21006, 2022-01).
const URL_VALIDATION: &str = "Url validation";

/// The URL of a web hook without its query, or what stands for a queue.
#[must_use]
pub fn endpoint(subscription: &EventSubscription) -> String {
    match subscription.destination() {
        Some(Destination::WebHook(hook)) => {
            base_url(hook.endpoint_url.as_deref().unwrap_or_default()).to_owned()
        }
        Some(Destination::StorageQueue(queue)) => {
            format!("{}/queueservices/default/queues/{}", queue.resource_id, queue.queue_name)
        }
        None => String::new(),
    }
}

/// The source as Event Grid writes it: provider and type in lower case.
#[must_use]
pub fn topic(source: &str) -> String {
    let mut parts: Vec<String> = source.split('/').map(str::to_owned).collect();
    for part in parts.iter_mut().skip(6).take(2) {
        *part = part.to_ascii_lowercase();
    }
    parts.join("/")
}

/// A URL without its query, which may hold a secret.
#[must_use]
pub fn base_url(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_lets_pass_what_it_names() {
        let event = json!({
            "subject": "sender/News@contoso.example/message/1", "eventType": DELIVERY_REPORT,
            "data": { "status": "Bounced", "recipient": "a@example.com" },
        });
        for (filter, expected) in [
            (json!({}), true),
            (json!({ "includedEventTypes": [DELIVERY_REPORT] }), true),
            (json!({ "includedEventTypes": [ENGAGEMENT_REPORT] }), false),
            (json!({ "subjectBeginsWith": "sender/news@" }), true),
            (json!({ "subjectBeginsWith": "sender/news@", "isSubjectCaseSensitive": true }), false),
            (json!({ "subjectEndsWith": "/2" }), false),
            (
                json!({ "advancedFilters": [{ "operatorType": "StringIn", "key": "data.status", "values": ["bounced"] }] }),
                true,
            ),
            (
                json!({ "advancedFilters": [{ "operatorType": "StringNotIn", "key": "data.status", "values": ["Bounced"] }] }),
                false,
            ),
            (
                json!({ "advancedFilters": [{ "operatorType": "StringNotIn", "key": "data.none", "values": ["x"] }] }),
                true,
            ),
            (
                json!({ "advancedFilters": [{ "operatorType": "IsNullOrUndefined", "key": "data.status" }] }),
                false,
            ),
            (
                json!({ "advancedFilters": [{ "operatorType": "StringEndsWith", "key": "Data.Recipient", "values": ["@example.com"] }] }),
                true,
            ),
        ] {
            let read: EventFilter = serde_json::from_value(filter.clone()).unwrap();
            assert_eq!(lets_pass(&read, &event), expected, "{filter}");
        }
    }

    #[test]
    fn a_secret_in_a_query_is_no_part_of_the_base_url() {
        assert_eq!(base_url("https://x.example/a?key=1"), "https://x.example/a");
        assert_eq!(base_url("https://x.example/a"), "https://x.example/a");
    }
}
