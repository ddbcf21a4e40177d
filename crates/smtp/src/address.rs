//! Mailboxes: `local-part@domain` (RFC 5321 section 4.1.2, RFC 6531 section 3.3).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// The part before the `@`, without its quoting. Case is kept: only its own domain may fold it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalPart(String);

/// A domain name in lower case and in ASCII, or an address literal such as `[192.0.2.1]`. A name beyond
/// ASCII is held in its A-labels (RFC 5890 section 2.3.2.1), which every server and directory understands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(String);

/// An address that mail can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mailbox {
    local_part: LocalPart,
    domain: Domain,
}

/// Why a text is not a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@` outside quotes.
    #[error("there is no @ in the address")]
    NoAt,
    /// The local part is empty, has a character that needs quoting, or an unfinished quote.
    #[error("the part before the @ is not valid")]
    LocalPart,
    /// The domain has an empty label or a character that no host name has.
    #[error("the domain is not valid")]
    Domain,
    /// RFC 5321 section 4.5.3.1.3 ends a path at 256 octets.
    #[error("the address is longer than 254 octets")]
    TooLong,
}

/// Longest mailbox: the 256 octets of a path without its angle brackets (RFC 5321 section 4.5.3.1.3).
const MAX_MAILBOX_OCTETS: usize = 254;
/// RFC 1035 section 2.3.4.
const MAX_LABEL_OCTETS: usize = 63;

impl Mailbox {
    /// Puts two checked halves together.
    #[must_use]
    pub fn new(local_part: LocalPart, domain: Domain) -> Self {
        Self { local_part, domain }
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &LocalPart {
        &self.local_part
    }

    /// The part behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether the mailbox can be written without SMTPUTF8 (RFC 6531). That is up to its local part: a
    /// domain has a form in ASCII, a local part has none.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.local_part.0.is_ascii()
    }
}

impl LocalPart {
    /// The local part without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a local part that is written without quotes or in quotes.
    ///
    /// # Errors
    /// [`AddressError::LocalPart`] when it is neither a dot-atom nor a quoted string.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if let Some(inner) = text.strip_prefix('"') {
            return unquote(inner).map(Self);
        }
        let atoms_are_valid = text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
        if atoms_are_valid { Ok(Self(text.to_owned())) } else { Err(AddressError::LocalPart) }
    }

    fn is_dot_atom(&self) -> bool {
        self.0.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
    }
}

impl Domain {
    /// The domain in lower case, in A-labels where it has any.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is an address literal (RFC 5321 section 4.1.3) and not a name.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.0.starts_with('[')
    }
}

impl FromStr for Domain {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_MAILBOX_OCTETS {
            return Err(AddressError::TooLong);
        }
        if let Some(literal) = text.strip_prefix('[') {
            let is_valid = literal.strip_suffix(']').is_some_and(is_address_literal);
            return if is_valid { Ok(Self(text.to_ascii_lowercase())) } else { Err(AddressError::Domain) };
        }
        let name = if text.is_ascii() { text.to_ascii_lowercase() } else { to_a_labels(text)? };
        // What is mapped to ASCII may hold characters that no host name has: a full-width `@` is one.
        if name.split('.').all(is_label) { Ok(Self(name)) } else { Err(AddressError::Domain) }
    }
}

impl FromStr for Mailbox {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_MAILBOX_OCTETS {
            return Err(AddressError::TooLong);
        }
        let at = at_sign(text).ok_or(AddressError::NoAt)?;
        let local_part = LocalPart::parse(&text[..at])?;
        let domain = text[at + 1..].parse()?;
        Ok(Self { local_part, domain })
    }
}

impl fmt::Display for LocalPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_dot_atom() {
            return f.write_str(&self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local_part, self.domain)
    }
}

/// The position of the `@` that divides a mailbox: the first one outside quotes.
fn at_sign(text: &str) -> Option<usize> {
    if !text.starts_with('"') {
        return text.find('@');
    }
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return (text.as_bytes().get(position + 1) == Some(&b'@')).then_some(position + 1),
            _ => {}
        }
    }
    None
}

/// Takes the quoting off what follows an opening quote (RFC 5321 `Quoted-string`).
fn unquote(inner: &str) -> Result<String, AddressError> {
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' if chars.as_str().is_empty() => return Ok(plain),
            '\\' => match chars.next() {
                Some(c) if c == ' ' || c.is_ascii_graphic() => plain.push(c),
                _ => return Err(AddressError::LocalPart),
            },
            '"' => return Err(AddressError::LocalPart),
            c if c == ' ' || !c.is_control() => plain.push(c),
            _ => return Err(AddressError::LocalPart),
        }
    }
    Err(AddressError::LocalPart)
}

