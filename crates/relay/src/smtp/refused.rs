//! What is written down of a client that was refused something.

use ::smtp::reply::Refusal;
use ::smtp::server::LoginPolicy;
use jiff::Timestamp;
use model::refused::{NO_TLS, Refused as Record};
use smtp_server::{Answer, Refused};

use super::SmtpService;
use crate::intake::{Draft, Principal};

impl SmtpService {
    pub(super) fn note_refused(&self, refused: &Refused<'_, Self>) {
        let handshake = match refused.answer {
            Answer::Reply(_) => None,
            Answer::Handshake(error) => Some(error),
        };
        self.refusals.note(self.record(refused), handshake);
    }

    fn record(&self, refused: &Refused<'_, Self>) -> Record {
        // As the store keeps it.
        let now = self.intake.clock().now();
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let peer = refused.peer.address.ip().to_canonical();
        let credential = match refused.principal {
            Some(Principal::Credential(credential)) => Some(credential.login.to_string()),
            Some(Principal::Entra(login)) => Some(login.name.clone()),
            Some(Principal::Internal(_)) => None,
            None if refused.peer.login == LoginPolicy::Required => None,
            None => {
                let directory = self.intake.store().directory();
                directory.credential_without_login(peer).map(|credential| credential.login.to_string())
            }
        };
        let (code, reply, reason) = match refused.answer {
            Answer::Reply(refusal) => {
                (code(refusal), refusal.to_string(), refusal.reason().map(str::to_owned))
            }
            Answer::Handshake(error) => (NO_TLS.to_owned(), error.to_string(), None),
        };
        let transaction = refused.transaction;
        Record {
            at: now,
            since: now,
            count: 1,
            peer,
            login: refused.login.map(|name| self.shown(name)),
            credential,
            sender: transaction.map(Draft::offered).or_else(|| refused.path.map(ToString::to_string)),
            reply,
            code,
            reason,
            message_id: transaction.and_then(Draft::message_id),
            tls: refused.peer.tls.as_ref().map(|tls| tls.version.clone()),
        }
    }
}

fn code(refusal: &Refusal) -> String {
    let reply = refusal.reply();
    reply.status().map_or_else(|| reply.code().to_string(), |status| format!("{} {status}", reply.code()))
}
