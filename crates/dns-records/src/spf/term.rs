//! One term of an SPF record (RFC 7208 sections 4.6, 5 and 6).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::name::normal;

/// A term: a mechanism with its qualifier, or a modifier. It prints as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Mechanism(Qualifier, Mechanism),
    Modifier { name: String, value: String },
}

/// What a match means (RFC 7208 section 4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`, or nothing: the sender may.
    Pass,
    /// `-`: it may not.
    Fail,
    /// `~`: it probably may not.
    SoftFail,
    /// `?`: nothing is said.
    Neutral,
}

/// What is matched (RFC 7208 section 5). Names are in lower case; they may hold macros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism {
    All,
    /// Every server that passes the record at that name.
    Include(String),
    /// The addresses of a name, or of the domain.
    A(Option<String>),
    /// The addresses of the mail servers of a name, or of the domain.
    Mx(Option<String>),
    /// Names found backwards; nobody should use it (RFC 7208 section 5.5).
    Ptr(Option<String>),
    /// An address or a network.
    Ip(String),
    /// Whether a name has an address.
    Exists(String),
}

/// Why a term is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{term}\" is not understood: {why}")]
pub struct TermError {
    /// The term as it was written.
    pub term: String,
    /// Half a sentence.
    pub why: &'static str,
}

impl Term {
    /// Reads one word of a record.
    ///
    /// # Errors
    /// When it is neither a mechanism nor a modifier.
    pub fn read(text: &str) -> Result<Self, TermError> {
        let error = |why| TermError { term: text.to_owned(), why };
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(error("it holds something that is not ASCII"));
        }
        let name_ends = text.find([':', '=', '/']).unwrap_or(text.len());
        let kind = match text.split_at(name_ends) {
            (name, rest) if rest.starts_with('=') => modifier(name, &rest[1..]),
            _ => {
                let (qualifier, mechanism) = Qualifier::split(text);
                self::mechanism(mechanism).map(|mechanism| Kind::Mechanism(qualifier, mechanism))
            }
        };
        Ok(Self { text: text.to_owned(), kind: kind.map_err(error)? })
    }

    /// The qualifier, if it is a mechanism.
    #[must_use]
    pub fn qualifier(&self) -> Option<Qualifier> {
        if let Kind::Mechanism(qualifier, _) = &self.kind { Some(*qualifier) } else { None }
    }

    /// The mechanism, if it is one.
    #[must_use]
    pub fn mechanism(&self) -> Option<&Mechanism> {
        if let Kind::Mechanism(_, mechanism) = &self.kind { Some(mechanism) } else { None }
    }

    /// What is included.
    #[must_use]
    pub fn included(&self) -> Option<&str> {
        if let Some(Mechanism::Include(name)) = self.mechanism() { Some(name) } else { None }
    }

    /// Where `redirect=` leads.
    #[must_use]
    pub fn redirect(&self) -> Option<&str> {
        match &self.kind {
            Kind::Modifier { name, value } if name == "redirect" => Some(value),
            _ => None,
        }
    }

    pub(super) fn is_all(&self) -> bool {
        self.mechanism() == Some(&Mechanism::All)
    }

    pub(super) fn is_modifier(&self, wanted: &str) -> bool {
        matches!(&self.kind, Kind::Modifier { name, .. } if name == wanted)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Qualifier {
    /// The sign that is written before `all`.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Pass => '+',
            Self::Fail => '-',
            Self::SoftFail => '~',
            Self::Neutral => '?',
        }
    }

    fn split(text: &str) -> (Self, &str) {
        let qualifiers = [Self::Pass, Self::Fail, Self::SoftFail, Self::Neutral];
        let found = qualifiers.into_iter().find_map(|one| Some((one, text.strip_prefix(one.sign())?)));
        found.unwrap_or((Self::Pass, text))
    }
}

