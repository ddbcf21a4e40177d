//! What was sent: operations, captured mail, and how much of the quota is used. Pure state.

mod delivery_status;
mod fate;
mod mail;
mod meter;
mod reply;

use std::collections::{HashMap, HashSet, VecDeque};

use azure_types::email::EmailSendStatus;
use azure_types::error::ErrorDetail;
use azure_types::ids::{OperationId, SubscriptionId};
use jiff::{SignedDuration, Timestamp};

pub use self::delivery_status::DeliveryStatus;
use self::fate::Bounces;
pub(crate) use self::fate::Fate;
pub use self::mail::{CapturedMail, CapturedRecipient, Field, Path, SmtpFacts};
pub(crate) use self::mail::{SUPPRESS_INVALID_ATTACHMENT, is_switched_on};
use self::meter::MeterRule;
pub use self::meter::{Meter, Throttled};
pub use self::reply::ChosenReply;

use crate::state::{Behaviour, Limits};

/// All of it.
#[derive(Debug, Default)]
pub struct Captured {
    mail: VecDeque<CapturedMail>,
    by_operation: HashMap<OperationId, u64>,
    operations: HashMap<OperationId, Timestamp>,
    message_ids: HashSet<String>,
    bounces: Bounces,
    slowed: HashMap<SubscriptionId, Timestamp>,
    taken: u64,
    meters: HashMap<(SubscriptionId, Kind), Meter>,
}

/// What a meter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Sends by REST, and by SMTP where that shares the limit.
    Sends,
    /// Sends by SMTP where that has a limit of its own.
    SmtpSends,
    StatusReads,
}

/// Mail that is kept; older mail is forgotten.
const CAPACITY: usize = 50_000;

impl Captured {
    /// Counts a request.
    ///
    /// # Errors
    /// When the limit is reached; says how long to wait.
    pub fn count(
        &mut self,
        (subscription, kind): (SubscriptionId, Kind),
        limits: Limits,
        now: Timestamp,
        behaviour: &Behaviour,
    ) -> Result<(), Throttled> {
        let rule = rule(kind, limits, behaviour);
        self.meters.entry((subscription, kind)).or_default().count(now, rule)
    }

    /// Whether a request would be counted without being over the limit.
    #[must_use]
    pub fn has_room(
        &self,
        (subscription, kind): (SubscriptionId, Kind),
        limits: Limits,
        now: Timestamp,
        behaviour: &Behaviour,
    ) -> bool {
        let meter = self.meters.get(&(subscription, kind));
        meter.is_none_or(|meter| meter.has_room(now, rule(kind, limits, behaviour)))
    }

    /// Whether a subscription went too fast by SMTP and is still refused for it.
    #[must_use]
    pub fn is_slowed(&self, subscription: SubscriptionId, now: Timestamp) -> bool {
        self.slowed.get(&subscription).is_some_and(|until| now < *until)
    }

    /// Refuses a subscription by SMTP for so many seconds, unless it is refused already.
    pub fn slow(&mut self, subscription: SubscriptionId, now: Timestamp, seconds: i64) {
        if !self.is_slowed(subscription, now) {
            let until = clock::after(now, SignedDuration::from_secs(seconds));
            self.slowed.insert(subscription, until);
        }
    }

    /// Whether a mail with that Message-ID was taken before.
    #[must_use]
    pub fn knows_message_id(&self, id: &str) -> bool {
        self.message_ids.contains(id)
    }

    /// Requests that were counted, and those that came over the limit.
    pub fn meters(&self) -> impl Iterator<Item = (&(SubscriptionId, Kind), &Meter)> {
        self.meters.iter()
    }

    /// Whether a send of that id was taken before.
    #[must_use]
    pub fn knows(&self, operation: OperationId) -> bool {
        self.operations.contains_key(&operation)
    }

    /// Keeps a mail. Its number counts from 1.
    pub fn keep(&mut self, mut mail: CapturedMail) -> u64 {
        self.taken += 1;
        mail.number = self.taken;
        self.restore(mail);
        self.taken
    }

    /// Keeps a mail that has its number already.
    pub fn restore(&mut self, mail: CapturedMail) {
        self.taken = self.taken.max(mail.number);
        self.operations.insert(mail.operation, mail.at);
        self.by_operation.insert(mail.operation, mail.number);
        self.message_ids.extend(mail.internet_message_id.clone());
        self.bounces.note(&mail.recipients, mail.at);
        self.mail.push_back(mail);
        if self.mail.len() > CAPACITY {
            self.mail.pop_front();
        }
    }

    /// How a send stands; `None` if it is not known.
    #[must_use]
    pub fn status(
        &self,
        operation: OperationId,
        now: Timestamp,
        behaviour: &Behaviour,
    ) -> Option<(EmailSendStatus, Option<ErrorDetail>)> {
        let at = *self.operations.get(&operation)?;
        if now.duration_since(at).as_secs() < behaviour.operation_seconds {
            return Some((EmailSendStatus::Running, None));
        }
        let mail = self.by_operation.get(&operation).and_then(|number| self.mail(*number));
        let error = mail.and_then(|mail| mail.dropped(behaviour));
        Some(match error {
            Some(error) => (EmailSendStatus::Failed, Some(error)),
            None => (EmailSendStatus::Succeeded, None),
        })
    }

    /// Captured mail, newest first.
    pub fn all(&self) -> impl Iterator<Item = &CapturedMail> {
        self.mail.iter().rev()
    }

    /// One captured mail.
    #[must_use]
    pub fn mail(&self, number: u64) -> Option<&CapturedMail> {
        let first = self.mail.front()?.number;
        self.mail.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    /// Mail that was ever taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Forgets captured mail and what was counted, and keeps which operations there were.
    pub fn clear(&mut self) {
        self.mail.clear();
        self.by_operation.clear();
        self.message_ids.clear();
        self.bounces = Bounces::default();
        self.slowed.clear();
        self.meters.clear();
    }
}

fn rule(kind: Kind, limits: Limits, behaviour: &Behaviour) -> MeterRule {
    let (per_minute, per_hour) = match kind {
        Kind::Sends | Kind::SmtpSends => (limits.sends_per_minute, limits.sends_per_hour),
        Kind::StatusReads => (limits.status_reads_per_minute, limits.status_reads_per_hour),
    };
    let throttled_count = behaviour.throttled_requests_count;
    MeterRule { per_minute, per_hour, throttling: behaviour.throttling, throttled_count }
}
