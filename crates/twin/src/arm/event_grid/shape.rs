//! Topics and subscriptions as Azure shows them: members in their order, defaults filled in once they are there, and no
//! secret (Azure/azure-cli, eventgrid, 2021-03 and 2022-03).

use std::collections::BTreeMap;

use azure_types::event_grid::{
    AdvancedFilter, AttributeValue, DeadLetterDestination, DeadLetterWithIdentity, DeliveryAttribute,
    DeliverySchema, Destination, DynamicValue, EventFilter, HIDDEN, RetryPolicy, StaticValue,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::state::event_grid::{EVENT_TYPES, EventSubscription, Handshake, SystemTopic, base_url, topic};
use crate::state::{SystemData, covers};

/// A subscription as it is shown.
#[derive(Serialize)]
pub(super) struct ShownSubscription {
    properties: Properties,
    /// Written as `null`.
    #[serde(rename = "systemData")]
    system_data: Option<()>,
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    topic: String,
    provisioning_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_with_resource_identity: Option<ShownDelivery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<ShownDestination>,
    filter: EventFilter,
    labels: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_time_utc: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_delivery_schema: Option<DeliverySchema>,
    retry_policy: RetryPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_destination: Option<DeadLetterDestination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_with_resource_identity: Option<DeadLetterWithIdentity>,
}

#[derive(Serialize)]
struct ShownDelivery {
    identity: Option<Value>,
    destination: ShownDestination,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownDestination {
    properties: ShownEndpoint,
    endpoint_type: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ShownEndpoint {
    WebHook(ShownHook),
    Queue(azure_types::event_grid::StorageQueue),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownHook {
    /// Always `null`: the whole URL may have a secret in its query.
    endpoint_url: Option<()>,
    endpoint_base_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_events_per_batch: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_batch_size_in_kilobytes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azure_active_directory_tenant_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azure_active_directory_application_id_or_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_attribute_mappings: Option<Vec<ShownAttribute>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_tls_version_allowed: Option<String>,
}

/// A header field of deliveries.
#[derive(Serialize)]
pub(super) struct ShownAttribute {
    properties: ShownValue,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ShownValue {
    Static(StaticValue),
    Dynamic(DynamicValue),
}

/// Whether defaults are shown of what was not written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Defaults {
    Absent,
    Filled,
}

impl Defaults {
    fn fill<T>(self, default: T) -> Option<T> {
        (self == Self::Filled).then_some(default)
    }
}

/// Azure's word for how far a subscription is.
pub(super) fn provisioning_state(subscription: &EventSubscription, now: Timestamp) -> &'static str {
    match subscription.handshake {
        _ if subscription.gone_at.is_some() => "Deleting",
        Handshake::Asking { is_change: false, .. } => "Creating",
        Handshake::Asking { is_change: true, .. } => "Updating",
        Handshake::Agreed if subscription.ready_at > now => "Creating",
        Handshake::Manual { .. } => "AwaitingManualAction",
        Handshake::Agreed => "Succeeded",
        Handshake::Failed { .. } => "Failed",
    }
}

/// A subscription as it is shown now. One that is being made shows what was written of it and no defaults.
pub(super) fn subscription(one: &EventSubscription, now: Timestamp) -> ShownSubscription {
    let state = provisioning_state(one, now);
    let defaults = if state == "Creating" { Defaults::Absent } else { Defaults::Filled };
    let written = &one.properties;
    let with_identity = written.delivery_with_resource_identity.as_ref().map(|delivery| ShownDelivery {
        identity: delivery.identity.clone(),
        destination: destination(&delivery.destination, defaults),
    });
    let properties = Properties {
        topic: topic(&one.source),
        provisioning_state: state,
        delivery_with_resource_identity: with_identity,
        destination: written.destination.as_ref().map(|one| destination(one, defaults)),
        filter: filter(written.filter.as_ref(), defaults),
        labels: written.labels.clone(),
        expiration_time_utc: written.expiration_time_utc,
        event_delivery_schema: written
            .event_delivery_schema
            .or(defaults.fill(DeliverySchema::EventGridSchema)),
        retry_policy: RetryPolicy {
            max_delivery_attempts: Some(one.max_attempts()),
            event_time_to_live_in_minutes: Some(
                u32::try_from(one.time_to_live().as_mins()).unwrap_or_default(),
            ),
        },
        dead_letter_destination: written.dead_letter_destination.clone(),
        dead_letter_with_resource_identity: written.dead_letter_with_resource_identity.clone(),
    };
    let kind = if one.is_of_topic() {
        "Microsoft.EventGrid/systemTopics/eventSubscriptions"
    } else {
        "Microsoft.EventGrid/eventSubscriptions"
    };
    ShownSubscription { properties, system_data: None, id: one.resource_id(), name: one.name.clone(), kind }
}

fn filter(written: Option<&EventFilter>, defaults: Defaults) -> EventFilter {
    let mut filter = written.cloned().unwrap_or_default();
    let all = || EVENT_TYPES.map(str::to_owned).to_vec();
    let types = filter.included_event_types.take().filter(|types| !types.iter().any(|one| one == "All"));
    filter.included_event_types = Some(types.unwrap_or_else(all));
    // What says nothing is not shown.
    filter.is_subject_case_sensitive = filter.is_subject_case_sensitive.filter(|is| *is);
    filter.advanced_filters = filter.advanced_filters.filter(|all: &Vec<AdvancedFilter>| !all.is_empty());
    if defaults == Defaults::Filled {
        filter.subject_begins_with.get_or_insert_default();
        filter.subject_ends_with.get_or_insert_default();
    }
    filter
}

fn destination(written: &Destination, defaults: Defaults) -> ShownDestination {
    match written {
        Destination::StorageQueue(queue) => ShownDestination {
            properties: ShownEndpoint::Queue(queue.clone()),
            endpoint_type: "StorageQueue",
        },
        Destination::WebHook(hook) => ShownDestination {
            properties: ShownEndpoint::WebHook(ShownHook {
                endpoint_url: None,
                endpoint_base_url: base_url(hook.endpoint_url.as_deref().unwrap_or_default()).to_owned(),
                max_events_per_batch: hook.max_events_per_batch.or(defaults.fill(1)),
                preferred_batch_size_in_kilobytes: hook
                    .preferred_batch_size_in_kilobytes
                    .or(defaults.fill(64)),
                azure_active_directory_tenant_id: hook.azure_active_directory_tenant_id.clone(),
                azure_active_directory_application_id_or_uri: hook
                    .azure_active_directory_application_id_or_uri
                    .clone(),
                delivery_attribute_mappings: hook.delivery_attribute_mappings.as_deref().map(attributes),
                minimum_tls_version_allowed: hook.minimum_tls_version_allowed.clone(),
            }),
            endpoint_type: "WebHook",
        },
    }
}

/// Header fields of deliveries, without the values that are secret.
pub(super) fn attributes(written: &[DeliveryAttribute]) -> Vec<ShownAttribute> {
    let shown = |one: &DeliveryAttribute| {
        let (properties, kind) = match one.value.clone() {
            AttributeValue::Static(fixed) if fixed.is_secret => {
                (ShownValue::Static(StaticValue { value: HIDDEN.to_owned(), ..fixed }), "Static")
            }
            AttributeValue::Static(fixed) => (ShownValue::Static(fixed), "Static"),
            AttributeValue::Dynamic(field) => (ShownValue::Dynamic(field), "Dynamic"),
        };
        ShownAttribute { properties, name: one.name.clone(), kind }
    };
    written.iter().map(shown).collect()
}

/// A system topic as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownTopic {
    properties: TopicProperties,
    system_data: SystemData,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Value>,
    location: String,
    tags: BTreeMap<String, String>,
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TopicProperties {
    provisioning_state: &'static str,
    source: String,
    topic_type: String,
    metric_resource_id: Uuid,
}

/// A topic as it is shown now.
pub(super) fn system_topic(one: &SystemTopic, now: Timestamp) -> ShownTopic {
    ShownTopic {
        properties: TopicProperties {
            provisioning_state: if one.ready_at > now { "Creating" } else { "Succeeded" },
            source: one.source.clone(),
            topic_type: one.topic_type.clone(),
            metric_resource_id: one.metrics,
        },
        system_data: one.system_data.clone(),
        identity: one.identity.clone(),
        location: one.location.clone(),
        tags: one.tags.clone(),
        id: one.resource_id(),
        name: one.name.clone(),
        kind: "Microsoft.EventGrid/systemTopics",
    }
}

/// Whether a subscription's source is `base` or lies below it.
pub(super) fn is_about(base: &str, one: &EventSubscription) -> bool {
    covers(base, &one.source)
}
