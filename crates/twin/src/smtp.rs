//! `smtp.azurecomm.net`: the same SMTP server as the product's, with Azure's rules behind it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_types::ids::{ClientId, OperationId, SubscriptionId, TenantId};
use secrecy::{ExposeSecret as _, SecretString};
use smtp::address::Mailbox;
use smtp::extension::{Extension, Extensions};
use smtp::mail_data::Measures;
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::path::{ForwardPath, OfferedPath, ReversePath};
use smtp::reply::{Refusal, Reply};
use smtp::sasl::{Login, Mechanism, Proof};
use smtp::server::{Limits, LoginPolicy, Settings, TlsPolicy, Wording};
use smtp_server::{Peer, Service};

use crate::email::{SenderProblem, check_sender};
use crate::faults::{Effect, Operation};
use crate::keys::random_guid;
use crate::post::{CapturedMail, CapturedRecipient, Field, Kind, Outcome, Path};
use crate::state::State;
use crate::world::{self, SecretVerdict};

/// Azure's side of a session.
pub(crate) struct Door {
    state: Arc<State>,
    sessions: Arc<Sessions>,
}

/// A login that was good.
pub(crate) struct Principal {
    service: world::Service,
    _seat: Seat,
}

/// A message under way.
pub(crate) struct Transaction {
    service: world::Service,
    reverse_path: ReversePath,
    recipients: Vec<Mailbox>,
    message: Vec<u8>,
}

/// Authenticated sessions of each subscription.
#[derive(Default)]
struct Sessions(Mutex<HashMap<SubscriptionId, usize>>);

struct Seat {
    sessions: Arc<Sessions>,
    subscription: SubscriptionId,
}

const UNSUCCESSFUL: Refusal = Refusal::permanent(535, (7, 3), "Authentication unsuccessful");
const TOO_MANY_SESSIONS: Refusal =
    Refusal::temporary(421, (4, 2), "Connection rejected. Too many connections");
const NOT_LINKED: Refusal =
    Refusal::permanent(550, (1, 7), "The specified sender domain has not been linked.");
const BAD_USERNAME: Refusal = Refusal::permanent(550, (1, 8), "Invalid email sender username");
const TOO_MANY_RECIPIENTS: Refusal = Refusal::temporary(452, (5, 3), "Too many recipients");
const BAD_RECIPIENT: Refusal = Refusal::permanent(550, (1, 3), "Invalid address");
const TOO_LARGE: Refusal = Refusal::permanent(552, (3, 4), "Message size exceeds fixed maximum message size");
const NULL_SENDER: Refusal = Refusal::permanent(550, (1, 7), "The sender address is missing");
const TOO_FAST: Refusal = Refusal::temporary(
    450,
    (5, 127),
    "Message rejected. Excessive message rate from sender. For more information see https://aka.ms/EXOSmtpErrors.",
);
const LOST: Refusal = Refusal::temporary(421, (4, 0), "The connection is lost");

/// How Azure's server presents itself: no PIPELINING, no 8BITMIME, 30 MiB although 10 MB are taken.
pub(crate) fn settings() -> Settings {
    let pod = random_guid().simple().to_string();
    Settings {
        host_name: format!("ic3-transport-smtp-acs-deployment-{}-{}", &pod[..10], &pod[10..15]),
        banner: "Azure Communication Services, as the twin plays it".to_owned(),
        extensions: Extensions::none().with(Extension::Size).with(Extension::Chunking),
        extensions_in_clear: Extensions::all(),
        tolerated: Extensions::none(),
        mechanisms: vec![Mechanism::Login, Mechanism::XOAuth2],
        tls: TlsPolicy::StartTls,
        login: LoginPolicy::Required,
        limits: Limits { message_octets: 31_457_280, recipients: 1_000, ..Limits::default() },
        wording: Wording::default(),
    }
}

