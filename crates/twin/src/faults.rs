//! Failures on demand: what fails, how, and how often.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A fault that is armed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InjectedFault {
    pub operation: Operation,
    pub effect: Effect,
    /// How often; for ever when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// One request in so many fails; every one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_in: Option<u32>,
}

/// Something that the twin does and that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// The token endpoint.
    #[serde(rename = "entra.token")]
    Token,
    /// `POST /emails:send`.
    #[serde(rename = "email.send")]
    Send,
    /// `GET /emails/operations/{id}`.
    #[serde(rename = "email.status")]
    Status,
    /// A call to Resource Manager.
    #[serde(rename = "arm")]
    Arm,
    /// One that only looks.
    #[serde(rename = "arm.read")]
    ArmRead,
    /// One that changes something, or may.
    #[serde(rename = "arm.write")]
    ArmWrite,
    /// What goes on after a communication resource was written: it fails, is late, or hangs for ever.
    #[serde(rename = "arm.provisioning")]
    Provisioning,
    /// The verification of a part of a domain, once it was begun: it fails, is late, or hangs until it is cancelled.
    #[serde(rename = "arm.verification")]
    Verification,
    /// The question whether the name of a communication service is free, asked or meant: it is not.
    #[serde(rename = "arm.name")]
    Name,
    /// An event about a recipient: it comes late, comes twice (`done_but_unanswered`), or is lost.
    #[serde(rename = "events.event")]
    Event,
    /// The delivery of events to a web hook.
    #[serde(rename = "events.delivery")]
    EventDelivery,
    /// The handshake with a web hook.
    #[serde(rename = "events.handshake")]
    Handshake,
    /// A call to Graph.
    #[serde(rename = "graph")]
    Graph,
    /// EHLO and HELO; a client says EHLO before TLS and again behind it.
    #[serde(rename = "smtp.hello")]
    SmtpHello,
    #[serde(rename = "smtp.login")]
    SmtpLogin,
    #[serde(rename = "smtp.mail")]
    SmtpMail,
    /// RCPT, each one separately.
    #[serde(rename = "smtp.recipient")]
    SmtpRecipient,
    /// DATA, before the message; by BDAT its first chunk.
    #[serde(rename = "smtp.data")]
    SmtpData,
    /// The end of a message.
    #[serde(rename = "smtp.message")]
    SmtpMessage,
    /// A call to Cloudflare.
    #[serde(rename = "cloudflare")]
    Cloudflare,
    /// A question to the name server, or one that a verification asks the twin's own zones: an answer with a status
    /// is SERVFAIL, and whatever else is not late is none.
    #[serde(rename = "dns")]
    Dns,
    /// A connection to the HTTPS endpoint.
    #[serde(rename = "https.connection")]
    HttpsConnection,
    /// A connection to the SMTP endpoint.
    #[serde(rename = "smtp.connection")]
    SmtpConnection,
}

/// How it fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// An answer in place of the real one, before anything is done. By SMTP the status is a reply code.
    Answer {
        /// HTTP status or SMTP reply code.
        status: u16,
        /// Azure's word for it, or an enhanced status code.
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
        /// Seconds of Retry-After.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// The real answer, and later what was begun comes to nothing, for this reason. Where nothing is begun, an answer
    /// with status 500.
    Fail {
        /// Azure's word for it.
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    },
    /// The real answer, so many milliseconds late.
    Late(u64),
    /// No answer, nothing done.
    Hang,
    /// No answer, but everything done: what a client takes for a failure was none.
    DoneButUnanswered,
    /// The connection is cut when the client has sent so many bytes.
    CutAfter(u64),
}

/// The failures that wait.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Armed>>);

#[derive(Debug)]
struct Armed {
    fault: InjectedFault,
    seen: u32,
}

impl Faults {
    /// Arms one more.
    pub(crate) fn arm(&self, fault: InjectedFault) {
        self.lock().push(Armed { fault, seen: 0 });
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The failures that still wait.
    pub(crate) fn waiting(&self) -> Vec<InjectedFault> {
        self.lock().iter().map(|armed| armed.fault.clone()).collect()
    }

    /// The effect on the next request of that kind, if any. Counts against the first fault that is due.
    pub(crate) fn trigger(&self, operation: Operation) -> Option<Effect> {
        let mut armed = self.lock();
        let due = armed.iter_mut().position(|armed| {
            if armed.fault.operation != operation {
                return false;
            }
            armed.seen += 1;
            armed.seen % armed.fault.one_in.unwrap_or(1).max(1) == 0
        })?;
        let effect = armed[due].fault.effect.clone();
        if let Some(times) = &mut armed[due].fault.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                armed.remove(due);
            }
        }
        Some(effect)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_triggers_as_often_as_it_was_asked_to() {
        let faults = Faults::default();
        faults.arm(InjectedFault {
            operation: Operation::Send,
            effect: Effect::Hang,
            times: Some(2),
            one_in: Some(3),
        });
        let triggered: Vec<bool> = (0..10).map(|_| faults.trigger(Operation::Send).is_some()).collect();
        assert_eq!(triggered, [false, false, true, false, false, true, false, false, false, false]);
        assert!(faults.trigger(Operation::Token).is_none());
        assert!(faults.waiting().is_empty());
    }

    #[test]
    fn faults_are_written_in_plain_words() {
        let text =
            r#"{"operation":"email.send","effect":{"answer":{"status":429,"retry_after":3}},"times":1}"#;
        let fault: InjectedFault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.operation, Operation::Send);
        assert!(
            serde_json::from_str::<InjectedFault>(r#"{"operation":"email.send","effect":"explode"}"#)
                .is_err()
        );
    }
}
