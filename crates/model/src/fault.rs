//! Why a read or a change failed, sorted by who can do something about it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a read or a change failed.
#[derive(Debug)]
pub enum Fault {
    /// A field of the request is wrong.
    Invalid {
        /// The field, as a path in the request's JSON, such as `quota.sends.per_minute`.
        field: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The request cannot be carried out in the present state.
    Conflict {
        /// A stable code, such as `exists`, `changed`, `in_use`.
        code: &'static str,
        /// What prevents it, for people.
        message: String,
        /// What it conflicts with, for programs.
        detail: Vec<Conflicting>,
    },
    /// It does not exist, or the caller's scope hides it.
    NotFound {
        /// Kind and name, such as `account contoso`.
        what: String,
    },
    /// The caller's role or scope does not allow it.
    Forbidden {
        /// What would be needed, and what the caller has.
        reason: String,
    },
    /// A service that Postern depends on failed or rejected the call.
    Upstream {
        /// The service: `Azure Resource Manager`, `Entra`, `Cloudflare`.
        who: String,
        /// What it answered, or why it could not be reached.
        message: String,
        /// When it makes sense to try again. Absent when trying again does not help, or nothing is known about it.
        retry_after: Option<Duration>,
    },
    /// The server has no room for it now.
    Full {
        /// What is full: the disk, the queue.
        message: String,
    },
    /// The server failed.
    Internal(Box<dyn Error + Send + Sync>),
}

/// Things of one kind that a request conflicts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicting {
    /// The kind, as a JSON name: `logins`, `domains`.
    pub kind: &'static str,
    pub names: Vec<String>,
}

/// A field that is not what it should be, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Invalid {
    /// The field, as a path in the request's JSON.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// Who can do something about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Another request would succeed.
    Caller,
    /// A service that Postern depends on.
    Upstream,
    /// The administrator of this server.
    Server,
}

impl Invalid {
    /// The field of a request that is wrong, and why.
    #[must_use]
    pub fn new(field: &'static str, reason: impl fmt::Display) -> Self {
        Self { field, reason: reason.to_string() }
    }
}

impl From<Invalid> for Fault {
    fn from(Invalid { field, reason }: Invalid) -> Self {
        Self::invalid(field, reason)
    }
}

impl Fault {
    /// A field of the request is wrong.
    #[must_use]
    pub fn invalid(field: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self::Invalid { field: field.into(), reason: reason.to_string() }
    }

    /// The request cannot be carried out in the present state; `code` is stable.
    #[must_use]
    pub fn conflict(code: &'static str, message: impl fmt::Display) -> Self {
        Self::Conflict { code, message: message.to_string(), detail: Vec::new() }
    }

    /// It does not exist.
    #[must_use]
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::NotFound { what: what.to_string() }
    }

    /// The server failed.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// Who can do something about it.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Invalid { .. } | Self::Conflict { .. } | Self::NotFound { .. } | Self::Forbidden { .. } => {
                Blame::Caller
            }
            Self::Upstream { .. } => Blame::Upstream,
            Self::Full { .. } | Self::Internal(_) => Blame::Server,
        }
    }

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::Conflict { code, .. } => code,
            Self::NotFound { .. } => "missing",
            Self::Forbidden { .. } => "forbidden",
            Self::Upstream { .. } => "upstream",
            Self::Full { .. } => "full",
            Self::Internal(_) => "internal",
        }
    }
}

impl fmt::Display for Fault {
    /// What the caller may see; what is wrong inside the server is in [`source`](Error::source) alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { field, reason } => write!(f, "{field}: {reason}"),
            Self::Conflict { message, .. } | Self::Full { message } => f.write_str(message),
            Self::NotFound { what } => write!(f, "{what} does not exist"),
            Self::Forbidden { reason } => f.write_str(reason),
            Self::Upstream { who, message, .. } => write!(f, "{who}: {message}"),
            Self::Internal(_) => f.write_str("the server failed; its log says why"),
        }
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Internal(source) => Some(&**source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream() -> Fault {
        let retry_after = Some(Duration::from_secs(30));
        Fault::Upstream {
            who: "Entra".to_owned(),
            message: "the connection was closed".to_owned(),
            retry_after,
        }
    }

    #[test]
    fn every_fault_has_a_code_a_text_and_somebody_to_blame() {
        let disk = || std::io::Error::other("/var/lib/postern: no space");
        for (fault, code, text, blame) in [
            (
                Fault::invalid("quota.sends.per_minute", "0 is too few"),
                "invalid",
                "quota.sends.per_minute: 0 is too few",
                Blame::Caller,
            ),
            (Fault::conflict("exists", "account a exists"), "exists", "account a exists", Blame::Caller),
            (Fault::not_found("account a"), "missing", "account a does not exist", Blame::Caller),
            (Fault::Forbidden { reason: "no".to_owned() }, "forbidden", "no", Blame::Caller),
            (upstream(), "upstream", "Entra: the connection was closed", Blame::Upstream),
            (
                Fault::Full { message: "the queue is full".to_owned() },
                "full",
                "the queue is full",
                Blame::Server,
            ),
            (Fault::internal(disk()), "internal", "the server failed; its log says why", Blame::Server),
        ] {
            assert_eq!((fault.code(), fault.to_string().as_str(), fault.blame()), (code, text, blame));
        }
    }

    #[test]
    fn the_inside_of_the_server_is_its_source_and_not_its_text() {
        let fault = Fault::internal(std::io::Error::other("/var/lib/postern: no space"));
        assert!(!fault.to_string().contains("/var/lib"));
        assert_eq!(fault.source().unwrap().to_string(), "/var/lib/postern: no space");
        assert!(upstream().source().is_none());
    }
}
