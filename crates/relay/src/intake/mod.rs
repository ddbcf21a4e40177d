//! The one entry point for mail: by SMTP, by HTTP, or from Postern itself.
//!
//! 1. [`Intake::begin`] checks who sends ([`standing`], [`rate`]), finds the reverse-path ([`reverse_path`]) and makes
//!    sure that there is room.
//! 2. [`Draft::recipient`] adds recipients one by one ([`recipients`]).
//! 3. [`Draft::data`] takes the message in pieces ([`data`]). Its header section is checked and completed as a whole
//!    ([`header`], [`author`]); its body flows past.
//! 4. [`Draft::finish`] hands it to the queue ([`accept`]), or to Azure at once ([`direct`]).
//!
//! Every step answers no with a [`Rejection`], which says what is wrong and nothing of any protocol. A way in turns it
//! into its own replies: `reply_for` into SMTP's.

mod accept;
mod author;
mod budget;
mod data;
mod direct;
mod draft;
mod duplicates;
mod envelope;
mod header;
mod message_id;
mod onward;
mod policy;
mod principal;
mod rate;
mod recipients;
mod rejection;
mod reverse_path;
mod standing;
mod timing;

use std::sync::Arc;

use clock::{Clock, Entropy};
use model::id::QueueId;
use store::{Store, StoreError};
use tracing::error;

use self::budget::{Budget, Reserved};
use self::data::{HELD_BYTES, Incoming, Stopped};
use self::duplicates::Duplicates;
use self::rate::Rates;
use self::timing::Timing;
use crate::meters::IntakeMeters;
use crate::noticed::StorageKind;
use crate::settings::RelaySettings;

pub use self::accept::Accepted;
pub use self::draft::Draft;
pub use self::envelope::{DsnWishes, Envelope, NewRecipient, Offered, Session, Source, WholeMessage};
pub use self::onward::{Answer, DirectMessage, Onward, Sent};
pub use self::principal::{DsnForm, Internal, InternalKind, Principal};
pub use self::rejection::{AddressFault, ChosenBy, NotSent, Part, Rejection};
pub use self::timing::{LONGEST_HOLD, TimingFault, TimingPart};

/// Takes mail in. Clones share rates, memory and what they know of repetitions.
#[derive(Clone)]
pub struct Intake(Arc<Inner>);

struct Inner {
    store: Store,
    settings: Arc<RelaySettings>,
    onward: Arc<dyn Onward>,
    clock: Clock,
    entropy: Entropy,
    rates: Rates,
    duplicates: Duplicates,
    budget: Arc<Budget>,
    meters: IntakeMeters,
}

/// What an intake is made of.
pub struct IntakeParts {
    /// Where accepted mail is kept.
    pub store: Store,
    /// How the relay is set up.
    pub settings: Arc<RelaySettings>,
    /// Delivery, which messages go on to.
    pub onward: Arc<dyn Onward>,
    pub clock: Clock,
    /// Randomness, for queue ids.
    pub entropy: Entropy,
}

impl Intake {
    /// An intake that writes to `store`.
    #[must_use]
    pub fn new(parts: IntakeParts) -> Self {
        let IntakeParts { store, settings, onward, clock, entropy } = parts;
        Self(Arc::new(Inner {
            rates: Rates::default(),
            duplicates: Duplicates::new(store.queue().clone()),
            budget: Budget::new(settings.max_buffered_bytes),
            meters: IntakeMeters::default(),
            store,
            settings,
            onward,
            clock,
            entropy,
        }))
    }

    /// Begins a message.
    ///
    /// # Errors
    /// When the principal may not send now, the reverse-path is unusable, or there is no room.
    pub fn begin(&self, principal: &Principal, envelope: Envelope) -> Result<Draft, Rejection> {
        let now = self.0.clock.now();
        let directory = self.0.store.directory();
        let principal = self.admit(principal, envelope.source.address(), &directory)?;
        let repairs = match &principal {
            Principal::Credential(credential) => envelope.repairs.and(&credential.intake.repairs),
            Principal::Entra(_) | Principal::Internal(_) => envelope.repairs.clone(),
        };
        let returned = reverse_path::find(&envelope, &principal, &repairs, &directory)?;
        let timing = Timing::read(&envelope.timing, now).map_err(Rejection::Timing)?;
        let reserved = self.make_room(&principal, envelope.declared_bytes)?;
        let id = match &principal {
            Principal::Internal(Internal { kind: InternalKind::Dsn { id, .. }, .. }) => *id,
            _ => QueueId::new(now, self.0.entropy.bytes()),
        };
        let incoming = Incoming::new(self.0.store.queue().begin_body(id));
        let parts = draft::Parts { id, principal, envelope, returned, repairs, timing, incoming, reserved };
        Ok(Draft::new(self.clone(), parts))
    }

    /// Takes a message that is in memory as a whole, in all steps at once.
    ///
    /// # Errors
    /// What any of the steps rejects. Nothing was accepted then.
    pub async fn submit(&self, principal: &Principal, message: WholeMessage) -> Result<Accepted, Rejection> {
        let WholeMessage { mut envelope, recipients, bytes } = message;
        envelope.declared_bytes = Some(bytes.len() as u64);
        let mut draft = self.begin(principal, envelope)?;
        for recipient in recipients {
            draft.recipient(recipient).await?;
        }
        draft.data(&bytes).await?;
        drop(bytes);
        draft.finish().await
    }

    /// The client has received the answer to an accepted message: what it sends from now on is no repetition.
    pub fn heard(&self, accepted: &Accepted) {
        self.0.duplicates.heard(accepted);
    }

    /// Makes sure that a message of that size fits onto the disk and into memory. What Postern writes itself is in
    /// memory already and takes none of the budget.
    fn make_room(
        &self,
        principal: &Principal,
        declared_bytes: Option<u64>,
    ) -> Result<Option<Reserved>, Rejection> {
        let (bytes, limit_bytes) = (declared_bytes.unwrap_or(0), self.0.settings.max_message_bytes);
        if bytes > limit_bytes {
            return Err(Rejection::TooLarge { limit_bytes });
        }
        self.0.store.queue().has_room(bytes).map_err(rejected_by_store)?;
        match principal {
            Principal::Internal(_) => Ok(None),
            Principal::Credential(_) | Principal::Entra(_) => {
                self.0.budget.reserve(HELD_BYTES).map(Some).ok_or(Rejection::NoMemory)
            }
        }
    }

    /// The rejection of a message whose data could not be taken; a failure of the store is noted for `status`.
    fn stopped(&self, stopped: Stopped) -> Rejection {
        match stopped {
            Stopped::HeaderTooLarge { limit_bytes } => Rejection::HeaderTooLarge { limit_bytes },
            Stopped::Failed(error) => {
                self.0.onward.store_failed(StorageKind::LargeFile, &error);
                rejected_by_store(error)
            }
        }
    }

    /// What is counted of what comes in.
    #[must_use]
    pub fn meters(&self) -> &IntakeMeters {
        &self.0.meters
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn settings(&self) -> &Arc<RelaySettings> {
        &self.0.settings
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }
}

/// A failure of the store, logged with all that is behind it: no way in tells that to its client.
fn rejected_by_store(error: StoreError) -> Rejection {
    let rejection = Rejection::from(error);
    if let Rejection::NoRoom(error) | Rejection::Store(error) = &rejection {
        error!(error = model::error_chain(error), "a message could not be accepted");
    }
    rejection
}

#[cfg(test)]
mod tests;
