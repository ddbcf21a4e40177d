//! Who has guessed too often: logins and networks that are not let in for a while. Pure.
//!
//! A guess is a login with a password, and counts once, however often it is repeated. It is counted before it is
//! tried ([`LoginGuard::reserve`]), so that no number of guesses at the same moment gets past the limit, and settled
//! when it is known to be right or wrong.
//!
//! A guess counts for its login, its /24 or /64, and a /48 (`network`). A client at a place where its login worked
//! within 30 days (`welcome`) passes the bans of others: for it, only the guesses at that login from that place
//! count, be it one address or its network. An unknown login is counted like a known one, so that a ban tells nobody
//! which logins exist.

mod network;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod welcome;

use std::fmt;
use std::hash::{DefaultHasher, Hasher as _};
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use model::network::shown;

use self::record::{Chance, Seen};
use self::table::Table;
use self::welcome::{Standing, Welcomes};

pub use self::record::Spell;
pub(super) use self::welcome::LIFETIME as WELCOME;

/// Counts wrong guesses, and bans logins and networks for a time.
#[derive(Debug)]
pub struct LoginGuard {
    logins: Table<String>,
    networks: Table<IpNet>,
    /// Logins at places where they are welcome.
    places: Table<(String, IpNet)>,
    welcomes: Welcomes,
}

/// A login with a password, from somewhere.
#[derive(Clone, Debug)]
pub struct Guess {
    /// What the login stands for, as [`login_key`] writes it, or any other text that is the same for the same login.
    pub login: String,
    /// The client's address.
    pub address: IpAddr,
    /// Stands for login and password together, and for what the password is compared with; nobody can tell them
    /// from it.
    pub mark: u64,
}

/// What is banned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Banned {
    /// The login, from wherever it did not work lately.
    Login(String),
    /// The network, for logins that did not work from there lately.
    Network(IpNet),
    /// The login at a place where it worked lately: an address, or its network.
    Place(String, IpNet),
}

/// Something that is banned, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    pub what: Banned,
    /// From when to when, and what for.
    pub spell: Spell,
}

/// Why a guess is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTried {
    /// There were too many wrong ones.
    Banned(Ban),
    /// As many as may be wrong are under way: it can be tried when they are settled.
    Busy,
    /// So many are banned that there is no room to count another.
    Full,
}

/// A guess that is being tried, counted until it is settled.
#[derive(Debug)]
#[must_use = "a guess that is not settled counts for ever"]
pub struct Hold {
    guess: Guess,
    standing: Standing,
    wrong_at: Option<Timestamp>,
}

/// Distinct guesses at one login within the window that bring a ban.
const LOGIN_GUESSES: usize = 10;
/// Logins and networks of which something is known, of each.
const CAPACITY: usize = 50_000;
/// Longest name that is told from another, in bytes; no login of ours is longer.
const MAX_NAME_BYTES: usize = 254;

