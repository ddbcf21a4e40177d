//! Repairs of what a device sends against the rules, each allowed by the operator for a listener or a credential.

use std::collections::BTreeSet;

/// One kind of repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// Bare CR and bare LF in mail data become CRLF (RFC 5321 section 2.3.8).
    LineEnds,
    /// A From that cannot be read is written anew where one address can be told for certain (RFC 5322 section 3.6.2).
    From,
    /// Paths of the envelope lose what does not belong to an address: blanks and the dot of a root name (RFC 5321
    /// section 4.1.2).
    Envelope,
}

/// The repairs that are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repairs(BTreeSet<Repair>);

crate::words!(Repair {
    LineEnds = "line-ends",
    From = "from",
    Envelope = "envelope",
});

impl Repairs {
    /// Whether that repair is allowed.
    #[must_use]
    pub fn allow(&self, repair: Repair) -> bool {
        self.0.contains(&repair)
    }

    /// The repairs, in order.
    pub fn iter(&self) -> impl Iterator<Item = Repair> + '_ {
        self.0.iter().copied()
    }

    /// What either of the two allows.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }
}

impl FromIterator<Repair> for Repairs {
    fn from_iter<I: IntoIterator<Item = Repair>>(repairs: I) -> Self {
        Self(repairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_either_side_allows() {
        for repair in Repair::ALL {
            assert_eq!(repair.as_str().parse(), Ok(repair));
        }
        assert!("everything".parse::<Repair>().is_err());
        let (one, other): (Repairs, Repairs) =
            ([Repair::From].into_iter().collect(), [Repair::LineEnds].into_iter().collect());
        let both = one.and(&other);
        assert!(both.allow(Repair::From) && both.allow(Repair::LineEnds) && !both.allow(Repair::Envelope));
        assert!(!Repairs::default().allow(Repair::From));
    }
}
