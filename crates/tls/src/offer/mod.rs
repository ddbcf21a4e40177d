//! What a client offers at the beginning of a TLS handshake, read from the bytes that came in.
//!
//! rustls tells no more of a handshake that it refuses than why. To help with a device the operator has to know what
//! the device can do, so its ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2) is read here as far as it
//! goes. What is malformed or missing is left out; nothing here decides anything.

use std::fmt;

use rustls::{CipherSuite, NamedGroup, SignatureScheme};

/// What came in before a handshake failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing at all.
    Nothing,
    /// Something that is not TLS: its beginning, in printable ASCII.
    NotTls(String),
    /// A ClientHello, perhaps not to its end.
    Hello(Box<Offer>),
}

/// What a ClientHello offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Versions; only the highest if the client does not list them.
    pub versions: Vec<Version>,
    /// Cipher suites, the most wanted first.
    pub cipher_suites: Vec<CipherSuite>,
    /// Signature schemes, the most wanted first. Old clients send none.
    pub signature_schemes: Vec<SignatureScheme>,
    /// Groups for the key exchange.
    pub groups: Vec<NamedGroup>,
    /// The name of the server that the client looks for (RFC 6066 section 3).
    pub server_name: Option<String>,
}

/// A version as it goes over the wire: 0x0301 is TLS 1.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

pub(crate) const TLS_1_2: Version = Version(0x0303);

/// Records of a handshake, and alerts (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// Bytes of something else that are worth showing.
const MAX_SHOWN_BYTES: usize = 40;
/// RFC 1035 section 2.3.4.
const MAX_NAME_BYTES: usize = 255;

impl Heard {
    /// Reads what a client sent first.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        match bytes {
            [] => Self::Nothing,
            [HANDSHAKE, rest @ ..] if rest.first().is_none_or(|major| *major == 3) => {
                Self::Hello(Box::new(Offer::read(&handshake(bytes))))
            }
            // SSL 2.0's ClientHello, which old clients begin with to be understood everywhere (RFC 5246 appendix E.2).
            [length, _, CLIENT_HELLO, 0 | 3, ..] if length & 0x80 != 0 => {
                Self::Hello(Box::new(Offer::read_old(&bytes[3..])))
            }
            _ => Self::NotTls(shown(&bytes[..bytes.len().min(MAX_SHOWN_BYTES)])),
        }
    }
}

impl Offer {
    /// The highest version.
    #[must_use]
    pub fn highest(&self) -> Option<Version> {
        self.versions.iter().copied().max()
    }

    /// Reads a handshake message.
    fn read(message: &[u8]) -> Self {
        let mut offer = Self::default();
        // What is missing at the end leaves the rest of the offer empty.
        let _ = offer.fill(message);
        offer
    }

    fn fill(&mut self, message: &[u8]) -> Option<()> {
        let mut hello = Bytes(message);
        if hello.number(1)? != u32::from(CLIENT_HELLO) {
            return None;
        }
        hello.take(3)?;
        self.versions = vec![Version(hello.short()?)];
        hello.take(32)?;
        hello.vector(1)?;
        self.cipher_suites = hello.vector(2)?.shorts().map(CipherSuite::from).collect();
        hello.vector(1)?;
        let mut extensions = hello.vector(2)?;
        while let Some(kind) = extensions.short() {
            let mut body = extensions.vector(2)?;
            match kind {
                0 => self.server_name = server_name(&mut body),
                10 => self.groups = body.vector(2)?.shorts().map(NamedGroup::from).collect(),
                13 => self.signature_schemes = body.vector(2)?.shorts().map(SignatureScheme::from).collect(),
                43 => self.versions = body.vector(1)?.shorts().map(Version).collect(),
                _ => {}
            }
        }
        Some(())
    }

