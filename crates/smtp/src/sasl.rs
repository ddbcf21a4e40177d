//! SASL mechanisms PLAIN (RFC 4616), LOGIN and XOAUTH2 as AUTH carries them (RFC 4954).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

/// A mechanism that this crate speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
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

/// Longest login name or password that is checked, in octets. An access token is longer.
const MAX_FIELD_OCTETS: usize = 1024;

/// Devices leave the padding out, or bits in that belong to no octet. Both have one meaning.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Why a response proves nothing. No password was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is not in base64.
    Base64,
    /// It is not in the form of its mechanism, as when it was cut.
    Form,
    /// The login name or the proof is empty, too long or no text.
    Field,
    /// It asks to act for somebody else.
    Identity,
}

/// Decodes one base64 line of an exchange. A lone `=` is the empty response (RFC 4954 section 4).
pub(crate) fn decode(line: &str) -> Result<Vec<u8>, Unusable> {
    let line = line.trim();
    if line == "=" { Ok(Vec::new()) } else { LENIENT.decode(line).map_err(|_| Unusable::Base64) }
}

/// Encodes one line of an exchange.
pub(crate) fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// Reads the response of PLAIN: `[authzid] NUL authcid NUL password` (RFC 4616 section 2).
///
/// An authorization identity other than the login itself is refused: nobody acts for others here.
pub(crate) fn plain(response: Vec<u8>) -> Result<Login, Unusable> {
    let text = text(response)?;
    let mut fields = text.trim_end_matches(ENDS).split('\0');
    let (Some(on_behalf_of), Some(name), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(Unusable::Form);
    };
    if !(on_behalf_of.is_empty() || on_behalf_of == name) {
        return Err(Unusable::Identity);
    }
    password_login(name, password)
}

/// Reads the first response of LOGIN.
pub(crate) fn login_name(response: Vec<u8>) -> Result<String, Unusable> {
    let text = text(response)?;
    let name = text.trim_end_matches(ENDS);
    if is_plausible(name) { Ok(name.to_owned()) } else { Err(Unusable::Field) }
}

/// Puts the two responses of LOGIN together.
pub(crate) fn login(name: &str, password: Vec<u8>) -> Result<Login, Unusable> {
    password_login(name, text(password)?.trim_end_matches(ENDS))
}

/// What scripts leave behind a name or a password: the line end of `echo`, the NUL of a C string. Neither may be
/// part of it.
const ENDS: [char; 3] = ['\0', '\r', '\n'];

fn text(response: Vec<u8>) -> Result<String, Unusable> {
    String::from_utf8(response).map_err(|_| Unusable::Field)
}

fn is_plausible(field: &str) -> bool {
    (1..=MAX_FIELD_OCTETS).contains(&field.len()) && !field.contains(ENDS)
}

fn password_login(name: &str, password: &str) -> Result<Login, Unusable> {
    if !is_plausible(name) || !is_plausible(password) {
        return Err(Unusable::Field);
    }
    Ok(Login { name: name.to_owned(), proof: Proof::Password(SecretString::from(password)) })
}

/// Reads `user=<name>^Aauth=Bearer <token>^A^A`, where `^A` is the octet 1.
pub(crate) fn xoauth2(response: Vec<u8>) -> Result<Login, Unusable> {
    let text = text(response)?;
    let (mut name, mut token) = (None, None);
    for field in text.trim_end_matches(ENDS).split('\x01').filter(|field| !field.is_empty()) {
        match field.split_once('=').ok_or(Unusable::Form)? {
            ("user", value) => name = Some(value.to_owned()),
            ("auth", value) => {
                let (scheme, credentials) = value.split_once(' ').ok_or(Unusable::Form)?;
                token = scheme.eq_ignore_ascii_case("bearer").then(|| credentials.trim().to_owned());
            }
            _ => {}
        }
    }
    let name = name.ok_or(Unusable::Form)?;
    let token = token.ok_or(Unusable::Form)?;
    if token.is_empty() || !is_plausible(&name) {
        return Err(Unusable::Field);
    }
    Ok(Login { name, proof: Proof::Token(SecretString::from(token)) })
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

    type Shown = Result<(String, String), Unusable>;

    fn shown(login: Result<Login, Unusable>) -> Shown {
        login.map(|login| match login.proof {
            Proof::Password(secret) | Proof::Token(secret) => (login.name, secret.expose_secret().to_owned()),
        })
    }

    fn good(name: &str, proof: &str) -> Shown {
        Ok((name.to_owned(), proof.to_owned()))
    }

    #[test]
    fn base64_may_lack_its_padding_and_have_bits_too_many() {
        for line in ["YQ==", "YQ=", "YQ", "YR==", "YR", " YQ== "] {
            assert_eq!(decode(line), Ok(b"a".to_vec()), "{line}");
        }
        assert_eq!(decode("="), Ok(Vec::new()));
        for line in ["Y", "YQ=a", "Y Q", "!!!!", "YQ===", "=YQ"] {
            assert_eq!(decode(line), Err(Unusable::Base64), "{line}");
        }
    }

    #[test]
    fn plain_takes_no_foreign_identity() {
        let read = |text: &str| shown(plain(text.into()));
        for text in
            ["\0user\0pass", "user\0user\0pass", "\0user\0pass\0", "\0user\0pass\r\n", "\0user\0pass\n"]
        {
            assert_eq!(read(text), good("user", "pass"), "{text:?}");
        }
        for (text, fault) in [
            ("other\0user\0pass", Unusable::Identity),
            ("user\0pass", Unusable::Form),
            ("\0user", Unusable::Form),
            ("\0user\0pass\0more", Unusable::Form),
            ("", Unusable::Form),
            ("\0user\0", Unusable::Form),
            ("\0\0pass", Unusable::Field),
            ("\0user\0pa\r\nss", Unusable::Field),
        ] {
            assert_eq!(read(text), Err(fault), "{text:?}");
        }
        assert_eq!(shown(plain(vec![0, 0xff, 0, b'x'])), Err(Unusable::Field));
    }

    #[test]
    fn login_takes_what_scripts_encode() {
        assert_eq!(login_name(b"user\n".to_vec()), Ok("user".to_owned()));
        assert_eq!(shown(login("user", b"pass\r\n".to_vec())), good("user", "pass"));
        for response in [&b""[..], b"\n", b"a\0b", b"\xff"] {
            assert_eq!(login_name(response.to_vec()), Err(Unusable::Field));
            assert_eq!(shown(login("user", response.to_vec())), Err(Unusable::Field));
        }
    }

    #[test]
    fn xoauth2_reads_back_what_it_writes() {
        let written = xoauth2_response("svc|app|tenant", &SecretString::from("eyJ.a.b"));
        let read = xoauth2(decode(&written).unwrap());
        assert_eq!(shown(read), good("svc|app|tenant", "eyJ.a.b"));
        for (text, fault) in [
            ("user=a", Unusable::Form),
            ("auth=Bearer x", Unusable::Form),
            ("user=a\x01auth=Basic x", Unusable::Form),
            ("user=\x01auth=Bearer x", Unusable::Field),
            ("user=a\x01auth=Bearer ", Unusable::Field),
            ("nonsense", Unusable::Form),
        ] {
            assert_eq!(shown(xoauth2(text.into())), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn a_login_prints_without_its_proof() {
        let login = plain(b"\0user\0hunter2".to_vec()).unwrap();
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
