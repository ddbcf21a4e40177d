//! SASL mechanisms PLAIN (RFC 4616), LOGIN and XOAUTH2 as AUTH carries them (RFC 4954).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

/// A mechanism that this crate speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// The undocumented exchange of user name and password that every device knows.
    Login,
    /// A bearer token in place of a password, in the form that Microsoft and Google take.
    XOAuth2,
}

/// Who a client says it is, with the proof.
#[derive(Clone, Debug)]
pub struct Login {
    /// The login name as the client wrote it.
    pub name: String,
    /// Password or token.
    pub proof: Proof,
}

/// The proof in a [`Login`].
#[derive(Clone, Debug)]
pub enum Proof {
    /// A password, by PLAIN or LOGIN.
    Password(SecretString),
    /// An OAuth 2.0 access token, by XOAUTH2.
    Token(SecretString),
}

impl Mechanism {
    /// The name as EHLO and AUTH write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// The mechanism of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Plain, Self::Login, Self::XOAuth2].into_iter().find(|m| m.name().eq_ignore_ascii_case(name))
    }
}

/// Longest login name or password that is looked at, in octets. An access token is longer.
const MAX_FIELD_OCTETS: usize = 1024;

/// Decodes one base64 line of an exchange. A lone `=` is the empty response (RFC 4954 section 4).
pub(crate) fn decode(line: &str) -> Option<Vec<u8>> {
    if line == "=" { Some(Vec::new()) } else { STANDARD.decode(line).ok() }
}

/// Encodes one line of an exchange.
pub(crate) fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// Reads the response of PLAIN: `[authzid] NUL authcid NUL password` (RFC 4616 section 2).
///
/// An authorization identity other than the login itself is refused: nobody acts for others here.
pub(crate) fn plain(response: Vec<u8>) -> Option<Login> {
    let text = String::from_utf8(response).ok()?;
    let mut fields = text.split('\0');
    let (on_behalf_of, name, password) = (fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some() || !(on_behalf_of.is_empty() || on_behalf_of == name) {
        return None;
    }
    password_login(name, password)
}

/// Puts the two responses of LOGIN together.
pub(crate) fn login(name: &str, password: Vec<u8>) -> Option<Login> {
    password_login(name, &String::from_utf8(password).ok()?)
}

fn password_login(name: &str, password: &str) -> Option<Login> {
    let plausible =
        |field: &str| (1..=MAX_FIELD_OCTETS).contains(&field.len()) && !field.contains(['\0', '\r', '\n']);
    if !plausible(name) || !plausible(password) {
        return None;
    }
    Some(Login { name: name.to_owned(), proof: Proof::Password(SecretString::from(password)) })
}

/// Reads `user=<name>^Aauth=Bearer <token>^A^A`, where `^A` is the octet 1.
pub(crate) fn xoauth2(response: Vec<u8>) -> Option<Login> {
    let text = String::from_utf8(response).ok()?;
    let (mut name, mut token) = (None, None);
    for field in text.split('\x01').filter(|field| !field.is_empty()) {
        match field.split_once('=')? {
            ("user", value) => name = Some(value.to_owned()),
            ("auth", value) => {
                let (scheme, credentials) = value.split_once(' ')?;
                token = scheme.eq_ignore_ascii_case("bearer").then(|| credentials.trim().to_owned());
            }
            _ => {}
        }
    }
    let name = name.filter(|name| (1..=MAX_FIELD_OCTETS).contains(&name.len()))?;
    let token = token.filter(|token| !token.is_empty())?;
    Some(Login { name, proof: Proof::Token(SecretString::from(token)) })
}

/// Writes the initial response of PLAIN.
pub(crate) fn plain_response(name: &str, password: &SecretString) -> String {
    encode(format!("\0{name}\0{}", password.expose_secret()).as_bytes())
}

/// Writes the initial response of XOAUTH2.
pub(crate) fn xoauth2_response(name: &str, token: &SecretString) -> String {
    encode(format!("user={name}\x01auth=Bearer {}\x01\x01", token.expose_secret()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(login: Option<Login>) -> Option<(String, String)> {
        login.map(|login| match login.proof {
            Proof::Password(secret) | Proof::Token(secret) => (login.name, secret.expose_secret().to_owned()),
        })
    }

    #[test]
    fn plain_takes_no_foreign_identity() {
        let read = |text: &str| shown(plain(text.into()));
        assert_eq!(read("\0user\0pass"), Some(("user".into(), "pass".into())));
        assert_eq!(read("user\0user\0pass"), Some(("user".into(), "pass".into())));
        for text in [
            "other\0user\0pass",
            "user\0pass",
            "\0user\0pass\0",
            "\0\0pass",
            "\0user\0",
            "",
            "\0user\0pa\r\nss",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert!(plain(vec![0, 0xff, 0, b'x']).is_none());
    }

    #[test]
    fn xoauth2_reads_back_what_it_writes() {
        let written = xoauth2_response("svc|app|tenant", &SecretString::from("eyJ.a.b"));
        let read = xoauth2(decode(&written).unwrap());
        assert_eq!(shown(read), Some(("svc|app|tenant".into(), "eyJ.a.b".into())));
        for text in [
            "user=a",
            "auth=Bearer x",
            "user=a\x01auth=Basic x",
            "user=\x01auth=Bearer x",
            "user=a\x01auth=Bearer ",
            "nonsense",
        ] {
            assert_eq!(shown(xoauth2(text.into())), None, "{text:?}");
        }
    }

    #[test]
    fn a_login_prints_without_its_proof() {
        let login = plain(b"\0user\0hunter2".to_vec()).unwrap();
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
