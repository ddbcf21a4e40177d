//! SPF records (RFC 7208): reading them, counting the look-ups that they cost, adding an include.

mod lookups;
mod merge;
mod term;

use std::fmt;

pub use lookups::{Cost, MOST_LOOKUPS, MOST_VOIDS, Question, Reply, Seen, lookups};
pub use merge::{End, Merge, merged, with_end};
pub use term::{Mechanism, Qualifier, Term, TermError};

/// A record that can be understood. It prints as it was written, but for repeated spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spf {
    /// Its terms, in their order.
    pub terms: Vec<Term>,
}

/// Why a record cannot be used: receivers treat all of it as an error (RFC 7208 section 4.6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpfError {
    /// It is no SPF record (RFC 7208 section 4.5).
    #[error("it does not begin with v=spf1 and a space")]
    Version,
    /// A term is not understood.
    #[error("{0}")]
    Term(#[from] TermError),
    /// A modifier may stand once only (RFC 7208 section 6).
    #[error("{0} stands there more than once")]
    Repeated(&'static str),
}

const VERSION: &str = "v=spf1";

/// Whether a text is an SPF record, good or bad (RFC 7208 section 4.5).
#[must_use]
pub fn is_spf(text: &str) -> bool {
    body(text).is_some()
}

/// Whether somebody meant a text to be an SPF record, though receivers do not see one in it.
#[must_use]
pub fn is_almost_spf(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '"').take(5).collect();
    let is_meant =
        ["v=spf", "v:spf", "spf1"].iter().any(|start| plain.to_ascii_lowercase().starts_with(start));
    // Sender ID (RFC 4406) is something else.
    is_meant && !is_spf(text) && !text.to_ascii_lowercase().starts_with("spf2.0")
}

/// What comes behind the version.
fn body(text: &str) -> Option<&str> {
    let (version, rest) = text.split_at_checked(VERSION.len())?;
    let is_one = version.eq_ignore_ascii_case(VERSION) && (rest.is_empty() || rest.starts_with(' '));
    is_one.then_some(rest)
}

impl Spf {
    /// Reads a record.
    ///
    /// # Errors
    /// When receivers would treat it as an error. The first one is reported.
    pub fn read(text: &str) -> Result<Self, SpfError> {
        let words = body(text).ok_or(SpfError::Version)?;
        let terms = words.split(' ').filter(|word| !word.is_empty()).map(Term::read);
        let record = Self { terms: terms.collect::<Result<_, _>>()? };
        for modifier in ["redirect", "exp"] {
            if record.terms.iter().filter(|term| term.is_modifier(modifier)).count() > 1 {
                return Err(SpfError::Repeated(modifier));
            }
        }
        Ok(record)
    }

    /// How it treats senders that no other term speaks of: the first `all`.
    #[must_use]
    pub fn end(&self) -> Option<Qualifier> {
        self.terms.iter().find(|term| term.is_all()).and_then(Term::qualifier)
    }

    /// Where `redirect=` leads, if it counts: beside `all` it does not (RFC 7208 section 6.1).
    #[must_use]
    pub fn redirect(&self) -> Option<&str> {
        if self.end().is_some() { None } else { self.terms.iter().find_map(Term::redirect) }
    }

    /// Whether what is included passes before anything else decides.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        let live = self.terms.iter().take_while(|term| !term.is_all());
        live.into_iter()
            .any(|term| term.qualifier() == Some(Qualifier::Pass) && term.included() == Some(name))
    }
}

impl fmt::Display for Spf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VERSION)?;
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_are_told_from_others() {
        for (text, is_one, is_almost) in [
            ("v=spf1", true, false),
            ("V=SPF1 -all", true, false),
            ("v=spf10 -all", false, true),
            (" v=spf1 -all", false, true),
            ("v=spf1;-all", false, true),
            ("\"v=spf1 -all\"", false, true),
            ("spf2.0/pra -all", false, false),
            ("v=DKIM1", false, false),
            ("vä", false, false),
        ] {
            assert_eq!((is_spf(text), is_almost_spf(text)), (is_one, is_almost), "{text}");
        }
    }

    #[test]
    fn ends_and_redirects_are_found() {
        let read = |text| Spf::read(text).unwrap();
        assert_eq!(read("v=spf1 a ~all").end(), Some(Qualifier::SoftFail));
        assert_eq!(read("v=spf1 a all").end(), Some(Qualifier::Pass));
        assert_eq!(read("v=spf1 redirect=_spf.example.com").redirect(), Some("_spf.example.com"));
        assert_eq!(read("v=spf1 redirect=_spf.example.com -all").redirect(), None);
        assert!(read("v=spf1 Include:SPF.example.com. -all").includes("spf.example.com"));
        assert!(!read("v=spf1 ?include:spf.example.com -all").includes("spf.example.com"));
        assert!(!read("v=spf1 -all include:spf.example.com").includes("spf.example.com"));
        let error = Spf::read("v=spf1 redirect=a.example redirect=b.example").unwrap_err();
        assert_eq!(error, SpfError::Repeated("redirect"));
    }

    proptest! {
        #[test]
        fn a_record_reads_as_it_prints(text in term::tests::record()) {
            let record = Spf::read(&text).unwrap();
            prop_assert_eq!(record.to_string(), text.clone());
            prop_assert_eq!(Spf::read(&record.to_string()).unwrap(), record);
        }

        #[test]
        fn nothing_panics(text in "(v=spf1 )?([-+~?]?(include|ip4|a|mx|ptr|exists|all|redirect)[:=/]?[%{a-z0-9}./: é]{0,12}){0,4}") {
            if let Ok(record) = Spf::read(&text) {
                prop_assert_eq!(Spf::read(&record.to_string()), Ok(record));
            }
            let _ = (is_almost_spf(&text), merged(&[&text], "spf.example.com", End::Fail));
        }
    }
}
