//! What a submission server looks at in a header section, and the little it changes (RFC 6409 section 8).

use jiff::Timestamp;

use crate::address::{Address, AddressList, NotAddresses};
use crate::date;
use crate::header::{self, Field, NotAField};

/// What a header section says, as far as submission asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The mailboxes of From.
    pub from: Vec<Address>,
    /// Message-ID, brackets included.
    pub message_id: Option<String>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// Whether there is a Date.
    pub has_date: bool,
    /// Number of Received fields: how many servers the message has passed.
    pub hops: usize,
    /// Whether any octet is not ASCII, which needs SMTPUTF8 (RFC 6532).
    pub eight_bit: bool,
}

/// Why a header section cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A line is no field.
    #[error(transparent)]
    NotAField(#[from] NotAField),
    /// From is not a list of addresses.
    #[error(transparent)]
    Addresses(#[from] NotAddresses),
    /// A field stands there twice that may stand there once (RFC 5322 section 3.6).
    #[error("there is more than one {0} field")]
    Repeated(&'static str),
}

/// What is put into a header section.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    /// A complete Received field, CRLF included.
    pub trace: String,
    /// Message-ID, when the author gave none.
    pub message_id: Option<String>,
    /// Date, when the author gave none.
    pub date: Option<Timestamp>,
    /// A From that replaces the author's, when the operator asked for that.
    pub from: Option<String>,
}

/// The trace field of one hop (RFC 5321 section 4.4).
#[derive(Clone, Debug)]
pub struct Trace<'a> {
    /// What the client called itself.
    pub client_name: &'a str,
    /// Its address.
    pub client_address: std::net::IpAddr,
    /// Our name.
    pub host_name: &'a str,
    /// `ESMTPSA` and its kin (RFC 3848, RFC 6531).
    pub protocol: &'a str,
    /// Version and cipher suite.
    pub tls: Option<(&'a str, &'a str)>,
    /// Our name for the message.
    pub queue_id: &'a str,
    /// When it came.
    pub received_at: Timestamp,
}

/// How many servers a message had passed before it was sent on by a way that drops its trace fields: a loop
/// over such a way would not be noticed otherwise (RFC 5321 section 6.3).
pub const HOPS_FIELD: &str = "X-Postern-Hops";

/// Reads a header section.
///
/// # Errors
/// When it is malformed in a way that makes its author or its structure uncertain.
pub fn inspect(header: &[u8]) -> Result<Facts, HeaderError> {
    let mut facts = Facts { eight_bit: !header.is_ascii(), ..Facts::default() };
    let (mut froms, mut subjects, mut message_ids) = (0, 0, 0);
    for field in header::fields(header) {
        let field = field?;
        if field.is("From") {
            froms += 1;
            facts.from = AddressList::read(&field)?.addresses;
        } else if field.is("Message-ID") {
            message_ids += 1;
            facts.message_id = Some(field.body().into_owned()).filter(|id| !id.is_empty());
        } else if field.is("Subject") {
            subjects += 1;
            facts.subject = Some(field.decoded());
        } else if field.is("Date") {
            facts.has_date = true;
        } else if field.is("Received") {
            facts.hops += 1;
        } else if field.is(HOPS_FIELD) {
            facts.hops = facts.hops.saturating_add(field.body().trim().parse().unwrap_or(0));
        }
    }
    for (count, name) in [(froms, "From"), (subjects, "Subject"), (message_ids, "Message-ID")] {
        if count > 1 {
            return Err(HeaderError::Repeated(name));
        }
    }
    Ok(facts)
}

/// Writes the header section anew: trace field first, Bcc left out, the rest octet for octet, what was
/// missing at its end. The empty line is not part of it.
#[must_use]
pub fn rewrite(header: &[u8], additions: &Additions) -> Vec<u8> {
    let mut output = Vec::with_capacity(header.len() + additions.trace.len() + 256);
    output.extend_from_slice(additions.trace.as_bytes());
    // What is no field was refused by `inspect`; it ends the walk here as it did there.
    for field in header::fields(header).map_while(Result::ok) {
        // Bcc names those who are not to be seen (RFC 5322 section 3.6.3).
        let dropped =
            field.is("Bcc") || field.is("Resent-Bcc") || (field.is("From") && additions.from.is_some());
        if !dropped {
            push(&mut output, &field);
        }
    }
    let mut add = |name: &str, body: &str| output.extend_from_slice(format!("{name}: {body}\r\n").as_bytes());
    if let Some(from) = &additions.from {
        add("From", from);
    }
    if let Some(time) = additions.date {
        add("Date", &date::rfc5322(time));
    }
    if let Some(message_id) = &additions.message_id {
        add("Message-ID", message_id);
    }
    output
}

