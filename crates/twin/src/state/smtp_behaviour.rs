//! What is not known for sure about `smtp.azurecomm.net`, and is therefore a setting here.

use serde::{Deserialize, Serialize};
use smtp::reply::{Refusal, Reply};

/// Behaviour of `smtp.azurecomm.net`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpBehaviour {
    /// What is offered after TLS.
    pub extensions: OfferedExtensions,
    /// When the sender is checked. At the end of DATA it is the author in the header, before that MAIL FROM.
    pub sender_stage: Stage,
    /// When a session hears that the limit is reached.
    pub rate_stage: Stage,
    /// Seconds for which everything is refused once the limit was reached; 0 is until there is room again.
    pub rate_seconds: i64,
    /// What follows the server's name in the greeting.
    pub banner: String,
    /// What stands before the id in the reply to a message.
    pub accepted: String,
    /// Refusals as they are written.
    pub replies: SmtpReplies,
}

/// What is offered after TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferedExtensions {
    /// SIZE, ENHANCEDSTATUSCODES, AUTH, 8BITMIME, BINARYMIME, CHUNKING, SMTPUTF8.
    #[default]
    Full,
    /// SIZE, AUTH, CHUNKING.
    Thin,
}

/// A point in a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Mail,
    Recipient,
    /// The end of DATA.
    #[default]
    Message,
}

/// What is said to whom, each as a whole reply: `450 4.5.127 Too fast`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpReplies {
    /// To a command that needs STARTTLS first.
    pub tls_first: ReplyLine,
    /// To a command that needs AUTH first.
    pub login_first: ReplyLine,
    /// To AUTH PLAIN, and other mechanisms that are not offered.
    pub unknown_mechanism: ReplyLine,
    /// To every login that fails.
    pub login_failed: ReplyLine,
    /// To one session too many.
    pub too_many_sessions: ReplyLine,
    /// To a sender whose domain is not linked.
    pub not_linked: ReplyLine,
    /// To a sender that its domain does not know.
    pub unknown_username: ReplyLine,
    /// To `MAIL FROM:<>`, where that is not taken.
    pub null_sender: ReplyLine,
    /// To recipient 51.
    pub too_many_recipients: ReplyLine,
    /// To a recipient that is no address.
    pub bad_recipient: ReplyLine,
    /// To a message larger than the limit.
    pub too_large: ReplyLine,
    /// To one message too many.
    pub too_fast: ReplyLine,
}

/// A refusal, written as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReplyLine(Refusal);

impl Default for SmtpBehaviour {
    fn default() -> Self {
        Self {
            extensions: OfferedExtensions::Full,
            sender_stage: Stage::Message,
            rate_stage: Stage::Message,
            rate_seconds: 0,
            banner: "Azure Communication Services, as the twin plays it".to_owned(),
            accepted: "OK".to_owned(),
            replies: SmtpReplies::default(),
        }
    }
}

impl Default for SmtpReplies {
    fn default() -> Self {
        let permanent = |code, status, text| ReplyLine(Refusal::permanent(code, status, text));
        let temporary = |code, status, text| ReplyLine(Refusal::temporary(code, status, text));
        Self {
            tls_first: permanent(530, (7, 0), "Must issue a STARTTLS command first"),
            login_first: permanent(530, (7, 57), "Client not authenticated to send mail"),
            unknown_mechanism: permanent(504, (7, 4), "Unrecognized authentication type"),
            login_failed: permanent(535, (7, 3), "Authentication unsuccessful"),
            too_many_sessions: temporary(421, (4, 2), "Connection rejected. Too many connections"),
            not_linked: permanent(501, (1, 7), "The specified sender domain has not been linked."),
            unknown_username: permanent(550, (1, 8), "Invalid email sender username"),
            null_sender: permanent(550, (1, 7), "The sender address is missing"),
            too_many_recipients: temporary(452, (5, 3), "Too many recipients"),
            bad_recipient: permanent(550, (1, 3), "Invalid address"),
            too_large: permanent(552, (3, 4), "Message size exceeds fixed maximum message size"),
            too_fast: temporary(
                450,
                (5, 127),
                "Message rejected. Excessive message rate from sender. For more information see \
                 https://aka.ms/EXOSmtpErrors.",
            ),
        }
    }
}

impl ReplyLine {
    /// The reply as the SMTP server gives it.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        self.0.clone()
    }
}

impl TryFrom<String> for ReplyLine {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let reply: Reply = line.parse().map_err(|error| format!("'{line}' is not a reply: {error}"))?;
        let refusal = Refusal::try_from(reply).map_err(|_| format!("'{line}' refuses nothing"))?;
        Ok(Self(refusal))
    }
}

impl From<ReplyLine> for String {
    fn from(line: ReplyLine) -> Self {
        let mut written = Vec::new();
        line.0.reply().write_to(&mut written);
        Self::from_utf8_lossy(&written).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_written_as_they_go_over_the_wire() {
        let text = "sender_stage = 'recipient'\nreplies = { not_linked = '550 5.1.7 Not linked' }";
        let behaviour: SmtpBehaviour = toml::from_str(text).unwrap();
        assert_eq!(behaviour.replies.not_linked.refusal().reply().code(), 550);
        assert_eq!(behaviour.replies.too_fast, SmtpReplies::default().too_fast);
        for wrong in ["250 2.0.0 OK", "not linked"] {
            assert!(
                toml::from_str::<SmtpBehaviour>(&format!("replies = {{ not_linked = '{wrong}' }}")).is_err()
            );
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let behaviour = SmtpBehaviour::default();
        let written = serde_json::to_value(&behaviour).unwrap();
        assert_eq!(written["replies"]["login_failed"], "535 5.7.3 Authentication unsuccessful");
        assert_eq!(serde_json::from_value::<SmtpBehaviour>(written).unwrap(), behaviour);
    }
}
