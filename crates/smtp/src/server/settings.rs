//! What a server offers and how much it puts up with.

use std::fmt;
use std::sync::Arc;

use super::wording;
use crate::extension::{Extension, Extensions};
use crate::reply::Refusal;
use crate::sasl::Mechanism;

/// How a listener speaks; the same for all its sessions.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's own name, in the greeting and the reply to EHLO.
    pub host_name: String,
    /// What follows the name in the greeting.
    pub banner: String,
    /// Extensions to offer; STARTTLS and AUTH follow from the two policies instead.
    pub extensions: Extensions,
    /// Which of them are offered before STARTTLS already. Without STARTTLS it makes no difference.
    pub extensions_in_clear: Extensions,
    /// Extensions that are not offered, but whose parameters are taken from clients that use them unasked. What such
    /// a parameter asks for is done as far as the service can, and promised to nobody.
    pub tolerated: Extensions,
    /// How long a message may be held; FUTURERELEASE is offered only with it.
    pub longest_hold: Option<LongestHold>,
    /// Mechanisms of AUTH, most wanted first.
    pub mechanisms: Vec<Mechanism>,
    /// When TLS comes.
    pub tls: TlsPolicy,
    /// Whether a client has to log in.
    pub login: LoginPolicy,
    /// Where patience ends.
    pub limits: Limits,
    /// Replies that servers word differently.
    pub wording: Wording,
}

/// How long a client may have a message held (RFC 4865 section 3).
#[derive(Clone)]
pub struct LongestHold {
    pub seconds: u32,
    /// The last time until which a message that comes now may be held, as `2026-12-29T10:00:00Z`.
    pub latest: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for LongestHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongestHold").field("seconds", &self.seconds).finish_non_exhaustive()
    }
}

/// Replies of the protocol that servers word differently, and that some clients search for words.
#[derive(Clone, Debug)]
pub struct Wording {
    /// To a command that needs STARTTLS first.
    pub tls_first: Refusal,
    /// To a command that needs AUTH first.
    pub login_first: Refusal,
    /// To AUTH with a mechanism that is not offered.
    pub unknown_mechanism: Refusal,
}

/// When TLS comes. Where there is TLS, AUTH is neither offered nor accepted before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPolicy {
    /// Never: for devices that cannot, on networks that are trusted.
    Absent,
    /// After STARTTLS (RFC 3207).
    StartTls,
    /// From the first octet (RFC 8314 section 3.3).
    Implicit,
}

/// Whether a client has to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginPolicy {
    /// AUTH is not offered.
    NotOffered,
    /// AUTH is offered, MAIL works without it.
    Optional,
    /// MAIL needs AUTH first, and so TLS where there is TLS.
    Required,
}

/// Where patience ends. Each limit is for one session.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest command line. RFC 5321 section 4.5.3.1.4 has 512; parameters need more.
    pub command_octets: usize,
    /// Longest line of a login. RFC 4954 section 4 asks for 12,288, which access tokens fill.
    pub login_line_octets: usize,
    /// Largest message, as SIZE announces it (RFC 1870).
    pub message_octets: u64,
    /// Recipients of one message.
    pub recipients: u32,
    /// Refused commands, counted from the last accepted message.
    pub errors: u32,
    /// Commands that bring no message nearer, counted from the last accepted message.
    pub fruitless_commands: u32,
    pub messages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command_octets: 2_048,
            login_line_octets: 16_384,
            message_octets: 10_485_760,
            recipients: 1_000,
            errors: 20,
            fruitless_commands: 200,
            messages: 10_000,
        }
    }
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            tls_first: wording::TLS_FIRST,
            login_first: wording::LOGIN_FIRST,
            unknown_mechanism: wording::UNKNOWN_MECHANISM,
        }
    }
}

impl Settings {
    /// Everything that this crate can do, for a server of that name; but BINARYMIME, which few servers behind
    /// it would take.
    #[must_use]
    pub fn submission(host_name: impl Into<String>, tls: TlsPolicy) -> Self {
        Self {
            host_name: host_name.into(),
            banner: "ESMTP ready".to_owned(),
            extensions: Extensions::all()
                .without(Extension::StartTls)
                .without(Extension::Auth)
                .without(Extension::BinaryMime),
            extensions_in_clear: Extensions::all(),
            tolerated: Extensions::none(),
            longest_hold: None,
            mechanisms: vec![Mechanism::Plain, Mechanism::Login, Mechanism::XOAuth2],
            tls,
            login: LoginPolicy::Required,
            limits: Limits::default(),
            wording: Wording::default(),
        }
    }
}
