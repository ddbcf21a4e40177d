//! What there is to say about an entry, in sentences for the operator.

use jiff::Timestamp;

use super::{MANAGED_LEASE_MOST, Suppression, SuppressionReason, SuppressionScope, managed_lease};

impl Suppression {
    /// What keeps mail from the address, on whose word, for which mail and until when.
    #[must_use]
    pub fn explanation(&self, now: Timestamp) -> Vec<String> {
        let mut sentences = vec![format!("{}.", self.sentence())];
        sentences.push(self.reach());
        if !self.evidence.text.is_empty() {
            let status =
                self.evidence.status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default();
            sentences.push(format!("What was said{status}: {}", self.evidence.text));
        }
        if let Some(message) = self.evidence.message {
            sentences.push(format!("It follows from message {message} (postern message show {message})."));
        }
        if self.reason == SuppressionReason::AzureManaged {
            sentences.push(self.managed());
        }
        sentences.push(match self.expires_at {
            Some(end) if end <= now => format!("It ended at {}: mail goes there again.", minute(end)),
            Some(end) => format!("It ends at {}.", minute(end)),
            None => "It does not end by itself.".to_owned(),
        });
        sentences
    }

    fn reach(&self) -> String {
        let whose = if self.account.is_some() { "of the account" } else { "of every account" };
        match &self.scope {
            SuppressionScope::All => format!("It holds for all mail {whose}."),
            SuppressionScope::Domain(domain) => {
                format!("It holds for mail {whose} whose author is at {}.", domain.as_str())
            }
            SuppressionScope::Sender(sender) => {
                format!("It holds for mail {whose} whose author is {sender}.")
            }
        }
    }

    /// What can be inferred of Azure's managed list, which nobody can read.
    fn managed(&self) -> String {
        let (next, most) = (managed_lease(self.times.saturating_add(1)), MANAGED_LEASE_MOST);
        format!(
            "Azure's own list, which cannot be read, keeps an address for 24 hours at first and for up to {} days when it \
             bounces again; this was report {}, and the next would add {} days. Where the domain has a suppression list \
             in Azure, the address may be in that instead.",
            most.as_hours() / 24,
            self.times,
            next.as_hours() / 24
        )
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
