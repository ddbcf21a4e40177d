//! `smtp.azurecomm.net`: the same SMTP server as the product's, with Azure's rules behind it.

mod login;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use smtp::address::Mailbox;
use smtp::mail_data::Measures;
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::path::{ForwardPath, OfferedPath, ReversePath};
use smtp::reply::{Refusal, Reply};
use smtp::sasl::Login;
use smtp::server::Client;
use smtp_server::{Peer, Service};

use self::login::{Seat, Sessions};
pub(crate) use self::settings::settings;
use crate::backend::Backend;
use crate::captured::{ChosenReply, DeliveryStatus, SmtpFacts};
use crate::faults::{Effect, Operation};
use crate::state::{self, RetiredSmtp, Stage};

/// Azure's side of a session.
pub(crate) struct SmtpService {
    backend: Arc<Backend>,
    sessions: Arc<Sessions>,
}

/// A login that was good.
pub(crate) struct Principal {
    service: state::Service,
    login: String,
    _seat: Seat,
}

/// A message under way.
pub(crate) struct Transaction {
    service: state::Service,
    reverse_path: ReversePath,
    recipients: Vec<Mailbox>,
    facts: SmtpFacts,
    is_begun: bool,
    message: Vec<u8>,
}

const LOST: Refusal = Refusal::temporary(421, (4, 0), "The connection is lost");
const RETIRED: Refusal = Refusal::temporary(421, (3, 2), "Service not available");

impl SmtpService {
    pub(crate) fn new(backend: Arc<Backend>) -> Self {
        Self { backend, sessions: Arc::default() }
    }

    /// What is checked at the stages before the message: who sends, and how fast.
    fn check_at(&self, stage: Stage, transaction: &Transaction) -> Result<(), Refusal> {
        let (sender_stage, rate_stage) = {
            let behaviour = &self.backend.state().behaviour.smtp;
            (behaviour.sender_stage, behaviour.rate_stage)
        };
        if let Some(sender) = transaction.reverse_path.mailbox().filter(|_| sender_stage == stage) {
            rules::check(&self.backend.state(), &transaction.service, Some(sender))?;
        }
        if rate_stage == stage { rules::look(&self.backend, transaction) } else { Ok(()) }
    }

    fn start(
        &self,
        principal: &Principal,
        path: &ReversePath,
        parameters: &MailParameters,
    ) -> Result<Transaction, Refusal> {
        {
            let behaviour = &self.backend.state().behaviour;
            if path.mailbox().is_none() && !behaviour.takes_null_reverse_path {
                return Err(behaviour.smtp.replies.null_sender.refusal());
            }
        }
        let transaction = Transaction {
            service: principal.service.clone(),
            reverse_path: path.clone(),
            recipients: Vec::new(),
            facts: SmtpFacts::new(principal.login.clone(), parameters),
            is_begun: false,
            message: Vec::new(),
        };
        self.check_at(Stage::Mail, &transaction)?;
        Ok(transaction)
    }

    fn add(&self, transaction: &mut Transaction, path: &ForwardPath) -> Result<(), Refusal> {
        self.check_at(Stage::Recipient, transaction)?;
        let replies = self.backend.state().behaviour.smtp.replies.clone();
        let Some(mailbox) = path.mailbox() else { return Err(replies.bad_recipient.refusal()) };
        let local_part = mailbox.local_part().as_str();
        if let Some(chosen) = ChosenReply::of(local_part) {
            return Err(chosen.refusal());
        }
        if DeliveryStatus::of(local_part) == DeliveryStatus::Refused {
            return Err(replies.bad_recipient.refusal());
        }
        if transaction.recipients.len() >= azure_types::email::MAX_RECIPIENTS {
            return Err(replies.too_many_recipients.refusal());
        }
        transaction.recipients.push(mailbox.clone());
        Ok(())
    }

    /// Meets the failure that is due before the message, once.
    async fn begin(&self, transaction: &mut Transaction) -> Result<(), Refusal> {
        if std::mem::replace(&mut transaction.is_begun, true) {
            return Ok(());
        }
        self.answer_or_fail(Operation::SmtpData, async { Ok(()) }).await
    }

