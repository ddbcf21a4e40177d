//! `Microsoft.EventGrid` in Azure Resource Manager: system topics and event subscriptions.
//!
//! The published specification, api-version 2025-02-15. What is written is strict, as Azure is: a member that it does
//! not know is an error. What is read ([`SystemTopic`], [`EventSubscription`]) leaves out what is not needed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::absent::or_default;

/// The resource provider of topics and subscriptions.
pub const EVENT_GRID_NAMESPACE: &str = "Microsoft.EventGrid";
/// The version that the product speaks.
pub const API_VERSION: &str = "2025-02-15";
/// The type of a topic whose events are those of a communication service.
pub const COMMUNICATION_TOPIC_TYPE: &str = "Microsoft.Communication.CommunicationServices";
/// An event for each recipient whose outcome is final.
pub const DELIVERY_REPORT: &str = "Microsoft.Communication.EmailDeliveryReportReceived";
/// An event for a message that was opened, or a link in it that was followed.
pub const ENGAGEMENT_REPORT: &str = "Microsoft.Communication.EmailEngagementTrackingReportReceived";
/// What stands in place of a secret when a subscription is read.
pub const HIDDEN: &str = "Hidden";

/// A system topic to be made: the events of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSystemTopic {
    /// `global` for the events of a communication service.
    pub location: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Value>,
    pub properties: NewSystemTopicProperties,
}

/// What a new system topic is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSystemTopicProperties {
    /// ARM id of the resource whose events these are.
    pub source: String,
    /// [`COMMUNICATION_TOPIC_TYPE`], in any case.
    pub topic_type: String,
}

/// What of a system topic can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemTopicChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Value>,
}

/// An event subscription to be made, or to be replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEventSubscription {
    pub properties: EventSubscriptionProperties,
}

/// What an event subscription says; a PATCH has the same members, without `properties` around them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventSubscriptionProperties {
    /// Where the events go. A PUT needs it, or `delivery_with_resource_identity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_with_resource_identity: Option<DeliveryWithIdentity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<EventFilter>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// When the subscription ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time_utc: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_delivery_schema: Option<DeliverySchema>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_destination: Option<DeadLetterDestination>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_with_resource_identity: Option<DeadLetterWithIdentity>,
}

/// Where events go, as far as it is needed: other kinds of end points exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "endpointType", content = "properties")]
pub enum Destination {
    WebHook(WebHook),
    StorageQueue(StorageQueue),
}

/// A web hook: an HTTPS end point that answers a handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebHook {
    /// The whole URL, with a secret in its query where there is one. Azure shows it to `getFullUrl` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// The URL without its query; Azure's own, and ignored when it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_base_url: Option<String>,
    /// 1 to 5,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_events_per_batch: Option<u32>,
    /// 1 to 1,024 KB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_batch_size_in_kilobytes: Option<u32>,
    /// `1.0`, `1.1` or `1.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_tls_version_allowed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_attribute_mappings: Option<Vec<DeliveryAttribute>>,
    /// The directory that issues a token for each delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure_active_directory_tenant_id: Option<String>,
    /// The audience of that token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure_active_directory_application_id_or_uri: Option<String>,
}

/// A queue of a storage account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageQueue {
    /// ARM id of the storage account.
    pub resource_id: String,
    pub queue_name: String,
    /// How long a message is kept, in seconds; -1 is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_message_time_to_live_in_seconds: Option<i64>,
}

/// A header field that each delivery carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryAttribute {
    /// The header field's name.
    pub name: String,
    #[serde(flatten)]
    pub value: AttributeValue,
}

/// Where a header field's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "properties")]
pub enum AttributeValue {
    Static(StaticValue),
    Dynamic(DynamicValue),
}

/// The same value each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaticValue {
    pub value: String,
    /// Whether Azure shows [`HIDDEN`] in its place.
    #[serde(default)]
    pub is_secret: bool,
}

/// A value of the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DynamicValue {
    /// `data.recipient` and the like.
    pub source_field: String,
}

/// Delivery in the name of the topic's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryWithIdentity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Value>,
    pub destination: Destination,
}

/// The events that are wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_begins_with: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_ends_with: Option<String>,
    /// All types of the topic if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included_event_types: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_subject_case_sensitive: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_advanced_filtering_on_arrays: Option<bool>,
    /// All of them have to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advanced_filters: Option<Vec<AdvancedFilter>>,
}

/// A condition on a member of the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdvancedFilter {
    /// `StringIn`, `StringBeginsWith` and others.
    pub operator_type: String,
    /// `data.status` and the like.
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Value>>,
}

/// The form of what is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliverySchema {
    #[default]
    EventGridSchema,
    CustomInputSchema,
    #[serde(rename = "CloudEventSchemaV1_0")]
    CloudEventSchemaV1,
}

/// How long Event Grid tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryPolicy {
    /// 1 to 30; 30 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delivery_attempts: Option<u32>,
    /// 1 to 1,440 minutes; 1,440 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time_to_live_in_minutes: Option<u32>,
}

/// Where events go that cannot be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "endpointType", content = "properties")]
pub enum DeadLetterDestination {
    StorageBlob(StorageBlob),
}

/// A container of a storage account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageBlob {
    /// ARM id of the storage account.
    pub resource_id: String,
    pub blob_container_name: String,
}

