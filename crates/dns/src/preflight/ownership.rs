//! The proof that the domain is the subscription's.

use super::zone::negative;
use super::{Context, RecordStatus, Row, hidden, unanswered};
use crate::required::Part;
use dns_records::record::Record;

const PART: Part = Part::Domain;

pub(super) fn row(context: &Context<'_>) -> Option<Row> {
    let wanted = context.required.record(PART)?;
    let at = context.at(&wanted.name);
    if let Some(trouble) = &at.trouble {
        return Some(unanswered(PART, wanted, "domain.unanswered", trouble));
    }
    let texts: Vec<&Record> = at.texts().collect();
    if let Some(right) = texts.iter().find(|text| text.value() == wanted.value()) {
        let message = "The proof of ownership is there.";
        let row = Row::new(PART, wanted, RecordStatus::Right, "domain.right", message);
        return Some(row.showing([*right]).waiting(at.stale_seconds));
    }
    if let Some(cname) = at.cname() {
        return Some(hidden(PART, wanted, "domain.hidden", cname));
    }
    let row = |verdict, code, message: String| {
        Row::new(PART, wanted, verdict, code, message).proposing(wanted, Vec::new(), Vec::new())
    };
    if let Some(garbled) = texts.iter().find(|text| plain(text.value()) == plain(wanted.value())) {
        let message = "The proof of ownership is there, but with quotes, spaces or other letters that do not belong \
                        to it. Enter it again exactly as it is given.";
        let row = row(RecordStatus::Wrong, "domain.garbled", message.to_owned()).showing([*garbled]);
        return Some(row.proposing(wanted, vec![(*garbled).clone()], Vec::new()));
    }
    if let Some(found) = context.misplaced(wanted, |record| record.value() == wanted.value()) {
        let message = context.misplacement(found, wanted);
        let row = row(RecordStatus::Missing, "domain.misplaced", message).showing([found]);
        return Some(row.waiting(negative(context)));
    }
    let others: Vec<&Record> =
        texts.into_iter().filter(|text| word(text).is_some() && word(text) == word(wanted)).collect();
    if let Some(other) = others.first() {
        let message = format!(
            "The proof that stands there, {}, belongs to another domain resource of Azure, maybe one that was deleted. \
             Add the new one; the other may stay.",
            other.value()
        );
        return Some(row(RecordStatus::Wrong, "domain.other_proof", message).showing(others));
    }
    let message =
        format!("The proof of ownership is missing. Add a TXT record for {} with this value.", wanted.name);
    Some(row(RecordStatus::Missing, "domain.missing", message).waiting(negative(context)))
}

/// What comes before the equals sign.
fn word(record: &Record) -> Option<&str> {
    Some(record.value().split_once('=')?.0)
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\'))
        .collect::<String>()
        .to_lowercase()
}
