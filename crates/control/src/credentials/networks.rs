//! Where a credential may be used from.

use ipnet::IpNet;
use model::network;

use super::PublicNetworks;
use crate::error::Invalid;

/// Reads networks: `192.0.2.0/24`, or single addresses. None is left that is written twice.
///
/// # Errors
/// When a text is neither.
pub(super) fn read(texts: &[String]) -> Result<Vec<IpNet>, Invalid> {
    let mut networks = Vec::with_capacity(texts.len());
    for text in texts {
        let network = one(text)?;
        if !networks.contains(&network) {
            networks.push(network);
        }
    }
    Ok(networks)
}

/// Whether `networks` may stand in place of a login.
///
/// # Errors
/// When there are none, or one has addresses of the Internet and nobody said that this is meant.
pub(super) fn check_without_login(networks: &[IpNet], public: PublicNetworks) -> Result<(), Invalid> {
    let refuse = |reason: String| Err(Invalid::new("networks", reason));
    if networks.is_empty() {
        return refuse(
            "without login, a credential is chosen by the client's network: list one, such as 10.1.2.0/24, with \
             --network"
                .to_owned(),
        );
    }
    let open = networks.iter().find(|network| !network::is_private(network));
    match (open, public) {
        (Some(open), PublicNetworks::Refused) => refuse(format!(
            "{open} is a public network: every machine in it could send without a login. If that is meant, say so \
             with --allow-public-networks"
        )),
        _ => Ok(()),
    }
}

fn one(text: &str) -> Result<IpNet, Invalid> {
    let text = text.trim();
    let single = || text.parse().map(|address: std::net::IpAddr| IpNet::from(address)).ok();
    text.parse().ok().or_else(single).map(network::canonical).ok_or_else(|| {
        Invalid::new("networks", format!("{text:?} is not a network such as 192.0.2.0/24 or an address"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn networks_may_be_single_addresses_and_stand_there_once() {
        let read =
            read(&texts(&["192.0.2.7", " 2001:db8::/32 ", "::ffff:192.0.2.7", "192.0.2.7/32"])).unwrap();
        let written: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["192.0.2.7/32", "2001:db8::/32"]);
        for wrong in ["192.0.2.0/33", "scanner", ""] {
            assert!(super::read(&texts(&[wrong])).is_err(), "{wrong}");
        }
    }

    #[test]
    fn public_networks_are_only_taken_when_that_is_said_twice() {
        let check = |networks: &[&str], public| check_without_login(&read(&texts(networks)).unwrap(), public);
        assert!(check(&["10.1.2.0/24", "fd00::/8"], PublicNetworks::Refused).is_ok());
        for public in [&["10.1.2.0/24", "203.0.113.0/24"][..], &["0.0.0.0/0"], &["::/0"]] {
            let refused = check(public, PublicNetworks::Refused).unwrap_err().to_string();
            assert!(refused.contains("--allow-public-networks"), "{refused}");
            assert!(check(public, PublicNetworks::Allowed).is_ok());
        }
        assert!(check(&[], PublicNetworks::Allowed).is_err());
    }
}