    /// Gives the real answer, unless a failure is due.
    async fn answer_or_fail<T: Send>(
        &self,
        operation: Operation,
        real: impl Future<Output = Result<T, Refusal>> + Send,
    ) -> Result<T, Refusal> {
        match self.backend.faults.trigger(operation) {
            None => real.await,
            Some(Effect::Answer { status, code, message, .. }) => Err(answer(status, &code, &message)),
            Some(Effect::Fail { code, message }) => Err(answer(451, &code, &message)),
            Some(Effect::Late(milliseconds)) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                real.await
            }
            Some(Effect::Hang) => std::future::pending().await,
            Some(Effect::DoneButUnanswered) => {
                let _ = real.await;
                Err(LOST)
            }
            Some(Effect::CutAfter(_)) => Err(LOST),
        }
    }
}

impl Service for SmtpService {
    type Principal = Principal;
    type Transaction = Transaction;

    async fn hello(&self, _: &Peer, _: &Client) -> Result<(), Refusal> {
        self.answer_or_fail(Operation::SmtpHello, async { Ok(()) }).await
    }

    async fn authenticate(&self, _: &Peer, login: &Login) -> Result<Principal, Refusal> {
        self.answer_or_fail(Operation::SmtpLogin, async {
            let behaviour = self.backend.state().behaviour.clone();
            let is_retired = retired(&self.backend) == Some(RetiredSmtp::LoginRefused);
            let service = login::log_in(&self.backend, login).filter(|_| !is_retired);
            let service = service.ok_or_else(|| behaviour.smtp.replies.login_failed.refusal())?;
            let seat = self.sessions.seat(service.subscription, behaviour.max_smtp_sessions);
            let seat = seat.ok_or_else(|| behaviour.smtp.replies.too_many_sessions.refusal())?;
            Ok(Principal { service, login: login.name.clone(), _seat: seat })
        })
        .await
    }

    async fn mail(
        &self,
        _: &Peer,
        principal: Option<&Principal>,
        path: &OfferedPath,
        parameters: &MailParameters,
    ) -> Result<Transaction, Refusal> {
        self.answer_or_fail(Operation::SmtpMail, async {
            match principal {
                Some(principal) => self.start(principal, path.readable()?, parameters),
                None => Err(self.backend.state().behaviour.smtp.replies.login_first.refusal()),
            }
        })
        .await
    }

    async fn recipient(
        &self,
        transaction: &mut Transaction,
        path: &OfferedPath<ForwardPath>,
        _: &RecipientParameters,
    ) -> Result<(), Refusal> {
        self.answer_or_fail(Operation::SmtpRecipient, async { self.add(transaction, path.readable()?) }).await
    }

    async fn begin_data(&self, transaction: &mut Transaction) -> Result<(), Refusal> {
        transaction.facts.by_chunks = false;
        self.begin(transaction).await
    }

    async fn data(&self, transaction: &mut Transaction, bytes: &[u8]) -> Result<(), Refusal> {
        self.begin(transaction).await?;
        transaction.message.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(&self, transaction: &mut Transaction, _: Measures) -> Result<Reply, Refusal> {
        self.answer_or_fail(Operation::SmtpMessage, async {
            let operation = rules::take(&self.backend, transaction)?;
            let accepted = self.backend.state().behaviour.smtp.accepted.clone();
            Ok(Reply::positive(250, (0, 0), "").with_text(format!("{accepted} {operation}")))
        })
        .await
    }
}

/// What SMTP does now that it is retired, if it is.
pub(crate) fn retired(backend: &Backend) -> Option<RetiredSmtp> {
    let now = backend.now();
    let state = backend.state();
    state
        .behaviour
        .retirement
        .as_ref()
        .filter(|retirement| retirement.from <= now)
        .map(|retirement| retirement.smtp)
}

/// What stands in place of the greeting once SMTP is retired.
pub(crate) fn farewell() -> Vec<u8> {
    line(&RETIRED)
}

/// The greeting's place, taken by a reply that was asked for by a fault.
pub(crate) fn refused_greeting(status: u16, code: &str, message: &str) -> Vec<u8> {
    line(&answer(status, code, message))
}

fn line(refusal: &Refusal) -> Vec<u8> {
    let mut written = Vec::new();
    refusal.reply().write_to(&mut written);
    written
}

/// A reply that was asked for by a fault.
fn answer(status: u16, code: &str, message: &str) -> Refusal {
    let mut numbers = code.split('.').skip(1).map(|number| number.parse().unwrap_or(0));
    let enhanced = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let refusal = match status {
        500..600 => Refusal::permanent(status, enhanced, ""),
        400..500 => Refusal::temporary(status, enhanced, ""),
        _ => Refusal::temporary(451, enhanced, ""),
    };
    refusal.with_text(message.to_owned())
}