impl Door {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self { state, sessions: Arc::default() }
    }

    /// The service that a login name means, with the app whose secret is the password.
    fn identity(&self, name: &str) -> Option<(world::Service, TenantId, ClientId)> {
        let world = self.state.world();
        for service in &world.services {
            if let Some(user) =
                service.smtp_usernames.iter().find(|user| user.username.eq_ignore_ascii_case(name))
            {
                return Some((service.clone(), user.tenant, user.client));
            }
        }
        let delimiter = if name.contains('|') { '|' } else { '.' };
        let mut parts = name.rsplitn(3, delimiter);
        let tenant = parts.next()?.parse().ok()?;
        let client = parts.next()?.parse().ok()?;
        Some((world.service(parts.next()?)?.clone(), tenant, client))
    }

    fn log_in(&self, login: &Login) -> Option<world::Service> {
        let (service, tenant, client) = self.identity(&login.name)?;
        let principal = match &login.proof {
            Proof::Password(secret) => self.by_secret(tenant, client, secret)?,
            Proof::Token(token) => {
                let claims = crate::email::read_token(&self.state, token.expose_secret())?;
                (claims.appid == client && claims.tid == tenant).then_some(claims.oid)?
            }
        };
        let world = self.state.world();
        world.may_send(principal, &service.resource_id(), self.state.now()).then_some(service)
    }

    fn by_secret(
        &self,
        tenant: TenantId,
        client: ClientId,
        secret: &SecretString,
    ) -> Option<azure_types::ids::PrincipalId> {
        let world = self.state.world();
        let app = world.app(tenant, client)?;
        let verdict = app.judge(secret.expose_secret(), self.state.now());
        (verdict == SecretVerdict::Good).then_some(app.principal?)
    }

    fn take(&self, transaction: Transaction, measures: Measures) -> Result<Reply, Refusal> {
        let Transaction { service, reverse_path, recipients, message } = transaction;
        let now = self.state.now();
        let author = author(&message).ok_or(NOT_LINKED)?;
        let sender_name = {
            let world = self.state.world();
            if measures.octets > world.habits.max_request_octets as u64 {
                return Err(TOO_LARGE);
            }
            let (domain, _) = check_sender(&world, [&service], &author).map_err(|problem| match problem {
                SenderProblem::DomainNotLinked => NOT_LINKED,
                SenderProblem::UnknownUsername(_) => BAD_USERNAME,
            })?;
            let kind = if world.habits.smtp_shares_quota { Kind::Sends } else { Kind::SmtpSends };
            let limits = world.limits(service.subscription, domain.management);
            let counted = self.state.post().count((service.subscription, kind), limits, now, &world.habits);
            counted.map_err(|_| TOO_FAST)?;
            domain.display_name(author.local_part().as_str()).map(str::to_owned)
        };
        let operation = OperationId::new(random_guid());
        self.state.keep(CapturedMail {
            number: 0,
            operation,
            at: now,
            path: Path::Smtp,
            service: service.name,
            sender: author.to_string(),
            sender_name,
            reverse_path: Some(reverse_path.to_string()),
            recipients: recipients
                .iter()
                .map(|recipient| CapturedRecipient::new(&recipient.to_string(), Field::Envelope, now))
                .collect(),
            raw: message,
        });
        Ok(Reply::positive(250, (0, 0), "").with_text(format!("OK {operation}")))
    }

    /// Gives the real answer, unless a failure is due.
    async fn befall<T: Send>(
        &self,
        operation: Operation,
        real: impl Future<Output = Result<T, Refusal>> + Send,
    ) -> Result<T, Refusal> {
        match self.state.faults.strike(operation) {
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

impl Service for Door {
    type Principal = Principal;
    type Transaction = Transaction;

    async fn authenticate(&self, _: &Peer, login: &Login) -> Result<Principal, Refusal> {
        self.befall(Operation::SmtpLogin, async {
            let service = self.log_in(login).ok_or(UNSUCCESSFUL)?;
            let limit = self.state.world().habits.max_smtp_sessions;
            let seat = self.sessions.seat(service.subscription, limit).ok_or(TOO_MANY_SESSIONS)?;
            Ok(Principal { service, _seat: seat })
        })
        .await
    }

    async fn mail(
        &self,
        _: &Peer,
        principal: Option<&Principal>,
        path: &OfferedPath,
        _: &MailParameters,
    ) -> Result<Transaction, Refusal> {
        let Some(principal) = principal else { return Err(UNSUCCESSFUL) };
        let path = path.readable()?;
        if path.mailbox().is_none() && !self.state.world().habits.takes_null_reverse_path {
            return Err(NULL_SENDER);
        }
        Ok(Transaction {
            service: principal.service.clone(),
            reverse_path: path.clone(),
            recipients: Vec::new(),
            message: Vec::new(),
        })
    }

    async fn recipient(
        &self,
        transaction: &mut Transaction,
        path: &ForwardPath,
        _: &RecipientParameters,
    ) -> Result<(), Refusal> {
        let Some(mailbox) = path.mailbox() else { return Err(BAD_RECIPIENT) };
        if Outcome::of(mailbox.local_part().as_str()) == Outcome::Refused {
            return Err(BAD_RECIPIENT);
        }
        if transaction.recipients.len() >= azure_types::email::MAX_RECIPIENTS {
            return Err(TOO_MANY_RECIPIENTS);
        }
        transaction.recipients.push(mailbox.clone());
        Ok(())
    }

    async fn data(&self, transaction: &mut Transaction, octets: &[u8]) -> Result<(), Refusal> {
        transaction.message.extend_from_slice(octets);
        Ok(())
    }

    async fn finish(&self, transaction: Transaction, measures: Measures) -> Result<Reply, Refusal> {
        self.befall(Operation::SmtpMessage, async { self.take(transaction, measures) }).await
    }
}

impl Sessions {
    fn seat(self: &Arc<Self>, subscription: SubscriptionId, limit: usize) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(subscription).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Seat { sessions: Arc::clone(self), subscription })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.subscription) {
            *count -= 1;
        }
    }
}

/// The header's From: Azure goes by that, not by MAIL FROM.
fn author(message: &[u8]) -> Option<Mailbox> {
    let facts = message::submission::inspect(message::header::split(message).0).ok()?;
    facts.from.first()?.address.parse().ok()
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
