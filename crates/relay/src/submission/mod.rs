//! The questions of an SMTP session, answered: who is this, may it send, where does the message go.
//!
//! A credential's message is queued: its 250 means that it is on disk, synced. An Entra login's message
//! is sent with the session's own token while its client waits: its 250 is Azure's.

mod accept;
mod budget;
mod header;
mod intake;
mod logins;
mod policy;
mod rate;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::smtp::mail_data::Measures;
use ::smtp::parameters::{MailParameters, RecipientParameters};
use ::smtp::path::{ForwardPath, OfferedPath, ReversePath};
use ::smtp::reply::{Refusal, Reply};
use ::smtp::sasl::{Login, Proof};
use clock::{Clock, Entropy};
use jiff::SignedDuration;
use model::credential::{AuthorRule, Credential};
use model::id::QueueId;
use model::queued::Recipient;
use secrecy::ExposeSecret as _;
use smtp_server::{Peer, Service};
use store::Store;
use tracing::warn;

use self::budget::{Budget, Reserved};
use self::intake::Intake;
use self::rate::Rates;
use crate::deliver::{Context, Upstreams};
use crate::login::{Banned, EntraLogin, LoginGuard, Verifier, is_broken};
use crate::reply_for;
use crate::settings::RelaySettings;

pub use self::accept::{Message, submit};

/// Answers for the relay.
pub struct Submission {
    context: Context,
    verifier: Verifier,
    guard: Mutex<LoginGuard>,
    rates: Rates,
    budget: Arc<Budget>,
    upstreams: Arc<Upstreams>,
    entra_http: azure_client::Http,
}

/// Who a client proved to be.
pub enum Principal {
    /// One of our credentials.
    Credential(Arc<Credential>),
    /// An app of Entra, with the token that its secret brought.
    Entra(Arc<EntraLogin>),
}

/// A message under way.
pub struct Transaction {
    sender: Sender,
    envelope: Envelope,
    intake: Intake,
    _reserved: Reserved,
}

/// On whose behalf a message is taken.
enum Sender {
    Credential(Arc<Credential>),
    Entra(Arc<EntraLogin>),
}

/// What MAIL and RCPT said.
struct Envelope {
    id: QueueId,
    reverse_path: ReversePath,
    parameters: MailParameters,
    recipients: Vec<Recipient>,
    peer: Peer,
}

impl Submission {
    /// Answers with what is in `store`.
    ///
    /// # Errors
    /// When what Entra logins are to trust cannot be trusted.
    pub fn new(
        store: Store,
        settings: Arc<RelaySettings>,
        (clock, entropy): (Clock, Entropy),
        upstreams: Arc<Upstreams>,
    ) -> Result<Self, azure_client::HttpError> {
        Ok(Self {
            verifier: Verifier::new(&entropy),
            guard: Mutex::default(),
            rates: Rates::default(),
            budget: Budget::new(settings.max_buffered_octets),
            upstreams,
            entra_http: azure_client::Http::new(settings.entra.ca_pem.as_deref())?,
            context: Context::new(store, settings, (clock, entropy)),
        })
    }

    fn guard(&self) -> MutexGuard<'_, LoginGuard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token that ends before the message has come in would make the client's work worth nothing.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(2);

impl Service for Submission {
    type Principal = Principal;
    type Transaction = Transaction;

    async fn authenticate(&self, peer: &Peer, login: &Login) -> Result<Principal, Refusal> {
        let (address, now) = (peer.address.ip(), self.context.clock.now());
        if let Proof::Password(password) = &login.proof
            && is_broken(&login.name, password.expose_secret())
        {
            return Err(reply_for::LOGIN_BROKEN);
        }
        let checked = self.guard().check(&login.name, address, now);
        checked.map_err(|banned| match banned {
            Banned::Login => reply_for::LOGIN_BANNED,
            Banned::Network => reply_for::NETWORK_BANNED,
        })?;
        let result = self.log_in(address, login).await;
        match &result {
            Ok(_) => self.guard().succeeded(&login.name, address, now),
            Err(refusal) if refusal.is_permanent() => {
                let banned = self.guard().failed(&login.name, address, now);
                warn!(peer.address = %address, login = login.name, ?banned, "a login failed");
            }
            Err(_) => {}
        }
        result
    }

