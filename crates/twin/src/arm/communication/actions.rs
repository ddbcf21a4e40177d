//! `GET /providers/Microsoft.Communication/operations`: what may be done, for a person who defines roles. As recorded in
//! December 2023, when there was nothing yet about SMTP usernames; theirs are added in the same form.

use axum::response::IntoResponse as _;
use azure_types::arm::COMMUNICATION_NAMESPACE;
use serde::Serialize;

use super::super::Answer;
use super::super::call::Call;
use super::catalogue;
use super::shape::Document;

/// What actions are about, and the last words of their names.
const ACTIONS: [(&str, &[&str]); 9] = [
    ("", &["Register/Action", "Unregister/Action", "CheckNameAvailability/action"]),
    ("Operations", &["read"]),
    ("Locations/OperationStatuses", &["read", "write"]),
    ("RegisteredSubscriptions", &["read"]),
    (
        "CommunicationServices",
        &["Read", "Write", "Delete", "ListKeys/action", "RegenerateKey/action", "LinkNotificationHub/action"],
    ),
    ("CommunicationServices/EventGridFilters", &["Read", "Write", "Delete"]),
    ("CommunicationServices/SmtpUsernames", &["read", "write", "delete"]),
    ("EmailServices", &["read", "write", "delete", "verifiedExchangeOnlineDomains/action"]),
    ("EmailServices/Domains", DOMAINS),
];
const DOMAINS: &[&str] = &[
    "read",
    "write",
    "delete",
    "InitiateVerification/action",
    "CancelVerification/action",
    "RevokeVerification/action",
    "listValidSenderUserNames/action",
    "addValidSenderUserNames/action",
    "removeValidSenderUserNames/action",
    "listSuppressedEmailAddresses/action",
    "addSuppressedEmailAddresses/action",
    "removeSuppressedEmailAddresses/action",
];
/// Below domains everything can be read, written and deleted, and nothing else.
const BELOW_DOMAINS: [&str; 3] =
    ["SenderUsernames", "SuppressionLists", "SuppressionLists/SuppressionListAddresses"];
/// Not for roles of others.
const INTERNAL: [&str; 5] = [
    "Locations/OperationStatuses/write",
    "RegisteredSubscriptions/read",
    "CommunicationServices/EventGridFilters/Read",
    "CommunicationServices/EventGridFilters/Write",
    "CommunicationServices/EventGridFilters/Delete",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    name: String,
    is_data_action: bool,
    display: Display,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_type: Option<&'static str>,
    properties: Option<()>,
}

#[derive(Serialize)]
struct Display {
    provider: &'static str,
    resource: String,
    operation: String,
    description: String,
}

pub(in super::super) fn list(call: &Call<'_>) -> Answer {
    catalogue::check(call, &["operations"])?;
    let below = BELOW_DOMAINS.map(|kind| format!("EmailServices/Domains/{kind}"));
    let below = below.iter().flat_map(|kind| ["read", "write", "delete"].map(|what| shown(kind, what)));
    let above = ACTIONS.iter().flat_map(|(kind, all)| all.iter().map(|what| shown(kind, what)));
    Ok(Document::list(above.chain(below)).into_response())
}

fn shown(kind: &str, what: &str) -> Document {
    let short = if kind.is_empty() { what.to_owned() } else { format!("{kind}/{what}") };
    let operation = what.trim_end_matches("/action").trim_end_matches("/Action");
    Document::of(&Action {
        name: format!("{COMMUNICATION_NAMESPACE}/{short}"),
        is_data_action: false,
        display: Display {
            provider: "Azure Communication Services",
            resource: if kind.is_empty() { COMMUNICATION_NAMESPACE } else { kind }.to_owned(),
            operation: operation.to_owned(),
            description: format!("{operation} on {}", if kind.is_empty() { "the provider" } else { kind }),
        },
        action_type: INTERNAL.contains(&short.as_str()).then_some("Internal"),
        properties: None,
    })
}
