//! The last refusals. Pure.
//!
//! Refusals of a kind within an hour are one with a count. Credentials and strangers have a thousand each, so that no
//! flood from outside pushes out what a device was refused. Where there is no room, the credential or network that has
//! most gives up its oldest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::SignedDuration;
use model::refused::Refused;
use store::RefusalChanges;

use super::origin::Origin;

#[derive(Debug, Default)]
pub(super) struct Shelves {
    credentials: Shelf,
    strangers: Shelf,
    last_number: u64,
    /// The last number that the store has been told of.
    told: u64,
    /// Numbers of rows that the store does not know as they are.
    changed: BTreeSet<u64>,
    /// Numbers that only the store still knows.
    forgotten: Vec<u64>,
}

/// Rows in the order of their last refusal, and what finds them however many come.
#[derive(Debug, Default)]
struct Shelf {
    /// By turn: the oldest first.
    rows: BTreeMap<u64, Row>,
    last_turn: u64,
    /// The last row of each kind.
    by_kind: HashMap<Kind, u64>,
    by_origin: HashMap<Origin, BTreeSet<u64>>,
    /// Those of a login, proved or claimed, in lower case.
    by_login: HashMap<String, BTreeSet<u64>>,
    /// How many rows each origin has.
    sizes: BTreeSet<(usize, Origin)>,
}

#[derive(Debug)]
struct Row {
    number: u64,
    kind: Kind,
    refused: Refused,
}

/// Refusals of a kind have one reply: of a credential's, those of one message or of none; of strangers', those from one
/// network with one login.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    origin: Origin,
    reply: String,
    about: [Option<String>; 3],
}

/// Rows of a shelf.
pub(super) const CAPACITY: usize = 1_000;
/// Two refusals of a kind are one if they are no farther apart.
const SAME: SignedDuration = SignedDuration::from_hours(1);
/// Characters of a foreign text that are kept.
const TEXT: usize = 400;

impl Shelves {
    /// Takes up what was written down, the oldest first.
    pub(super) fn load(&mut self, known: Vec<(u64, Refused)>) {
        for (number, refused) in known {
            self.last_number = self.last_number.max(number);
            self.told = self.last_number;
            self.place(number, refused);
        }
    }

    pub(super) fn note(&mut self, refused: Refused) {
        let refused = shortened(refused);
        let shelf = self.shelf(&Origin::of(&refused));
        if let Some(number) = shelf.repeat(&refused) {
            self.changed.insert(number);
            return;
        }
        self.last_number += 1;
        self.changed.insert(self.last_number);
        self.place(self.last_number, refused);
    }

    fn place(&mut self, number: u64, refused: Refused) {
        let kind = Kind::of(&refused);
        if let Some(forgotten) = self.shelf(&kind.origin.clone()).place(Row { number, kind, refused }) {
            self.changed.remove(&forgotten);
            if forgotten <= self.told {
                self.forgotten.push(forgotten);
            }
        }
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.credentials.rows.values().chain(self.strangers.rows.values())
    }

    fn shelf(&mut self, origin: &Origin) -> &mut Shelf {
        if origin.is_stranger() { &mut self.strangers } else { &mut self.credentials }
    }

    /// The last one of a login, proved or claimed.
    pub(super) fn last_of(&self, login: &str) -> Option<&Refused> {
        let login = login.to_ascii_lowercase();
        let last = [&self.credentials, &self.strangers].map(|shelf| shelf.last_of(&login));
        last.into_iter().flatten().max_by_key(|refused| refused.at)
    }

    /// Those that are wanted, in no order.
    pub(super) fn all_that(&self, is_wanted: impl Fn(&Refused) -> bool) -> Vec<Refused> {
        self.rows().map(|row| &row.refused).filter(|refused| is_wanted(refused)).cloned().collect()
    }

    pub(super) fn newest_first(&self) -> Vec<Refused> {
        let mut all = self.all_that(|_| true);
        all.sort_by_key(|refused| refused.at);
        all.reverse();
        all
    }

    /// What the store does not know yet.
    pub(super) fn take_changes(&mut self) -> RefusalChanges {
        let changed = std::mem::take(&mut self.changed);
        self.told = self.last_number;
        let is_changed = |row: &&Row| changed.contains(&row.number);
        let kept = self.rows().filter(is_changed).map(|row| (row.number, row.refused.clone())).collect();
        RefusalChanges { kept, forgotten: std::mem::take(&mut self.forgotten) }
    }

