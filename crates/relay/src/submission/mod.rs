//! The questions of an SMTP session, answered: who is this, may it send, where does the message go.
//!
//! A credential's message is queued: its 250 means that it is on disk, synced. An Entra login's message
//! is sent with the session's own token while its client waits: its 250 is Azure's.

mod accept;
mod attempt;
mod author;
mod budget;
mod envelope;
mod header;
mod intake;
mod logins;
mod policy;
mod rate;
pub(crate) mod reason;
mod recipients;
mod refused;
mod repeats;
mod transaction;

use std::net::IpAddr;
use std::sync::Arc;

use ::smtp::mail_data::{LineEnds, Measures};
use ::smtp::parameters::{MailParameters, RecipientParameters};
use ::smtp::path::{ForwardPath, OfferedPath};
use ::smtp::reply::{Refusal, Reply};
use ::smtp::sasl::{Login, Proof};
use azure_client::bearer::BearerChecker;
use clock::{Clock, Entropy};
use jiff::SignedDuration;
use message::author::excerpt;
use model::credential::Credential;
use model::id::QueueId;
use model::queued::{Cause, Change};
use model::repair::{Repair, Repairs};
use secrecy::ExposeSecret as _;
use smtp_server::{Peer, Refused, Service};
use store::Store;

use self::accept::Taken;
use self::budget::Budget;
use self::envelope::{Mending, Returned};
use self::intake::Intake;
use self::rate::Rates;
use self::repeats::Repeats;
use self::transaction::{Envelope, Sender};
use crate::deliver::{Context, Upstreams};
use crate::login::{EntraLogin, LoginProtection, Verifier, is_broken};
use crate::refusals::Refusals;
use crate::reply_for;
use crate::settings::RelaySettings;

pub use self::accept::{Message, submit};
pub(crate) use self::policy::Denied;
pub use self::transaction::Transaction;

/// Answers for the relay. Clones answer together: they know the same of logins, rates and repetitions.
#[derive(Clone)]
pub struct Submission {
    context: Context,
    verifier: Arc<Verifier>,
    protection: Arc<LoginProtection>,
    rates: Arc<Rates>,
    repeats: Arc<Repeats>,
    budget: Arc<Budget>,
    upstreams: Arc<Upstreams>,
    entra_http: azure_client::Http,
    bearers: Arc<BearerChecker>,
    refusals: Refusals,
    /// What is repaired of whatever comes by the listener that this one answers for.
    repairs: Repairs,
}

/// Who a client proved to be.
pub enum Principal {
    /// One of our credentials.
    Credential(Arc<Credential>),
    /// An app of Entra, with a token of its own.
    Entra(Arc<EntraLogin>),
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
            verifier: Arc::new(Verifier::new(&entropy)),
            protection: LoginProtection::new(store.clone(), clock.clone()),
            rates: Arc::default(),
            repeats: Arc::default(),
            budget: Budget::new(settings.max_buffered_bytes),
            upstreams,
            entra_http: azure_client::Http::new(settings.entra.ca_pem.as_deref())?,
            bearers: Arc::default(),
            refusals: Refusals::new(&store, clock.clone()),
            context: Context::new(store, settings, (clock, entropy)),
            repairs: Repairs::default(),
        })
    }

    /// The same for a listener whose clients all need these repairs.
    #[must_use]
    pub fn with_repairs(&self, repairs: Repairs) -> Self {
        Self { repairs, ..self.clone() }
    }

    /// What guards its logins.
    #[must_use]
    pub fn protection(&self) -> &Arc<LoginProtection> {
        &self.protection
    }

    /// What clients are refused, by all clones.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        self.refusals.clone()
    }
}

/// A token that ends before the message has come in would make the client's work worth nothing.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(2);

impl Service for Submission {
    type Principal = Principal;
    type Transaction = Transaction;

    fn is_welcome(&self, address: IpAddr) -> bool {
        let is_listed = || self.context.store.directory().credential_without_login(address).is_some();
        self.protection.knows(address) || is_listed()
    }

