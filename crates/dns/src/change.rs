//! What has to be written, and how it is taken back.

use serde::{Deserialize, Serialize};

use crate::demand::{Demand, Part};
use crate::record::Record;
use crate::spf;

/// A record as a provider's API has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The provider's name for it; may be empty.
    pub id: String,
    /// The record.
    pub record: Record,
    /// Whether the provider answers with addresses of its own instead.
    pub is_proxied: bool,
    /// What somebody wrote beside it.
    pub comment: Option<String>,
}

/// Something to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A record that is not there yet.
    Create(Record),
    /// A record takes the place of another one.
    Replace {
        /// What is there.
        held: Held,
        /// What has to be there.
        by: Record,
        /// What is different, for people.
        why: String,
    },
    /// A record of ours that is not wanted any more, or is in the way.
    Delete(Held),
}

/// What cannot be written, because somebody has to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The name.
    pub name: String,
    /// What is in the way.
    pub held: Vec<Held>,
    /// Why, and what to do, for people.
    pub sentence: String,
}

/// A record that was written, as it has to be remembered to be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The zone.
    pub zone: String,
    /// What was written.
    pub record: Record,
    /// The provider's name for it; may be empty.
    pub record_id: String,
    /// The value that stood there before, if it was replaced.
    pub before: Option<String>,
}

/// What has to be written so that [`preflight`](crate::preflight::preflight) passes, and what cannot be. Nothing if
/// all is there. A record that is not `ours` is left alone, except that the domain's only SPF record is replaced by
/// one that permits more; `held` are the records at the names of the demand.
#[must_use]
pub fn changes(demand: &Demand, held: &[Held], ours: &dyn Fn(&Held) -> bool) -> (Vec<Change>, Vec<Blocked>) {
    let mut plan = Plan { demand, held, ours, changes: Vec::new(), blocked: Vec::new() };
    for (part, wanted) in demand.records() {
        match part {
            Part::Domain => plan.ownership(wanted),
            Part::Spf => plan.spf(wanted),
            Part::Dkim | Part::Dkim2 => plan.key(wanted),
            Part::Dmarc => plan.policy(wanted),
            Part::Zone | Part::Mx => {}
        }
    }
    (plan.changes, plan.blocked)
}

/// What takes back what was `written`, the last first, and what is left because somebody has changed it since.
/// `held` are the records at the names that were written to.
#[must_use]
pub fn undo(written: &[Written], held: &[Held]) -> (Vec<Change>, Vec<Blocked>) {
    let (mut changes, mut left) = (Vec::new(), Vec::new());
    for one in written.iter().rev() {
        let by_id = held.iter().find(|held| !one.record_id.is_empty() && held.id == one.record_id);
        let found = by_id.or_else(|| held.iter().find(|held| held.record.says_the_same(&one.record)));
        // Somebody has taken it back already.
        let Some(found) = found else { continue };
        let is_ours = found.record.says_the_same(&one.record);
        match &one.before {
            None if is_ours => changes.push(Change::Delete(found.clone())),
            Some(before) if is_ours => changes.push(Change::Replace {
                by: Record::read(&one.record.name, one.record.kind(), before, found.record.ttl),
                held: found.clone(),
                why: "What was there before is put back.".to_owned(),
            }),
            _ => left.push(Blocked {
                name: one.record.name.clone(),
                sentence: format!(
                    "{} was changed by somebody since it was written, and stays. It was \"{}\"; take out by hand \
                     what is not wanted any more.",
                    found.record,
                    one.record.value()
                ),
                held: vec![found.clone()],
            }),
        }
    }
    (changes, left)
}

struct Plan<'a> {
    demand: &'a Demand,
    held: &'a [Held],
    ours: &'a dyn Fn(&Held) -> bool,
    changes: Vec<Change>,
    blocked: Vec<Blocked>,
}