/// Dead letters in the name of the topic's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeadLetterWithIdentity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Value>,
    pub dead_letter_destination: DeadLetterDestination,
}

/// A system topic, as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemTopic {
    /// `Succeeded`, and others on the way there.
    #[serde(default, deserialize_with = "or_default")]
    pub provisioning_state: String,
    /// ARM id of the resource whose events these are.
    #[serde(default, deserialize_with = "or_default")]
    pub source: String,
    /// Its case changes from answer to answer.
    #[serde(default, deserialize_with = "or_default")]
    pub topic_type: String,
}

/// An event subscription, as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSubscription {
    /// `Succeeded`; `Creating`, `Updating` and `AwaitingManualAction` on the way there; `Failed`.
    #[serde(default, deserialize_with = "or_default")]
    pub provisioning_state: String,
    /// ARM id of the resource whose events these are.
    #[serde(default, deserialize_with = "or_default")]
    pub topic: String,
    #[serde(default, deserialize_with = "or_default")]
    pub destination: ReadDestination,
    /// `EventGridSchema`, `CloudEventSchemaV1_0` or `CustomInputSchema`.
    #[serde(default, deserialize_with = "or_default")]
    pub event_delivery_schema: String,
}

/// Where events go, as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadDestination {
    /// `WebHook`, `StorageQueue` and others.
    #[serde(default, deserialize_with = "or_default")]
    pub endpoint_type: String,
    #[serde(default, deserialize_with = "or_default")]
    pub properties: ReadEndpoint,
}

/// The end point of an event subscription, as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadEndpoint {
    /// The URL of a web hook without its query.
    #[serde(default, deserialize_with = "or_default")]
    pub endpoint_base_url: String,
    /// ARM id of a queue's storage account.
    #[serde(default, deserialize_with = "or_default")]
    pub resource_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub queue_name: String,
}

/// The whole URL of a web hook (`POST .../getFullUrl`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FullUrl {
    pub endpoint_url: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::communication::Resource;

    fn web_hook() -> Value {
        json!({ "properties": {
            "destination": { "endpointType": "WebHook", "properties": {
                "endpointUrl": "https://mail.example/events?key=1", "maxEventsPerBatch": 1,
                "preferredBatchSizeInKilobytes": 64, "minimumTlsVersionAllowed": "1.2",
                "deliveryAttributeMappings": [
                    { "name": "x-key", "type": "Static", "properties": { "value": "s", "isSecret": true } },
                    { "name": "x-to", "type": "Dynamic", "properties": { "sourceField": "data.recipient" } },
                ],
            } },
            "filter": { "includedEventTypes": [DELIVERY_REPORT], "subjectBeginsWith": "", "advancedFilters": [
                { "operatorType": "StringIn", "key": "data.status", "values": ["Bounced"] },
            ] },
            "eventDeliverySchema": "CloudEventSchemaV1_0",
            "retryPolicy": { "maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1_440 },
            "deadLetterDestination": { "endpointType": "StorageBlob", "properties": {
                "resourceId": "/subscriptions/s", "blobContainerName": "dead" } },
        } })
    }

    #[test]
    fn a_subscription_is_written_as_it_is_read() {
        let read: NewEventSubscription = serde_json::from_value(web_hook()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), web_hook());
        let queue = json!({ "properties": { "destination": { "endpointType": "StorageQueue", "properties": {
            "resourceId": "/subscriptions/s", "queueName": "events", "queueMessageTimeToLiveInSeconds": 300 } } } });
        let read: NewEventSubscription = serde_json::from_value(queue.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), queue);
    }

    #[test]
    fn what_azure_does_not_know_is_refused() {
        for pointer in ["", "/properties", "/properties/destination/properties", "/properties/filter"] {
            let mut body = web_hook();
            body.pointer_mut(pointer).unwrap()["colour"] = json!("red");
            assert!(serde_json::from_value::<NewEventSubscription>(body).is_err(), "{pointer}");
        }
        let mut body = web_hook();
        body["properties"]["destination"]["endpointType"] = json!("Pigeon");
        assert!(serde_json::from_value::<NewEventSubscription>(body).is_err());
    }

    #[test]
    fn what_was_recorded_can_be_read() {
        // Azure/azure-cli, eventgrid, test_event_subscription_delivery_attributes, 2022-03.
        let recorded = json!({
            "properties": {
                "topic": "/subscriptions/s/resourceGroups/g/providers/microsoft.storage/storageaccounts/a",
                "provisioningState": "Succeeded",
                "destination": { "properties": {
                    "endpointUrl": null, "endpointBaseUrl": "https://x.example/hook", "maxEventsPerBatch": 1,
                    "deliveryAttributeMappings": [
                        { "properties": { "value": "Hidden", "isSecret": true }, "name": "n", "type": "Static" },
                    ],
                }, "endpointType": "WebHook" },
                "filter": { "subjectBeginsWith": "" }, "labels": null, "eventDeliverySchema": "EventGridSchema",
            },
            "systemData": null, "id": "/subscriptions/s", "name": "n", "type": "Microsoft.EventGrid/eventSubscriptions",
        });
        let read: Resource<EventSubscription> = serde_json::from_value(recorded).unwrap();
        assert_eq!(read.properties.provisioning_state, "Succeeded");
        assert_eq!(read.properties.destination.properties.endpoint_base_url, "https://x.example/hook");
    }
}
