//! Who may send: the SPF record.

use super::zone::{list, negative};
use super::{Context, Proposal, RecordStatus, Row, hidden, unanswered};
use crate::required::Part;
use dns_records::record::Record;
use dns_records::spf::{self, Merge, Qualifier, Spf};

const PART: Part = Part::Spf;

pub(super) fn rows(context: &Context<'_>) -> Vec<Row> {
    let (Some(wanted), Some(include)) = (context.required.record(PART), context.required.include()) else {
        return Vec::new();
    };
    let at = context.at(&wanted.name);
    if let Some(trouble) = &at.trouble {
        return vec![unanswered(PART, wanted, "spf.unanswered", trouble)];
    }
    let records: Vec<&Record> = at.texts().filter(|record| record.text().is_some_and(spf::is_spf)).collect();
    let texts: Vec<&str> = records.iter().map(|record| record.value()).collect();
    let merge = spf::merged(&texts, include, context.required.spf_end());
    let mut rows = match texts.as_slice() {
        [] => vec![none(context, wanted, include)],
        [text] => one(context, wanted, &merge, text),
        several => {
            let message = format!(
                "There are {} SPF records, and receivers that find more than one use none (RFC 7208 section 4.5). \
                 Somebody has to replace all of them by the proposed one; Postern does not take away records of \
                 others.",
                several.len()
            );
            vec![Row::new(PART, wanted, RecordStatus::Wrong, "spf.several", message)]
        }
    };
    if let Some(cname) = at.cname().filter(|_| rows.iter().any(|row| row.verdict.is_in_the_way())) {
        return vec![hidden(PART, wanted, "spf.hidden", cname)];
    }
    rows.extend(costs(context, wanted, &merge));
    let proposal = proposal(wanted, &merge, &records);
    for row in rows.iter_mut().filter(|row| row.code != "spf.misplaced" && row.actual.is_empty()) {
        *row = row.clone().showing(records.iter().copied());
        let is_useful = row.verdict != RecordStatus::Right && row.code != "spf.too_many_lookups";
        row.proposal = proposal.clone().filter(|_| is_useful);
        if row.verdict == RecordStatus::Right {
            row.wait_seconds = at.stale_seconds;
        }
    }
    rows
}

/// What should stand there, if that is not what does.
fn proposal(wanted: &Record, merge: &Merge, records: &[&Record]) -> Option<Proposal> {
    let text = &merge.text;
    let is_there = records.len() == 1 && records[0].value() == *text;
    if is_there || !merge.invalid.is_empty() {
        return None;
    }
    let write = if records.is_empty() {
        wanted.clone()
    } else {
        Record::txt(&wanted.name, text, records.iter().map(|record| record.ttl).min().unwrap_or(wanted.ttl))
    };
    let instead_of = records.iter().map(|record| (*record).clone()).collect();
    Some(Proposal { write, instead_of, changes: merge.changes.clone() })
}

fn none(context: &Context<'_>, wanted: &Record, include: &str) -> Row {
    let row = |verdict, code, message: String| Row::new(PART, wanted, verdict, code, message);
    let at = context.at(&wanted.name);
    if let Some(almost) = at.texts().find(|record| record.text().is_some_and(spf::is_almost_spf)) {
        let message = "What stands there is no SPF record for receivers: one begins with v=spf1 and a space, without \
                        quotes of its own. Enter it again as proposed.";
        return row(RecordStatus::Wrong, "spf.not_one", message.to_owned()).showing([almost]).proposing(
            wanted,
            vec![almost.clone()],
            Vec::new(),
        );
    }
    let is_it =
        |record: &Record| record.text().is_some_and(|text| spf::is_spf(text) && text.contains(include));
    if let Some(found) = context.misplaced(wanted, is_it) {
        let message = context.misplacement(found, wanted);
        let row = row(RecordStatus::Missing, "spf.misplaced", message).showing([found]);
        return row.proposing(wanted, Vec::new(), Vec::new()).waiting(negative(context));
    }
    let message = format!("There is no SPF record. Add a TXT record for {} with this value.", wanted.name);
    row(RecordStatus::Missing, "spf.missing", message).waiting(negative(context))
}

