//! What a submission server looks at in a header section, and the little it changes (RFC 6409 section 8).

use jiff::Timestamp;

use crate::address::Address;
use crate::author::{self, AuthorFault};
use crate::date;
use crate::header::{self, Field, NotAField};

/// What a header section says, as far as submission asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The mailboxes of From, of which there is at least one, or why it cannot be told who the author is.
    pub from: Result<Vec<Address>, AuthorFault>,
    /// The first Message-ID that is not empty, brackets included.
    pub message_id: Option<String>,
    /// The first Subject, decoded.
    pub subject: Option<String>,
    /// Whether there is a Date that is not empty.
    pub has_date: bool,
    /// Whether there is a Reply-To that is not empty.
    pub has_reply_to: bool,
    /// Number of Received fields: how many servers the message has passed.
    pub hops: usize,
    /// Whether any byte is not ASCII, which needs SMTPUTF8 (RFC 6532).
    pub eight_bit: bool,
    pub timing: TimingFields,
}

/// What a sender asks of the time of a message, as it was written: fields of the header section that are for Postern
/// alone, or what an envelope has of the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimingFields {
    pub lane: Option<String>,
    pub deadline: Option<String>,
    pub send_at: Option<String>,
}

/// What is put into a header section, and what is taken out of it.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    /// A complete Received field, CRLF included.
    pub trace: String,
    /// Message-ID, when the author gave none.
    pub message_id: Option<String>,
    /// Date, when the author gave none.
    pub date: Option<Timestamp>,
    /// The body of a From that replaces the author's, when the operator asked for that.
    pub from: Option<String>,
    /// The body of a Reply-To, when there is none.
    pub reply_to: Option<String>,
    /// Names of fields that are left out.
    pub left_out: Vec<String>,
}

/// The trace field of one hop (RFC 5321 section 4.4).
#[derive(Clone, Debug)]
pub struct Trace<'a> {
    /// What the client called itself.
    pub client_name: &'a str,
    pub client_address: std::net::IpAddr,
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

/// Fields for Postern alone: they do not go on with the message.
const TIMING_FIELDS: [&str; 3] = ["X-Postern-Lane", "X-Postern-Deadline", "X-Postern-Send-At"];

/// Reads a header section. A field that stands there twice and should not (RFC 5322 section 3.6) is no reason to
/// refuse what a device has to say: it stays, and its first body counts. Only the author must be certain.
///
/// # Errors
/// When a line is no field: whatever follows could be header or body.
pub fn inspect(header: &[u8]) -> Result<Facts, NotAField> {
    let (mut message_id, mut subject, mut hops) = (None, None, 0_usize);
    let (mut has_date, mut has_reply_to) = (false, false);
    let (mut froms, mut timing) = (Vec::new(), TimingFields::default());
    for field in header::fields(header) {
        let field = field?;
        if field.is("From") {
            froms.push(field);
        } else if is_blank(&field) {
        } else if field.is("Message-ID") {
            message_id.get_or_insert_with(|| field.body().into_owned());
        } else if field.is("Subject") {
            subject.get_or_insert_with(|| field.decoded());
        } else if field.is("Date") {
            has_date = true;
        } else if field.is("Reply-To") {
            has_reply_to = true;
        } else if field.is("Received") {
            hops += 1;
        } else if field.is(HOPS_FIELD) {
            hops = hops.saturating_add(field.body().trim().parse().unwrap_or(0));
        } else if let Some(asked) = timing.of(&field) {
            asked.get_or_insert_with(|| field.body().into_owned());
        }
    }
    let (from, eight_bit) = (author::read(&froms), !header.is_ascii());
    Ok(Facts { from, message_id, subject, has_date, has_reply_to, hops, eight_bit, timing })
}