fn modifier(name: &str, value: &str) -> Result<Kind, &'static str> {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || !name.bytes().all(is_fine) {
        return Err("there is no such modifier");
    }
    let name = name.to_ascii_lowercase();
    let value = match name.as_str() {
        "redirect" | "exp" => domain_spec(value)?,
        "v" => return Err("two records were written into one"),
        "ip4" | "ip6" | "include" | "a" | "mx" => return Err("it needs a colon in place of the equals sign"),
        _ => value.to_owned(),
    };
    Ok(Kind::Modifier { name, value })
}

fn mechanism(text: &str) -> Result<Mechanism, &'static str> {
    let name_ends = text.find([':', '/']).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_ends);
    let argument = rest.strip_prefix(':');
    let needed = || argument.filter(|argument| !argument.is_empty()).ok_or("nothing stands behind its colon");
    match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Ok(Mechanism::All),
        "all" => Err("nothing may stand behind \"all\""),
        "include" => Ok(Mechanism::Include(domain_spec(needed()?)?)),
        "exists" => Ok(Mechanism::Exists(domain_spec(needed()?)?)),
        "a" => Ok(Mechanism::A(host(rest)?)),
        "mx" => Ok(Mechanism::Mx(host(rest)?)),
        "ptr" if rest.is_empty() => Ok(Mechanism::Ptr(None)),
        "ptr" => Ok(Mechanism::Ptr(Some(domain_spec(needed()?)?))),
        "ip4" => network::<Ipv4Addr>(needed()?, 32),
        "ip6" => network::<Ipv6Addr>(needed()?, 128),
        "" => Err("there is no name in it"),
        "ip" | "ipv4" => Err("it is written ip4"),
        "ipv6" => Err("it is written ip6"),
        "includes" => Err("it is written include"),
        _ => Err("there is no such mechanism"),
    }
}

/// A name and prefix lengths, all optional (RFC 7208 section 5.6): `:example.com/24//64`.
fn host(rest: &str) -> Result<Option<String>, &'static str> {
    // A macro may hold a slash among its delimiters.
    let lengths_at = rest.rfind('}').map_or(0, |end| end + 1);
    let slash = rest[lengths_at..].find('/').map_or(rest.len(), |at| lengths_at + at);
    let (name, lengths) = rest.split_at(slash);
    let (four, six) = lengths.split_once("//").map_or((lengths, None), |(four, six)| (four, Some(six)));
    let four = four.strip_prefix('/').or(if four.is_empty() { None } else { Some(four) });
    if !four.is_none_or(|length| is_length(length, 32)) || !six.is_none_or(|length| is_length(length, 128)) {
        return Err("the length of its network is not right");
    }
    match name.strip_prefix(':') {
        Some(name) => domain_spec(name).map(Some),
        None => Ok(None),
    }
}

fn network<A: std::str::FromStr>(text: &str, most: u8) -> Result<Mechanism, &'static str> {
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    if address.parse::<A>().is_err() {
        return Err(if address.ends_with([',', ';']) {
            "it ends with a comma or a semicolon"
        } else {
            "it holds no address of that kind"
        });
    }
    if !length.is_none_or(|length| is_length(length, most)) {
        return Err("the length of its network is not right");
    }
    Ok(Mechanism::Ip(text.to_ascii_lowercase()))
}

fn is_length(text: &str, most: u8) -> bool {
    let is_plain = text == "0" || !text.starts_with(['0', '+']);
    is_plain && text.parse::<u8>().is_ok_and(|length| length <= most)
}

/// A name, maybe with macros (RFC 7208 section 7.1).
fn domain_spec(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        return Err("it names nothing");
    }
    if text.contains('%') {
        return if is_macro_string(text) { Ok(text.to_owned()) } else { Err("its macro is not right") };
    }
    let name = normal(text);
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_fine);
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) && name.parse::<Ipv4Addr>().is_ok() {
        return Err("an address needs ip4");
    }
    if !name.contains('.') || !name.split('.').all(is_label) || last.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err("it holds no name of a domain");
    }
    Ok(name)
}

fn is_macro_string(mut rest: &str) -> bool {
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        let length = match rest.as_bytes().first() {
            Some(b'%' | b'_' | b'-') => 1,
            Some(b'{') => match rest.find('}').filter(|end| is_macro(&rest[1..*end])) {
                Some(end) => end + 1,
                None => return false,
            },
            _ => return false,
        };
        rest = &rest[length..];
    }
    true
}