/// A row for each thing that is wrong with the only record.
fn one(context: &Context<'_>, wanted: &Record, merge: &Merge, text: &str) -> Vec<Row> {
    let row = |verdict, code, message: String| Row::new(PART, wanted, verdict, code, message);
    let record = match Spf::read(text) {
        Ok(record) => record,
        Err(error) => {
            let message = format!(
                "Receivers cannot use the SPF record: {error}. Mend that first; nothing is changed before, so that no \
                 sender is lost."
            );
            return vec![row(RecordStatus::Wrong, "spf.invalid", message)];
        }
    };
    let include = context.required.include().unwrap_or_default();
    let mut rows = Vec::new();
    if !record.includes(include) {
        let message =
            format!("The SPF record does not permit Azure to send. Put include:{include} before its end.");
        rows.push(row(RecordStatus::Wrong, "spf.no_include", message));
    }
    rows.extend(end(context, &record).map(|(verdict, code, message)| row(verdict, code, message)));
    if rows.is_empty() {
        rows.push(if merge.changes.is_empty() {
            row(RecordStatus::Right, "spf.right", "The SPF record permits Azure to send.".to_owned())
        } else {
            let message = "The SPF record permits Azure to send, but something stands behind its end, where nobody \
                            looks. Move that to the front.";
            row(RecordStatus::Advice, "spf.order", message.to_owned())
        });
    }
    rows
}

/// What is wrong with how the record ends.
fn end(context: &Context<'_>, record: &Spf) -> Option<(RecordStatus, &'static str, String)> {
    let Some(end) = record.end() else {
        return Some(match record.redirect() {
            Some(target) => {
                let message = format!(
                    "The SPF record ends with redirect={target}, and Azure verifies only one that ends with -all. \
                     Include {target} in its place."
                );
                (RecordStatus::Wrong, "spf.redirect", message)
            }
            None if context.required.takes_soft_end() => return None,
            None => {
                let message =
                    "The SPF record has no end, and Azure verifies only one that ends with -all. Add -all.";
                (RecordStatus::Wrong, "spf.no_end", message.to_owned())
            }
        });
    };
    let sign = end.sign();
    match end {
        Qualifier::Fail => None,
        Qualifier::Pass => {
            let message = "The SPF record ends with +all, which lets everybody send as this domain. Put -all in its \
                            place.";
            Some((RecordStatus::Wrong, "spf.open_end", message.to_owned()))
        }
        _ if context.required.takes_soft_end() => None,
        _ => {
            let message = format!(
                "The SPF record ends with {sign}all, and Azure verifies only -all. Put -all there, and {sign}all back \
                 once Azure has verified the domain if you need it."
            );
            Some((RecordStatus::Wrong, "spf.soft_end", message))
        }
    }
}

/// What is wrong with what the record, as it is proposed, makes receivers look up.
fn costs(context: &Context<'_>, wanted: &Record, merge: &Merge) -> Vec<Row> {
    let row = |verdict, code, message: String| Row::new(PART, wanted, verdict, code, message);
    let mut rows: Vec<Row> =
        merge.warnings.iter().map(|warning| row(RecordStatus::Advice, "spf.long", warning.clone())).collect();
    let Ok(record) = Spf::read(&merge.text) else { return rows };
    let cost = spf::lookups(context.required.domain(), &record, &context.actual.spf);
    let names = |names: &[String]| list(names.iter().map(String::as_str));
    if cost.lookups > spf::MOST_LOOKUPS {
        let message = format!(
            "With Azure's include the SPF record makes receivers look up {} names, and beyond {} they treat it as an \
             error (RFC 7208 section 4.6.4). Take out includes of services that do not send for you any more.",
            cost.lookups,
            spf::MOST_LOOKUPS
        );
        rows.push(row(RecordStatus::Wrong, "spf.too_many_lookups", message));
    }
    if !cost.broken.is_empty() {
        let message = format!(
            "The SPF record includes {}, where no usable SPF record is, and receivers treat all of it as an error. Remove \
             that, or have it corrected.",
            names(&cost.broken)
        );
        rows.push(row(RecordStatus::Wrong, "spf.broken_include", message));
    } else if !cost.voids.is_empty() {
        let is_bad = cost.void_lookups > spf::MOST_VOIDS;
        let verdict = if is_bad { RecordStatus::Wrong } else { RecordStatus::Advice };
        let message = format!(
            "The SPF record makes receivers look up {}, where nothing is; beyond {} such names they treat it as an error. \
             Take that out.",
            names(&cost.voids),
            spf::MOST_VOIDS
        );
        rows.push(row(verdict, "spf.void_lookups", message));
    }
    rows
}
