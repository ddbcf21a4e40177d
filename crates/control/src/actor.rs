//! Who makes a change, for the audit log.

use store::AuditEntry;

use crate::Control;

/// Who makes a change, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A person's login on this machine, or a part of the server.
    pub who: String,
    /// A process on this machine, or a schedule.
    pub origin: String,
}

impl Actor {
    /// The server itself.
    #[must_use]
    pub fn server(origin: &str) -> Self {
        Self { who: "postern".to_owned(), origin: origin.to_owned() }
    }
}

impl Control {
    /// The same, on behalf of somebody else.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// An entry for a change that is made now.
    pub(crate) fn entry(
        &self,
        action: &str,
        subject: impl ToString,
        detail: impl Into<String>,
    ) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            who: self.actor.who.clone(),
            origin: self.actor.origin.clone(),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail: detail.into(),
        }
    }
}