/// What stands between the braces: a letter, digits, `r`, delimiters.
fn is_macro(inside: &str) -> bool {
    let Some(letter) = inside.chars().next() else { return false };
    let rest = inside[letter.len_utf8()..].trim_start_matches(|c: char| c.is_ascii_digit());
    let delimiters = rest.strip_prefix(['r', 'R']).unwrap_or(rest);
    "slodiphcrtvSLODIPHCRTV".contains(letter) && delimiters.chars().all(|c| ".-+,/_=".contains(c))
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Records that are right, with one space between terms.
    pub(in crate::spf) fn record() -> impl Strategy<Value = String> {
        let name = "[a-z]{1,5}\\.(example|Example\\.COM)";
        let term = prop_oneof![
            name.prop_map(|name| format!("include:{name}")),
            name.prop_map(|name| format!("a:{name}/24//64")),
            name.prop_map(|name| format!("exists:%{{i}}._spf.{name}")),
            name.prop_map(|name| format!("ptr:{name}")),
            any::<Ipv4Addr>().prop_map(|address| format!("ip4:{address}/24")),
            any::<Ipv6Addr>().prop_map(|address| format!("ip6:{address}")),
            prop_oneof![Just("a"), Just("mx"), Just("MX/24"), Just("a//64"), Just("x-note=1"), Just("all")]
                .prop_map(str::to_owned),
        ];
        let term = ("[-+~?]?", term)
            .prop_map(|(sign, term)| if term.contains('=') { term } else { format!("{sign}{term}") });
        let redirect = proptest::option::of(Just("redirect=_spf.example.com".to_owned()));
        let explanation = proptest::option::of("exp=[a-c]\\.example\\.com");
        (explanation, proptest::collection::vec(term, 0..8), redirect).prop_map(
            |(explanation, terms, redirect)| {
                let words =
                    std::iter::once("v=spf1".to_owned()).chain(explanation).chain(terms).chain(redirect);
                words.collect::<Vec<_>>().join(" ")
            },
        )
    }

    #[test]
    fn good_terms_are_read() {
        for text in [
            "include:_spf.google.com",
            "+a",
            "mx/24//64",
            "a:example.com//128",
            "A:%{d}/32",
            "ptr",
            "ip4:192.0.2.0/24",
            "ip6:2001:db8::/32",
            "exists:%{i}._spf.%{d2}",
            "-all",
            "exp=explain.%{d}",
            "custom=anything:goes",
            "redirect=%{d4r.-}.example.com",
            "a:%{l/}.example.com/8",
            "include:example.com.",
        ] {
            let term = Term::read(text).unwrap();
            assert_eq!(term.to_string(), text);
        }
    }

    #[test]
    fn bad_terms_are_explained() {
        for (text, why) in [
            ("include:", "nothing stands behind its colon"),
            ("include", "nothing stands behind its colon"),
            ("include:192.0.2.1", "an address needs ip4"),
            ("include:localhost", "it holds no name of a domain"),
            ("include:a..example", "it holds no name of a domain"),
            ("include:%{x}.example", "its macro is not right"),
            ("ip4:192.0.2.1,", "it ends with a comma or a semicolon"),
            ("ip4:192.0.2.0/33", "the length of its network is not right"),
            ("ip4:192.0.2.0/+8", "the length of its network is not right"),
            ("ip4:2001:db8::1", "it holds no address of that kind"),
            ("ipv4:192.0.2.1", "it is written ip4"),
            ("ip4=192.0.2.1", "it needs a colon in place of the equals sign"),
            ("a:example.com/33", "the length of its network is not right"),
            ("-all;", "there is no such mechanism"),
            ("–all", "it holds something that is not ASCII"),
            ("v=spf1", "two records were written into one"),
            ("all:x", "nothing may stand behind \"all\""),
            ("-", "there is no name in it"),
            ("=x", "there is no such modifier"),
        ] {
            assert_eq!(Term::read(text).map_err(|error| error.why), Err(why), "{text}");
        }
    }
}
