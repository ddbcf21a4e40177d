//! The zone and its name servers.

use super::{Context, RecordStatus, Row};
use crate::actual::Server;
use crate::required::Part;
use dns_records::name::{is_within, relative};

pub(super) fn rows(context: &Context<'_>) -> Vec<Row> {
    let domain = context.required.domain();
    let Some(zone) = context.actual.zone.as_deref() else {
        let message = format!(
            "Nobody holds {domain} in DNS. Register it, or let its registrar know the name servers of its zone."
        );
        return vec![row(domain, RecordStatus::Missing, "zone.missing", message).waiting(negative(context))];
    };
    let mut rows = Vec::new();
    let (silent, good): (Vec<&Server>, Vec<&Server>) =
        context.actual.servers.iter().partition(|server| server.trouble.is_some());
    if let Some(other) = context.required.zone().filter(|other| *other != zone) {
        let way_out = if is_within(zone, other) {
            format!("take the name server records of {} out of {other}", relative(zone, other))
        } else {
            format!("let the name server records of {} in {zone} lead there", relative(other, zone))
        };
        let message = format!(
            "{domain} is looked up in the zone {zone} at {}, and not in {other}, where its records would be written. Write \
             them to {zone}, or {way_out}.",
            context.actual.provider
        );
        rows.push(row(zone, RecordStatus::Conflict, "zone.elsewhere", message));
    }
    if let Some(first) = silent.first() {
        let trouble = first.trouble.as_deref().unwrap_or_default();
        let names = list(silent.iter().map(|server| server.name.as_str()));
        if good.is_empty() {
            let message = format!(
                "No name server of {zone} answers: {} {trouble}. Look again in a minute, then ask {}.",
                first.name, context.actual.provider
            );
            rows.push(row(zone, RecordStatus::Wrong, "zone.silent", message));
        } else {
            let message = format!(
                "Not all name servers of {zone} can be used: {names} (the first one {trouble}). Resolvers fall \
                 back to the others, but have it repaired or removed."
            );
            rows.push(row(zone, RecordStatus::Advice, "zone.partly_silent", message));
        }
    }
    rows.extend(disagreement(context, zone));
    if rows.is_empty() {
        let message =
            format!("The zone {zone} is held by {}, and its name servers agree.", context.actual.provider);
        rows.push(row(zone, RecordStatus::Right, "zone.right", message));
    }
    if let Some(first) = rows.first_mut() {
        first.actual = good.iter().map(|server| server.name.clone()).collect();
    }
    rows
}

fn disagreement(context: &Context<'_>, zone: &str) -> Option<Row> {
    let names = context.actual.names.iter().filter(|(_, at)| !at.disagreeing.is_empty());
    let (mut names, mut servers): (Vec<&str>, Vec<&str>) = names
        .flat_map(|(name, at)| at.disagreeing.iter().map(|(server, _)| (name.as_str(), server.as_str())))
        .unzip();
    for list in [&mut names, &mut servers] {
        list.sort_unstable();
        list.dedup();
    }
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "The name servers of {zone} do not agree on {}: {} shows something else. Wait until the last change has \
         reached all of them; if it does not, ask {}.",
        list(names),
        list(servers),
        context.actual.provider
    );
    Some(row(zone, RecordStatus::Wrong, "zone.disagreeing", message))
}

fn row(name: &str, verdict: RecordStatus, code: &'static str, message: String) -> Row {
    Row {
        part: Part::Zone,
        name: name.to_owned(),
        kind: String::new(),
        wanted: String::new(),
        actual: Vec::new(),
        verdict,
        code,
        message,
        wait_seconds: None,
        proposal: None,
    }
}

/// Zero seconds are not worth a word.
pub(super) fn negative(context: &Context<'_>) -> Option<u32> {
    Some(context.actual.negative_ttl).filter(|seconds| *seconds > 0)
}

/// `a, b and c`, with an end for long ones.
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, second, third, _, rest @ ..] => {
            format!("{first}, {second}, {third} and {} more", rest.len() + 1)
        }
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
