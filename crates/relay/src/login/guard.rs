//! Who has failed too often: logins and networks that are not let in for a while. Pure.
//!
//! An unknown login is counted like a known one, so that a ban tells nobody which logins exist. A network
//! from which a login was used with success is not kept out by somebody else's guesses at that login.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

/// Counts failures.
#[derive(Debug, Default)]
pub struct LoginGuard {
    logins: HashMap<String, Record>,
    networks: HashMap<IpAddr, Record>,
    welcome: HashMap<(String, IpAddr), Timestamp>,
    welcome_networks: HashMap<IpAddr, Timestamp>,
}

/// What is banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Banned {
    /// The login.
    Login,
    /// The network.
    Network,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    failures: u32,
    since: Timestamp,
    banned_until: Timestamp,
    bans: u32,
}

/// Failures of one login within [`WINDOW`] that bring a ban.
const LOGIN_FAILURES: u32 = 10;
/// Failures from one network; several devices may be wrong at once.
const NETWORK_FAILURES: u32 = 30;
const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// The first ban. Each further one within a day is twice as long.
const BAN: SignedDuration = SignedDuration::from_mins(10);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Entries of each kind; beyond that the oldest go.
const CAPACITY: usize = 50_000;

impl LoginGuard {
    /// Whether a login may be tried from there.
    ///
    /// # Errors
    /// When it may not, what it is that is banned.
    pub fn check(&mut self, login: &str, address: IpAddr, now: Timestamp) -> Result<(), Banned> {
        let network = network(address);
        if self.networks.get(&network).is_some_and(|record| record.banned_until > now) {
            return Err(Banned::Network);
        }
        let key = login.to_ascii_lowercase();
        let banned = self.logins.get(&key).is_some_and(|record| record.banned_until > now);
        let is_welcome = || self.welcome.get(&(key.clone(), network)).is_some_and(|until| *until > now);
        if banned && !is_welcome() { Err(Banned::Login) } else { Ok(()) }
    }

    /// Notes that a login failed. Says what that brought about.
    pub fn failed(&mut self, login: &str, address: IpAddr, now: Timestamp) -> Option<Banned> {
        let (login, network) = (login.to_ascii_lowercase(), network(address));
        make_room(&mut self.logins, now);
        make_room(&mut self.networks, now);
        let network_banned =
            self.networks.entry(network).or_insert(Record::new(now)).fail(now, NETWORK_FAILURES);
        let login_banned = self.logins.entry(login).or_insert(Record::new(now)).fail(now, LOGIN_FAILURES);
        match (network_banned, login_banned) {
            (true, _) => Some(Banned::Network),
            (false, true) => Some(Banned::Login),
            (false, false) => None,
        }
    }

    /// Notes that a login succeeded.
    pub fn succeeded(&mut self, login: &str, address: IpAddr, now: Timestamp) {
        let (login, network) = (login.to_ascii_lowercase(), network(address));
        if let Some(record) = self.logins.get_mut(&login) {
            record.failures = 0;
        }
        if self.welcome.len() >= CAPACITY {
            self.welcome.retain(|_, until| *until > now);
        }
        let until = now.saturating_add(DAY).unwrap_or(Timestamp::MAX);
        if self.welcome.len() < CAPACITY {
            self.welcome.insert((login, network), until);
        }
        if self.welcome_networks.len() >= CAPACITY {
            self.welcome_networks.retain(|_, until| *until > now);
        }
        if self.welcome_networks.len() < CAPACITY {
            self.welcome_networks.insert(network, until);
        }
    }

    /// Whether some login succeeded from there lately.
    #[must_use]
    pub fn knows(&self, address: IpAddr, now: Timestamp) -> bool {
        self.welcome_networks.get(&network(address)).is_some_and(|until| *until > now)
    }
}

impl Record {
    fn new(now: Timestamp) -> Self {
        Self { failures: 0, since: now, banned_until: Timestamp::MIN, bans: 0 }
    }

    /// Counts a failure; says whether it brought a ban.
    fn fail(&mut self, now: Timestamp, limit: u32) -> bool {
        if now.duration_since(self.since) > DAY {
            *self = Self::new(now);
        } else if now.duration_since(self.since) > WINDOW {
            (self.failures, self.since) = (0, now);
        }
        self.failures += 1;
        if self.failures < limit {
            return false;
        }
        let length = BAN.checked_mul(1 << self.bans.min(7)).unwrap_or(DAY).min(DAY);
        self.banned_until = now.saturating_add(length).unwrap_or(Timestamp::MAX);
        self.bans += 1;
        self.failures = 0;
        true
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.banned_until <= now && now.duration_since(self.since) > WINDOW
    }
}

