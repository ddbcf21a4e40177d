//! Who is counted together: a credential, or the network of a stranger.

use std::net::IpAddr;

use ipnet::IpNet;
use model::network::{is_private, near};
use model::refused::Refused;

/// Whose refusal it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A credential's, by its login in lower case.
    Credential(String),
    /// A stranger's: its address where that is private, else its /24 or /64.
    Network(IpAddr),
}

impl Origin {
    pub(super) fn of(refused: &Refused) -> Self {
        match &refused.credential {
            Some(login) => Self::Credential(login.to_ascii_lowercase()),
            None => Self::Network(network(refused.peer)),
        }
    }

    pub(super) fn is_stranger(&self) -> bool {
        matches!(self, Self::Network(_))
    }
}

/// Devices of a LAN are told apart; the addresses of somebody on the Internet are too many for that.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    if is_private(&IpNet::from(address)) {
        return address;
    }
    near(address).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_a_lan_are_told_apart_and_strangers_are_not() {
        for (address, expected) in [
            ("10.1.2.3", "10.1.2.3"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("203.0.113.9", "203.0.113.0"),
            ("2001:db8::1:2", "2001:db8::"),
            ("fd00::7", "fd00::7"),
        ] {
            assert_eq!(network(address.parse().unwrap()), expected.parse::<IpAddr>().unwrap());
        }
    }
}
