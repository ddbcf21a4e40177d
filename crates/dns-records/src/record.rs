//! A record, in the one form that is compared.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::normal;
use crate::text::Text;

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
    Txt(Text),
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

impl Record {
    /// A TXT record of a text without quotes and splits, taken word for word.
    #[must_use]
    pub fn txt(name: &str, text: &str, ttl: u32) -> Self {
        Self { name: normal(name), data: Data::Txt(Text::new(text)), ttl }
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
            "TXT" => Self { name: normal(name), data: Data::Txt(Text::read(value)), ttl },
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
            Data::Txt(text) => text.as_str(),
            Data::Cname(value) | Data::Other { value, .. } => value,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Data::Txt(text) = &self.data { Some(text.as_str()) } else { None }
    }

    /// The other name, if it is a CNAME.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        if let Data::Cname(target) = &self.data { Some(target) } else { None }
    }

    /// Whether both say the same of the same name, for however long, and however a text is split.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let is_same = match (&self.data, &other.data) {
            (Data::Txt(one), Data::Txt(other)) => one.says_the_same(other),
            (one, other) => one == other,
        };
        self.name == other.name && is_same
    }
}

impl fmt::Display for Record {
    /// `example.com TXT "v=spf1 -all"`, for sentences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Data::Txt(text) => write!(f, "{} TXT \"{}\"", self.name, text.as_str()),
            _ => write!(f, "{} {} {}", self.name, self.kind(), self.value()),
        }
    }
}

/// One space between words, names in lower case and without the dot at the end. A word of dots alone, such as the root,
/// stays: without it the value would end in a space, or have one word fewer when it is read again.
fn tidied(kind: &str, value: &str) -> String {
    let words = value.split_whitespace();
    if !matches!(kind, "MX" | "NS" | "PTR" | "SRV" | "A" | "AAAA" | "ALIAS" | "ANAME") {
        return words.collect::<Vec<_>>().join(" ");
    }
    let word =
        |word: &str| if word.bytes().all(|byte| byte == b'.') { word.to_owned() } else { normal(word) };
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
            ("MX", "10 .. a.", "10 .. a"),
            ("CAA", "0 issue \"LE.org\"", "0 issue \"LE.org\""),
        ] {
            let record = Record::read("Example.com.", kind, given, 60);
            assert_eq!((record.value(), record.name.as_str()), (wanted, "example.com"), "{given}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(kind in ".{0,6}", value in ".{0,40}") {
            let once = Record::read(&value, &kind, &value, 1);
            prop_assert_eq!(normal(&once.name), once.name);
        }

        #[test]
        fn a_value_that_was_read_reads_as_itself(value in "[.A-C0-9ü \"]{0,20}") {
            for kind in ["MX", "SRV", "CAA", "CNAME"] {
                let once = Record::read("example.com", kind, &value, 1);
                prop_assert_eq!(Record::read("example.com", kind, once.value(), 1), once);
            }
        }
    }
}
