//! Rows for a provider's page: one for each record.

use serde::{Deserialize, Serialize};

use super::{Handout, master};
use crate::change::Change;
use crate::preflight::{RecordStatus, Row};
use crate::required::{Part, TTL_SECONDS};
use dns_records::name::{normal, relative};
use dns_records::record::Record;
use dns_records::spf;

/// A record to be entered by hand, or one that is there and right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// What it is for.
    pub part: Part,
    /// What to do.
    pub action: Action,
    /// `TXT` or `CNAME`.
    pub kind: String,
    /// The name as pages of providers want it: without the zone, `@` for the zone itself.
    pub relative: String,
    /// The full name, without the dot at its end.
    pub name: String,
    /// The value as zone files have it: a text in quotes, a name with its dot.
    pub value: String,
    /// The value alone: without quotes, splits, escapes and the dot at its end.
    pub plain: String,
    pub ttl: u32,
    /// The values of the records whose place it takes, as zone files have them.
    pub replaces: Vec<String>,
}

/// What a person has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Add the record beside what is there.
    Add,
    /// Put the record in the place of others.
    Replace,
    /// Nothing: it is there.
    Keep,
    /// Add it if you like: Azure does not ask for it.
    Recommended,
    /// Something is in the way, and a person has to decide about it first.
    Decide,
}

impl Action {
    /// The words for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Keep => "nothing to do",
            Self::Recommended => "recommended",
            Self::Decide => "decide first",
        }
    }
}

impl Handout<'_> {
    /// One row for each record that a comparison speaks of, however many comparisons name it.
    #[must_use]
    pub fn lines(&self, rows: &[Row]) -> Vec<RecordLine> {
        let mut parts: Vec<Part> = Vec::new();
        for row in rows.iter().filter(|row| !row.wanted.is_empty()) {
            if !parts.contains(&row.part) {
                parts.push(row.part);
            }
        }
        let of_part = |part: &Part| rows.iter().filter(|row| row.part == *part).collect::<Vec<_>>();
        parts.iter().filter_map(|part| self.line(&of_part(part))).collect()
    }

    /// The row for one part. None where nothing has to be written and nothing is there, as for a policy that is
    /// inherited.
    fn line(&self, rows: &[&Row]) -> Option<RecordLine> {
        let worst = rows.iter().max_by_key(|row| row.verdict)?;
        let is_of_part = |change: &&Change| change.new_record().is_some_and(|new| is_for(worst, new));
        if let Some(change) = self.changes.iter().find(is_of_part) {
            let action = if change.gone().is_some() { Action::Replace } else { Action::Add };
            let replaced: Vec<&Record> = change.gone().map(|held| &held.record).into_iter().collect();
            return Some(self.told(worst, action, change.new_record()?, &replaced));
        }
        let proposal = rows.iter().find_map(|row| row.proposal.as_ref());
        match (worst.verdict, proposal) {
            (RecordStatus::Advice, Some(proposal)) => {
                let replaced: Vec<&Record> = proposal.instead_of.iter().collect();
                Some(self.told(worst, Action::Recommended, &proposal.write, &replaced))
            }
            (RecordStatus::Right | RecordStatus::Advice, _) => {
                let there = self.held.iter().map(|held| &held.record).find(|one| is_shown(worst, one))?;
                Some(self.told(worst, Action::Keep, there, &[]))
            }
            (_, Some(proposal)) if !proposal.instead_of.is_empty() => {
                let replaced: Vec<&Record> = proposal.instead_of.iter().collect();
                Some(self.told(worst, Action::Decide, &proposal.write, &replaced))
            }
            (_, proposal) => {
                let wanted = proposal.map_or_else(|| wanted(worst), |proposal| proposal.write.clone());
                let blocked = self.blocked.iter().filter(|blocked| blocked.name == worst.name);
                let in_the_way: Vec<&Record> =
                    blocked.flat_map(|blocked| &blocked.held).map(|held| &held.record).collect();
                Some(self.told(worst, Action::Decide, &wanted, &in_the_way))
            }
        }
    }

    fn told(&self, row: &Row, action: Action, record: &Record, replaced: &[&Record]) -> RecordLine {
        let mut replaces: Vec<String> = Vec::new();
        for record in replaced {
            let is_of_kind = record.name == row.name && record.kind() == row.kind;
            let value = master::value(&record.data);
            let value = if is_of_kind { value } else { format!("{} {} {value}", record.name, record.kind()) };
            if !replaces.contains(&value) {
                replaces.push(value);
            }
        }
        RecordLine {
            part: row.part,
            action,
            kind: record.kind().to_owned(),
            relative: relative(&record.name, &normal(self.zone)).to_owned(),
            name: record.name.clone(),
            value: master::value(&record.data),
            plain: record.value().to_owned(),
            ttl: record.ttl,
            replaces,
        }
    }
}

fn wanted(row: &Row) -> Record {
    match row.kind.as_str() {
        "TXT" => Record::txt(&row.name, &row.wanted, TTL_SECONDS),
        kind => Record::read(&row.name, kind, &row.wanted, TTL_SECONDS),
    }
}

/// Whether a record that is written is the one that a row speaks of.
fn is_for(row: &Row, new: &Record) -> bool {
    let is_spf = row.part == Part::Spf && new.name == row.name && new.text().is_some_and(spf::is_spf);
    is_spf || new.says_the_same(&wanted(row))
}

/// Whether a record is one that a row shows at its name.
fn is_shown(row: &Row, there: &Record) -> bool {
    there.name == row.name
        && there.kind() == row.kind
        && row.actual.iter().any(|actual| actual == there.value())
}
