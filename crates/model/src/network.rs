//! Networks as operators write them, and whether somebody else's machines are in them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Networks that are never routed on the Internet: loopback, link-local, private use (RFC 1918, RFC 3927, RFC 4193).
/// The shared address space of RFC 6598 is not among them: it belongs to a provider's customers together.
const PRIVATE_V4: [(Ipv4Addr, u8); 5] = [
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
];
const PRIVATE_V6: [(Ipv6Addr, u8); 3] = [
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
];
/// Prefix of `::ffff:0:0/96`, in which IPv6 sockets show IPv4 clients (RFC 4291 section 2.5.5.2).
const MAPPED_PREFIX: u8 = 96;

/// The network without the bits that name a host in it; IPv4 where it was written as IPv6.
#[must_use]
pub fn canonical(network: IpNet) -> IpNet {
    let network = network.trunc();
    let IpNet::V6(v6) = network else { return network };
    let Some(prefix) = v6.prefix_len().checked_sub(MAPPED_PREFIX) else { return network };
    let v4 = v6.network().to_ipv4_mapped().and_then(|address| Ipv4Net::new(address, prefix).ok());
    v4.map_or(network, IpNet::V4)
}

/// Whether no address of the network is routed on the Internet.
#[must_use]
pub fn is_private(network: &IpNet) -> bool {
    match canonical(*network) {
        IpNet::V4(v4) => PRIVATE_V4
            .iter()
            .filter_map(|(address, prefix)| Ipv4Net::new(*address, *prefix).ok())
            .any(|private| private.contains(&v4)),
        IpNet::V6(v6) => PRIVATE_V6
            .iter()
            .filter_map(|(address, prefix)| Ipv6Net::new(*address, *prefix).ok())
            .any(|private| private.contains(&v6)),
    }
}

/// The network that an address stands for, the smallest that one party is given as a rule: its /24 or, for IPv6, its /64.
#[must_use]
pub fn near(address: IpAddr) -> IpNet {
    match address.to_canonical() {
        IpAddr::V4(_) => within(address, 24),
        IpAddr::V6(_) => within(address, 64),
    }
}

/// The network of that prefix length that an address is in; the address alone where its family has no such prefix.
#[must_use]
pub fn within(address: IpAddr, prefix: u8) -> IpNet {
    let address = address.to_canonical();
    IpNet::new(address, prefix).map_or_else(|_| IpNet::from(address), |network| network.trunc())
}

/// A network as people write it: one address without the length of its prefix.
#[must_use]
pub fn shown(network: IpNet) -> String {
    match network.prefix_len() == network.max_prefix_len() {
        true => network.addr().to_string(),
        false => network.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_is_shown_without_a_prefix() {
        for (network, text) in [
            ("10.1.2.3/32", "10.1.2.3"),
            ("2001:db8::1/128", "2001:db8::1"),
            ("10.1.2.0/24", "10.1.2.0/24"),
            ("2001:db8::/64", "2001:db8::/64"),
        ] {
            assert_eq!(shown(net(network)), text);
        }
    }

    #[test]
    fn a_network_is_written_in_one_way() {
        for (written, meant) in [
            ("10.1.2.3/24", "10.1.2.0/24"),
            ("::ffff:10.1.2.3/120", "10.1.2.0/24"),
            ("::ffff:10.1.2.3/128", "10.1.2.3/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("2001:db8::1/64", "2001:db8::/64"),
        ] {
            assert_eq!(canonical(net(written)), net(meant), "{written}");
        }
    }

    #[test]
    fn private_networks_are_wholly_private() {
        for (network, private) in [
            ("10.0.0.0/8", true),
            ("10.0.0.0/7", false),
            ("172.16.0.0/12", true),
            ("172.32.0.0/16", false),
            ("192.168.7.9/32", true),
            ("192.0.0.0/8", false),
            ("127.0.0.1/32", true),
            ("169.254.1.0/24", true),
            ("100.64.0.0/10", false),
            ("203.0.113.0/24", false),
            ("0.0.0.0/0", false),
            ("::ffff:10.0.0.0/104", true),
            ("::ffff:0:0/96", false),
            ("::1/128", true),
            ("fd12:3456::/32", true),
            ("fe80::/64", true),
            ("2001:db8::/32", false),
            ("::/0", false),
        ] {
            assert_eq!(is_private(&net(network)), private, "{network}");
        }
    }
}