    /// The store did not take these.
    pub(super) fn put_back(&mut self, changed: Vec<u64>, forgotten: Vec<u64>) {
        self.changed.extend(changed);
        self.forgotten.extend(forgotten);
        // A store that could not be written for long gets the newest; the others fall out when they are loaded.
        let surplus = self.forgotten.len().saturating_sub(CAPACITY);
        self.forgotten.drain(..surplus);
        let there: BTreeSet<u64> = self.rows().map(|row| row.number).collect();
        self.changed.retain(|number| there.contains(number));
    }
}

impl Shelf {
    fn last_of(&self, login: &str) -> Option<&Refused> {
        let turn = self.by_login.get(login)?.last()?;
        self.rows.get(turn).map(|row| &row.refused)
    }

    /// Counts a refusal of a kind that is there; gives the number of its row.
    fn repeat(&mut self, refused: &Refused) -> Option<u64> {
        let kind = Kind::of(refused);
        let turn = *self.by_kind.get(&kind)?;
        let known = &self.rows.get(&turn)?.refused;
        if refused.at.duration_since(known.at) > SAME {
            return None;
        }
        let refused = Refused { since: known.since, count: known.count + 1, ..refused.clone() };
        let number = self.take(turn)?.number;
        self.put(Row { number, kind, refused });
        Some(number)
    }

    /// Adds a row; gives the number of the one that had to go.
    fn place(&mut self, row: Row) -> Option<u64> {
        self.put(row);
        if self.rows.len() <= CAPACITY {
            return None;
        }
        let turn = match self.sizes.last() {
            Some((2.., origin)) => *self.by_origin.get(origin)?.first()?,
            _ => *self.rows.keys().next()?,
        };
        self.take(turn).map(|row| row.number)
    }

    fn put(&mut self, row: Row) {
        self.last_turn += 1;
        self.by_kind.insert(row.kind.clone(), self.last_turn);
        let (origin, turn) = (row.kind.origin.clone(), self.last_turn);
        self.resize(origin, |turns| turns.insert(turn));
        for login in logins(&row.refused) {
            self.by_login.entry(login).or_default().insert(turn);
        }
        self.rows.insert(self.last_turn, row);
    }

    fn take(&mut self, turn: u64) -> Option<Row> {
        let row = self.rows.remove(&turn)?;
        if self.by_kind.get(&row.kind) == Some(&turn) {
            self.by_kind.remove(&row.kind);
        }
        self.resize(row.kind.origin.clone(), |turns| turns.remove(&turn));
        for login in logins(&row.refused) {
            let Some(turns) = self.by_login.get_mut(&login) else { continue };
            turns.remove(&turn);
            if turns.is_empty() {
                self.by_login.remove(&login);
            }
        }
        Some(row)
    }

    fn resize(&mut self, origin: Origin, change: impl FnOnce(&mut BTreeSet<u64>) -> bool) {
        let turns = self.by_origin.entry(origin.clone()).or_default();
        let before = turns.len();
        change(turns);
        let after = turns.len();
        if after == 0 {
            self.by_origin.remove(&origin);
        }
        self.sizes.remove(&(before, origin.clone()));
        if after > 0 {
            self.sizes.insert((after, origin));
        }
    }
}

impl Kind {
    fn of(refused: &Refused) -> Self {
        let origin = Origin::of(refused);
        let about = if origin.is_stranger() {
            [refused.login.as_ref().map(|login| login.to_ascii_lowercase()), None, None]
        } else {
            [Some(refused.peer.to_string()), refused.message_id.clone(), refused.sender.clone()]
        };
        Self { origin, reply: refused.reply.clone(), about }
    }
}

/// The logins that a refusal is about, in lower case.
fn logins(refused: &Refused) -> BTreeSet<String> {
    [&refused.credential, &refused.login]
        .into_iter()
        .flatten()
        .map(|login| login.to_ascii_lowercase())
        .collect()
}

fn shortened(refused: Refused) -> Refused {
    let text = |text: String| match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    };
    Refused {
        login: refused.login.map(text),
        sender: refused.sender.map(text),
        reply: text(refused.reply),
        reason: refused.reason.map(text),
        ..refused
    }
}
