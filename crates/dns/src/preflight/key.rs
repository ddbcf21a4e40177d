//! The names where receivers find Azure's keys.

use super::zone::negative;
use super::{Context, RecordStatus, Row, unanswered};
use crate::provider::Provider;
use crate::required::Part;
use dns_records::record::Record;

pub(super) fn row(context: &Context<'_>, part: Part) -> Option<Row> {
    let wanted = context.required.record(part)?;
    let at = context.at(&wanted.name);
    if let Some(trouble) = &at.trouble {
        return Some(unanswered(part, wanted, "dkim.unanswered", trouble));
    }
    if let Some(cname) = at.cname() {
        return Some(if cname.says_the_same(wanted) {
            let row =
                Row::new(part, wanted, RecordStatus::Right, "dkim.right", "The name leads to Azure's key.");
            row.showing([cname]).waiting(at.stale_seconds)
        } else {
            elsewhere(part, wanted, cname)
        });
    }
    let row = |verdict, code, message: String| {
        Row::new(part, wanted, verdict, code, message).proposing(wanted, Vec::new(), Vec::new())
    };
    let texts: Vec<&Record> = at.records.iter().filter(|record| record.text().is_some()).collect();
    if !texts.is_empty() {
        let message = format!(
            "A TXT record stands at {}, where Azure looks for a CNAME. Delete it, and add the CNAME.",
            wanted.name
        );
        return Some(row(RecordStatus::Conflict, "dkim.text", message).showing(texts));
    }
    if let Some(found) = context.misplaced(wanted, |record| record.data == wanted.data) {
        let message = context.misplacement(found, wanted);
        let row = row(RecordStatus::Missing, "dkim.misplaced", message).showing([found]);
        return Some(row.waiting(negative(context)));
    }
    let addresses = at.addresses();
    if addresses.is_empty() {
        let message = format!("Nothing stands at {}. Add a CNAME to {}.", wanted.name, wanted.value());
        return Some(row(RecordStatus::Missing, "dkim.missing", message).waiting(negative(context)));
    }
    if is_of_a_wildcard(context, wanted, &addresses) {
        let message = format!(
            "Nothing stands at {}: only the zone's wildcard answers there. Add a CNAME to {}.",
            wanted.name,
            wanted.value()
        );
        return Some(row(RecordStatus::Missing, "dkim.wildcard", message).showing(addresses));
    }
    let how = if context.actual.provider == Provider::Cloudflare {
        "Set the record to \"DNS only\" in Cloudflare."
    } else {
        "Turn its proxy or its flattening off, or put the CNAME in the place of the address records."
    };
    let message =
        format!("{} shows addresses and not the CNAME, so that nobody finds Azure's key. {how}", wanted.name);
    Some(row(RecordStatus::Conflict, "dkim.flattened", message).showing(addresses))
}

/// A CNAME that leads somewhere else.
fn elsewhere(part: Part, wanted: &Record, cname: &Record) -> Row {
    let target = cname.value();
    let appended = target.strip_prefix(wanted.value()).and_then(|rest| rest.strip_prefix('.'));
    let (code, message) = match appended {
        Some(zone) => (
            "dkim.target_appended",
            format!(
                "The zone was appended to its target: it leads to {target}. Put a dot at the end of the target, or \
                     enter it without .{zone}."
            ),
        ),
        None => (
            "dkim.other_target",
            format!("The name leads to {target}, and not to Azure's key. Let it lead to {}.", wanted.value()),
        ),
    };
    let row = Row::new(part, wanted, RecordStatus::Wrong, code, message).showing([cname]);
    row.proposing(wanted, vec![cname.clone()], Vec::new())
}

/// The same addresses where nobody would have entered any.
fn is_of_a_wildcard(context: &Context<'_>, wanted: &Record, addresses: &[&Record]) -> bool {
    let same = |name: &String| {
        let there = context.at(name).addresses();
        !there.is_empty() && there.iter().all(|one| addresses.iter().any(|other| one.data == other.data))
    };
    context.required.mistaken_names(&wanted.name).iter().any(same)
}
