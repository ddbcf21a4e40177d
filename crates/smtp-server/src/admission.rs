//! How many sessions there is room for, in all and from one network.
//!
//! A client that connects for the first time is a stranger until it logs in. Strangers get no more than three quarters of
//! the seats, so that many of them, from however many networks, cannot keep out the clients that work.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smtp::reply::Refusal;

/// Counts open sessions. Shared by all listeners of a server.
#[derive(Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    open: Mutex<Open>,
}

/// Sessions that are open, and what became of connections since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionCounts {
    pub open: u64,
    /// Connections that got a seat.
    pub admitted: u64,
    /// Connections for which there was none.
    pub turned_away: u64,
}

/// How many sessions there may be, in all and from one network.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionLimits {
    /// Sessions in all.
    pub sessions: usize,
    /// Sessions from one IPv4 address or one IPv6 /64. Strangers from one /24 or /48 have four times as many.
    pub sessions_per_network: usize,
}

/// What is known of a client before it says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its network is one that clients of ours come from.
    Welcome,
    Stranger,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    strangers: usize,
    admitted: u64,
    turned_away: u64,
    by_network: HashMap<IpAddr, usize>,
    strangers_by_site: HashMap<IpAddr, usize>,
}

/// Room for one session; dropping it gives the room back.
#[derive(Debug)]
pub struct Permit {
    admission: Arc<Admission>,
    address: SocketAddr,
    standing: Standing,
}

const FULL: Refusal = Refusal::temporary(421, (3, 2), "Too busy: try again later");
const TOO_MANY: Refusal = Refusal::temporary(421, (7, 0), "Too many connections from your address");
const TOO_MANY_AROUND: Refusal = Refusal::temporary(421, (7, 0), "Too many connections from your network");
/// A site has many addresses, and not all of its devices were here before.
const NETWORKS_PER_SITE: usize = 4;

impl Admission {
    /// Nobody is in yet.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default() })
    }

    /// Makes room for a session.
    ///
    /// # Errors
    /// A 421 when there is none.
    pub fn admit(self: &Arc<Self>, address: SocketAddr, standing: Standing) -> Result<Permit, Refusal> {
        let mut open = self.open();
        match self.seat(&mut open, address.ip(), standing) {
            Ok(()) => {
                open.admitted += 1;
                Ok(Permit { admission: Arc::clone(self), address, standing })
            }
            Err(refusal) => {
                open.turned_away += 1;
                Err(refusal)
            }
        }
    }

    fn seat(&self, open: &mut Open, address: IpAddr, standing: Standing) -> Result<(), Refusal> {
        let (network, site) = (network(address), site(address));
        let is_stranger = standing == Standing::Stranger;
        if open.all >= self.limits.sessions
            || (is_stranger && open.strangers >= self.limits.seats_for_strangers())
        {
            return Err(FULL);
        }
        if count(&open.by_network, network) >= self.limits.sessions_per_network {
            return Err(TOO_MANY);
        }
        let most_around = self.limits.sessions_per_network.saturating_mul(NETWORKS_PER_SITE);
        if is_stranger && count(&open.strangers_by_site, site) >= most_around {
            return Err(TOO_MANY_AROUND);
        }
        open.all += 1;
        *open.by_network.entry(network).or_default() += 1;
        if is_stranger {
            open.strangers += 1;
            *open.strangers_by_site.entry(site).or_default() += 1;
        }
        Ok(())
    }

    /// How many sessions are open, and how many were.
    #[must_use]
    pub fn counts(&self) -> SessionCounts {
        let open = self.open();
        SessionCounts { open: open.all as u64, admitted: open.admitted, turned_away: open.turned_away }
    }

    /// Whether three quarters of the seats are taken: of all, or of those that strangers may have.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        let nearly = |taken: usize, seats: usize| taken >= seats - seats / 4;
        let open = self.open();
        nearly(open.all, self.limits.sessions) || nearly(open.strangers, self.limits.seats_for_strangers())
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AdmissionLimits {
    fn seats_for_strangers(&self) -> usize {
        self.sessions - self.sessions / 4
    }
}

impl Permit {
    /// Who sits there.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether nothing is known of the client, not even its network.
    #[must_use]
    pub fn is_strangers(&self) -> bool {
        self.standing == Standing::Stranger
    }

