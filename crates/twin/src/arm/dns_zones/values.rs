//! The values of a record set as JSON: a member for each type, and members of its own in that.

use serde_json::{Map, Value, json};

use crate::dns_wire::ascii_name;
use crate::error_reply::ErrorReply;
use crate::state::dns::Record;

/// The types that are played.
pub(super) const KINDS: [&str; 8] = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"];

/// Bytes of one string.
const STRING: usize = 255;
/// Bytes of a whole text.
const TEXT: usize = 4_096;

/// The values that properties say; none if they say nothing about that type.
pub(super) fn read(kind: &str, said: &Map<String, Value>) -> Result<Option<Vec<String>>, ErrorReply> {
    let member = member(kind);
    let Some((_, said)) = said.iter().find(|(name, _)| name.eq_ignore_ascii_case(member)) else {
        return Ok(None);
    };
    let all = match said {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let values: Result<Vec<String>, ErrorReply> =
        all.iter().map(|one| value(kind, one).ok_or_else(|| wrong(kind, one))).collect();
    let mut values = values?;
    let count = values.len();
    values.sort();
    values.dedup();
    if values.len() < count {
        return Err(ErrorReply::bad_request("BadRequest", "The record set has the same value twice."));
    }
    Ok(Some(values))
}

/// The member that a type has, and what is in it.
pub(super) fn shown(records: &[Record]) -> (&'static str, Value) {
    let kind = records.first().map(|record| record.kind.as_str()).unwrap_or_default();
    let mut all: Vec<Value> = records.iter().map(one).collect();
    let value = if ["CNAME", "SOA"].contains(&kind) { all.swap_remove(0) } else { all.into() };
    (member(kind), value)
}

fn member(kind: &str) -> &'static str {
    match kind {
        "A" => "ARecords",
        "AAAA" => "AAAARecords",
        "CNAME" => "CNAMERecord",
        "MX" => "MXRecords",
        "NS" => "NSRecords",
        "PTR" => "PTRRecords",
        "SOA" => "SOARecord",
        _ => "TXTRecords",
    }
}

fn value(kind: &str, said: &Value) -> Option<String> {
    let host = |member: &str| ascii_name(said.get(member)?.as_str()?.trim_end_matches('.'));
    let number = |member: &str| said.get(member)?.as_u64();
    match kind {
        "A" => Some(said.get("ipv4Address")?.as_str()?.parse::<std::net::Ipv4Addr>().ok()?.to_string()),
        "AAAA" => Some(said.get("ipv6Address")?.as_str()?.parse::<std::net::Ipv6Addr>().ok()?.to_string()),
        "CNAME" => host("cname"),
        "MX" => Some(format!("{} {}", u16::try_from(number("preference")?).ok()?, host("exchange")?)),
        "NS" => host("nsdname"),
        "PTR" => host("ptrdname"),
        "SOA" => Some(format!(
            "{} {} {} {} {} {} {}",
            host("host")?,
            host("email")?,
            number("serialNumber").unwrap_or(1),
            number("refreshTime")?,
            number("retryTime")?,
            number("expireTime")?,
            number("minimumTTL")?
        )),
        _ => text(said),
    }
}

/// A text in strings, none of which is too long.
fn text(said: &Value) -> Option<String> {
    let strings = said.get("value")?.as_array()?;
    let strings: Option<Vec<&str>> = strings.iter().map(Value::as_str).collect();
    let strings = strings?;
    let text = strings.concat();
    let is_good = strings.iter().all(|string| string.len() <= STRING) && (1..=TEXT).contains(&text.len());
    is_good.then_some(text)
}

fn one(record: &Record) -> Value {
    let words: Vec<&str> = record.value.split(' ').collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    match record.kind.as_str() {
        "A" => json!({ "ipv4Address": record.value }),
        "AAAA" => json!({ "ipv6Address": record.value }),
        "CNAME" => json!({ "cname": record.value }),
        "MX" => json!({ "preference": number(0), "exchange": words.get(1) }),
        "NS" => json!({ "nsdname": format!("{}.", record.value) }),
        "PTR" => json!({ "ptrdname": record.value }),
        "SOA" => json!({
            "host": words.first().map(|host| format!("{host}.")),
            "email": words.get(1),
            "serialNumber": number(2),
            "refreshTime": number(3),
            "retryTime": number(4),
            "expireTime": number(5),
            "minimumTTL": number(6),
        }),
        _ => json!({ "value": strings(&record.value) }),
    }
}

fn strings(text: &str) -> Vec<String> {
    let mut strings = vec![String::new()];
    for c in text.chars() {
        if strings.last().is_some_and(|last| last.len() + c.len_utf8() > STRING) {
            strings.push(String::new());
        }
        if let Some(last) = strings.last_mut() {
            last.push(c);
        }
    }
    strings
}

fn wrong(kind: &str, said: &Value) -> ErrorReply {
    ErrorReply::bad_request(
        "BadRequest",
        format!("The value {said} is not valid for a record of type {kind}."),
    )
}