    /// Reads what follows the type in SSL 2.0's ClientHello. Its cipher suites have three bytes; those that begin
    /// with zero are TLS's.
    fn read_old(hello: &[u8]) -> Self {
        let mut offer = Self::default();
        let mut hello = Bytes(hello);
        offer.versions.extend(hello.short().map(Version));
        let length = hello.short().unwrap_or(0);
        if hello.take(4).is_some() {
            let suites = hello.upto(usize::from(length)).chunks_exact(3).filter(|suite| suite[0] == 0);
            offer.cipher_suites =
                suites.map(|suite| CipherSuite::from(u16::from_be_bytes([suite[1], suite[2]]))).collect();
        }
        offer
    }
}

/// The payload of the leading handshake records, put together.
fn handshake(bytes: &[u8]) -> Vec<u8> {
    let (mut payload, mut records) = (Vec::new(), Bytes(bytes));
    while let (Some(HANDSHAKE), Some(_)) = (records.0.first().copied(), records.take(3)) {
        let Some(length) = records.short() else { break };
        payload.extend_from_slice(records.upto(usize::from(length)));
    }
    payload
}

fn server_name(body: &mut Bytes<'_>) -> Option<String> {
    let mut names = body.vector(2)?;
    names.take(1)?;
    let name = names.vector(2)?.0;
    Some(shown(&name[..name.len().min(MAX_NAME_BYTES)]))
}

/// The bytes in printable ASCII; others become dots.
fn shown(bytes: &[u8]) -> String {
    let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    bytes.iter().map(|byte| if printable(byte) { char::from(*byte) } else { '.' }).collect()
}

/// What is still to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// As many as there are, at most `count`.
    fn upto(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number(&mut self, bytes: usize) -> Option<u32> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2).map(|two| u16::from_be_bytes([two[0], two[1]]))
    }

    /// What follows a length of so many bytes (RFC 8446 section 3.4), as far as it has come in.
    fn vector(&mut self, length_bytes: usize) -> Option<Bytes<'a>> {
        let length = self.number(length_bytes)?;
        Some(Bytes(self.upto(usize::try_from(length).unwrap_or(usize::MAX))))
    }

    /// Numbers of two bytes, without those that clients strew in to keep servers tolerant (RFC 8701).
    fn shorts(self) -> impl Iterator<Item = u16> {
        let numbers = self.0.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]]));
        numbers.filter(|number| !(number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0x0002 => f.write_str("SSL 2.0"),
            0x0300 => f.write_str("SSL 3.0"),
            0x0301..=0x0304 => write!(f, "TLS 1.{}", self.0 - 0x0301),
            other => write!(f, "{other:#06x}"),
        }
    }
}

/// The offer as fields of a log line.
impl Offer {
    /// `TLS 1.2, TLS 1.3`.
    #[must_use]
    pub fn version_names(&self) -> String {
        join(self.versions.iter().map(ToString::to_string))
    }

    /// Names as IANA has them, or numbers.
    #[must_use]
    pub fn cipher_suite_names(&self) -> String {
        join(self.cipher_suites.iter().map(|suite| name(suite.as_str(), u16::from(*suite))))
    }

    /// Names as IANA has them, or numbers.
    #[must_use]
    pub fn signature_scheme_names(&self) -> String {
        join(self.signature_schemes.iter().map(|scheme| name(scheme.as_str(), u16::from(*scheme))))
    }

    /// Names as IANA has them, or numbers.
    #[must_use]
    pub fn group_names(&self) -> String {
        join(self.groups.iter().map(|group| name(group.as_str(), u16::from(*group))))
    }
}

/// More than this makes a line that nobody reads.
const MAX_NAMES: usize = 48;

fn join(names: impl Iterator<Item = String>) -> String {
    names.take(MAX_NAMES).collect::<Vec<_>>().join(", ")
}

fn name(known: Option<&str>, number: u16) -> String {
    known.map_or_else(|| format!("{number:#06x}"), str::to_owned)
}

#[cfg(test)]
mod tests;
