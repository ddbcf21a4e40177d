//! Handing a message to a transport: what the queue, a client that waits and a test message have in common.

use std::time::Duration;

use ::smtp::address::Mailbox;
use clock::Clock;
use message::notification::{Diagnostic, Speaker};
use model::upstream::Transport;
use store::Usage;

use super::choice::{Choice, Chosen};
use super::mail::Mail;
use super::outcome::{AttemptOutcome, Failed, Matter, deferred};
use super::upstream::carrier::{Carrier, Form};
use super::upstream::sent::{Posted, Sent};
use model::rate_limit::Ended;

/// What a request brought, before it is settled.
pub(super) struct Carried {
    pub(super) posted: Posted,
    /// `None` if nothing was sent.
    pub(super) transport: Option<Transport>,
    pub(super) why: String,
    pub(super) status_reads: Vec<Usage>,
    /// Recipients whom the header does not show, where that matters to the transport.
    pub(super) hidden: Vec<Mailbox>,
    /// How long the request took.
    pub(super) took: Duration,
}

const NOTHING_SENT: &str = "before anything was sent";

/// Sends a message as was chosen, once.
pub(super) async fn carry(carriers: &[Carrier], choice: Choice, mail: &Mail<'_>, clock: &Clock) -> Carried {
    let Chosen { transport, mut form, why } = match choice {
        Choice::By(chosen) => chosen,
        Choice::Neither { why } => return Carried::unsent(cannot_be_carried(why)),
    };
    let Some(carrier) = carriers.iter().find(|carrier| carrier.transport() == transport) else {
        let text = format!("the account has no transport {}", transport.as_str());
        return Carried::unsent(deferred(text, Matter::Message, None));
    };
    let hidden = form.hidden();
    form.narrow(mail.recipients);
    let begun = clock.steady();
    let Sent { posted, status_reads } = carrier.send(&form, mail, clock).await;
    let took = clock.steady().duration_since(begun).try_into().unwrap_or_default();
    Carried { posted, transport: Some(transport), why, status_reads, hidden, took }
}

/// As it is, by the transport that takes messages so.
pub(super) fn by_smtp(why: String) -> Choice {
    Choice::By(Chosen { transport: Transport::Smtp, form: Form::Whole, why })
}

impl Carried {
    /// An outcome without a request.
    pub(super) fn unsent(outcome: AttemptOutcome) -> Self {
        Self {
            posted: Posted::Settled(outcome),
            transport: None,
            why: NOTHING_SENT.to_owned(),
            status_reads: Vec::new(),
            hidden: Vec::new(),
            took: Duration::ZERO,
        }
    }

    /// How the request ended, as the rate limit counts it.
    pub(super) fn ended(&self) -> Ended {
        match (&self.posted, self.transport) {
            (Posted::Settled(outcome), Some(_)) => outcome.ended(),
            (Posted::Refused(_), _) => Ended::Answered,
            // Nobody was asked.
            (Posted::Settled(_), None) => Ended::Unsent,
        }
    }
}

fn cannot_be_carried(why: String) -> AttemptOutcome {
    let reason = "The message is of a kind that cannot be sent this way.".to_owned();
    let diagnostic = Some(Diagnostic { speaker: Speaker::Postern, text: why });
    AttemptOutcome::Failed(Failed { code: 554, status: (6, 3), reason, diagnostic })
}