impl Plan<'_> {
    fn at(&self, name: &str) -> Vec<Held> {
        self.held.iter().filter(|held| held.record.name == name).cloned().collect()
    }

    /// Changes that two parts want are made once.
    fn change(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    fn block(&mut self, name: &str, held: Vec<Held>, sentence: String) {
        let blocked = Blocked { name: name.to_owned(), held, sentence };
        if !self.blocked.contains(&blocked) {
            self.blocked.push(blocked);
        }
    }

    fn replace(&mut self, held: &Held, by: Record, why: impl Into<String>) {
        self.change(Change::Replace { held: held.clone(), by, why: why.into() });
    }

    /// A CNAME hides all that stands beside it (RFC 1034 section 3.6.2). False if one is there to stay.
    fn is_free_of_cname(&mut self, name: &str) -> bool {
        let cnames = self.at(name).into_iter().filter(|held| held.record.target().is_some());
        let (ours, foreign): (Vec<Held>, Vec<Held>) = cnames.partition(|held| (self.ours)(held));
        if let Some(cname) = foreign.first() {
            let sentence = format!(
                "{name} is a CNAME to {}, and nothing else can stand beside one. Replace it by address records, or \
                 verify another domain.",
                cname.record.value()
            );
            self.block(name, foreign, sentence);
            return false;
        }
        ours.into_iter().for_each(|held| self.change(Change::Delete(held)));
        true
    }

    fn ownership(&mut self, wanted: &Record) {
        let at = self.at(&wanted.name);
        let is_there = at.iter().any(|held| held.record.says_the_same(wanted));
        if !self.is_free_of_cname(&wanted.name) || is_there {
            return;
        }
        let word = wanted.value().split_once('=').map_or("", |(word, _)| word);
        let is_older = |held: &&Held| {
            let text = held.record.text().and_then(|text| text.split_once('='));
            text.is_some_and(|(other, _)| other == word) && (self.ours)(held)
        };
        match at.iter().find(is_older) {
            Some(older) => {
                self.replace(older, wanted.clone(), "Azure has a new proof of ownership for the domain.");
            }
            None => self.change(Change::Create(wanted.clone())),
        }
    }

    fn spf(&mut self, wanted: &Record) {
        let name = &wanted.name;
        let Some(include) = self.demand.include().filter(|_| self.is_free_of_cname(name)) else { return };
        let is_spf = |held: &Held| held.record.text().is_some_and(spf::is_spf);
        let mut records: Vec<Held> = self.at(name).into_iter().filter(is_spf).collect();
        // What is not ours is what is replaced.
        records.sort_by_key(|held| (self.ours)(held));
        let texts: Vec<&str> = records.iter().filter_map(|held| held.record.text()).collect();
        let merge = spf::merged(&texts, include);
        let Some((first, others)) = records.split_first() else {
            self.change(Change::Create(wanted.clone()));
            return;
        };
        if let Some(invalid) = merge.invalid.first() {
            self.block(name, records.clone(), invalid.clone());
        } else if others.iter().any(|other| !(self.ours)(other)) {
            let sentence = format!(
                "{name} has {} SPF records, where one is allowed. Replace all of them by: {}",
                texts.len(),
                merge.text
            );
            self.block(name, records.clone(), sentence);
        } else {
            let softer = merge.softer.as_ref().filter(|_| self.demand.takes_soft_end());
            let text = softer.map_or_else(|| merge.text.clone(), |softer| spf::softened(&merge.text, softer));
            if text != first.record.value() {
                let by = Record::txt(name, &text, first.record.ttl);
                self.replace(first, by, merge.changes.join(" "));
            }
            others.iter().for_each(|other| self.change(Change::Delete(other.clone())));
        }
    }

    fn key(&mut self, wanted: &Record) {
        let at = self.at(&wanted.name);
        let (ours, foreign): (Vec<&Held>, Vec<&Held>) = at.iter().partition(|held| (self.ours)(held));
        let is_right = |held: &&Held| held.record.says_the_same(wanted) && !held.is_proxied;
        if at.iter().any(|held| is_right(&held)) {
            return;
        }
        if let Some(in_the_way) = foreign.first() {
            let name = &wanted.name;
            let sentence = if in_the_way.record.says_the_same(wanted) {
                format!(
                    "The CNAME at {name} is right, but proxied, so that nobody sees it. Turn its proxy off."
                )
            } else {
                format!(
                    "{} is there, and Postern did not write it. Nothing can stand beside the CNAME to {} that Azure \
                     demands: delete it if it is not needed.",
                    in_the_way.record,
                    wanted.value()
                )
            };
            self.block(name, foreign.into_iter().cloned().collect(), sentence);
            return;
        }
        match ours.split_first() {
            None => self.change(Change::Create(wanted.clone())),
            Some((first, others)) => {
                others.iter().for_each(|other| self.change(Change::Delete((*other).clone())));
                self.replace(first, wanted.clone(), "It is not what Azure demands now.");
            }
        }
    }

    /// Whoever has a policy keeps it: any will do.
    fn policy(&mut self, wanted: &Record) {
        let is_one = |held: &Held| {
            held.record.target().is_some() || held.record.text().is_some_and(crate::dmarc::is_dmarc)
        };
        let at: Vec<Held> = self.at(&wanted.name).into_iter().filter(is_one).collect();
        match at.as_slice() {
            [] => self.change(Change::Create(wanted.clone())),
            [one] if (self.ours)(one) && !one.record.says_the_same(wanted) => {
                self.replace(one, wanted.clone(), "Another policy is wanted.");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use azure_types::communication::{VerificationRecord, VerificationRecords};

    use super::*;

    const INCLUDE: &str = "v=spf1 include:spf.protection.outlook.com -all";

    fn demand() -> Demand {
        let record = |kind: &str, name: &str, value: &str| {
            let (kind, name, value) = (kind.to_owned(), name.to_owned(), value.to_owned());
            Some(VerificationRecord { kind, name, value, ttl: 3600 })
        };
        let records = VerificationRecords {
            domain: record("TXT", "example.com", "ms-domain-verification=1"),
            spf: record("TXT", "example.com", INCLUDE),
            dkim: record("CNAME", "s1._domainkey", "s1.azurecomm.net"),
            dkim2: None,
        };
        Demand::new("example.com", Some("example.com"), &records).unwrap().with_dmarc("v=DMARC1; p=none")
    }

    fn held(name: &str, kind: &str, value: &str) -> Held {
        let record = Record::read(name, kind, value, 300);
        Held { id: format!("{name} {kind} {value}"), record, is_proxied: false, comment: None }
    }

    fn ours(name: &str, kind: &str, value: &str) -> Held {
        Held { comment: Some("Postern".to_owned()), ..held(name, kind, value) }
    }

    fn is_ours(held: &Held) -> bool {
        held.comment.is_some()
    }

    fn good() -> Vec<Held> {
        let records = demand();
        records.records().map(|(_, one)| held(&one.name, one.kind(), one.value())).collect()
    }

    fn said(change: &Change) -> String {
        match change {
            Change::Create(record) => format!("+ {record}"),
            Change::Replace { held, by, .. } => format!("{} -> {}", held.record, by.value()),
            Change::Delete(held) => format!("- {}", held.record),
        }
    }

    /// Takes all of a name away from records that are right, adds others, and says what is planned.
    #[track_caller]
    fn check(without: &str, with: &[Held], changes: &[&str], blocked: &[&str]) {
        let mut held = good();
        held.retain(|one| one.record.name != without);
        held.extend_from_slice(with);
        let (planned, in_the_way) = super::changes(&demand(), &held, &is_ours);
        assert_eq!(planned.iter().map(said).collect::<Vec<_>>(), changes);
        assert_eq!(in_the_way.iter().map(|one| one.sentence.as_str()).collect::<Vec<_>>(), blocked);
    }

    const KEY: &str = "s1._domainkey.example.com";
    const PROOF: &str = "+ example.com TXT \"ms-domain-verification=1\"";

    #[test]
    fn nothing_is_changed_when_all_is_there() {
        check("", &[held("example.com", "TXT", "else"), held("example.com", "MX", "10 a.example")], &[], &[]);
        check("_dmarc.example.com", &[held("_dmarc.example.com", "TXT", "v=DMARC1; p=reject")], &[], &[]);
        check("_dmarc.example.com", &[held("_dmarc.example.com", "CNAME", "p.example.net")], &[], &[]);
    }

    #[test]
    fn what_is_missing_is_created() {
        let spf = format!("+ example.com TXT \"{INCLUDE}\"");
        check("example.com", &[], &[PROOF, &spf], &[]);
        check(KEY, &[], &["+ s1._domainkey.example.com CNAME s1.azurecomm.net"], &[]);
        check("_dmarc.example.com", &[], &["+ _dmarc.example.com TXT \"v=DMARC1; p=none\""], &[]);
    }

    #[test]
    fn the_only_spf_record_is_merged() {
        let replaced =
            "example.com TXT \"v=spf1 mx ~all\" -> v=spf1 mx include:spf.protection.outlook.com -all";
        check("example.com", &[held("example.com", "TXT", "v=spf1 mx ~all")], &[PROOF, replaced], &[]);
        let two = [ours("example.com", "TXT", INCLUDE), held("example.com", "TXT", "v=spf1 mx ~all")];
        check("example.com", &two, &[PROOF, replaced, &format!("- example.com TXT \"{INCLUDE}\"")], &[]);
        let foreign =
            [held("example.com", "TXT", "v=spf1 a -all"), held("example.com", "TXT", "v=spf1 mx ~all")];
        check(
            "example.com",
            &foreign,
            &[PROOF],
            &["example.com has 2 SPF records, where one is allowed. Replace all of \
            them by: v=spf1 a mx include:spf.protection.outlook.com -all"],
        );
        check(
            "example.com",
            &[held("example.com", "TXT", "v=spf1 mx,a ~all")],
            &[PROOF],
            &[
                "Receivers cannot use the record that is there: \"mx,a\" is not understood: there is no such mechanism. \
             Mend that first.",
            ],
        );
    }

    #[test]
    fn a_soft_end_stays_when_azure_has_verified() {
        let held = [held("example.com", "TXT", "v=spf1 include:spf.protection.outlook.com ~all")];
        let (changes, _) = changes(&demand().with_soft_end(), &held, &is_ours);
        assert!(!changes.iter().any(|change| matches!(change, Change::Replace { .. })));
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let foreign = "is there, and Postern did not write it. Nothing can stand beside the CNAME to s1.azurecomm.net \
                       that Azure demands: delete it if it is not needed.";
        check(KEY, &[held(KEY, "CNAME", "b.example")], &[], &[&format!("{KEY} CNAME b.example {foreign}")]);
        check(KEY, &[held(KEY, "A", "192.0.2.1")], &[], &[&format!("{KEY} A 192.0.2.1 {foreign}")]);
        check(
            "example.com",
            &[held("example.com", "CNAME", "b.example")],
            &[],
            &[
                "example.com is a CNAME to b.example, and nothing else can stand beside one. Replace it by address records, \
             or verify another domain.",
            ],
        );
        let proxied = Held { is_proxied: true, ..held(KEY, "CNAME", "s1.azurecomm.net") };
        check(
            KEY,
            &[proxied],
            &[],
            &[&format!(
                "The CNAME at {KEY} is right, but proxied, so that nobody sees it. Turn its proxy off."
            )],
        );
    }

    #[test]
    fn what_is_ours_is_mended() {
        check(
            KEY,
            &[ours(KEY, "CNAME", "b.example")],
            &[&format!("{KEY} CNAME b.example -> s1.azurecomm.net")],
            &[],
        );
        let proxied = Held { is_proxied: true, ..ours(KEY, "CNAME", "s1.azurecomm.net") };
        check(KEY, &[proxied], &[&format!("{KEY} CNAME s1.azurecomm.net -> s1.azurecomm.net")], &[]);
        let old =
            [ours("example.com", "TXT", "ms-domain-verification=0"), held("example.com", "TXT", INCLUDE)];
        let wanted = "example.com TXT \"ms-domain-verification=0\" -> ms-domain-verification=1";
        check("example.com", &old, &[wanted], &[]);
    }

    #[test]
    fn what_was_written_is_taken_back() {
        let written = |value: &str, before: Option<&str>| Written {
            zone: "example.com".to_owned(),
            record: Record::txt("example.com", value, 300),
            record_id: String::new(),
            before: before.map(str::to_owned),
        };
        let log = [written("ms-domain-verification=1", None), written(INCLUDE, Some("v=spf1 ~all"))];
        let (changes, left) = undo(&log, &good());
        assert_eq!(
            changes.iter().map(said).collect::<Vec<_>>(),
            [
                format!("example.com TXT \"{INCLUDE}\" -> v=spf1 ~all"),
                "- example.com TXT \"ms-domain-verification=1\"".to_owned(),
            ]
        );
        assert!(left.is_empty() && undo(&log, &[]) == (Vec::new(), Vec::new()));
        let edited = Held { id: "7".to_owned(), ..held("example.com", "TXT", "v=spf1 a mx -all") };
        let log = [Written { record_id: "7".to_owned(), ..written(INCLUDE, Some("v=spf1 ~all")) }];
        let (changes, left) = undo(&log, &[edited]);
        assert!(
            changes.is_empty() && left[0].sentence.contains("was changed by somebody since it was written")
        );
    }
}