    async fn mail(
        &self,
        peer: &Peer,
        principal: Option<&Principal>,
        path: &OfferedPath,
        parameters: &MailParameters,
    ) -> Result<Transaction, Refusal> {
        let now = self.context.clock.now();
        let path = path.readable()?;
        let (sender, reverse_path) = match principal.ok_or(reply_for::LOG_IN_FIRST)? {
            Principal::Entra(login) if login.token.expires_at.duration_since(now) < TOKEN_MARGIN => {
                return Err(reply_for::LOG_IN_AGAIN);
            }
            Principal::Entra(login) => (Sender::Entra(Arc::clone(login)), path.clone()),
            Principal::Credential(credential) => {
                let directory = self.context.store.directory();
                let (credential, _) = logins::current(credential, &directory)?;
                if !self.rates.allows(&credential, now) {
                    return Err(reply_for::TOO_FAST);
                }
                let reverse_path = match (&credential.author, path) {
                    (AuthorRule::Forced(forced), ReversePath::Mailbox(_)) => {
                        ReversePath::Mailbox(forced.clone())
                    }
                    (_, path) => path.clone(),
                };
                if let Some(mailbox) = reverse_path.mailbox() {
                    policy::may_send_as(&directory, &credential, mailbox)?;
                }
                (Sender::Credential(credential), reverse_path)
            }
        };
        let room = self.context.store.queue().has_room(parameters.size_octets.unwrap_or(0));
        room.map_err(|error| reply_for::store(&error))?;
        let reserved = self.budget.reserve(intake::HELD_OCTETS).ok_or(reply_for::NO_MEMORY)?;
        let id = QueueId::new(now, self.context.entropy.octets());
        Ok(Transaction {
            sender,
            intake: Intake::new(self.context.store.queue().begin_body(id)),
            envelope: Envelope {
                id,
                reverse_path,
                parameters: parameters.clone(),
                recipients: Vec::new(),
                peer: peer.clone(),
            },
            _reserved: reserved,
        })
    }

    async fn recipient(
        &self,
        transaction: &mut Transaction,
        path: &ForwardPath,
        parameters: &RecipientParameters,
    ) -> Result<(), Refusal> {
        let settings = &self.context.settings;
        let mailbox = match path {
            ForwardPath::Mailbox(mailbox) => mailbox.clone(),
            ForwardPath::Postmaster => settings.postmaster.clone().ok_or(reply_for::NO_POSTMASTER)?,
        };
        let recipients = &mut transaction.envelope.recipients;
        if recipients.iter().any(|recipient| recipient.mailbox == mailbox) {
            return Ok(());
        }
        if recipients.len() >= settings.max_recipients {
            return Err(reply_for::TOO_MANY_RECIPIENTS);
        }
        // An Entra login hears it from Azure, at the end of its data.
        if let (false, Sender::Credential(credential)) = (mailbox.is_ascii(), &transaction.sender) {
            let (_, account) = logins::current(credential, &self.context.store.directory())?;
            let reaches = self.upstreams.reaches_beyond_ascii(&account).await;
            reply_for::beyond_ascii(reaches)?;
        }
        recipients.push(Recipient {
            mailbox,
            notify: parameters.notify,
            original: parameters.original_recipient.clone(),
        });
        Ok(())
    }

    async fn data(&self, transaction: &mut Transaction, octets: &[u8]) -> Result<(), Refusal> {
        match transaction.intake.take(octets).await? {
            None => Ok(()),
            Some(header) => self.begin_body(transaction, &header).await,
        }
    }

    async fn finish(&self, mut transaction: Transaction, _: Measures) -> Result<Reply, Refusal> {
        if let Some(header) = transaction.intake.end_of_data() {
            self.begin_body(&mut transaction, &header).await?;
        }
        let Transaction { sender, envelope, intake, _reserved } = transaction;
        let complete = intake.finish().await?;
        match sender {
            Sender::Credential(credential) => {
                // The login may have gone, and its account with it, while the message came in.
                let (credential, account) = logins::current(&credential, &self.context.store.directory())?;
                self.queue(envelope, complete, &credential, &account).await
            }
            Sender::Entra(login) => self.send_now(envelope, complete, &login).await,
        }
    }
}
