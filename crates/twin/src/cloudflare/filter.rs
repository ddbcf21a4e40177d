//! Which records a list wants: `name`, `content.contains` and their like.

use super::call::Call;
use super::content;
use crate::state::dns::Record;

/// What may come behind the dot.
const OPERATORS: [&str; 4] = ["exact", "contains", "startswith", "endswith"];

/// Whether a list wants a record: for all that it says, or with `match=any` for one of it.
pub(super) fn wants(call: &Call<'_>, record: &Record) -> bool {
    let mut said: Vec<bool> = Vec::new();
    said.extend(call.parameter("type").map(|kind| kind.eq_ignore_ascii_case(&record.kind)));
    said.extend(call.parameter("proxied").map(|wanted| (wanted == "true") == record.is_proxied));
    said.extend(call.parameter("search").map(|words| is_found(record, words)));
    let texts = [
        ("name", vec![record.name.clone()]),
        // A text may be asked for as it is shown, or without its quotes.
        ("content", vec![content::shown(record), content::bare(record)]),
        ("comment", record.comment.iter().cloned().collect()),
    ];
    for (field, texts) in &texts {
        for operator in OPERATORS {
            let wanted = call.parameter(&format!("{field}.{operator}"));
            let wanted = wanted.or_else(|| call.parameter(field).filter(|_| operator == "exact"));
            said.extend(wanted.map(|wanted| texts.iter().any(|text| matches(operator, text, wanted))));
        }
    }
    for (parameter, wanted) in [("comment.present", true), ("comment.absent", false)] {
        said.extend(call.says(parameter).then(|| record.comment.is_some() == wanted));
    }
    if call.parameter("match") == Some("any") && !said.is_empty() {
        return said.contains(&true);
    }
    !said.contains(&false)
}

/// Whether a text is what an operator wants, in any case.
pub(super) fn matches(operator: &str, text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    match operator {
        "contains" => text.contains(&wanted),
        "startswith" => text.starts_with(&wanted),
        "endswith" => text.ends_with(&wanted),
        _ => text == wanted,
    }
}

/// In the order that a list wants.
pub(super) fn sort(call: &Call<'_>, records: &mut [Record]) {
    match call.parameter("order") {
        Some("type") => records.sort_by(|one, other| one.kind.cmp(&other.kind)),
        Some("name") => records.sort_by(|one, other| one.name.cmp(&other.name)),
        Some("content") => records.sort_by(|one, other| one.value.cmp(&other.value)),
        Some("ttl") => records.sort_by_key(|record| record.ttl),
        Some("proxied") => records.sort_by_key(|record| record.is_proxied),
        _ => {}
    }
    if call.parameter("direction") == Some("desc") {
        records.reverse();
    }
}

fn is_found(record: &Record, words: &str) -> bool {
    let text = [&record.kind, &record.name, &content::bare(record)].map(|text| text.to_lowercase()).join(" ");
    let text = format!("{text} {}", record.comment.as_deref().unwrap_or_default().to_lowercase());
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}
