//! Warning in time that a secret expires.

use std::sync::Arc;

use api::command::Shell;
use jiff::Timestamp;
use model::account::Account;
use store::{SecretName, SecretOwner};

use super::{REMINDER, Watch};
use crate::error::Fault;
use crate::expiry::Urgency;
use crate::verify::secret::{self, Renewal};

/// What was said last of an account's secret.
#[derive(Clone, Debug, Default)]
pub(super) struct ExpiryState(Option<Warned>);

#[derive(Clone, Copy, Debug)]
struct Warned {
    urgency: Urgency,
    at: Timestamp,
}

/// What is said now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// It was said already.
    Nothing,
    /// The secret is good for a while: what was said is over.
    Forget,
    Warn,
}

impl ExpiryState {
    /// Each step is said once, and again every day while nothing changes.
    fn next(&self, urgency: Urgency, now: Timestamp) -> Next {
        if urgency == Urgency::None {
            return Next::Forget;
        }
        let is_due = self.0.is_none_or(|warned| {
            warned.urgency.rank() < urgency.rank() || now.duration_since(warned.at) >= REMINDER
        });
        if is_due { Next::Warn } else { Next::Nothing }
    }
}

impl Watch {
    /// When the account's secret expires, if that is known.
    pub(super) async fn secret_end(&self, account: &Account) -> Result<Option<Timestamp>, Fault> {
        let Some(name) = account.upstream.secret() else { return Ok(None) };
        let owner = SecretOwner::Account(account.id);
        let facts = self.control.store.secrets().facts(owner, name).await?;
        Ok(facts.and_then(|facts| facts.expires_at))
    }

    /// Warns that the secret expires, where it is time to.
    pub(super) async fn warn_of_expiry(&mut self, account: &Arc<Account>, expires_at: Timestamp) {
        let now = self.control.clock.now();
        let urgency = Urgency::of(expires_at, now);
        let state = &mut self.watched(account.id).expiry;
        match state.next(urgency, now) {
            Next::Nothing => return,
            Next::Forget => {
                state.0 = None;
                return;
            }
            Next::Warn => state.0 = Some(Warned { urgency, at: now }),
        }
        let renewal = match self.control.provisioning.azure_account(account).await {
            Ok(context) if account.upstream.secret() == Some(SecretName::ClientSecret) => {
                secret::renewal(&context).await
            }
            _ => Renewal::Unknown,
        };
        let text = warning(account, Ending { urgency, expires_at, renewal });
        self.tell(account, "secret_expires", text).await;
    }
}

/// How a secret ends, and who can make another.
struct Ending {
    urgency: Urgency,
    expires_at: Timestamp,
    renewal: Renewal,
}

fn warning(account: &Account, ending: Ending) -> String {
    let Ending { urgency, expires_at, renewal } = ending;
    let (name, day) = (&account.name, expires_at.strftime("%Y-%m-%d"));
    if urgency == Urgency::Expired {
        let command = secret::replace(account).text(Shell::Bash);
        return format!(
            "According to the recorded date, the secret of account {name} expired on {day}: its mail waits in the queue. \
             `{command}` sets a new one."
        );
    }
    let command = secret::renew(account, renewal).text(Shell::Bash);
    let does = match (account.upstream.secret(), renewal) {
        (Some(SecretName::ClientSecret), Renewal::ByPostern) => "rotates it".to_owned(),
        (Some(SecretName::ClientSecret), Renewal::ByHand) => format!(
            "guides you through rotating it, which the app may not do itself; `postern account verify {name}` shows how to \
             allow that"
        ),
        (Some(SecretName::ClientSecret), Renewal::Unknown) => "guides you through rotating it".to_owned(),
        _ => "sets a new one".to_owned(),
    };
    format!("The secret of account {name} expires on {day}. `{command}` {does}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_said_once_and_repeated_daily() {
        let at = |hours: i64| Timestamp::from_second(1_800_000_000 + hours * 3_600).unwrap();
        let said = |urgency| ExpiryState(Some(Warned { urgency, at: at(0) }));
        for (state, urgency, hours, next) in [
            (ExpiryState(None), Urgency::None, 0, Next::Forget),
            (ExpiryState(None), Urgency::Days(14), 0, Next::Warn),
            (said(Urgency::Days(14)), Urgency::Days(14), 23, Next::Nothing),
            (said(Urgency::Days(14)), Urgency::Days(14), 24, Next::Warn),
            (said(Urgency::Days(14)), Urgency::Days(7), 1, Next::Warn),
            (said(Urgency::Days(1)), Urgency::Expired, 1, Next::Warn),
            // The clock was wrong, or the end was corrected: less urgent is not news.
            (said(Urgency::Days(7)), Urgency::Days(14), 1, Next::Nothing),
            (said(Urgency::Expired), Urgency::None, 1, Next::Forget),
        ] {
            assert_eq!(state.next(urgency, at(hours)), next, "{state:?} {urgency:?} after {hours} h");
        }
    }
}
