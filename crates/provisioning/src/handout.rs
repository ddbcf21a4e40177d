//! What a person is handed who writes a domain's records: rows for a provider's page, lines of a zone file, a script
//! for `nsupdate`.

use api::domains::{RecordAction, RecordRow, RecordToWrite};
use dns::manual::{Action, Handout};
use dns::preflight::Row;

use super::clean;
use super::perform::Examined;

/// What a person is handed for one domain.
#[derive(Debug, Default)]
pub(super) struct Handed {
    pub(super) records: Vec<RecordToWrite>,
    pub(super) bind: String,
    pub(super) nsupdate: String,
}

impl Handed {
    /// From what was found out about a domain.
    pub(super) fn of(examined: &Examined, domain: &str) -> Self {
        let held = examined.actual.held();
        let handout = Handout {
            zone: examined.actual.zone.as_deref().unwrap_or(domain),
            held: &held,
            changes: &examined.changes,
            blocked: &examined.blocked,
        };
        let records = handout.lines(&examined.rows).into_iter().filter_map(|line| {
            let rows: Vec<&Row> = examined.rows.iter().filter(|row| row.part == line.part).collect();
            Some(RecordToWrite {
                finding: worst(&rows, &line.name, &line.kind)?,
                action: record_action(line.action),
                relative: line.relative,
                value: line.value,
                plain: clean(&line.plain),
                ttl: line.ttl,
                replaces: line.replaces,
            })
        });
        Self { records: records.collect(), bind: handout.zone_file(), nsupdate: handout.nsupdate() }
    }
}

/// The worst of several findings, with the sentences of all that are as bad.
fn worst(rows: &[&Row], name: &str, kind: &str) -> Option<RecordRow> {
    let verdict = rows.iter().map(|row| row.verdict).max()?;
    let mut worst = rows.iter().filter(|row| row.verdict == verdict);
    let mut finding = row(worst.next()?);
    for other in worst {
        finding.message = format!("{} {}", finding.message, clean(&other.message));
    }
    // What is written may stand elsewhere than what was looked for.
    (finding.name, finding.kind) = (name.to_owned(), kind.to_owned());
    Some(finding)
}

/// A record as programs read it.
pub(super) fn row(row: &Row) -> RecordRow {
    RecordRow {
        part: row.part.title().to_owned(),
        name: row.name.clone(),
        kind: clean(&row.kind),
        required: clean(&row.wanted),
        actual: row.actual.iter().map(|text| clean(text)).collect(),
        verdict: row.verdict.to_string(),
        code: row.code.to_owned(),
        message: clean(&row.message),
        proposal: row.proposal.as_ref().map(|proposal| clean(proposal.write.value())),
        wait_seconds: row.wait_seconds,
    }
}

fn record_action(action: Action) -> RecordAction {
    match action {
        Action::Add => RecordAction::Add,
        Action::Replace => RecordAction::Replace,
        Action::Keep => RecordAction::Keep,
        Action::Recommended => RecordAction::Recommended,
        Action::Decide => RecordAction::Decide,
    }
}
