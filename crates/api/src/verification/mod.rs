//! Verifying an account: the report, and the lines of a verification in progress. The words in `code` are stable:
//! programs match them.

mod finding;
mod role;
mod services;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::finding::{ActionOwner, Check, Finding, Fix, Outcome};
pub use self::role::{CapabilityRow, SmallestRole};
pub use self::services::{DomainFound, SenderFound, ServiceFound};
use crate::problem::Problem;

/// One line of a verification that goes on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum VerificationLine {
    /// A check begins.
    Began {
        /// Which.
        check: Check,
    },
    /// Something was found.
    Found {
        /// What.
        finding: Finding,
    },
    /// A check waits.
    Waits {
        /// Which.
        check: Check,
        /// What for.
        message: String,
    },
    /// A check is done.
    Ended {
        /// Which.
        check: Check,
    },
    /// All is done: the last line.
    Done {
        /// All that was found.
        report: Box<Report>,
    },
    /// It could not be done: the last line.
    Failed {
        /// Why.
        error: Problem,
    },
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Verify {
    /// Register resource providers.
    pub fix: bool,
    /// Do not wait for what Azure may know only in a while.
    pub no_wait: bool,
    /// Where to send a test message.
    pub send_to: Option<String>,
    /// From which sender; any of the account's if absent.
    pub send_from: Option<String>,
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// The account.
    pub account: String,
    /// When it was verified.
    pub at: Timestamp,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, check by check.
    pub findings: Vec<Finding>,
    /// What the account may do, and what it lacks.
    pub capabilities: Vec<CapabilityRow>,
    /// The smallest custom role that would do.
    pub role: Option<SmallestRole>,
    /// Communication services with what is linked to them.
    pub services: Vec<ServiceFound>,
}

/// How a verification ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Mail can be sent.
    Ready,
    /// Mail can be sent, and something should be done.
    ReadyWithWarnings,
    /// Mail cannot be sent.
    NotReady,
}

impl Verdict {
    const ALL: [Self; 3] = [Self::Ready, Self::ReadyWithWarnings, Self::NotReady];

    /// The word that is kept, the same as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ReadyWithWarnings => "ready_with_warnings",
            Self::NotReady => "not_ready",
        }
    }

    /// The verdict that was kept as that word, or as its title, as older versions did.
    #[must_use]
    pub fn of_kept(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word || verdict.title() == word)
    }

    /// What follows from findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        match findings.iter().map(|finding| finding.outcome).max() {
            Some(Outcome::Failed) => Self::NotReady,
            Some(Outcome::Warning) => Self::ReadyWithWarnings,
            _ => Self::Ready,
        }
    }

    /// The words for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ReadyWithWarnings => "ready with warnings",
            Self::NotReady => "not ready",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_verdict_is_its_word_or_its_title() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.as_str());
            assert_eq!(Verdict::of_kept(verdict.as_str()), Some(verdict));
        }
        assert_eq!(Verdict::of_kept("ready with warnings"), Some(Verdict::ReadyWithWarnings));
        assert_eq!(Verdict::of_kept("not ready"), Some(Verdict::NotReady));
        assert_eq!(Verdict::of_kept("Ready"), None);
    }
}
