//! DMARC policies (RFC 7489 section 6.3).

/// What receivers do with mail that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disposition {
    None,
    /// They put it aside.
    Quarantine,
    /// They refuse it.
    Reject,
}

/// A policy, as far as senders have to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// For the domain itself.
    pub domain: Disposition,
    /// For domains below it; the same if nothing is said.
    pub subdomains: Disposition,
}

/// Why receivers ignore a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DmarcError {
    /// It does not begin as it must.
    #[error("it does not begin with v=DMARC1 and a semicolon")]
    Version,
    /// The policy itself is missing.
    #[error("it has no p=")]
    NoPolicy,
    /// A policy is none of the three.
    #[error("its {0}= is neither none nor quarantine nor reject")]
    Disposition(&'static str),
}

impl Disposition {
    /// The word in the record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    fn read(tag: &'static str, value: &str) -> Result<Self, DmarcError> {
        let all = [Self::None, Self::Quarantine, Self::Reject];
        let found = all.into_iter().find(|one| one.word().eq_ignore_ascii_case(value));
        found.ok_or(DmarcError::Disposition(tag))
    }
}

/// Whether somebody meant a text to be a DMARC policy. Receivers ignore one that does not begin exactly as it must.
#[must_use]
pub fn is_dmarc(text: &str) -> bool {
    let start: String = text.chars().filter(|c| !c.is_whitespace() && *c != '"').take(7).collect();
    start.eq_ignore_ascii_case("v=DMARC")
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// When receivers would ignore it.
    pub fn read(text: &str) -> Result<Self, DmarcError> {
        let mut tags = text.split(';').map(|tag| {
            let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
            (name.trim(), value.trim())
        });
        // The version is the one tag whose place and case count.
        if tags.next() != Some(("v", "DMARC1")) || text.starts_with(char::is_whitespace) {
            return Err(DmarcError::Version);
        }
        let (mut domain, mut subdomains) = (None, None);
        for (name, value) in tags {
            match name.to_ascii_lowercase().as_str() {
                "p" => domain = Some(Disposition::read("p", value)?),
                "sp" => subdomains = Some(Disposition::read("sp", value)?),
                _ => {}
            }
        }
        let domain = domain.ok_or(DmarcError::NoPolicy)?;
        Ok(Self { domain, subdomains: subdomains.unwrap_or(domain) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn policies_are_read() {
        use Disposition::{None, Quarantine, Reject};
        for (text, wanted) in [
            ("v=DMARC1; p=none", Ok((None, None))),
            ("v=DMARC1;p=Reject;sp=quarantine; rua=mailto:a@example.com;", Ok((Reject, Quarantine))),
            ("v = DMARC1 ; p = quarantine", Ok((Quarantine, Quarantine))),
            ("v=dmarc1; p=none", Err(DmarcError::Version)),
            ("p=none; v=DMARC1", Err(DmarcError::Version)),
            (" v=DMARC1; p=none", Err(DmarcError::Version)),
            ("v=DMARC1; rua=mailto:a@example.com", Err(DmarcError::NoPolicy)),
            ("v=DMARC1; p=monitor", Err(DmarcError::Disposition("p"))),
            ("v=DMARC1; p=none; sp=", Err(DmarcError::Disposition("sp"))),
        ] {
            let read = Policy::read(text).map(|policy| (policy.domain, policy.subdomains));
            assert_eq!(read, wanted, "{text}");
        }
        assert!(is_dmarc("V=dmarc1") && is_dmarc("\"v=DMARC1;") && !is_dmarc("v=spf1"));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(v=DMARC1;)?.{0,40}") {
            let _ = (Policy::read(&text), is_dmarc(&text));
        }
    }
}
