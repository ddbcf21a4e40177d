//! What is known of one login or network: distinct wrong guesses, guesses under way, and the ban.

use jiff::{SignedDuration, Timestamp};

/// One login's or network's guesses. A guess is a login with a password, known here by a mark alone: the same guess
/// again is no second guess.
#[derive(Debug, Default)]
pub(super) struct Record {
    wrong: Vec<Wrong>,
    under_way: Vec<UnderWay>,
    ban: Option<Spell>,
    /// Bans within the last day, each twice as long as the one before.
    bans: u32,
    /// The last wrong guess, or the end of the last ban.
    last: Timestamp,
}

/// From when to when something is banned, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    pub since: Timestamp,
    pub until: Timestamp,
    /// Distinct wrong guesses that brought it.
    pub guesses: usize,
    /// At how many logins, for a network; from how many networks, for a login.
    pub breadth: usize,
}

/// Whether one more guess may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chance {
    Free,
    /// Not before those that are under way are known to be right or wrong.
    Busy,
    /// Not during a ban.
    Banned(Spell),
}

/// A wrong guess as one record sees it.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) mark: u64,
    /// The other side: the network of a login's guess, the login of a network's.
    pub(super) other: u64,
}

#[derive(Clone, Copy, Debug)]
struct Wrong {
    mark: u64,
    /// The other side: the network of a login's guess, the login of a network's.
    other: u64,
    at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    mark: u64,
    sessions: usize,
}

/// How long a wrong guess counts.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// The first ban. Each further one within a day is twice as long.
const BAN: SignedDuration = SignedDuration::from_mins(10);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Ten minutes doubled so often are 21 hours.
const MAX_DOUBLINGS: u32 = 7;

impl Record {
    /// Whether a guess may be tried where `limit` distinct ones bring a ban.
    pub(super) fn chance(&mut self, mark: u64, limit: usize, now: Timestamp) -> Chance {
        self.forget(now);
        if let Some(spell) = self.ban {
            return Chance::Banned(spell);
        }
        if self.was_wrong(mark) || self.under_way.iter().any(|one| one.mark == mark) {
            return Chance::Free;
        }
        let open = self.under_way.iter().filter(|one| !self.was_wrong(one.mark)).count();
        if self.wrong.len() + open < limit { Chance::Free } else { Chance::Busy }
    }

    /// When that guess was found wrong, the last time.
    pub(super) fn wrong_at(&self, mark: u64) -> Option<Timestamp> {
        self.wrong.iter().find(|wrong| wrong.mark == mark).map(|wrong| wrong.at)
    }

    fn was_wrong(&self, mark: u64) -> bool {
        self.wrong_at(mark).is_some()
    }

    /// A guess begins.
    pub(super) fn begin(&mut self, mark: u64) {
        match self.under_way.iter_mut().find(|one| one.mark == mark) {
            Some(one) => one.sessions += 1,
            None => self.under_way.push(UnderWay { mark, sessions: 1 }),
        }
    }

    /// A guess has ended, whatever came of it.
    pub(super) fn end(&mut self, mark: u64) {
        if let Some(index) = self.under_way.iter().position(|one| one.mark == mark) {
            self.under_way[index].sessions -= 1;
            if self.under_way[index].sessions == 0 {
                self.under_way.swap_remove(index);
            }
        }
    }

    /// A guess was wrong. Gives the ban that this brought.
    pub(super) fn wrong(&mut self, seen: Seen, limit: usize, now: Timestamp) -> Option<Spell> {
        let Seen { mark, other } = seen;
        self.forget(now);
        self.last = self.last.max(now);
        if self.ban.is_some() {
            return None;
        }
        match self.wrong.iter_mut().find(|wrong| wrong.mark == mark) {
            Some(wrong) => wrong.at = now,
            None => self.wrong.push(Wrong { mark, other, at: now }),
        }
        if self.wrong.len() < limit {
            return None;
        }
        let mut others: Vec<u64> = self.wrong.iter().map(|wrong| wrong.other).collect();
        others.sort_unstable();
        others.dedup();
        let length = BAN.checked_mul(1 << self.bans.min(MAX_DOUBLINGS)).unwrap_or(DAY);
        // Whole seconds are what people read.
        let since = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let until = clock::after(since, length);
        let spell = Spell { since, until, guesses: self.wrong.len(), breadth: others.len() };
        (self.ban, self.last) = (Some(spell), until);
        self.bans += 1;
        self.wrong = Vec::new();
        Some(spell)
    }

