//! Networks that guesses are counted for: the smallest that one party is given as a rule, and for IPv6 a site's as well.

use std::net::IpAddr;

use ipnet::IpNet;

pub(super) use model::network::near;
use model::network::within;

/// Distinct guesses from a /24 or /64 within the window that bring a ban: several people may be wrong at once.
const NETWORK_GUESSES: usize = 30;
/// The same from a /48: the owner of one has 65,536 networks of /64 to guess from.
const SITE_GUESSES: usize = 100;

/// One address as a network.
pub(super) fn alone(address: IpAddr) -> IpNet {
    IpNet::from(address.to_canonical())
}

/// The networks that a guess from an address counts for, each with the distinct guesses that bring a ban.
pub(super) fn counted(address: IpAddr) -> impl Iterator<Item = (IpNet, usize)> + Clone {
    let site = address.to_canonical().is_ipv6().then(|| (within(address, 48), SITE_GUESSES));
    [Some((near(address), NETWORK_GUESSES)), site].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_for_its_network_and_its_site() {
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64 2001:db8:1::/48"),
            ("::1", "::/64 ::/48"),
        ] {
            let counted: Vec<String> =
                counted(address.parse().unwrap()).map(|(network, _)| network.to_string()).collect();
            assert_eq!(counted.join(" "), expected, "{address}");
        }
    }
}