/// RFC 5322 section 3.2.3 `atext`, and any character beyond ASCII (RFC 6531 section 3.3).
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_control())
}

/// The A-labels of a name beyond ASCII (RFC 5891 section 4, with the mapping of UTS 46 that browsers and
/// mail programs apply).
fn to_a_labels(name: &str) -> Result<String, AddressError> {
    Uts46::new()
        .to_ascii(name.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Verify)
        .map(Cow::into_owned)
        .map_err(|_| AddressError::Domain)
}

/// Host name labels, and the underscore that real names have.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= MAX_LABEL_OCTETS
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn is_address_literal(literal: &str) -> bool {
    match literal.split_at_checked(5) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => {
            address.parse::<std::net::Ipv6Addr>().is_ok()
        }
        _ => literal.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Result<(&str, &str), AddressError>) {
        let parsed = text.parse::<Mailbox>();
        let parts =
            parsed.as_ref().map(|m| (m.local_part().as_str(), m.domain().as_str())).map_err(|error| *error);
        assert_eq!(parts, expected, "{text}");
    }

    #[test]
    fn mailboxes_are_read_as_the_grammar_says() {
        check("a@b", Ok(("a", "b")));
        check("First.Last+tag@Example.COM", Ok(("First.Last+tag", "example.com")));
        check("\"a b\"@example.com", Ok(("a b", "example.com")));
        check("\"a@b\\\"c\"@example.com", Ok(("a@b\"c", "example.com")));
        check("x@[192.0.2.1]", Ok(("x", "[192.0.2.1]")));
        check("x@[IPv6:2001:db8::1]", Ok(("x", "[ipv6:2001:db8::1]")));
        check("a", Err(AddressError::NoAt));
        check("\"a@b", Err(AddressError::NoAt));
        check("@b", Err(AddressError::LocalPart));
        check("a..b@c", Err(AddressError::LocalPart));
        check(".a@c", Err(AddressError::LocalPart));
        check("a b@c", Err(AddressError::LocalPart));
        check("a@", Err(AddressError::Domain));
        check("a@b@c", Err(AddressError::Domain));
        check("a@b..c", Err(AddressError::Domain));
        check("a@-b.c", Err(AddressError::Domain));
        check("a@b c", Err(AddressError::Domain));
        check("a@[300.0.2.1]", Err(AddressError::Domain));
        check("a@[192.0.2.1", Err(AddressError::Domain));
        check("a@b\r\nc", Err(AddressError::Domain));
        check(&format!("{}@example.com", "a".repeat(250)), Err(AddressError::TooLong));
    }

    #[test]
    fn a_domain_beyond_ascii_is_held_in_its_a_labels() {
        check("jürgen@bücher.example", Ok(("jürgen", "xn--bcher-kva.example")));
        check("a@BÜCHER.example", Ok(("a", "xn--bcher-kva.example")));
        // The same letter as two characters, an ideographic full stop, full-width letters.
        check("a@bu\u{308}cher\u{3002}example", Ok(("a", "xn--bcher-kva.example")));
        check("a@\u{ff42}.example", Ok(("a", "b.example")));
        check("a@straße.example", Ok(("a", "xn--strae-oqa.example")));
        check("a@xn--bcher-kva.example", Ok(("a", "xn--bcher-kva.example")));
        check("a@_x.bücher.example", Ok(("a", "_x.xn--bcher-kva.example")));
        check("a@b\u{ff20}c.example", Err(AddressError::Domain));
        check("a@bücher.exa mple", Err(AddressError::Domain));
        check("a@bücher..example", Err(AddressError::Domain));
        check("a@\u{200b}.example", Err(AddressError::Domain));
        check(&format!("a@{}.example", "ü".repeat(63)), Err(AddressError::Domain));
        let is_ascii = |text: &str| text.parse::<Mailbox>().unwrap().is_ascii();
        assert!(is_ascii("a@bücher.example") && !is_ascii("jürgen@example.com"));
    }

    proptest! {
        #[test]
        fn a_domain_that_was_read_is_ascii_and_stays_as_it_is(domain in "\\PC{1,30}") {
            if let Ok(domain) = domain.parse::<Domain>() {
                prop_assert!(domain.as_str().is_ascii());
                prop_assert_eq!(domain.as_str().parse::<Domain>(), Ok(domain));
            }
        }

        #[test]
        fn what_is_printed_is_read_back(local in "[a-z \"\\\\@.é]{1,12}", domain in "[a-z0-9]{1,8}(\\.[a-z]{2,5}){0,3}") {
            let mailbox = Mailbox { local_part: LocalPart(local), domain: Domain(domain) };
            prop_assert_eq!(mailbox.to_string().parse(), Ok(mailbox));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Mailbox>();
        }
    }
}