    /// Forgets wrong guesses and bans, as an operator says; guesses under way stay counted. Gives the ban.
    pub(super) fn forgive(&mut self) -> Option<Spell> {
        (self.wrong, self.bans) = (Vec::new(), 0);
        self.ban.take()
    }

    /// The ban that is in force.
    pub(super) fn ban(&self, now: Timestamp) -> Option<Spell> {
        self.ban.filter(|spell| spell.until > now)
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let age = if self.bans > 0 { DAY } else { WINDOW };
        self.under_way.is_empty() && self.ban(now).is_none() && now.duration_since(self.last) > age
    }

    /// What has to be kept longest comes last; `None` must be kept.
    pub(super) fn worth(&self, now: Timestamp) -> Option<(u32, usize, Timestamp)> {
        let must_stay = !self.under_way.is_empty() || self.ban(now).is_some();
        (!must_stay).then_some((self.bans, self.wrong.len(), self.last))
    }

    fn forget(&mut self, now: Timestamp) {
        self.wrong.retain(|wrong| now.duration_since(wrong.at) < WINDOW);
        self.ban = self.ban(now);
        if self.ban.is_none() && now.duration_since(self.last) > DAY {
            self.bans = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn bans_double_up_to_21_hours_and_a_quiet_day_ends_that() {
        let mut record = Record::default();
        let mut now = 0;
        for minutes in [10, 20, 40, 80, 160, 320, 640, 1_280, 1_280] {
            let spell = (0..3).find_map(|mark| record.wrong(Seen { mark, other: 7 }, 3, at(now))).unwrap();
            assert_eq!(spell.until, at(now + minutes * 60));
            assert_eq!((spell.guesses, spell.breadth), (3, 1));
            assert!(matches!(record.chance(9, 3, at(now + minutes * 60 - 1)), Chance::Banned(_)));
            now += minutes * 60;
            assert_eq!(record.chance(9, 3, at(now)), Chance::Free);
        }
        now += 86_401;
        let spell = (0..3).find_map(|mark| record.wrong(Seen { mark, other: 7 }, 3, at(now))).unwrap();
        assert_eq!(spell.until, at(now + 600));
    }

    #[test]
    fn wrong_guesses_count_for_ten_minutes_each() {
        let mut record = Record::default();
        for n in 0..50 {
            assert_eq!(record.wrong(Seen { mark: n, other: 0 }, 10, at(n as i64 * 67)), None, "{n}");
        }
        for n in 50..60 {
            record.wrong(Seen { mark: n, other: 0 }, 10, at(49 * 67));
        }
        assert!(record.ban(at(49 * 67)).is_some(), "a window that slides forgets none too early");
    }

    #[test]
    fn a_guess_under_way_holds_its_place_whoever_repeats_it() {
        let mut record = Record::default();
        assert_eq!(record.wrong(Seen { mark: 1, other: 0 }, 3, at(0)), None);
        for mark in [1, 2, 2, 3] {
            assert_eq!(record.chance(mark, 3, at(0)), Chance::Free, "{mark}");
            record.begin(mark);
        }
        assert_eq!(record.chance(4, 3, at(0)), Chance::Busy);
        record.end(2);
        assert_eq!(record.chance(4, 3, at(0)), Chance::Busy, "another session still tries it");
        record.end(2);
        assert_eq!(record.chance(4, 3, at(0)), Chance::Free);
        assert!(record.worth(at(0)).is_none(), "what is under way is not forgotten");
    }
}
