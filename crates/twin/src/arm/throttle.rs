//! How much each app may ask of Resource Manager: a token bucket for reads, writes and deletions.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::call::Call;
use crate::buckets::Counted;
use crate::error_reply::ErrorReply;
use crate::state::Bucket;

/// A kind of call: its word, what an app may do, what all apps of a subscription may do.
struct Kind {
    word: &'static str,
    own: Bucket,
    global: Bucket,
}

/// What is left after a call that passed: headers and their numbers.
pub(super) struct Remaining(Vec<(&'static str, u64)>);

/// Counts a call, or refuses it.
pub(super) fn count(call: &Call<'_>) -> Result<Remaining, ErrorReply> {
    let kind = Kind::of(call);
    let subscription = call.subscription();
    let own = Counted { principal: Some(call.claims.oid), subscription, kind: kind.word };
    let mut buckets = vec![(own, kind.own, own_header(call, subscription.is_some(), kind.word))];
    if subscription.is_some() && !is_of_dns(call) {
        let all = Counted { principal: None, ..own };
        buckets.push((all, kind.global, global_header(kind.word)));
    }
    let now = call.backend.now();
    let mut remaining = Vec::new();
    for (counted, bucket, header) in buckets {
        match call.backend.buckets.take(counted, bucket, now) {
            Ok(left) => remaining.push((header, left)),
            Err(empty) => {
                call.backend.count_call("refused");
                return Err(too_many(kind.word, bucket, empty.left));
            }
        }
    }
    if is_of_dns(call) && kind.word == "reads" {
        remaining.push(("x-ms-ratelimit-remaining-subscription-resource-entities-read", DNS_ENTITIES));
    }
    call.backend.count_call(kind.word);
    Ok(Remaining(remaining))
}

fn too_many(kind: &str, bucket: Bucket, left: u64) -> ErrorReply {
    let wait = (1_000 - left).div_ceil(u64::from(bucket.per_second.max(1)) * 1_000);
    let text =
        format!("Number of '{kind}' requests exceeded the limit. Please try again after '{wait}' seconds.");
    let refusal = ErrorReply::new(StatusCode::TOO_MANY_REQUESTS, "SubscriptionRequestsThrottled", text);
    refusal.retry_after(wait.max(1))
}

/// Azure DNS has limits of its own; its answers carry its counters and not those of the subscription.
fn is_of_dns(call: &Call<'_>) -> bool {
    call.segments.iter().any(|segment| segment == "microsoft.network")
}

/// Sizes of Azure DNS's buckets, filled again within five minutes.
const DNS_WRITES: Bucket = Bucket { size: 12_000, per_second: 40 };
const DNS_READS: Bucket = Bucket { size: 500, per_second: 34 };
const DNS_ENTITIES: u64 = 60_000;

impl Kind {
    fn of(call: &Call<'_>) -> Self {
        let behaviour = &call.backend.state().behaviour;
        let (word, own, global) = match call.method {
            Method::GET | Method::HEAD => ("reads", behaviour.arm_reads, behaviour.arm_global_reads),
            Method::DELETE => ("deletes", behaviour.arm_deletes, behaviour.arm_global_deletes),
            _ => ("writes", behaviour.arm_writes, behaviour.arm_global_writes),
        };
        let own = match (is_of_dns(call), word) {
            (false, _) => own,
            (true, "reads") => DNS_READS,
            (true, _) => DNS_WRITES,
        };
        Self { word, own, global }
    }
}

fn own_header(call: &Call<'_>, in_subscription: bool, kind: &str) -> &'static str {
    match (in_subscription, kind) {
        _ if is_of_dns(call) => "x-ms-ratelimit-remaining-subscription-resource-requests",
        (true, "reads") => "x-ms-ratelimit-remaining-subscription-reads",
        (true, "deletes") => "x-ms-ratelimit-remaining-subscription-deletes",
        (true, _) => "x-ms-ratelimit-remaining-subscription-writes",
        (false, "reads") => "x-ms-ratelimit-remaining-tenant-reads",
        (false, _) => "x-ms-ratelimit-remaining-tenant-writes",
    }
}

fn global_header(kind: &str) -> &'static str {
    match kind {
        "reads" => "x-ms-ratelimit-remaining-subscription-global-reads",
        "deletes" => "x-ms-ratelimit-remaining-subscription-global-deletes",
        _ => "x-ms-ratelimit-remaining-subscription-global-writes",
    }
}

impl Remaining {
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        for (header, left) in &self.0 {
            headers.insert(*header, HeaderValue::from(*left));
        }
    }
}