    /// Whether seats are scarce.
    #[must_use]
    pub fn is_in_a_crowd(&self) -> bool {
        self.admission.is_crowded()
    }

    /// The client has shown that it belongs here: it is no stranger any more.
    pub fn prove(&mut self) {
        if self.is_strangers() {
            self.admission.open().stranger_left(self.address.ip());
        }
        self.standing = Standing::Welcome;
    }
}

impl Open {
    fn stranger_left(&mut self, address: IpAddr) {
        self.strangers -= 1;
        uncount(&mut self.strangers_by_site, site(address));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.admission.open();
        open.all -= 1;
        uncount(&mut open.by_network, network(self.address.ip()));
        if self.is_strangers() {
            open.stranger_left(self.address.ip());
        }
    }
}

fn count(counts: &HashMap<IpAddr, usize>, network: IpAddr) -> usize {
    counts.get(&network).copied().unwrap_or(0)
}

fn uncount(counts: &mut HashMap<IpAddr, usize>, network: IpAddr) {
    if let Some(count) = counts.get_mut(&network) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&network);
        }
    }
}

/// One IPv4 address, or the /64 that one IPv6 customer has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// The /24 or /48 around it: what one owner easily has (RFC 6177 section 2).
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (!0 << 80))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(admission: &Arc<Admission>, address: &str, standing: Standing) -> Result<Permit, Refusal> {
        admission.admit(SocketAddr::new(address.parse().unwrap(), 40_000), standing)
    }

    #[test]
    fn a_network_and_the_server_fill_up_and_empty_again() {
        let admission = Admission::new(AdmissionLimits { sessions: 3, sessions_per_network: 2 });
        let admit = |address: &str| admit(&admission, address, Standing::Stranger);
        let first = admit("2001:db8::1").unwrap();
        let _second = admit("2001:db8::2").unwrap();
        assert_eq!(admit("2001:db8::3").unwrap_err(), TOO_MANY);
        let _third = admit("::ffff:192.0.2.1").unwrap();
        assert_eq!(admit("192.0.2.1").unwrap_err(), FULL);
        drop(first);
        let _fourth = admit("192.0.2.1").unwrap();
        assert_eq!(admission.counts(), SessionCounts { open: 3, admitted: 4, turned_away: 2 });
    }

    #[test]
    fn strangers_from_everywhere_leave_seats_to_those_who_belong_here() {
        let admission = Admission::new(AdmissionLimits { sessions: 100, sessions_per_network: 10 });
        let stranger = |n: u32| admit(&admission, &format!("2001:db8:{n:x}::1"), Standing::Stranger);
        let mut strangers: Vec<Permit> = (0..75).map(|n| stranger(n).unwrap()).collect();
        assert!(admission.is_crowded());
        assert_eq!(stranger(75).unwrap_err(), FULL);
        let _welcome: Vec<Permit> =
            (0..24).map(|n| admit(&admission, &format!("192.0.2.{n}"), Standing::Welcome).unwrap()).collect();
        // A client that logs in makes room for a stranger.
        strangers[0].prove();
        strangers[0].prove();
        let last = stranger(75).unwrap();
        assert_eq!(stranger(76).unwrap_err(), FULL);
        assert_eq!(admit(&admission, "192.0.2.100", Standing::Welcome).unwrap_err(), FULL);
        drop((strangers, last));
        assert!(!admission.is_crowded());
        assert_eq!(admission.counts().open, 24);
        assert!(admission.open().strangers == 0 && admission.open().strangers_by_site.is_empty());
    }

    #[test]
    fn strangers_of_one_site_are_counted_together() {
        for (inside, outside) in [("2001:db8:7:{}::1", "2001:db8:8::1"), ("192.0.2.{}", "192.0.3.1")] {
            let admission = Admission::new(AdmissionLimits { sessions: 1_000, sessions_per_network: 2 });
            let inside = |n: u32| inside.replace("{}", &n.to_string());
            let _strangers: Vec<Permit> =
                (0..8).map(|n| admit(&admission, &inside(n), Standing::Stranger).unwrap()).collect();
            assert_eq!(admit(&admission, &inside(8), Standing::Stranger).unwrap_err(), TOO_MANY_AROUND);
            assert!(admit(&admission, outside, Standing::Stranger).is_ok());
            assert!(admit(&admission, &inside(8), Standing::Welcome).is_ok());
        }
    }
}