/// What stands for a login name: devices shout, and nonsense may be long.
#[must_use]
pub fn login_key(name: &str) -> String {
    let mut end = name.len().min(MAX_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_ascii_lowercase()
}

impl Default for LoginGuard {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl LoginGuard {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            logins: Table::new(capacity),
            networks: Table::new(capacity),
            places: Table::new(capacity),
            welcomes: Welcomes::default(),
        }
    }

    /// Counts a guess before it is tried.
    ///
    /// # Errors
    /// When it may not be tried.
    pub fn reserve(&mut self, guess: Guess, now: Timestamp) -> Result<Hold, NotTried> {
        let Guess { login, address, mark } = &guess;
        let standing = self.welcomes.standing(login, *address, now);
        if let Some(place) = standing.place(*address) {
            let key = (login.clone(), place);
            let record = self.places.record(&key, now).ok_or(NotTried::Full)?;
            allow(record.chance(*mark, LOGIN_GUESSES, now), || Banned::Place(login.clone(), place))?;
            record.begin(*mark);
            let wrong_at = record.wrong_at(*mark);
            return Ok(Hold { guess, standing, wrong_at });
        }
        // Nothing is counted anywhere before all have allowed it.
        for (network, limit) in network::counted(*address) {
            let record = self.networks.record(&network, now).ok_or(NotTried::Full)?;
            allow(record.chance(*mark, limit, now), || Banned::Network(network))?;
        }
        let record = self.logins.record(login, now).ok_or(NotTried::Full)?;
        allow(record.chance(*mark, LOGIN_GUESSES, now), || Banned::Login(login.clone()))?;
        record.begin(*mark);
        let wrong_at = record.wrong_at(*mark);
        for (network, _) in network::counted(*address) {
            // An empty record may have made room for its neighbour; one with a guess under way stays.
            if let Some(record) = self.networks.record(&network, now) {
                record.begin(*mark);
            }
        }
        Ok(Hold { guess, standing, wrong_at })
    }

    /// The guess was wrong. Says what is banned for it.
    pub fn wrong(&mut self, hold: Hold, now: Timestamp) -> Vec<Ban> {
        self.end(&hold);
        let Hold { guess: Guess { login, address, mark }, standing, .. } = hold;
        let mut bans = Vec::new();
        for (network, limit) in network::counted(address) {
            let record = self.networks.record(&network, now);
            let seen = Seen { mark, other: hash(&login) };
            let spell = record.and_then(|record| record.wrong(seen, limit, now));
            bans.extend(spell.map(|spell| Ban { what: Banned::Network(network), spell }));
        }
        let seen = Seen { mark, other: hash(&network::near(address)) };
        let (what, record) = match standing.place(address) {
            Some(place) => {
                let key = (login.clone(), place);
                (Banned::Place(login, place), self.places.record(&key, now))
            }
            None => (Banned::Login(login.clone()), self.logins.record(&login, now)),
        };
        let spell = record.and_then(|record| record.wrong(seen, LOGIN_GUESSES, now));
        bans.extend(spell.map(|spell| Ban { what, spell }));
        bans
    }

    /// The guess was right: it is given back, and the login is welcome there. Says whether that is worth storing.
    pub fn right(&mut self, hold: &Hold, now: Timestamp) -> bool {
        self.end(hold);
        self.welcomes.add(&hold.guess.login, hold.guess.address, now)
    }

    /// Whether the guess was right could not be learnt, through no fault of the client's: it is given back.
    pub fn untried(&mut self, hold: &Hold) {
        self.end(hold);
    }

    /// Remembers a success of an earlier process.
    pub fn welcome(&mut self, login: &str, address: IpAddr, at: Timestamp) {
        self.welcomes.add(login, address, at);
    }

    /// Forgets where a login worked.
    pub fn unwelcome(&mut self, login: &str) {
        self.welcomes.forget(login);
    }

    /// Whether some login worked in the network of an address lately.
    #[must_use]
    pub fn knows(&self, address: IpAddr) -> bool {
        self.welcomes.knows(address)
    }

    /// Forgets successes that are too old to count.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.welcomes.forget_old(now);
    }

    /// All bans in force, the latest first.
    #[must_use]
    pub fn bans(&self, now: Timestamp) -> Vec<Ban> {
        let logins = self.logins.bans(now).map(|(login, spell)| (Banned::Login(login.clone()), spell));
        let networks = self.networks.bans(now).map(|(network, spell)| (Banned::Network(*network), spell));
        let places = self.places.bans(now);
        let places = places.map(|((login, place), spell)| (Banned::Place(login.clone(), *place), spell));
        let all = logins.chain(networks).chain(places);
        let mut bans: Vec<Ban> = all.map(|(what, spell)| Ban { what, spell }).collect();
        bans.sort_by_key(|ban| std::cmp::Reverse(ban.spell.since));
        bans
    }

    /// Forgets the wrong guesses at a login, wherever they came from; gives the bans that this lifts.
    pub fn lift_login(&mut self, login: &str, now: Timestamp) -> Vec<Ban> {
        let lifted = self.logins.forgive(|key| key == login, now).into_iter();
        let places = self.places.forgive(|(key, _)| key == login, now).into_iter();
        let lifted = lifted.map(|(login, spell)| Ban { what: Banned::Login(login), spell });
        let places = places.map(|((login, place), spell)| Ban { what: Banned::Place(login, place), spell });
        lifted.chain(places).collect()
    }

    /// Forgets the wrong guesses from a network, from those that it is part of and those that are part of it; gives
    /// the bans that this lifts.
    pub fn lift_network(&mut self, network: IpNet, now: Timestamp) -> Vec<Ban> {
        let meets = |other: &IpNet| other.contains(&network) || network.contains(other);
        let lifted = self.networks.forgive(meets, now).into_iter();
        lifted.map(|(network, spell)| Ban { what: Banned::Network(network), spell }).collect()
    }

    fn end(&mut self, hold: &Hold) {
        let Guess { login, address, mark } = &hold.guess;
        if let Some(place) = hold.standing.place(*address) {
            if let Some(record) = self.places.known(&(login.clone(), place)) {
                record.end(*mark);
            }
            return;
        }
        if let Some(record) = self.logins.known(login) {
            record.end(*mark);
        }
        for (network, _) in network::counted(*address) {
            if let Some(record) = self.networks.known(&network) {
                record.end(*mark);
            }
        }
    }
}

impl fmt::Display for Banned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(_) => f.write_str("the login is locked"),
            Self::Place(_, place) => write!(f, "the login is locked for {}", shown(*place)),
            Self::Network(network) => write!(f, "the network {network} is locked"),
        }
    }
}

impl Hold {
    /// What is being tried.
    #[must_use]
    pub fn guess(&self) -> &Guess {
        &self.guess
    }

    /// Whether it is tried where the login worked lately.
    #[must_use]
    pub fn is_at_home(&self) -> bool {
        self.standing != Standing::Stranger
    }

    /// When the same guess was found wrong, if that was within the window: a caller that can be sure that it still is need
    /// not try it.
    #[must_use]
    pub fn wrong_at(&self) -> Option<Timestamp> {
        self.wrong_at
    }
}

fn allow(chance: Chance, what: impl Fn() -> Banned) -> Result<(), NotTried> {
    match chance {
        Chance::Free => Ok(()),
        Chance::Busy => Err(NotTried::Busy),
        Chance::Banned(spell) => Err(NotTried::Banned(Ban { what: what(), spell })),
    }
}

/// Tells one from another well enough to count them.
fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
