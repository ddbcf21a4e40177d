//! Delivery: from a claimed send to what came of it.
//!
//! 1. [`dispatcher`] claims what is due and what the rate limit allows, many sends at once.
//! 2. [`attempt`] reads the message, [`choice`] picks a transport, [`carry`] hands it to one of [`upstream`].
//! 3. [`outcome`] is what came of it: accepted, deferred or failed, as the tables of [`upstream`] say.
//! 4. [`second_transport`] takes SMTP where the Email API refuses, or [`division`] finds the recipients it refuses.
//! 5. [`suppressed`] keeps recipients back that mail must not go to.
//! 6. [`backoff`] says when to try again; [`dsn`] tells the sender when nobody will, or what else became of it; [`messenger`] whom, and
//!    through which account; [`overdue`] what is told because time has passed.
//! 7. [`forecast`] says when what waits will leave, and what will be too late then.
//! 8. [`test_message`] sends test messages past the queue; [`status`] asks, as far as the quota for that goes, what became of what Azure took.
//! 9. [`reported`] notes what Azure reports of single recipients on its own, [`untold`] tells the sender of failures;
//!    [`event_queue`] pulls such reports where Azure cannot bring them.

mod attempt;
mod backoff;
mod carry;
mod choice;
mod control_fields;
mod direct;
mod dispatcher;
mod division;
mod dsn;
mod event_queue;
mod events;
mod forecast;
mod give_up;
mod mail;
mod memory_budget;
mod messenger;
mod onward;
mod outcome;
mod overdue;
mod removal;
mod reported;
mod second_transport;
mod status;
mod suppressed;
mod test_message;
mod tried;
mod untold;
mod upstream;

pub(crate) use self::dispatcher::Dispatcher;
pub(crate) use self::event_queue::EventQueueReader;
pub(crate) use self::events::take_events;
pub(crate) use self::forecast::Forecaster;
pub use self::forecast::Foretold;
pub use self::onward::Delivery;
pub(crate) use self::overdue::watch as watch_overdue;
pub use self::removal::Told;
pub(crate) use self::removal::tell_of_removal;
pub(crate) use self::status::StatusReader;
pub use self::test_message::TestMessage;
pub(crate) use self::test_message::{Tester, send_test_message};
pub(crate) use self::untold::tell_untold;
pub use self::upstream::limits::QuotaReading;
pub use self::upstream::{UpstreamError, Upstreams};

/// What every part of delivery needs.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: store::Store,
    pub(crate) clock: clock::Clock,
    pub(crate) entropy: clock::Entropy,
    pub(crate) settings: std::sync::Arc<crate::settings::RelaySettings>,
    pub(crate) intake: crate::intake::Intake,
    pub(crate) memory: std::sync::Arc<memory_budget::MemoryBudget>,
}

impl Context {
    /// The time after a wait that begins now.
    pub(crate) fn later(&self, wait: std::time::Duration) -> jiff::Timestamp {
        clock::after(self.clock.now(), wait)
    }

    /// With the store, clock and settings of the intake that accepts DSNs.
    pub(crate) fn new(intake: crate::intake::Intake) -> Self {
        let settings = std::sync::Arc::clone(intake.settings());
        Self {
            store: intake.store().clone(),
            clock: intake.clock().clone(),
            entropy: intake.entropy().clone(),
            memory: std::sync::Arc::new(memory_budget::MemoryBudget::new(settings.max_sending_bytes)),
            settings,
            intake,
        }
    }
}
