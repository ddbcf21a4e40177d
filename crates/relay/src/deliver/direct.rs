//! A message that an Entra login brought, sent while its client waits: the reply is Azure's answer.

use ::smtp::address::Mailbox;
use clock::Clock;
use message::notification::{Diagnostic, Speaker};
use model::upstream::Transport;
use tracing::info;

use super::carry::{by_smtp, carry};
use super::choice::{Choice, choose};
use super::control_fields;
use super::mail::{Candidate, Mail};
use super::outcome::{Acceptance, AttemptOutcome, Deferred, Failed, Matter, deferred};
use super::upstream::azure::carrier_of;
use super::upstream::refused::RefusedByRest;
use super::upstream::sent::Posted;
use crate::login::EntraLogin;
use crate::settings::RelaySettings;

/// A session that brought its own token, with which its messages are sent.
pub(super) struct Direct<'a> {
    pub(super) settings: &'a RelaySettings,
    pub(super) clock: &'a Clock,
    pub(super) login: &'a EntraLogin,
}

impl Direct<'_> {
    /// Sends a message.
    pub(super) async fn submit(&self, mail: Mail<'_>) -> AttemptOutcome {
        let (message, left_out) = control_fields::judged(mail.message, self.settings.control_fields);
        if let Some(left_out) = left_out {
            let login = &self.login.name;
            info!(login, change = left_out, "a message goes on without what would control Azure");
        }
        self.send(&Mail { message: &message, ..mail }).await
    }

    async fn send(&self, mail: &Mail<'_>) -> AttemptOutcome {
        let candidate = Candidate {
            message: mail.message,
            recipients: mail.recipients,
            sender: None,
            accepted_at: self.clock.now(),
        };
        let choice = if mail.recipients.iter().all(Mailbox::is_ascii) {
            choose(&[Transport::Rest, Transport::Smtp], &candidate)
        } else {
            by_smtp(String::new())
        };
        match self.carry(choice, mail).await {
            Posted::Settled(outcome) => outcome,
            Posted::Refused(refused) => self.by_smtp_instead(mail, &refused).await,
        }
    }

    /// Sends by one transport, of which nothing is kept.
    async fn carry(&self, choice: Choice, mail: &Mail<'_>) -> Posted {
        let carrier = match &choice {
            Choice::By(chosen) => match carrier_of(self.login, &chosen.form) {
                Ok(carrier) => Some(carrier),
                Err(error) => {
                    let text = model::error_chain(&error);
                    return Posted::Settled(deferred(text, Matter::Unreachable, None));
                }
            },
            Choice::Neither { .. } => None,
        };
        let carried = carry(carrier.as_slice(), choice, mail, self.clock).await;
        if let Some(carrier) = carrier {
            carrier.close().await;
        }
        carried.posted
    }

    /// What the Email API refused goes by SMTP at once. Where that fails too, the client hears of both.
    async fn by_smtp_instead(&self, mail: &Mail<'_>, refused: &RefusedByRest) -> AttemptOutcome {
        let words = refused.words();
        info!(login = self.login.name, reason = words, "the Email API refused a message: it goes by SMTP");
        let before = |text: &str| format!("{text}; the Email API had refused it before: {words}");
        match self.carry(by_smtp(String::new()), mail).await {
            Posted::Settled(AttemptOutcome::Failed(failed)) => {
                let speaker = failed.diagnostic.as_ref().map_or(Speaker::Postern, |one| one.speaker);
                let diagnostic = Some(Diagnostic { speaker, text: before(failed.said()) });
                AttemptOutcome::Failed(Failed { diagnostic, ..failed })
            }
            Posted::Settled(AttemptOutcome::Deferred(deferred)) => {
                AttemptOutcome::Deferred(Deferred { text: before(&deferred.text), ..deferred })
            }
            Posted::Settled(AttemptOutcome::Accepted(accepted)) => {
                let text = format!("{} (by SMTP, because the Email API refused it: {words})", accepted.text);
                AttemptOutcome::Accepted(Acceptance { text, ..accepted })
            }
            Posted::Refused(refused) => refused.outcome(),
        }
    }
}
