//! How many sessions there is room for, in all and from one network.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use smtp::reply::Refusal;

/// Counts open sessions. Shared by all listeners of a server.
#[derive(Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    open: Mutex<Open>,
}

/// The limits.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionLimits {
    /// Sessions in all.
    pub sessions: usize,
    /// Sessions from one IPv4 address or one IPv6 /64.
    pub sessions_per_network: usize,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// Room for one session; dropping it gives the room back.
#[derive(Debug)]
pub struct Permit {
    admission: Arc<Admission>,
    network: IpAddr,
}

const FULL: Refusal = Refusal::temporary(421, (3, 2), "Too busy: try again later");
const TOO_MANY: Refusal = Refusal::temporary(421, (7, 0), "Too many connections from your address");

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
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Permit, Refusal> {
        let network = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.limits.sessions {
            return Err(FULL);
        }
        let from_there = open.by_network.entry(network).or_default();
        if *from_there >= self.limits.sessions_per_network {
            return Err(TOO_MANY);
        }
        *from_there += 1;
        open.all += 1;
        Ok(Permit { admission: Arc::clone(self), network })
    }

    /// How many sessions are open.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(from_there) = open.by_network.get_mut(&self.network) {
            *from_there -= 1;
            if *from_there == 0 {
                open.by_network.remove(&self.network);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_and_the_server_fill_up_and_empty_again() {
        let admission = Admission::new(AdmissionLimits { sessions: 3, sessions_per_network: 2 });
        let admit = |address: &str| admission.admit(address.parse().unwrap());
        let first = admit("2001:db8::1").unwrap();
        let _second = admit("2001:db8::2").unwrap();
        assert_eq!(admit("2001:db8::3").unwrap_err(), TOO_MANY);
        let _third = admit("::ffff:192.0.2.1").unwrap();
        assert_eq!(admit("192.0.2.1").unwrap_err(), FULL);
        drop(first);
        let _fourth = admit("192.0.2.1").unwrap();
        assert_eq!(admission.open_sessions(), 3);
    }
}
