//! Why Cloudflare did not do it, sorted by whose fault it is.

use std::time::Duration;

use super::wire::{Envelope, WireError};
use dns_records::record::Record;

/// Why Cloudflare did not do it. Printed, each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloudflareError {
    /// Ours: no call can be made at all.
    #[error("Cloudflare cannot be called: {0}")]
    Unusable(String),
    /// The operator's: Cloudflare does not know the token.
    #[error(
        "Cloudflare does not take the token ({0}). Copy it again, or make a new one under My Profile > API Tokens."
    )]
    Token(Answered),
    /// The operator's: the token may not do that.
    #[error("The token may not do that ({0}). Give it the permissions Zone:Read and DNS:Edit for the zone.")]
    Permission(Answered),
    /// The operator's: the token sees no such zone.
    #[error(
        "The token sees no zone for {0}. Include the zone in the token's zone resources with the permission Zone:Read, or \
         add the domain to Cloudflare."
    )]
    NoZone(String),
    /// Somebody else's: another record is in the way.
    #[error(
        "{record} cannot be written, because another record is in its way ({answered}). Delete that one first."
    )]
    Conflict {
        /// What was to be written.
        record: String,
        /// What Cloudflare says.
        answered: Answered,
    },
    /// Somebody else's: the record is not what it was.
    #[error("{0} was changed by somebody else meanwhile, and was left alone. Plan again.")]
    Changed(String),
    /// Ours, most likely: Cloudflare does not want that.
    #[error("Cloudflare refuses it ({0}).")]
    Refused(Answered),
    /// Nobody's: too much was asked in a short time. Cloudflare did nothing.
    #[error("Cloudflare wants to be left alone for {} seconds. Try again then.", .0.as_secs())]
    Busy(Duration),
    /// Cloudflare's, for now. It may have been done.
    #[error("Cloudflare has failed ({0}). Try again in a minute.")]
    Failed(Answered),
    /// The network's: nobody answered. It may have been done.
    #[error("Cloudflare gave no answer: {0}. Try again in a minute.")]
    Silent(String),
    /// Cloudflare's, or of something in between.
    #[error("{0} gave an answer that is not Cloudflare's. Is a proxy in between?")]
    Garbled(String),
}

/// What Cloudflare says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub http_status: u16,
    /// Cloudflare's number; 0 if it gave none.
    pub code: u64,
    /// Cloudflare's sentence, on one line.
    pub message: String,
}

impl std::fmt::Display for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HTTP {}", self.http_status)?;
        if self.code != 0 {
            write!(f, ", {}", self.code)?;
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

/// A record that cannot stand beside another one.
const CONFLICTS: [u64; 6] = [81053, 81054, 81055, 81056, 81057, 81058];
/// Said of tokens that are not known or cannot be any; 10000 is also said of what a good one may not do.
const BAD_TOKEN: [u64; 7] = [1000, 6003, 6111, 9103, 9106, 9107, 9109];
/// Said of zones, too.
const NOT_FOR_THIS_TOKEN: u64 = 9109;
const MESSAGE_CHARACTERS: usize = 300;

impl CloudflareError {
    /// What Cloudflare says, if it does.
    #[must_use]
    pub fn answered(&self) -> Option<&Answered> {
        match self {
            Self::Token(answered)
            | Self::Permission(answered)
            | Self::Refused(answered)
            | Self::Failed(answered) => Some(answered),
            Self::Conflict { answered, .. } => Some(answered),
            Self::Unusable(_)
            | Self::NoZone(_)
            | Self::Changed(_)
            | Self::Busy(_)
            | Self::Silent(_)
            | Self::Garbled(_) => None,
        }
    }

    /// Sorts a refusal.
    pub(super) fn refused(http_status: u16, envelope: &Envelope) -> Self {
        let answered = Answered::read(http_status, envelope);
        let is_unauthorized = "Unauthorized to access requested resource";
        match (http_status, answered.code) {
            (500.., _) => Self::Failed(answered),
            (_, NOT_FOR_THIS_TOKEN) if answered.message.starts_with(is_unauthorized) => {
                Self::Permission(answered)
            }
            (401, _) => Self::Token(answered),
            (400 | 403, code) if BAD_TOKEN.contains(&code) => Self::Token(answered),
            (403, _) => Self::Permission(answered),
            (_, code) if CONFLICTS.contains(&code) => {
                Self::Conflict { record: "The record".to_owned(), answered }
            }
            _ => Self::Refused(answered),
        }
    }

    /// Says which record it is about.
    pub(super) fn about(self, record: &Record) -> Self {
        match self {
            Self::Conflict { answered, .. } => Self::Conflict { record: record.to_string(), answered },
            other => other,
        }
    }
}

impl Answered {
    fn read(http_status: u16, envelope: &Envelope) -> Self {
        let Some(first) = envelope.errors.first() else {
            return Self { http_status, code: 0, message: String::new() };
        };
        let sentences: Vec<&str> = [first]
            .into_iter()
            .chain(&first.error_chain)
            .map(|error: &WireError| error.message.trim())
            .collect();
        let text = sentences.join(": ");
        let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
        let message = words.collect::<Vec<_>>().join(" ").chars().take(MESSAGE_CHARACTERS).collect();
        // What is wrong with a record in particular says more than that something is.
        let particular =
            first.error_chain.first().map(|error| error.code).filter(|code| CONFLICTS.contains(code));
        Self { http_status, code: particular.unwrap_or(first.code), message }
    }
}
