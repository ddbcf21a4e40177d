//! What is checked and changed in a header section (RFC 6409 sections 6 and 8).

use std::fmt::Write as _;

use aws_lc_rs::digest;
use message::submission::{Additions, Facts, Trace, inspect, rewrite};
use model::queued::HeaderMetadata;

use super::author::{Author, HeaderSection};
use super::data::Written;
use super::message_id::message_id_in;
use super::timing::{Timing, TimingFault};
use super::{Draft, Part, Principal, Rejection, Session, Source, policy};

/// More servers than that have never been passed on purpose (RFC 5321 section 6.3 has at least 100 as a
/// limit for relays; a submission has passed few).
const MAX_HOPS: usize = 50;
/// Characters of a subject that are kept for lists.
const MAX_SUBJECT: usize = 200;

impl Draft {
    /// Looks at the header section, and goes on with the body behind what becomes of it.
    pub(super) async fn begin_body(&mut self, header: &[u8]) -> Result<(), Rejection> {
        let written = self.header(header)?;
        self.incoming.begin_body(written).await.map_err(|stopped| self.intake.stopped(stopped))
    }

    fn header(&mut self, header: &[u8]) -> Result<Written, Rejection> {
        let mut facts = inspect(header).map_err(|error| {
            self.message_id = message_id_in(header);
            Rejection::Malformed(error)
        })?;
        self.message_id.clone_from(&facts.message_id);
        if facts.hops > MAX_HOPS {
            return Err(Rejection::Loop { hops: facts.hops });
        }
        let author = self.author(header, &facts)?;
        self.take_timing(&facts)?;
        let host = &self.intake.settings().host_name;
        let own_id = facts.message_id.is_none().then(|| format!("<{}@{host}>", self.id));
        let additions = Additions {
            trace: self.trace(),
            message_id: own_id.clone(),
            date: (!facts.has_date).then(|| self.intake.clock().now()),
            from: author.from,
            reply_to: author.reply_to,
            left_out: author.left_out,
        };
        let subject = facts.subject.take().unwrap_or_default();
        let metadata = HeaderMetadata {
            from: author.address.to_string(),
            message_id: own_id.or(facts.message_id).unwrap_or_default(),
            subject: shortened(subject),
        };
        self.changes.extend(author.changes);
        Ok(Written { metadata, digest: self.begin_digest(header), header: rewrite(header, &additions) })
    }

    /// Takes what the message says of its time. What is sent at once cannot wait.
    fn take_timing(&mut self, facts: &Facts) -> Result<(), Rejection> {
        let of_message = Timing::read(&facts.timing, self.intake.clock().now());
        let timing = of_message.and_then(|of_message| self.timing.with(of_message));
        self.timing = timing.map_err(Rejection::Timing)?;
        match (&self.principal, self.timing.send_at) {
            (Principal::Entra(_), Some(at)) => Err(Rejection::Timing(TimingFault::AtOnce(at))),
            _ => Ok(()),
        }
    }

    /// Who the author is, if the principal may send as they.
    fn author(&self, header: &[u8], facts: &Facts) -> Result<Author, Rejection> {
        let Self { repairs, reverse_path, .. } = self;
        let section = HeaderSection { header, facts, repairs, reverse_path };
        match &self.principal {
            Principal::Credential(credential) => {
                let directory = self.intake.store().directory();
                section.of_credential(credential, &|mailbox| {
                    policy::may_send_as(&directory, credential, mailbox)
                })
            }
            // Azure judges whether it may be.
            Principal::Entra(_) => section.as_written_or_repaired(),
            Principal::Internal(internal) => {
                let author = section.as_written_or_repaired()?;
                if internal.kind.needs_sender() {
                    let directory = self.intake.store().directory();
                    let known = policy::has_sender(&directory, internal.account.id, &author.address);
                    known.map_err(|denied| denied.rejection(&author.address, Part::From))?;
                }
                Ok(author)
            }
        }
    }

    /// The trace field; what Postern writes itself begins here and has passed nobody.
    fn trace(&self) -> String {
        let source = &self.envelope.source;
        let (client_name, protocol, tls) = match source {
            Source::Internal => return String::new(),
            Source::Http(_) => (None, "HTTP", None),
            Source::Smtp(session) => {
                let protocol = self.protocol(session);
                (session.client_name.as_deref(), protocol, session.tls.as_ref())
            }
        };
        Trace {
            client_name: client_name.filter(|name| !name.is_empty()).unwrap_or("unknown"),
            client_address: source.address().to_canonical(),
            host_name: &self.intake.settings().host_name,
            protocol,
            tls: tls.map(|tls| (tls.version.as_str(), tls.cipher_suite.as_str())),
            queue_id: &self.id.to_string(),
            received_at: self.intake.clock().now(),
        }
        .field()
    }

    /// RFC 3848 and RFC 6531 section 4.3: extended or with SMTPUTF8, then S for TLS and A for AUTH.
    fn protocol(&self, session: &Session) -> &'static str {
        let smtputf8 = self.envelope.smtputf8;
        let is_extended = smtputf8 || session.is_extended;
        match (is_extended, smtputf8, session.tls.is_some(), self.principal.has_logged_in()) {
            (false, ..) => "SMTP",
            (true, false, false, false) => "ESMTP",
            (true, false, false, true) => "ESMTPA",
            (true, false, true, false) => "ESMTPS",
            (true, false, true, true) => "ESMTPSA",
            (true, true, false, false) => "UTF8SMTP",
            (true, true, false, true) => "UTF8SMTPA",
            (true, true, true, false) => "UTF8SMTPS",
            (true, true, true, true) => "UTF8SMTPSA",
        }
    }

    /// Everything but the body that makes two submissions the same; `None` for what nobody submits twice.
    fn begin_digest(&self, header: &[u8]) -> Option<digest::Context> {
        let mut context = digest::Context::new(&digest::SHA256);
        let mut field = |bytes: &[u8]| {
            context.update(&bytes.len().to_be_bytes());
            context.update(bytes);
        };
        match &self.principal {
            Principal::Credential(credential) => field(&credential.id.to_bytes()),
            Principal::Entra(login) => field(login.name.as_bytes()),
            Principal::Internal(_) => return None,
        }
        let mut text = String::new();
        let _ = write!(text, "{}", self.envelope.reverse_path);
        field(text.as_bytes());
        if let [only] = &self.recipients[..] {
            text.clear();
            let _ = write!(text, "{}", only.mailbox);
            field(text.as_bytes());
        } else {
            let mut recipients: Vec<String> =
                self.recipients.iter().map(|recipient| recipient.mailbox.to_string()).collect();
            recipients.sort_unstable();
            recipients.iter().for_each(|recipient| field(recipient.as_bytes()));
        }
        field(header);
        Some(context)
    }
}

fn shortened(mut subject: String) -> String {
    if let Some((end, _)) = subject.char_indices().nth(MAX_SUBJECT) {
        subject.truncate(end);
    }
    subject
}
