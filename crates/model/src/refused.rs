//! What a client was refused, as an operator sees it.

use std::net::IpAddr;

use jiff::Timestamp;

/// One refusal, or several of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When, the last time.
    pub at: Timestamp,
    /// When, the first time.
    pub since: Timestamp,
    pub count: u64,
    /// Who, the last time.
    pub peer: IpAddr,
    /// The login that the client gave and that was not taken; of one that does not exist only as much as may be shown.
    pub login: Option<String>,
    /// The login of the credential, or of the app of Entra, that the client had proved, or that its network has.
    pub credential: Option<String>,
    /// The reverse-path as the client gave it, if it did.
    pub sender: Option<String>,
    /// The reply in one line, or why there is no TLS.
    pub reply: String,
    /// Reply code and enhanced status code, `550 5.1.7`, or [`NO_TLS`].
    pub code: String,
    /// What the operator should know of the cause beyond the reply.
    pub reason: Option<String>,
    /// The author's Message-ID, if it was read.
    pub message_id: Option<String>,
    /// The version of TLS, if there was any.
    pub tls: Option<String>,
}

/// Stands in place of a code where the TLS handshake failed.
pub const NO_TLS: &str = "no TLS";