impl TimingFields {
    /// Where a field belongs that is one of them.
    fn of(&mut self, field: &Field<'_>) -> Option<&mut Option<String>> {
        let place = TIMING_FIELDS.iter().position(|name| field.is(name))?;
        [&mut self.lane, &mut self.deadline, &mut self.send_at].into_iter().nth(place)
    }
}

/// The From fields of a header section.
#[must_use]
pub fn author_fields(header: &[u8]) -> Vec<Field<'_>> {
    header::fields(header).map_while(Result::ok).filter(|field| field.is("From")).collect()
}

/// Whether a field says nothing. Clients leave `Date:` and `Message-ID: <>` for a server to fill in.
fn is_blank(field: &Field<'_>) -> bool {
    let body = field.body();
    body.is_empty() || (field.is("Message-ID") && body.trim_matches(['<', '>', ' ', '\t']).is_empty())
}

/// Writes the header section anew: trace field first, Bcc and what says nothing left out, the rest byte for byte,
/// what was missing at its end. The empty line is not part of it.
#[must_use]
pub fn rewrite(header: &[u8], additions: &Additions) -> Vec<u8> {
    let mut output = Vec::with_capacity(header.len() + additions.trace.len() + 256);
    output.extend_from_slice(additions.trace.as_bytes());
    let mut from = additions.from.as_deref();
    // What is no field was refused by `inspect`; it ends the walk here as it did there.
    for field in header::fields(header).map_while(Result::ok) {
        if field.is("From") && additions.from.is_some() {
            // It takes the place of the first.
            add(&mut output, "From", from.take());
        } else if !is_dropped(&field, additions) {
            push(&mut output, &field);
        }
    }
    add(&mut output, "From", from);
    add(&mut output, "Reply-To", additions.reply_to.as_deref());
    add(&mut output, "Date", additions.date.map(date::rfc5322).as_deref());
    add(&mut output, "Message-ID", additions.message_id.as_deref());
    output
}

fn is_dropped(field: &Field<'_>, additions: &Additions) -> bool {
    let is_any = |names: &[&str]| names.iter().any(|name| field.is(name));
    // Bcc names those who are not to be seen (RFC 5322 section 3.6.3).
    is_any(&["Bcc", "Resent-Bcc"])
        || is_any(&TIMING_FIELDS)
        || (is_any(&["Date", "Message-ID"]) && is_blank(field))
        || (field.is("Reply-To") && additions.reply_to.is_some() && is_blank(field))
        || additions.left_out.iter().any(|name| field.is(name))
}

