//! `/v1/accounts/{name}/quota-report`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What Microsoft asks of somebody who wants a higher quota, from Postern's own records.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QuotaReportView {
    /// The answers, as text to paste; what only the sender knows is in brackets.
    pub text: String,
    /// The subscription's id. Azure counts what all its accounts send together.
    pub subscription: String,
    /// Requests since `since`, retries included.
    pub requests: u64,
    /// When the first hour began of which requests are counted; they are kept for 90 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// On average.
    pub requests_a_day: u64,
    /// The hour (UTC) with the most requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_hour: Option<BusiestView>,
    /// The day (UTC) with the most requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_day: Option<BusiestView>,
    /// How often Azure answered 429 lately, 100 at most.
    pub refused: u64,
    /// The newest messages, of which the rest is told: 20,000 at most.
    pub messages: u64,
    /// Of these messages, those that were accepted in one minute.
    pub busiest_minute: u64,
    pub largest_bytes: u64,
    pub recipients: u64,
    pub most_recipients: u64,
    /// Messages by lane.
    pub lanes: BTreeMap<String, u64>,
    /// Messages by the author's domain.
    pub domains: BTreeMap<String, u64>,
    /// When Postern was first told of a sender of each domain.
    pub domains_since: BTreeMap<String, Timestamp>,
    /// Recipients by their state.
    pub outcomes: BTreeMap<String, u64>,
}

/// An hour or a day with as many requests as no other.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BusiestView {
    /// When it began.
    pub at: Timestamp,
    pub requests: u64,
}
