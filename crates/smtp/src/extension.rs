//! Service extensions and the EHLO keywords that announce them.

use crate::sasl::Mechanism;

/// An extension that this crate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// SIZE, RFC 1870.
    Size,
    /// PIPELINING, RFC 2920.
    Pipelining,
    /// 8BITMIME, RFC 6152.
    EightBitMime,
    /// SMTPUTF8, RFC 6531.
    SmtpUtf8,
    /// ENHANCEDSTATUSCODES, RFC 2034.
    EnhancedStatusCodes,
    /// DSN, RFC 3461.
    Dsn,
    /// FUTURERELEASE, RFC 4865.
    FutureRelease,
    /// CHUNKING, RFC 3030.
    Chunking,
    /// BINARYMIME, RFC 3030 section 3. Needs CHUNKING.
    BinaryMime,
    /// STARTTLS, RFC 3207.
    StartTls,
    /// AUTH, RFC 4954.
    Auth,
}

/// A set of extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions(u16);

impl Extension {
    /// The EHLO keyword.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Pipelining => "PIPELINING",
            Self::EightBitMime => "8BITMIME",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::EnhancedStatusCodes => "ENHANCEDSTATUSCODES",
            Self::Dsn => "DSN",
            Self::FutureRelease => "FUTURERELEASE",
            Self::Chunking => "CHUNKING",
            Self::BinaryMime => "BINARYMIME",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
        }
    }

    const ALL: [Self; 11] = [
        Self::Size,
        Self::Pipelining,
        Self::EightBitMime,
        Self::SmtpUtf8,
        Self::EnhancedStatusCodes,
        Self::Dsn,
        Self::FutureRelease,
        Self::Chunking,
        Self::BinaryMime,
        Self::StartTls,
        Self::Auth,
    ];
}

impl Extensions {
    /// A set without any extension.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Every extension that this crate knows.
    #[must_use]
    pub fn all() -> Self {
        Extension::ALL.into_iter().fold(Self::none(), Self::with)
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, extension: Extension) -> Self {
        Self(self.0 | 1 << extension as u16)
    }

    /// The set with one less.
    #[must_use]
    pub const fn without(self, extension: Extension) -> Self {
        Self(self.0 & !(1 << extension as u16))
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether `extension` is in the set.
    #[must_use]
    pub const fn contains(self, extension: Extension) -> bool {
        self.0 & 1 << extension as u16 != 0
    }
}

/// What a server offered in its reply to EHLO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    pub extensions: Extensions,
    /// Mechanisms of AUTH that this crate knows.
    pub mechanisms: Vec<Mechanism>,
    /// SIZE's argument; `None` when there was none or it was 0, which both mean no fixed limit.
    pub max_size_octets: Option<u64>,
}

impl Offered {
    /// Reads the lines of a reply to EHLO behind the first.
    #[must_use]
    pub fn parse(reply_text: &str) -> Self {
        let mut offered = Self::default();
        for line in reply_text.lines().skip(1) {
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            let Some(keyword) = words.next() else { continue };
            let known =
                Extension::ALL.into_iter().find(|known| keyword.eq_ignore_ascii_case(known.keyword()));
            let Some(extension) = known else { continue };
            offered.extensions = offered.extensions.with(extension);
            match extension {
                Extension::Size => {
                    offered.max_size_octets = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                }
                Extension::Auth => offered.mechanisms.extend(words.filter_map(Mechanism::from_name)),
                _ => {}
            }
        }
        offered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ehlo_reply_is_read_with_unknown_keywords_ignored() {
        let offered = Offered::parse(
            "mx Hello [192.0.2.1]\nSIZE 31457280\nstarttls\nX-OTHER a b\nCHUNKING\nAUTH LOGIN GSSAPI XOAUTH2",
        );
        assert_eq!(offered.max_size_octets, Some(31_457_280));
        assert!(offered.extensions.contains(Extension::StartTls));
        assert!(offered.extensions.contains(Extension::Chunking));
        assert!(!offered.extensions.contains(Extension::Pipelining));
        assert_eq!(offered.mechanisms, [Mechanism::Login, Mechanism::XOAuth2]);
    }

    #[test]
    fn size_without_a_number_or_of_zero_is_no_limit() {
        assert_eq!(Offered::parse("mx\nSIZE").max_size_octets, None);
        assert_eq!(Offered::parse("mx\nSIZE 0").max_size_octets, None);
        assert!(!Offered::parse("SIZE 3").extensions.contains(Extension::Size));
    }
}
