//! What is written of a subscription, read as strictly as Event Grid does.

use azure_types::event_grid::{
    DeliverySchema, Destination, EventSubscriptionProperties, StorageQueue, WebHook,
};

use super::invalid;
use crate::error_reply::ErrorReply;
use crate::state::event_grid::OPERATORS;
use crate::state::{EventBehaviour, State};

/// Refuses what Event Grid would not take.
pub(super) fn check(state: &State, written: &EventSubscriptionProperties) -> Result<(), ErrorReply> {
    let with_identity = written.delivery_with_resource_identity.as_ref().map(|one| &one.destination);
    match (written.destination.as_ref(), with_identity) {
        (None, None) => {
            return Err(invalid("Invalid event subscription request: Destination cannot be null."));
        }
        (Some(_), Some(_)) => {
            let text = "Invalid event subscription request: Either Destination or DeliveryWithResourceIdentity can be \
                        set, not both.";
            return Err(invalid(text));
        }
        (Some(Destination::WebHook(hook)), None) | (None, Some(Destination::WebHook(hook))) => {
            check_hook(&state.behaviour.events, hook)?;
        }
        (Some(Destination::StorageQueue(queue)), None) | (None, Some(Destination::StorageQueue(queue))) => {
            check_queue(queue)?;
        }
    }
    if written.event_delivery_schema == Some(DeliverySchema::CustomInputSchema) {
        let text = "Invalid event subscription request: Event delivery schema CustomInputSchema is not supported by \
                    this topic type.";
        return Err(invalid(text));
    }
    check_numbers(written)?;
    let filters = written.filter.iter().flat_map(|filter| filter.advanced_filters.iter().flatten());
    for filter in filters {
        if !OPERATORS.contains(&filter.operator_type.as_str()) {
            let text = format!("The twin does not play the operator '{}'.", filter.operator_type);
            return Err(invalid(text));
        }
    }
    Ok(())
}

/// A queue of a storage account, which the twin makes up.
fn check_queue(queue: &StorageQueue) -> Result<(), ErrorReply> {
    let id = queue.resource_id.to_ascii_lowercase();
    let account = id.split_once("/providers/microsoft.storage/storageaccounts/").map(|(_, name)| name);
    if !account.is_some_and(|name| !name.is_empty() && !name.contains('/')) {
        let text = "Invalid event subscription request: The resource id of the storage account is not valid.";
        return Err(invalid(text));
    }
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(3..=63).contains(&queue.queue_name.len()) || !queue.queue_name.chars().all(is_good) {
        let text = "Invalid event subscription request: The name of the queue is not valid.";
        return Err(invalid(text));
    }
    Ok(())
}

fn check_hook(behaviour: &EventBehaviour, hook: &WebHook) -> Result<(), ErrorReply> {
    let url = hook.endpoint_url.as_deref().unwrap_or_default();
    let parsed = url.parse::<http::Uri>().ok().filter(|url| url.host().is_some_and(|host| !host.is_empty()));
    let scheme = parsed.as_ref().and_then(http::Uri::scheme_str).unwrap_or_default();
    if scheme != "https" && !(scheme == "http" && behaviour.takes_http) {
        let text = "Invalid event subscription request: Supplied URL is invalid. It cannot be null or empty and should \
                    be a proper HTTPS URL like https://www.example.com.";
        return Err(invalid(text));
    }
    let is_within = |value: Option<u32>, most: u32| value.is_none_or(|value| (1..=most).contains(&value));
    if !is_within(hook.max_events_per_batch, 5_000)
        || !is_within(hook.preferred_batch_size_in_kilobytes, 1_024)
    {
        let text = "Invalid event subscription request: MaxEventsPerBatch must be between 1 and 5000, and \
                    PreferredBatchSizeInKilobytes between 1 and 1024.";
        return Err(invalid(text));
    }
    let version = hook.minimum_tls_version_allowed.as_deref();
    if version.is_some_and(|version| !["1.0", "1.1", "1.2"].contains(&version)) {
        return Err(invalid("Invalid event subscription request: minimumTlsVersionAllowed is not valid."));
    }
    if hook.azure_active_directory_tenant_id.is_some()
        != hook.azure_active_directory_application_id_or_uri.is_some()
    {
        let text = "Invalid event subscription request: AzureActiveDirectoryTenantId and \
                    AzureActiveDirectoryApplicationIdOrUri must be set together.";
        return Err(invalid(text));
    }
    check_attributes(hook)
}

/// At most ten header fields, none of them Event Grid's own or HTTP's.
fn check_attributes(hook: &WebHook) -> Result<(), ErrorReply> {
    let names: Vec<String> =
        hook.delivery_attribute_mappings.iter().flatten().map(|one| one.name.to_ascii_lowercase()).collect();
    let is_taken = |name: &String| {
        name.starts_with("aeg-")
            || ["host", "content-type", "content-length", "connection"].contains(&name.as_str())
            || http::HeaderName::try_from(name.as_str()).is_err()
    };
    if names.len() > 10 || names.iter().any(is_taken) {
        let text = "Invalid event subscription request: DeliveryAttributeMappings has more than 10 entries, or a name \
                    that cannot be used.";
        return Err(invalid(text));
    }
    Ok(())
}

fn check_numbers(written: &EventSubscriptionProperties) -> Result<(), ErrorReply> {
    let policy = written.retry_policy.unwrap_or_default();
    let is_within = |value: Option<u32>, most: u32| value.is_none_or(|value| (1..=most).contains(&value));
    if !is_within(policy.max_delivery_attempts, 30) {
        let text = "Invalid event subscription request: MaxDeliveryAttempts must be between 1 and 30.";
        return Err(invalid(text));
    }
    if !is_within(policy.event_time_to_live_in_minutes, 1_440) {
        let text = "Invalid event subscription request: EventTimeToLiveInMinutes must be between 1 and 1440.";
        return Err(invalid(text));
    }
    Ok(())
}

/// A change laid over what is there.
pub(super) fn merged(
    there: EventSubscriptionProperties,
    change: EventSubscriptionProperties,
) -> EventSubscriptionProperties {
    let moves = change.destination.is_some() || change.delivery_with_resource_identity.is_some();
    let (destination, with_identity) = match moves {
        true => (change.destination, change.delivery_with_resource_identity),
        false => (there.destination, there.delivery_with_resource_identity),
    };
    EventSubscriptionProperties {
        destination,
        delivery_with_resource_identity: with_identity,
        filter: change.filter.or(there.filter),
        labels: change.labels.or(there.labels),
        expiration_time_utc: change.expiration_time_utc.or(there.expiration_time_utc),
        event_delivery_schema: change.event_delivery_schema.or(there.event_delivery_schema),
        retry_policy: change.retry_policy.or(there.retry_policy),
        dead_letter_destination: change.dead_letter_destination.or(there.dead_letter_destination),
        dead_letter_with_resource_identity: change
            .dead_letter_with_resource_identity
            .or(there.dead_letter_with_resource_identity),
    }
}

/// 3 to `most` letters, digits and hyphens.
pub(super) fn check_name(name: &str, most: usize) -> Result<(), ErrorReply> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if (3..=most).contains(&name.len()) && name.chars().all(is_good) {
        return Ok(());
    }
    Err(invalid(format!(
        "Invalid resource name '{name}': it should be 3 to {most} characters, and contain only letters, digits and '-'."
    )))
}
