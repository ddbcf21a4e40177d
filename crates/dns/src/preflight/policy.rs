//! What receivers do with mail that proves nothing: the DMARC policy. Azure does not look at it.

use super::zone::list;
use super::{Context, RecordStatus, Row};
use crate::required::{Part, TTL_SECONDS, dmarc_name};
use dns_records::dmarc::{DmarcError, Policy, is_dmarc};
use dns_records::name::organisational;
use dns_records::record::Record;

const PART: Part = Part::Dmarc;
/// Harms nobody, and is what large receivers ask for.
const MILDEST: &str = "v=DMARC1; p=none";

pub(super) fn row(context: &Context<'_>) -> Row {
    let domain = context.required.domain();
    let proposed = Record::txt(&dmarc_name(domain), MILDEST, TTL_SECONDS);
    let wanted = context.required.record(PART).unwrap_or(&proposed);
    let row = |verdict, code, message: String| Row::new(PART, wanted, verdict, code, message);
    let at = context.at(&wanted.name);
    if let Some(trouble) = &at.trouble {
        let message = format!("Whether there is a DMARC policy cannot be said: {trouble}.");
        return row(RecordStatus::Advice, "dmarc.unanswered", message);
    }
    let meant: Vec<&Record> = at.texts().filter(|record| is_dmarc(record.value())).collect();
    match policies(&meant).as_slice() {
        [] => none(context, wanted, &meant),
        [(record, Ok(policy))] => {
            let message = format!(
                "The DMARC policy is p={}: mail from this domain passes, because SPF and DKIM prove the domain itself.",
                policy.domain.word()
            );
            row(RecordStatus::Right, "dmarc.right", message).showing([*record]).waiting(at.stale_seconds)
        }
        [(record, Err(error))] => {
            let message = format!("Receivers ignore the DMARC policy: {error}. Replace it.");
            let row = row(RecordStatus::Advice, "dmarc.invalid", message).showing([*record]);
            row.proposing(wanted, vec![(*record).clone()], Vec::new())
        }
        several => {
            let message = format!(
                "There are {} DMARC policies, and receivers that find more than one use none (RFC 7489 section 6.6.3). \
                 Keep one.",
                several.len()
            );
            row(RecordStatus::Advice, "dmarc.several", message)
                .showing(several.iter().map(|(record, _)| *record))
        }
    }
}

type Read<'a> = (&'a Record, Result<Policy, DmarcError>);

/// What receivers take for a policy, good or bad (RFC 7489 section 6.6.3).
fn policies<'a>(meant: &[&'a Record]) -> Vec<Read<'a>> {
    let read = meant.iter().map(|record| (*record, Policy::read(record.value())));
    read.filter(|(_, policy)| *policy != Err(DmarcError::Version)).collect()
}

/// There is none at the domain; one may be inherited from the organisational domain.
fn none(context: &Context<'_>, wanted: &Record, meant: &[&Record]) -> Row {
    let row = |verdict, code, message: String| Row::new(PART, wanted, verdict, code, message);
    if let Some(almost) = meant.first() {
        let message = format!("Receivers ignore the DMARC policy: {}. Replace it.", DmarcError::Version);
        let instead_of = meant.iter().map(|record| (*record).clone()).collect();
        let row = row(RecordStatus::Advice, "dmarc.invalid", message).showing([*almost]);
        return row.proposing(wanted, instead_of, Vec::new());
    }
    let organisation = organisational(context.required.domain());
    let above = context.at(&dmarc_name(organisation));
    let meant_above: Vec<&Record> = above.texts().filter(|record| is_dmarc(record.value())).collect();
    if let [(record, Ok(policy))] = policies(&meant_above).as_slice()
        && organisation != context.required.domain()
    {
        let message = format!(
            "The DMARC policy of {organisation} holds here, too: {}. Mail passes, because SPF and DKIM prove the domain \
             itself.",
            policy.subdomains.word()
        );
        return row(RecordStatus::Right, "dmarc.inherited", message).showing([*record]);
    }
    if let Some(found) = context.misplaced(wanted, |record| {
        record.name.starts_with(&wanted.name) && record.text().is_some_and(is_dmarc)
    }) {
        let message = context.misplacement(found, wanted);
        let row = row(RecordStatus::Advice, "dmarc.misplaced", message).showing([found]);
        return row.proposing(wanted, Vec::new(), Vec::new());
    }
    let receivers = list(["Google", "Yahoo", "Microsoft"]);
    let message = format!(
        "There is no DMARC policy. Azure does not mind, but {receivers} refuse larger amounts of mail without one: add \
         this record."
    );
    let row = row(RecordStatus::Advice, "dmarc.missing", message).proposing(wanted, Vec::new(), Vec::new());
    row.waiting(super::zone::negative(context))
}
