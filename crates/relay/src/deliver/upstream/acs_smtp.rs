//! Azure's SMTP endpoint as a transport.

use super::pool::{LeaseError, Pool};
use super::smtputf8::send_to_whom_it_can;
use super::{rest_answers, smtp_replies};
use crate::deliver::mail::Mail;
use crate::deliver::outcome::AttemptOutcome;

/// Azure's SMTP endpoint, with one login.
pub(crate) struct AcsSmtp(Pool);

impl AcsSmtp {
    pub(crate) fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// Sends a message. A session that rested and turns out to be gone is replaced once.
    pub(super) async fn send(&self, mail: &Mail<'_>) -> AttemptOutcome {
        loop {
            let mut leased = match self.0.lease().await {
                Ok(leased) => leased,
                Err(LeaseError::Session(error)) => return smtp_replies::of_session(&error),
                Err(LeaseError::Token(failure)) => return rest_answers::of_token(&failure),
            };
            let was_reused = leased.is_reused;
            match send_to_whom_it_can(&mut leased.connection, mail).await {
                Ok(outcome) => {
                    leased.give_back();
                    return outcome;
                }
                Err(error) if was_reused && !error.message_may_be_taken() => continue,
                Err(error) => return smtp_replies::of_session(&error),
            }
        }
    }

    /// Whether the server takes local parts beyond ASCII.
    pub(super) async fn takes_smtputf8(&self) -> Result<bool, LeaseError> {
        self.0.takes_smtputf8().await
    }

    /// Closes the sessions that rest.
    pub(super) async fn close(self) {
        self.0.close().await;
    }
}
