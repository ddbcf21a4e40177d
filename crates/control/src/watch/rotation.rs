//! Rotating client secrets: begins in time, and takes rotations that are under way as far as they go.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::id::AccountId;
use model::rotation::Rotation;
use store::SecretName;
use tracing::{error, info, warn};

use super::{REMINDER, ROUND, Watch};
use crate::Control;
use crate::error::Fault;
use crate::rotation::Stepped;

/// Between two looks for a rotation that nobody has announced.
const IDLE: Duration = Duration::from_secs(600);

/// What is remembered of an account's rotation.
#[derive(Clone, Debug, Default)]
pub(super) struct RotationState {
    /// Whether a task works on it.
    is_running: bool,
    /// Until when there is nothing to be done.
    rest_until: Option<Timestamp>,
    /// When it was last found that Postern cannot rotate this secret.
    declined_at: Option<Timestamp>,
}

/// What decides whether a rotation begins.
#[derive(Clone, Copy, Debug)]
struct Secret<'a> {
    name: Option<SecretName>,
    expires_at: Timestamp,
    /// How long before its end it is rotated.
    before: SignedDuration,
    last: Option<&'a Rotation>,
}

impl RotationState {
    /// Whether the next step may be tried.
    fn may_step(&self, now: Timestamp) -> bool {
        !self.is_running && self.rest_until.is_none_or(|until| until <= now)
    }

    /// Whether a rotation begins now. One that has just ended, well or badly, is not followed by another.
    fn may_begin(&self, secret: Secret<'_>, now: Timestamp) -> bool {
        let is_recent = |at: Timestamp| now.duration_since(at) < REMINDER;
        let is_due = secret.expires_at.duration_since(now) < secret.before && now < secret.expires_at;
        is_due
            && secret.name == Some(SecretName::ClientSecret)
            && !self.declined_at.is_some_and(is_recent)
            && secret.last.is_none_or(|last| last.step.is_over() && !is_recent(last.changed_at))
    }

    /// Somebody says that there is something to be done.
    pub(super) fn wake(&mut self) {
        self.rest_until = None;
    }
}

impl Watch {
    /// Begins to rotate a secret that expires soon, where that is allowed.
    pub(super) async fn rotate_in_time(
        &mut self,
        account: &Arc<Account>,
        expires_at: Timestamp,
    ) -> Result<(), Fault> {
        let Some(before) = self.settings.rotate_before else { return Ok(()) };
        let now = self.control.clock.now();
        let last = self.control.store.rotations().of(account.id).await?;
        let secret = Secret { name: account.upstream.secret(), expires_at, before, last: last.as_ref() };
        if !self.watched(account.id).rotation.may_begin(secret, now) {
            return Ok(());
        }
        match self.control.begin_rotation(account.name.as_str(), self.settings.terms).await {
            Ok(_) => info!(account = %account.name, "the client secret expires soon: a rotation begins"),
            // The app may not, or the account does not allow it: asking every minute would not help.
            Err(why @ (Fault::Conflict { .. } | Fault::Upstream { retry_after: None, .. })) => {
                self.watched(account.id).rotation.declined_at = Some(now);
                info!(account = %account.name, reason = %why, "the client secret cannot be rotated");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Goes on with the rotation of an account, if no task is at it and something may be done.
    pub(super) fn step_rotation(&mut self, account: AccountId) {
        let now = self.control.clock.now();
        let state = &mut self.watched(account).rotation;
        if !state.may_step(now) {
            return;
        }
        state.is_running = true;
        let control = self.control.clone();
        self.rotating.spawn(async move {
            (account, AssertUnwindSafe(rotate(&control, account)).catch_unwind().await.ok())
        });
    }

    /// A rotation can do no more until then; `None` where its task panicked.
    pub(super) fn rotation_rests(&mut self, account: AccountId, until: Option<Timestamp>) {
        if until.is_none() {
            error!("a rotation failed unexpectedly; Postern resumes it at its last stored step");
        }
        let until = until.unwrap_or_else(|| self.control.later(ROUND));
        // The account may be gone by now.
        if let Some(watched) = self.accounts.get_mut(&account) {
            watched.rotation =
                RotationState { is_running: false, rest_until: Some(until), ..watched.rotation.clone() };
        }
    }
}

/// Takes the rotation of an account as far as it goes now; returns when to look again.
async fn rotate(control: &Control, id: AccountId) -> Timestamp {
    loop {
        // A step changes the account; the next one works with what it is then.
        let directory = control.store.directory();
        let Some(account) = directory.account(id) else { return Timestamp::MAX };
        match control.step_rotation(account).await {
            Ok(Stepped::Moved) => {}
            Ok(Stepped::WaitUntil(until)) => return until,
            // A rotation that begins wakes this job.
            Ok(Stepped::Over) => return control.later(IDLE),
            Err(error) => {
                warn!(account = %account.name, error = model::error_chain(&error), "a rotation cannot go on");
                return control.later(ROUND);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::rotation::Step;

    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3_600).unwrap()
    }

    fn ended(step: Step, hours: i64) -> Rotation {
        Rotation {
            account: AccountId::from_bytes([1; 16]),
            label: "Postern".to_owned(),
            step,
            started_at: at(hours),
            changed_at: at(hours),
            wanted_until: at(10_000),
            new_key: None,
            old_key: None,
            remove_at: None,
            problem: None,
        }
    }

    #[test]
    fn a_rotation_begins_when_the_end_is_near_and_nothing_is_in_the_way() {
        let secret = Secret {
            name: Some(SecretName::ClientSecret),
            expires_at: at(24 * 20),
            before: SignedDuration::from_hours(24 * 30),
            last: None,
        };
        let (running, failed, old) =
            (ended(Step::Added, -90), ended(Step::RolledBack, -1), ended(Step::Done, -24));
        let declined = |hours| RotationState { declined_at: Some(at(hours)), ..RotationState::default() };
        let fresh = RotationState::default;
        for (state, secret, may) in [
            (fresh(), secret, true),
            (fresh(), Secret { expires_at: at(24 * 31), ..secret }, false),
            (fresh(), Secret { expires_at: at(0), ..secret }, false),
            (fresh(), Secret { name: Some(SecretName::Certificate), ..secret }, false),
            (fresh(), Secret { last: Some(&running), ..secret }, false),
            (fresh(), Secret { last: Some(&failed), ..secret }, false),
            (fresh(), Secret { last: Some(&old), ..secret }, true),
            (declined(-23), secret, false),
            (declined(-24), secret, true),
        ] {
            assert_eq!(state.may_begin(secret, at(0)), may, "{state:?} {secret:?}");
        }
    }

    #[test]
    fn one_task_steps_a_rotation_and_rests_until_there_is_something_to_do() {
        let resting = RotationState { rest_until: Some(at(2)), ..RotationState::default() };
        let mut woken = resting.clone();
        woken.wake();
        for (state, hours, may) in [
            (RotationState::default(), 0, true),
            (RotationState { is_running: true, ..RotationState::default() }, 0, false),
            (resting.clone(), 1, false),
            (resting, 2, true),
            (woken, 1, true),
        ] {
            assert_eq!(state.may_step(at(hours)), may, "{state:?} after {hours} h");
        }
    }
}