fn add(output: &mut Vec<u8>, name: &str, body: Option<&str>) {
    if let Some(body) = body {
        output.extend_from_slice(format!("{name}: {body}\r\n").as_bytes());
    }
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
        assert_eq!(facts.from.unwrap()[0].address, "a@b.c");
        assert_eq!(facts.subject.as_deref(), Some("über"));
        assert_eq!((facts.hops, facts.has_date, facts.message_id), (1, false, None));
        assert!(!facts.eight_bit);
        assert!(inspect("Subject: über\r\n".as_bytes()).unwrap().eight_bit);
    }

    #[test]
    fn an_uncertain_author_is_a_fact_and_a_line_that_is_no_field_an_error() {
        let from = |header: &[u8]| inspect(header).unwrap().from;
        assert_eq!(from(b"From: a@b\r\nfrom: c@d\r\n"), Err(AuthorFault::Repeated(2)));
        assert_eq!(from(b"From: \"a\r\n"), Err(AuthorFault::OpenQuote));
        assert_eq!(from(b"Subject: x\r\n"), Err(AuthorFault::Missing));
        assert_eq!(inspect(b"From: a@b\r\nhello\r\n"), Err(NotAField { line: 2 }));
    }

    #[test]
    fn what_says_nothing_is_replaced_and_what_is_said_twice_stays() {
        let written = |header: &str| {
            let facts = inspect(header.as_bytes()).unwrap();
            let additions = Additions {
                message_id: facts.message_id.is_none().then(|| "<1@relay>".into()),
                date: (!facts.has_date).then_some(Timestamp::UNIX_EPOCH),
                ..Additions::default()
            };
            String::from_utf8(rewrite(header.as_bytes(), &additions)).unwrap()
        };
        let date = "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n";
        let both = format!("From: a@b\r\n{date}Message-ID: <1@relay>\r\n");
        for header in [
            "From: a@b\r\n",
            "From: a@b\r\nDate:\r\nMessage-ID:\r\n",
            "Date: \t \r\nFrom: a@b\r\nMessage-ID: <>\r\n",
            "Message-Id: < >\r\nFrom: a@b\r\nmessage-id:\r\n <>\r\ndate:\r\n \r\n",
        ] {
            assert_eq!(written(header), both, "{header}");
        }
        for header in [
            "From: a@b\r\nDate: yesterday\r\nMessage-ID: not an id\r\n",
            "From: a@b\r\nDate: 1\r\nDate: 2\r\nMessage-ID: <a>\r\nMessage-ID: <b>\r\nSubject: 1\r\nSubject: 2\r\n",
        ] {
            assert_eq!(written(header), header);
        }
        assert_eq!(
            written("From: a@b\r\nMessage-ID:\r\nDate: 1\r\nMessage-ID: <a>\r\nDate:\r\n"),
            "From: a@b\r\nDate: 1\r\nMessage-ID: <a>\r\n"
        );
        let facts = inspect(b"Subject: 1\r\nSubject: 2\r\nMessage-ID: <a>\r\nMessage-ID: <b>\r\n").unwrap();
        assert_eq!((facts.subject.as_deref(), facts.message_id.as_deref()), (Some("1"), Some("<a>")));
    }

    #[test]
    fn only_bcc_goes_and_only_what_was_missing_comes() {
        let additions = Additions {
            trace: "Received: from z\r\n".into(),
            message_id: Some("<1@relay>".into()),
            date: Some(Timestamp::UNIX_EPOCH),
            ..Additions::default()
        };
        let expected = "Received: from z\r\nReceived: from x\r\n\tby y\r\nFROM: A <a@b.c>\r\nSubject: =?utf-8?Q?=C3=BCber?=\r\nX-Odd:   spaces\t\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@relay>\r\n";
        assert_eq!(String::from_utf8(rewrite(HEADER, &additions)).unwrap(), expected);
    }

    #[test]
    fn what_is_for_postern_alone_is_read_and_stays_here() {
        let header = b"x-postern-lane: bulk\r\nFrom: a@b.c\r\nX-Postern-Send-At:\r\nX-POSTERN-DEADLINE: 2h\r\nX-Postern-Deadline: 3h\r\n";
        let timing = inspect(header).unwrap().timing;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(timing, TimingFields { lane: text("bulk"), deadline: text("2h"), send_at: None });
        assert_eq!(rewrite(header, &Additions::default()), b"From: a@b.c\r\n");
    }

    #[test]
    fn a_forced_author_takes_the_place_of_the_others() {
        let additions = Additions { from: Some("scan@b.c".into()), ..Additions::default() };
        let written = rewrite(b"X: 1\r\nFrom: a@b.c\r\nfrom: x\r\nTo: d@e.f", &additions);
        assert_eq!(written, b"X: 1\r\nFrom: scan@b.c\r\nTo: d@e.f\r\n");
        assert_eq!(rewrite(b"To: d@e.f\r\n", &additions), b"To: d@e.f\r\nFrom: scan@b.c\r\n");
        let additions = Additions {
            reply_to: Some("a@b.c".into()),
            left_out: vec!["Sender".into()],
            ..Additions::default()
        };
        let written = rewrite(b"sender: a@b.c\r\nReply-To: \r\nSender: x\r\nTo: d@e.f\r\n", &additions);
        assert_eq!(written, b"To: d@e.f\r\nReply-To: a@b.c\r\n");
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
