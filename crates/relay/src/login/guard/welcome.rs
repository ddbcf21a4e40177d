//! Where logins were used with success: such places are not kept out by other people's guesses.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::network;

/// Successful logins of the last 30 days.
#[derive(Debug, Default)]
pub(super) struct Welcomes {
    logins: HashMap<String, Vec<KnownAddress>>,
    /// In how many places of each network logins worked.
    networks: HashMap<IpNet, usize>,
}

#[derive(Clone, Copy, Debug)]
struct KnownAddress {
    address: IpAddr,
    at: Timestamp,
}

/// How a client stands to a login that it tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The login worked from this very address.
    Own,
    /// It worked from an address of the same network.
    Near,
    Stranger,
}

/// How long a success is remembered.
pub(in crate::login) const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A success is worth storing again when the last one that is stored is so old.
const REFRESH: SignedDuration = SignedDuration::from_hours(24);
/// Addresses of one login; a client with a new address each day (RFC 8981) has no more of them.
const ADDRESSES: usize = 64;

impl Welcomes {
    pub(super) fn standing(&self, login: &str, address: IpAddr, now: Timestamp) -> Standing {
        let address = address.to_canonical();
        let valid = |place: &&KnownAddress| now.duration_since(place.at) < LIFETIME;
        let places = || self.logins.get(login).into_iter().flatten().filter(valid);
        if places().any(|place| place.address == address) {
            return Standing::Own;
        }
        let near = network::near(address);
        if places().any(|place| near.contains(&place.address)) { Standing::Near } else { Standing::Stranger }
    }

    /// Whether some login worked in the network of an address.
    pub(super) fn knows(&self, address: IpAddr) -> bool {
        self.networks.contains_key(&network::near(address))
    }

    /// Remembers a success; says whether it is worth storing.
    pub(super) fn add(&mut self, login: &str, address: IpAddr, now: Timestamp) -> bool {
        let address = address.to_canonical();
        let places = self.logins.entry(login.to_owned()).or_default();
        if let Some(place) = places.iter_mut().find(|place| place.address == address) {
            let is_old = now.duration_since(place.at) >= REFRESH;
            if is_old {
                place.at = now;
            }
            return is_old;
        }
        let oldest = (0..places.len()).min_by_key(|index| places[*index].at);
        let dropped = oldest.filter(|_| places.len() >= ADDRESSES).map(|oldest| places.swap_remove(oldest));
        places.push(KnownAddress { address, at: now });
        *self.networks.entry(network::near(address)).or_default() += 1;
        self.uncount(dropped.into_iter());
        true
    }

    /// Forgets a login that is no more.
    pub(super) fn forget(&mut self, login: &str) {
        let places = self.logins.remove(login).unwrap_or_default();
        self.uncount(places.into_iter());
    }

    /// Forgets what is older than it is remembered.
    pub(super) fn forget_old(&mut self, now: Timestamp) {
        let is_old = |place: &mut KnownAddress| now.duration_since(place.at) >= LIFETIME;
        let old: Vec<KnownAddress> =
            self.logins.values_mut().flat_map(|places| places.extract_if(.., is_old)).collect();
        self.logins.retain(|_, places| !places.is_empty());
        self.uncount(old.into_iter());
    }

    fn uncount(&mut self, places: impl Iterator<Item = KnownAddress>) {
        for place in places {
            let network = network::near(place.address);
            if let Some(count) = self.networks.get_mut(&network) {
                *count -= 1;
                if *count == 0 {
                    self.networks.remove(&network);
                }
            }
        }
    }
}

impl Standing {
    /// What of the client's address has guesses of its own at the login.
    pub(super) fn place(self, address: IpAddr) -> Option<IpNet> {
        match self {
            Self::Own => Some(network::alone(address)),
            Self::Near => Some(network::near(address)),
            Self::Stranger => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + day * 86_400).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_success_makes_an_address_and_its_network_welcome_for_thirty_days() {
        let mut welcomes = Welcomes::default();
        assert!(welcomes.add("scanner1", address("10.0.0.5"), at(0)));
        assert!(!welcomes.add("scanner1", address("::ffff:10.0.0.5"), at(0)), "the same address");
        for (login, from, day, expected) in [
            ("scanner1", "10.0.0.5", 0, Standing::Own),
            ("scanner1", "::ffff:10.0.0.5", 29, Standing::Own),
            ("scanner1", "10.0.0.9", 29, Standing::Near),
            ("scanner1", "10.0.1.5", 0, Standing::Stranger),
            ("scanner2", "10.0.0.5", 0, Standing::Stranger),
            ("scanner1", "10.0.0.5", 30, Standing::Stranger),
        ] {
            assert_eq!(welcomes.standing(login, address(from), at(day)), expected, "{login} {from} {day}");
        }
        assert!(welcomes.add("scanner1", address("10.0.0.5"), at(20)), "worth storing again");
        assert_eq!(welcomes.standing("scanner1", address("10.0.0.5"), at(45)), Standing::Own);
    }

    fn roaming(n: u32) -> IpAddr {
        IpAddr::from((0x2001_0db8_u128 << 96 | u128::from(n) << 64).to_be_bytes())
    }

    #[test]
    fn a_network_is_known_while_a_login_is_remembered_there() {
        let mut welcomes = Welcomes::default();
        assert!(!welcomes.knows(address("10.0.0.5")));
        for (login, from) in [("scanner1", "10.0.0.5"), ("scanner2", "10.0.0.6"), ("scanner2", "10.0.1.6")] {
            welcomes.add(login, address(from), at(0));
        }
        welcomes.add("scanner1", address("10.0.0.5"), at(10));
        assert!(welcomes.knows(address("::ffff:10.0.0.77")) && !welcomes.knows(address("10.0.2.5")));
        for (day, near, next) in [(29, true, true), (30, true, false), (40, false, false)] {
            welcomes.forget_old(at(day));
            assert_eq!(welcomes.knows(address("10.0.0.7")), near, "{day}");
            assert_eq!(welcomes.knows(address("10.0.1.7")), next, "{day}");
        }
        assert!(welcomes.logins.is_empty() && welcomes.networks.is_empty());
        welcomes.add("scanner1", address("10.0.0.5"), at(41));
        welcomes.forget("scanner1");
        assert!(!welcomes.knows(address("10.0.0.5")));
    }

    #[test]
    fn one_login_fills_only_its_own_places() {
        let mut welcomes = Welcomes::default();
        welcomes.add("scanner1", address("10.0.0.5"), at(0));
        for n in 0..1_000 {
            welcomes.add("wanderer", roaming(n), at(1));
        }
        assert_eq!((welcomes.logins["wanderer"].len(), welcomes.networks.len()), (ADDRESSES, ADDRESSES + 1));
        assert_eq!(welcomes.standing("scanner1", address("10.0.0.5"), at(2)), Standing::Own);
    }
}
