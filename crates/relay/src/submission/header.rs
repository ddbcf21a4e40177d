//! What is checked and changed in a header section (RFC 6409 sections 6 and 8).

use ::smtp::reply::Refusal;
use aws_lc_rs::digest;
use message::submission::{Additions, Trace, inspect, rewrite};
use model::queued::{Change, HeaderMetadata};

use super::author::Draft;
use super::intake::Written;
use super::{Envelope, Sender, Submission, Transaction, policy};
use crate::{refusals, reply_for};

/// More servers than that have never been passed on purpose (RFC 5321 section 6.3 has at least 100 as a
/// limit for relays; a submission has passed few).
const MAX_HOPS: usize = 50;
/// Characters of a subject that are kept for lists.
const MAX_SUBJECT: usize = 200;

impl Submission {
    /// Looks at the header section, and goes on with the body behind what becomes of it.
    pub(super) async fn begin_body(
        &self,
        transaction: &mut Transaction,
        header: &[u8],
    ) -> Result<(), Refusal> {
        let (written, changes) = self.header(transaction, header)?;
        transaction.changes.extend(changes);
        transaction.intake.begin_body(written).await.map_err(|stopped| self.stopped(stopped))
    }

    fn header(
        &self,
        transaction: &mut Transaction,
        header: &[u8],
    ) -> Result<(Written, Vec<Change>), Refusal> {
        let Transaction { sender, envelope, repairs, message_id: authors, .. } = transaction;
        let facts = inspect(header).map_err(|error| {
            *authors = refusals::message_id_in(header);
            reply_for::header(&error)
        })?;
        authors.clone_from(&facts.message_id);
        if facts.hops > MAX_HOPS {
            return Err(reply_for::LOOP);
        }
        let draft = Draft { header, facts: &facts, repairs, reverse_path: &envelope.reverse_path };
        let author = match sender {
            Sender::Credential(credential) => {
                let directory = self.context.store.directory();
                draft.of_credential(credential, &|mailbox| {
                    policy::may_send_as(&directory, credential, mailbox)
                })?
            }
            Sender::Entra(_) => draft.of_entra()?,
        };
        let host = &self.context.settings.host_name;
        let message_id = facts.message_id.clone().unwrap_or_else(|| format!("<{}@{host}>", envelope.id));
        let additions = Additions {
            trace: self.trace(sender, envelope),
            message_id: facts.message_id.is_none().then(|| message_id.clone()),
            date: (!facts.has_date).then(|| self.context.clock.now()),
            from: author.from,
            reply_to: author.reply_to,
            left_out: author.left_out,
        };
        let metadata = HeaderMetadata {
            from: author.address.to_string(),
            message_id,
            subject: facts.subject.clone().unwrap_or_default().chars().take(MAX_SUBJECT).collect(),
        };
        let digest = begin_digest(sender, envelope, header);
        Ok((Written { metadata, digest, header: rewrite(header, &additions) }, author.changes))
    }

    fn trace(&self, sender: &Sender, envelope: &Envelope) -> String {
        let peer = &envelope.peer;
        let client_name = peer.client.as_ref().map(|client| client.name.as_str());
        Trace {
            client_name: client_name.filter(|name| !name.is_empty()).unwrap_or("unknown"),
            client_address: peer.address.ip().to_canonical(),
            host_name: &self.context.settings.host_name,
            protocol: &protocol(sender, envelope),
            tls: peer.tls.as_ref().map(|tls| (tls.version.as_str(), tls.cipher_suite.as_str())),
            queue_id: &envelope.id.to_string(),
            received_at: self.context.clock.now(),
        }
        .field()
    }
}

/// RFC 3848 and RFC 6531 section 4.3: extended or with SMTPUTF8, then S for TLS and A for AUTH.
fn protocol(sender: &Sender, envelope: &Envelope) -> String {
    let peer = &envelope.peer;
    let extended = peer.client.as_ref().is_some_and(|client| client.extended);
    let base = match (envelope.parameters.smtputf8, extended) {
        (true, _) => "UTF8SMTP",
        (false, true) => "ESMTP",
        (false, false) => return "SMTP".to_owned(),
    };
    let secured = if peer.tls.is_some() { "S" } else { "" };
    let proven = if sender.has_logged_in() { "A" } else { "" };
    format!("{base}{secured}{proven}")
}

/// Everything but the body that makes two submissions the same.
fn begin_digest(sender: &Sender, envelope: &Envelope, header: &[u8]) -> digest::Context {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut field = |bytes: &[u8]| {
        context.update(&bytes.len().to_be_bytes());
        context.update(bytes);
    };
    match sender {
        Sender::Credential(credential) => field(&credential.id.to_bytes()),
        Sender::Entra(login) => field(login.name.as_bytes()),
    }
    field(envelope.offered.as_bytes());
    let mut recipients: Vec<String> =
        envelope.recipients.iter().map(|recipient| recipient.mailbox.to_string()).collect();
    recipients.sort_unstable();
    recipients.iter().for_each(|recipient| field(recipient.as_bytes()));
    field(header);
    context
}
