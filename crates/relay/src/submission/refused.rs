//! What is written down of a client that was refused something.

use ::smtp::reply::Refusal;
use model::refused::{NO_TLS, Refused as Record};
use smtp_server::{Answer, Refused};
use tls::{HandshakeError, Heard};
use tracing::{debug, info};

use super::{Principal, Submission};
use crate::refusals;

impl Submission {
    /// Many devices show nobody why their mail was refused.
    pub(super) fn note_refused(&self, refused: &Refused<'_, Self>) {
        let record = self.record(refused);
        match refused.answer {
            Answer::Reply(_) => log_reply(&record),
            Answer::Handshake(error) => log_handshake(&record, error),
        }
    }

    fn record(&self, refused: &Refused<'_, Self>) -> Record {
        let now = self.context.clock.now();
        let peer = refused.peer.address.ip().to_canonical();
        let credential = match refused.principal {
            Some(Principal::Credential(credential)) => Some(credential.login.to_string()),
            Some(Principal::Entra(login)) => Some(login.name.clone()),
            None if refused.peer.login == ::smtp::server::LoginPolicy::Required => None,
            None => {
                let directory = self.context.store.directory();
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
        let unfinished = || transaction?.intake.unfinished_header().and_then(refusals::message_id_in);
        Record {
            at: now,
            since: now,
            count: 1,
            peer,
            login: refused.login.map(|name| self.shown(name)),
            credential,
            sender: transaction
                .map(|transaction| transaction.envelope.offered.clone())
                .or_else(|| refused.path.map(ToString::to_string)),
            reply,
            code,
            reason,
            message_id: transaction
                .and_then(|transaction| transaction.message_id.clone())
                .or_else(unfinished),
            tls: refused.peer.tls.as_ref().map(|tls| tls.version.clone()),
        }
    }
}

fn code(refusal: &Refusal) -> String {
    let reply = refusal.reply();
    reply.status().map_or_else(|| reply.code().to_string(), |status| format!("{} {status}", reply.code()))
}

fn log_reply(record: &Record) {
    info!(
        peer.address = %record.peer,
        login = record.credential.as_deref().or(record.login.as_deref()),
        reply = record.reply,
        reason = record.reason,
        message.message_id = record.message_id,
        "a command or message was refused"
    );
}

fn log_handshake(record: &Record, error: &HandshakeError) {
    let peer = record.peer;
    match &error.heard {
        Heard::Nothing => debug!(peer.address = %peer, "a TLS handshake failed: {error}"),
        Heard::NotTls(_) => info!(peer.address = %peer, "a TLS handshake failed: {error}"),
        Heard::Hello(offer) => info!(
            peer.address = %peer,
            tls.versions = offer.version_names(),
            tls.cipher_suites = offer.cipher_suite_names(),
            tls.signature_schemes = offer.signature_scheme_names(),
            tls.groups = offer.group_names(),
            tls.server_name = offer.server_name,
            "a TLS handshake failed: {error}"
        ),
    }
}
