//! What has to be written so that a comparison passes.

use super::{Blocked, Change, Held};
use crate::required::{Part, Required};
use dns_records::record::Record;
use dns_records::spf;

/// What has to be written so that [`preflight`](crate::preflight::preflight) passes, and what cannot be. Nothing if
/// all is there. A record that is not `ours` is left alone, except that the domain's only SPF record is replaced by
/// one that permits more; `held` are the records at the names of the requirement. What a merged SPF record makes receivers
/// look up is not known here: where the comparison says `spf.too_many_lookups`, its replacement would break mail that
/// arrives today.
#[must_use]
pub fn changes(
    required: &Required,
    held: &[Held],
    ours: &dyn Fn(&Held) -> bool,
) -> (Vec<Change>, Vec<Blocked>) {
    let mut plan = Plan { required, held, ours, changes: Vec::new(), blocked: Vec::new() };
    for (part, wanted) in required.records() {
        match part {
            Part::Domain => plan.ownership(wanted),
            Part::Spf => plan.spf(wanted),
            Part::Dkim | Part::Dkim2 => plan.key(wanted),
            Part::Dmarc => plan.policy(wanted),
            Part::Zone | Part::Mx => {}
        }
    }
    super::ttl::unify(&mut plan.changes, held);
    (plan.changes, plan.blocked)
}

struct Plan<'a> {
    required: &'a Required,
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

    fn block(&mut self, name: &str, held: Vec<Held>, message: String) {
        let blocked = Blocked { name: name.to_owned(), held, message };
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
            let message = format!(
                "{name} is a CNAME to {}, and nothing else can stand beside one. Replace it by address records, or \
                 verify another domain.",
                cname.record.value()
            );
            self.block(name, foreign, message);
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
        let Some(include) = self.required.include().filter(|_| self.is_free_of_cname(name)) else { return };
        let is_spf = |held: &Held| held.record.text().is_some_and(spf::is_spf);
        let mut records: Vec<Held> = self.at(name).into_iter().filter(is_spf).collect();
        // What is not ours is what is replaced.
        records.sort_by_key(|held| (self.ours)(held));
        let texts: Vec<&str> = records.iter().filter_map(|held| held.record.text()).collect();
        let merge = spf::merged(&texts, include, self.required.spf_end());
        let Some((first, others)) = records.split_first() else {
            self.change(Change::Create(wanted.clone()));
            return;
        };
        if let Some(invalid) = merge.invalid.first() {
            self.block(name, records.clone(), invalid.clone());
        } else if others.iter().any(|other| !(self.ours)(other)) {
            let message = format!(
                "{name} has {} SPF records, where one is allowed, and Postern does not take away records of others. \
                 Replace all of them by: {}",
                texts.len(),
                merge.text
            );
            self.block(name, records.clone(), message);
        } else {
            // The same text goes first: a name has it once, so that taking it away last would take both.
            let (same, others): (Vec<&Held>, Vec<&Held>) =
                others.iter().partition(|other| other.record.value() == merge.text);
            same.into_iter().for_each(|other| self.change(Change::Delete(other.clone())));
            if merge.text != first.record.value() {
                let by = Record::txt(name, &merge.text, first.record.ttl);
                self.replace(first, by, merge.changes.join(" "));
            }
            others.into_iter().for_each(|other| self.change(Change::Delete(other.clone())));
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
            let message = if in_the_way.record.says_the_same(wanted) {
                format!(
                    "The CNAME at {name} is right, but proxied, so that nobody sees it. Turn its proxy off."
                )
            } else {
                format!(
                    "{} is there, and Postern did not write it. Nothing can stand beside the CNAME to {} that Azure \
                     requires: delete it if it is not needed.",
                    in_the_way.record,
                    wanted.value()
                )
            };
            self.block(name, foreign.into_iter().cloned().collect(), message);
            return;
        }
        match ours.split_first() {
            None => self.change(Change::Create(wanted.clone())),
            Some((first, others)) => {
                others.iter().for_each(|other| self.change(Change::Delete((*other).clone())));
                self.replace(first, wanted.clone(), "It is not what Azure requires now.");
            }
        }
    }

    /// A domain that has a policy keeps it: any will do.
    fn policy(&mut self, wanted: &Record) {
        let is_one = |held: &Held| {
            held.record.target().is_some() || held.record.text().is_some_and(dns_records::dmarc::is_dmarc)
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