fn make_room<K: Eq + std::hash::Hash>(records: &mut HashMap<K, Record>, now: Timestamp) {
    if records.len() >= CAPACITY {
        records.retain(|_, record| !record.is_over(now));
    }
    if records.len() >= CAPACITY {
        // Under attack from everywhere: bans stay, and who has failed a few times is forgiven.
        records.retain(|_, record| record.banned_until > now);
    }
    if records.len() >= CAPACITY {
        records.clear();
    }
}

/// A /24 or a /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn fail(guard: &mut LoginGuard, times: u32, login: &str, address: &str, second: i64) -> Option<Banned> {
        (0..times).map(|_| guard.failed(login, address.parse().unwrap(), at(second))).last().flatten()
    }

    fn check(guard: &mut LoginGuard, login: &str, address: &str, second: i64) -> Result<(), Banned> {
        guard.check(login, address.parse().unwrap(), at(second))
    }

    #[test]
    fn a_login_is_banned_wherever_it_is_tried_from() {
        let mut guard = LoginGuard::default();
        assert_eq!(fail(&mut guard, 9, "scanner1", "192.0.2.1", 0), None);
        assert_eq!(fail(&mut guard, 1, "Scanner1", "203.0.113.1", 0), Some(Banned::Login));
        assert_eq!(check(&mut guard, "SCANNER1", "198.51.100.1", 599), Err(Banned::Login));
        assert_eq!(check(&mut guard, "scanner2", "198.51.100.1", 599), Ok(()));
        assert_eq!(check(&mut guard, "scanner1", "198.51.100.1", 600), Ok(()));
    }

    #[test]
    fn a_device_that_works_is_not_kept_out_by_others() {
        let mut guard = LoginGuard::default();
        guard.succeeded("scanner1", "10.0.0.5".parse().unwrap(), at(0));
        fail(&mut guard, 10, "scanner1", "203.0.113.1", 10);
        assert_eq!(check(&mut guard, "scanner1", "203.0.113.1", 20), Err(Banned::Login));
        assert_eq!(check(&mut guard, "scanner1", "10.0.0.9", 20), Ok(()));
    }

    #[test]
    fn a_network_is_known_by_a_login_that_succeeded_there() {
        let mut guard = LoginGuard::default();
        fail(&mut guard, 1, "scanner1", "10.0.0.5", 0);
        let knows =
            |guard: &LoginGuard, address: &str, second| guard.knows(address.parse().unwrap(), at(second));
        assert!(!knows(&guard, "10.0.0.5", 0));
        guard.succeeded("scanner1", "10.0.0.5".parse().unwrap(), at(0));
        assert!(knows(&guard, "::ffff:10.0.0.77", 86_399));
        assert!(!knows(&guard, "10.0.1.5", 1) && !knows(&guard, "10.0.0.5", 86_400));
    }

    #[test]
    fn a_network_is_banned_for_guessing_many_logins() {
        let mut guard = LoginGuard::default();
        for n in 0..30 {
            fail(&mut guard, 1, &format!("user{n}"), &format!("2001:db8::{n:x}"), n);
        }
        assert_eq!(check(&mut guard, "other", "2001:db8::ffff", 40), Err(Banned::Network));
        assert_eq!(check(&mut guard, "other", "2001:db8:0:1::1", 40), Ok(()));
    }

    #[test]
    fn a_second_ban_is_longer_and_slow_failures_bring_none() {
        let mut guard = LoginGuard::default();
        fail(&mut guard, 10, "a", "192.0.2.1", 0);
        fail(&mut guard, 10, "a", "192.0.2.1", 601);
        assert_eq!(check(&mut guard, "a", "192.0.2.1", 601 + 1_199), Err(Banned::Login));
        assert_eq!(check(&mut guard, "a", "192.0.2.1", 601 + 1_200), Ok(()));
        for n in 0..50 {
            assert_eq!(fail(&mut guard, 1, "slow", "198.51.100.1", n * 120), None);
        }
    }
}
