//! Passwords: those that are made, and whether one that the operator brings is good enough.

use clock::Entropy;
use ipnet::IpNet;
use model::name::LoginName;
use model::network;
use secrecy::{ExposeSecret as _, SecretString};
use zxcvbn::{Score, zxcvbn};

use crate::error::Invalid;

/// No character that is mistaken for another, or that a device's keyboard may lack.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 60 bits: guessed online, that takes for ever, and a copier's panel takes a minute.
const MADE_LENGTH: usize = 12;
/// What the operator chooses must not be much weaker.
const MIN_LENGTH: usize = 10;
/// More than 100 million guesses; ten failures lock a login for ten minutes.
const MIN_SCORE: Score = Score::Three;
/// The longest password that is checked in a login, in bytes.
const MAX_BYTES: usize = 1_024;
/// Characters of a password that its strength is judged by; more only make it stronger.
const JUDGED: usize = 100;
/// Host bits of the largest networks that a weak password may be used from: /16, and /48 of IPv6.
const NARROW_BITS: (u8, u8) = (16, 80);

/// A password that is easy to type and hard to guess.
pub(super) fn make(entropy: &Entropy) -> SecretString {
    let bytes: [u8; MADE_LENGTH] = entropy.bytes();
    let text: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    SecretString::from(text)
}

/// Takes a password that devices have already: a weak one only where `networks` say where they are.
///
/// # Errors
/// When no device can log in with it, or it is too easy to guess.
pub(super) fn check(password: &SecretString, login: &LoginName, networks: &[IpNet]) -> Result<(), Invalid> {
    let text = password.expose_secret();
    let refuse = |reason: String| Err(Invalid::new("password", reason));
    if text.is_empty() {
        return refuse("it is empty; leave it out to have one made".to_owned());
    }
    if text.len() > MAX_BYTES {
        return refuse(format!("it has more than {MAX_BYTES} bytes"));
    }
    if text.contains(['\0', '\r', '\n']) {
        return refuse("it holds a line end or a NUL, which no login can carry".to_owned());
    }
    let Some(weakness) = weakness(text, login) else { return Ok(()) };
    if may_be_weak(networks) {
        return Ok(());
    }
    refuse(format!(
        "{weakness}: choose a stronger one, leave it out to have one made, or keep it and list the networks of its \
         devices with --network, none larger than a /16 (IPv6: /48)"
    ))
}

/// Whether a weak password is good enough, since few machines can try one.
pub(super) fn may_be_weak(networks: &[IpNet]) -> bool {
    !networks.is_empty() && networks.iter().all(is_narrow)
}

/// Why a password would be guessed; `None` when it would not.
fn weakness(text: &str, login: &LoginName) -> Option<String> {
    let length = text.chars().count();
    if length < MIN_LENGTH {
        return Some(format!("it has {length} characters and {MIN_LENGTH} are needed"));
    }
    let judged: String = text.chars().take(JUDGED).collect();
    let known: Vec<&str> = login.as_str().split(['@', '.', '_', '-']).chain([login.as_str()]).collect();
    (zxcvbn(&judged, &known).score() < MIN_SCORE)
        .then(|| "it is easy to guess, being made of common words, names or patterns".to_owned())
}

fn is_narrow(network: &IpNet) -> bool {
    let network = network::canonical(*network);
    let host_bits = network.max_prefix_len() - network.prefix_len();
    match network {
        IpNet::V4(_) => host_bits <= NARROW_BITS.0,
        IpNet::V6(_) => host_bits <= NARROW_BITS.1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str, networks: &[&str]) -> Option<String> {
        let networks: Vec<IpNet> = networks.iter().map(|text| text.parse().unwrap()).collect();
        let login = "scanner1@contoso.com".parse().unwrap();
        check(&password.into(), &login, &networks).err().map(|error| error.to_string())
    }

    #[test]
    fn what_is_made_is_strong() {
        let made = make(&Entropy::repeatable(7));
        assert_eq!(made.expose_secret().len(), 12);
        assert_eq!(refused(made.expose_secret(), &[]), None);
    }

    #[test]
    fn a_weak_password_needs_networks_and_a_strong_one_does_not() {
        for strong in ["correct horse battery", "Gz7-kq2!vRp9", " Vier Blanke ", "тыква-Шум-71-ло"]
        {
            assert_eq!(refused(strong, &[]), None, "{strong}");
        }
        for weak in
            ["1234", "Scan2019!", "P@ssw0rd2024", "aaaaaaaaaaaaaaaa", "1234567890", "scanner1contoso", " "]
        {
            let reason = refused(weak, &[]).unwrap_or_else(|| panic!("{weak} is taken"));
            assert!(
                reason.contains("--network")
                    && !reason.contains(weak.trim_matches(' ').get(1..).unwrap_or("\u{0}")),
                "{reason}"
            );
            assert_eq!(refused(weak, &["10.1.2.0/24", "2001:db8:1::/48"]), None, "{weak}");
            for wide in [
                &["0.0.0.0/0"][..],
                &["10.1.2.0/24", "10.0.0.0/8"],
                &["2001:db8::/32"],
                &["0.0.0.0/1", "128.0.0.0/1"],
            ] {
                assert!(refused(weak, wide).is_some(), "{weak} {wide:?}");
            }
        }
    }

    #[test]
    fn what_no_login_can_carry_is_refused_whatever_the_network() {
        for wrong in ["", "two\nlines-of-text", "nul\0nul-nul-nul", &"x".repeat(1_025)] {
            assert!(refused(wrong, &["10.1.2.0/24"]).is_some(), "{wrong:?}");
        }
    }
}