    async fn authenticate(&self, peer: &Peer, login: &Login) -> Result<Principal, Refusal> {
        if let Proof::Password(password) = &login.proof
            && is_broken(&login.name, password.expose_secret())
        {
            return Err(reply_for::LOGIN_BROKEN);
        }
        self.guarded_log_in(peer.address.ip(), login).await
    }

    async fn mail(
        &self,
        peer: &Peer,
        principal: Option<&Principal>,
        path: &OfferedPath,
        parameters: &MailParameters,
    ) -> Result<Transaction, Refusal> {
        let now = self.context.clock.now();
        let sender = self.sender(peer, principal)?;
        let repairs = match &sender {
            Sender::Credential(credential) => self.repairs.and(&credential.intake.repairs),
            Sender::Entra(_) => self.repairs.clone(),
        };
        let mending = Mending { repairs: &repairs, parameters };
        let Returned { path: reverse_path, changes } =
            envelope::reverse_path(path, &sender, &mending, &self.context.store.directory())?;
        let room = self.context.store.queue().has_room(parameters.size_octets.unwrap_or(0));
        room.map_err(|error| reply_for::store(&error))?;
        let reserved = self.budget.reserve(intake::HELD_BYTES).ok_or(reply_for::NO_MEMORY)?;
        let id = QueueId::new(now, self.context.entropy.bytes());
        Ok(Transaction {
            sender,
            repairs,
            changes,
            intake: Intake::new(self.context.store.queue().begin_body(id)),
            message_id: None,
            envelope: Envelope {
                id,
                offered: path.to_string(),
                reverse_path,
                parameters: parameters.clone(),
                recipients: Vec::new(),
                repaired_recipients: 0,
                peer: peer.clone(),
            },
            _reserved: reserved,
        })
    }

    fn line_ends(&self, transaction: &Transaction) -> LineEnds {
        match transaction.repairs.allow(Repair::LineEnds) {
            true => LineEnds::Repaired,
            false => LineEnds::Strict,
        }
    }

    async fn recipient(
        &self,
        transaction: &mut Transaction,
        path: &OfferedPath<ForwardPath>,
        parameters: &RecipientParameters,
    ) -> Result<(), Refusal> {
        let taken = self.take_recipient(transaction, path, parameters).await;
        taken.map_err(|refusal| refusal.because(format!("the recipient was {}", excerpt(&path.to_string()))))
    }

    async fn data(&self, transaction: &mut Transaction, bytes: &[u8]) -> Result<(), Refusal> {
        match transaction.intake.take(bytes).await.map_err(|stopped| self.stopped(stopped))? {
            None => Ok(()),
            Some(header) => self.begin_body(transaction, &header).await,
        }
    }

    async fn finish(&self, transaction: &mut Transaction, measures: Measures) -> Result<Reply, Refusal> {
        if let Some(header) = transaction.intake.end_of_data() {
            self.begin_body(transaction, &header).await?;
        }
        let Transaction { sender, envelope, changes, intake, .. } = transaction;
        let mut changes = std::mem::take(changes);
        changes.extend(recipients::untold(envelope));
        if measures.repaired_line_ends > 0 {
            let text = format!("{} bare CR or LF became CRLF", measures.repaired_line_ends);
            changes.push(Change { cause: Cause::Repair(Repair::LineEnds), text });
        }
        let complete = intake.finish().await.map_err(|stopped| self.stopped(stopped))?;
        let taken = Taken { envelope, complete, changes };
        match sender {
            Sender::Credential(credential) => {
                // The login may have gone, and its account with it, while the message came in.
                let address = taken.envelope.peer.address.ip();
                let (credential, account) =
                    logins::current(credential, address, &self.context.store.directory())?;
                self.queue(taken, &credential, &account).await
            }
            Sender::Entra(login) => self.send_now(taken, login).await,
        }
    }

    fn refused(&self, refused: &Refused<'_, Self>) {
        self.note_refused(refused);
    }

    fn heard(&self, reply: &Reply) {
        self.note_heard(reply);
    }
}
