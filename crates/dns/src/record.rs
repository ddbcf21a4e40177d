//! A record, in the one form that is compared.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::normal;

/// A record. The constructors bring it into the form that is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The full name, in lower case and ASCII, without the dot at the end.
    pub name: String,
    /// What it says.
    pub data: Data,
    /// For how many seconds it may be kept.
    pub ttl: u32,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// Text: its character-strings put together (RFC 7208 section 3.3), without quotes.
    Txt(String),
    /// Another name, in the form of [`Record::name`].
    Cname(String),
    /// Anything else, as it stands in a zone file.
    Other {
        /// `A`, `MX` and so on.
        kind: String,
        /// The value. The one of a null MX is `0 .` (RFC 7505).
        value: String,
    },
}

/// What one character-string holds (RFC 1035 section 3.3).
const STRING_OCTETS: usize = 255;

impl Record {
    /// A TXT record of a text without quotes and splits, taken word for word.
    #[must_use]
    pub fn txt(name: &str, text: &str, ttl: u32) -> Self {
        Self { name: normal(name), data: Data::Txt(text.to_owned()), ttl }
    }

    /// A CNAME record.
    #[must_use]
    pub fn cname(name: &str, target: &str, ttl: u32) -> Self {
        Self { name: normal(name), data: Data::Cname(normal(target)), ttl }
    }

    /// A record of any kind as providers and zone files write it: text may be quoted and split.
    #[must_use]
    pub fn read(name: &str, kind: &str, value: &str, ttl: u32) -> Self {
        let kind = kind.trim().to_ascii_uppercase();
        match kind.as_str() {
            "TXT" => Self::txt(name, &unquoted(value), ttl),
            "CNAME" => Self::cname(name, value, ttl),
            _ => Self { name: normal(name), data: Data::Other { value: tidied(&kind, value), kind }, ttl },
        }
    }

    /// `TXT`, `CNAME`, `A` and so on.
    #[must_use]
    pub fn kind(&self) -> &str {
        match &self.data {
            Data::Txt(_) => "TXT",
            Data::Cname(_) => "CNAME",
            Data::Other { kind, .. } => kind,
        }
    }

    /// The value without quotes, splits and the dot at the end.
    #[must_use]
    pub fn value(&self) -> &str {
        match &self.data {
            Data::Txt(value) | Data::Cname(value) | Data::Other { value, .. } => value,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Data::Txt(text) = &self.data { Some(text) } else { None }
    }

    /// The other name, if it is a CNAME.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        if let Data::Cname(target) = &self.data { Some(target) } else { None }
    }

    /// Whether both say the same of the same name, for however long.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.name == other.name && self.data == other.data
    }
}

impl fmt::Display for Record {
    /// `example.com TXT "v=spf1 -all"`, for sentences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Data::Txt(text) => write!(f, "{} TXT \"{text}\"", self.name),
            _ => write!(f, "{} {} {}", self.name, self.kind(), self.value()),
        }
    }
}

/// A text as zone files have it: quoted, with escapes (RFC 1035 section 5.1), split at 255 octets.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut strings: Vec<String> = text
        .as_bytes()
        .chunks(STRING_OCTETS)
        .map(|chunk| format!("\"{}\"", chunk.iter().map(|octet| escaped(*octet)).collect::<String>()))
        .collect();
    if strings.is_empty() {
        strings.push("\"\"".to_owned());
    }
    strings.join(" ")
}

fn escaped(octet: u8) -> String {
    match octet {
        b'"' | b'\\' => format!("\\{}", char::from(octet)),
        b' '..=b'~' => char::from(octet).to_string(),
        _ => format!("\\{octet:03}"),
    }
}

/// The text behind quotes, splits and escapes; what is not well quoted stays as it is.
#[must_use]
pub fn unquoted(value: &str) -> String {
    let trimmed = value.trim();
    if !trimmed.starts_with('"') {
        return value.to_owned();
    }
    read_strings(trimmed.as_bytes())
        .map_or_else(|| value.to_owned(), |octets| String::from_utf8_lossy(&octets).into_owned())
}

fn read_strings(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while let Some((first, inside)) = rest.split_first() {
        if *first != b'"' {
            return None;
        }
        rest = read_string(inside, &mut text)?.trim_ascii_start();
    }
    Some(text)
}

/// Reads up to the quote that ends a string, and gives what comes behind it.
fn read_string<'a>(mut rest: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (octet, behind) = rest.split_first()?;
        rest = behind;
        match octet {
            b'"' => return Some(rest),
            b'\\' => {
                let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit));
                let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u8>().ok());
                let taken = if number.is_some() { 3 } else { 1 };
                text.push(number.or_else(|| rest.first().copied())?);
                rest = &rest[taken..];
            }
            _ => text.push(*octet),
        }
    }
}

/// One space between words, names in lower case and without the dot at the end.
fn tidied(kind: &str, value: &str) -> String {
    let words = value.split_whitespace();
    if !matches!(kind, "MX" | "NS" | "PTR" | "SRV" | "A" | "AAAA" | "ALIAS" | "ANAME") {
        return words.collect::<Vec<_>>().join(" ");
    }
    let word = |word: &str| if word == "." { word.to_owned() } else { normal(word) };
    words.map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_have_one_form() {
        for (kind, given, wanted) in [
            ("txt", r#""v=spf1 include:a" " -all""#, "v=spf1 include:a -all"),
            ("TXT", r#""a\"b\\c\059""#, "a\"b\\c;"),
            ("TXT", "plain", "plain"),
            ("TXT", "\"not ended", "\"not ended"),
            ("TXT", r#""a" b"#, r#""a" b"#),
            ("TXT", r#""a\"#, r#""a\"#),
            ("TXT", r#""\999""#, "999"),
            ("CNAME", "Target.Example.COM.", "target.example.com"),
            ("MX", "10  Mail.Example.COM.", "10 mail.example.com"),
            ("MX", "0 .", "0 ."),
            ("CAA", "0 issue \"LE.org\"", "0 issue \"LE.org\""),
        ] {
            let record = Record::read("Example.com.", kind, given, 60);
            assert_eq!((record.value(), record.name.as_str()), (wanted, "example.com"), "{given}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(text in ".{0,600}") {
            let zone_file = quoted(&text);
            prop_assert!(zone_file.is_ascii());
            prop_assert_eq!(unquoted(&zone_file), text);
        }

        #[test]
        fn nothing_panics(kind in ".{0,6}", value in ".{0,40}") {
            let once = Record::read(&value, &kind, &value, 1);
            prop_assert_eq!(normal(&once.name), once.name);
        }
    }
}