/// A field, and the line end that the last one of a message without a body may lack.
fn push(output: &mut Vec<u8>, field: &Field<'_>) {
    output.extend_from_slice(field.raw());
    if !field.raw().ends_with(b"\r\n") {
        output.extend_from_slice(b"\r\n");
    }
}

impl Trace<'_> {
    /// The field, CRLF included.
    #[must_use]
    pub fn field(&self) -> String {
        let name: String = self.client_name.chars().map(|c| if is_plain(c) { c } else { '?' }).collect();
        let tls = self.tls.map_or_else(String::new, |(version, suite)| format!(" ({version} {suite})"));
        format!(
            "Received: from {name} ([{address}])\r\n\tby {host} with {protocol}{tls}\r\n\tid {id}; {date}\r\n",
            address = self.client_address,
            host = self.host_name,
            protocol = self.protocol,
            id = self.queue_id,
            date = date::rfc5322(self.received_at),
        )
    }
}

/// A client may call itself anything; in the trace field it may not write syntax.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-_:[]".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"Received: from x\r\n\tby y\r\nFROM: A <a@b.c>\r\nBcc: secret@d.e,\r\n other@d.e\r\nSubject: =?utf-8?Q?=C3=BCber?=\r\nX-Odd:   spaces\t\r\n";

    #[test]
    fn hops_are_counted_over_ways_that_drop_trace_fields() {
        let hops = |fields: &str| inspect(fields.as_bytes()).unwrap().hops;
        assert_eq!(hops("Received: from x\r\nReceived: from y\r\n"), 2);
        assert_eq!(hops("Received: from x\r\nX-Postern-Hops: 12\r\n"), 13);
        assert_eq!(hops("X-Postern-Hops: many\r\nX-Postern-Hops: 99999999999999999999999\r\n"), 0);
    }

    #[test]
    fn the_facts_are_found() {
        let facts = inspect(HEADER).unwrap();
        assert_eq!(facts.from[0].address, "a@b.c");
        assert_eq!(facts.subject.as_deref(), Some("über"));
        assert_eq!((facts.hops, facts.has_date, facts.message_id), (1, false, None));
        assert!(!facts.eight_bit);
        assert!(inspect("Subject: über\r\n".as_bytes()).unwrap().eight_bit);
    }

    #[test]
    fn an_uncertain_author_is_refused() {
        assert_eq!(inspect(b"From: a@b\r\nfrom: c@d\r\n"), Err(HeaderError::Repeated("From")));
        assert_eq!(inspect(b"From: \"a\r\n"), Err(HeaderError::Addresses(NotAddresses("From".into()))));
        assert_eq!(inspect(b"From: a@b\r\nhello\r\n"), Err(HeaderError::NotAField(NotAField { line: 2 })));
    }

    #[test]
    fn only_bcc_goes_and_only_what_was_missing_comes() {
        let additions = Additions {
            trace: "Received: from z\r\n".into(),
            message_id: Some("<1@relay>".into()),
            date: Some(Timestamp::UNIX_EPOCH),
            from: None,
        };
        let expected = "Received: from z\r\nReceived: from x\r\n\tby y\r\nFROM: A <a@b.c>\r\nSubject: =?utf-8?Q?=C3=BCber?=\r\nX-Odd:   spaces\t\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@relay>\r\n";
        assert_eq!(String::from_utf8(rewrite(HEADER, &additions)).unwrap(), expected);
    }

    #[test]
    fn a_forced_author_replaces_the_other() {
        let additions = Additions { from: Some("scan@b.c".into()), ..Additions::default() };
        let written = rewrite(b"From: a@b.c\r\nTo: d@e.f", &additions);
        assert_eq!(written, b"To: d@e.f\r\nFrom: scan@b.c\r\n");
    }

    #[test]
    fn a_client_cannot_write_into_the_trace_field() {
        let trace = Trace {
            client_name: "evil) by (x;\r\nBcc: y",
            client_address: "192.0.2.1".parse().unwrap(),
            host_name: "relay.example",
            protocol: "ESMTPSA",
            tls: Some(("TLSv1.3", "TLS13_AES_256_GCM_SHA384")),
            queue_id: "01abc",
            received_at: Timestamp::UNIX_EPOCH,
        };
        let field = trace.field();
        assert_eq!(field.matches("\r\n").count(), 3);
        assert!(field.starts_with(
            "Received: from evil??by??x???Bcc:?y ([192.0.2.1])\r\n\tby relay.example with ESMTPSA (TLSv1.3 "
        ));
    }
}
