//! SMTP listeners: what they may be, and what about them deserves a warning.

use std::collections::HashSet;
use std::net::SocketAddr;

use ipnet::IpNet;
use model::network;
use model::repair::{Repair, Repairs};

use super::raw::{ListenerLogin, Mode, RawListener, RawRepair};

/// One SMTP listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    /// When TLS comes.
    pub mode: Mode,
    /// Whether clients log in.
    pub login: ListenerLogin,
    /// Networks that may connect; all may when empty.
    pub networks: Vec<IpNet>,
    /// What is repaired of what comes by it.
    pub repairs: Repairs,
}

/// A listener that cannot be meant so.
pub(super) struct Mistake {
    /// Which of them, from 0.
    pub(super) number: usize,
    pub(super) reason: String,
}

/// What was written about listeners, checked.
///
/// # Errors
/// The first that cannot be meant so.
pub(super) fn read(written: Vec<RawListener>) -> Result<Vec<Listener>, Mistake> {
    let mut addresses = HashSet::new();
    let mut listeners = Vec::with_capacity(written.len());
    for (number, raw) in written.into_iter().enumerate() {
        if !addresses.insert(raw.address) {
            let reason = format!("{} stands there twice", raw.address);
            return Err(Mistake { number, reason });
        }
        check(&raw).map_err(|reason| Mistake { number, reason })?;
        let networks = raw.networks.iter().copied().map(network::canonical).collect();
        let repairs = raw.repairs.iter().map(|repair| meant(*repair)).collect();
        listeners.push(Listener {
            address: raw.address,
            mode: raw.mode,
            login: raw.login,
            networks,
            repairs,
        });
    }
    Ok(listeners)
}

fn meant(repair: RawRepair) -> Repair {
    match repair {
        RawRepair::LineEnds => Repair::LineEnds,
        RawRepair::From => Repair::From,
        RawRepair::Envelope => Repair::Envelope,
    }
}

fn check(raw: &RawListener) -> Result<(), String> {
    let address = raw.address;
    let is_for_all = raw.networks.is_empty() && !address.ip().is_loopback();
    if raw.login == ListenerLogin::Required {
        if raw.allow_public_networks {
            return Err(
                "`allow_public_networks` is for a listener with `login = \"none\"`; this one asks for a login"
                    .to_owned(),
            );
        }
        if raw.mode == Mode::Plain && is_for_all {
            return Err(format!(
                "the plain listener {address} has no TLS: say with `networks` who may use it"
            ));
        }
        return Ok(());
    }
    if is_for_all {
        return Err(format!(
            "the listener {address} takes mail without login: say with `networks` who may use it"
        ));
    }
    let public: Vec<String> = public(&raw.networks).map(ToString::to_string).collect();
    if !public.is_empty() && !raw.allow_public_networks {
        return Err(format!(
            "the listener {address} takes mail without login, and {} is not private: if machines on the Internet are \
             to send without login, set `allow_public_networks = true`",
            public.join(", ")
        ));
    }
    Ok(())
}

/// What is allowed about a listener and still dangerous, a sentence each.
#[must_use]
pub fn warnings(listener: &Listener) -> Vec<String> {
    let public: Vec<String> = public(&listener.networks).map(ToString::to_string).collect();
    if public.is_empty() {
        return Vec::new();
    }
    let (address, public) = (listener.address, public.join(", "));
    match (listener.login, listener.mode) {
        (ListenerLogin::None, _) => vec![format!(
            "{address} takes mail without login from public networks ({public}): everybody there can send as the \
             credentials that list them allow"
        )],
        (ListenerLogin::Required, Mode::Plain) => {
            vec![format!("{address} has no TLS: passwords from {public} cross the Internet in clear text")]
        }
        (ListenerLogin::Required, Mode::Starttls | Mode::Tls) => Vec::new(),
    }
}

fn public(networks: &[IpNet]) -> impl Iterator<Item = &IpNet> {
    networks.iter().filter(|network| !network::is_private(network))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> Result<Listener, String> {
        let raw: RawListener = toml::from_str(text).unwrap();
        read(vec![raw]).map(|mut listeners| listeners.remove(0)).map_err(|mistake| mistake.reason)
    }

    #[test]
    fn without_login_only_listed_and_private_networks_may_connect() {
        let listener =
            |rest: &str| read_one(&format!("address = '[::]:2525'\nmode = 'plain'\nlogin = 'none'\n{rest}"));
        assert!(listener("").unwrap_err().contains("say with `networks` who may use it"));
        assert!(listener("allow_public_networks = true").unwrap_err().contains("say with `networks`"));
        let private = listener("networks = ['10.1.2.3/16', '::ffff:192.168.7.0/120', 'fd00::/8']").unwrap();
        let networks: Vec<String> = private.networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.1.0.0/16", "192.168.7.0/24", "fd00::/8"]);
        assert!(warnings(&private).is_empty());
        for open in ["203.0.113.0/24", "0.0.0.0/0", "::/0", "10.0.0.0/7"] {
            let networks = format!("networks = ['10.1.0.0/16', '{open}']");
            let refused = listener(&networks).unwrap_err();
            assert!(refused.contains("allow_public_networks") && refused.contains(" and "), "{refused}");
            let allowed = listener(&format!("{networks}\nallow_public_networks = true")).unwrap();
            assert!(warnings(&allowed)[0].contains("without login from public networks"));
        }
        assert!(read_one("address = '127.0.0.1:25'\nmode = 'plain'\nlogin = 'none'").is_ok());
    }

    #[test]
    fn a_login_is_asked_for_unless_the_file_says_otherwise() {
        let listener = read_one("address = '[::]:587'\nmode = 'starttls'").unwrap();
        assert_eq!(listener.login, ListenerLogin::Required);
        let needless = read_one("address = '[::]:587'\nmode = 'tls'\nallow_public_networks = true");
        assert!(needless.unwrap_err().contains("login = \"none\""));
        let clear = read_one("address = '[::]:25'\nmode = 'plain'\nnetworks = ['203.0.113.0/24']").unwrap();
        assert!(warnings(&clear)[0].contains("clear text"));
    }
}
