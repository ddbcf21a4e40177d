//! Which transport carries messages, and what the trace says.

use super::*;
use ::smtp::address::Mailbox;
use azure_types::email::EmailMessage;
use jiff::Timestamp;
use message::submission::HOPS_FIELD;
use model::id::AccountId;
use model::sender::Sender;

/// A choice, taken apart.
#[derive(Debug)]
enum Seen {
    Rest { message: Box<EmailMessage>, why: String },
    Smtp { why: String },
    Neither { why: String },
}

const BOTH: &[Transport] = &[Transport::Rest, Transport::Smtp];
const REST: &[Transport] = &[Transport::Rest];
const SMTP: &[Transport] = &[Transport::Smtp];

fn chosen(open: &[Transport], message: &str, recipients: &[&str]) -> Seen {
    let recipients: Vec<Mailbox> = recipients.iter().map(|text| text.parse().unwrap()).collect();
    let sender = Sender {
        account: AccountId::from_bytes([1; 16]),
        mailbox: "a@b.example".parse().unwrap(),
        display_name: Some("Scanner".to_owned()),
        created_at: Timestamp::UNIX_EPOCH,
    };
    let message = message.replace('\n', "\r\n");
    let candidate = Candidate {
        message: message.as_bytes(),
        recipients: &recipients,
        sender: Some(&sender),
        accepted_at: Timestamp::UNIX_EPOCH,
    };
    match choose(open, &candidate) {
        Choice::By(Chosen { form: Form::Document(message), why, .. }) => Seen::Rest { message, why },
        Choice::By(Chosen { form: Form::Whole, why, .. }) => Seen::Smtp { why },
        Choice::Neither { why } => Seen::Neither { why },
    }
}

fn auto(message: &str, recipients: &[&str]) -> Seen {
    chosen(BOTH, message, recipients)
}

fn why(open: &[Transport], message: &str, recipients: &[&str]) -> String {
    match chosen(open, message, recipients) {
        Seen::Rest { why, .. } | Seen::Smtp { why } | Seen::Neither { why } => why,
    }
}

const PLAIN: &str = "From: a@b.example\nTo: X <x@example.com>\nCc: y@example.com\nSubject: s\n\nhi\n";

#[test]
fn envelope_recipients_are_divided_among_to_cc_and_bcc() {
    let Seen::Rest { message, .. } = auto(PLAIN, &["x@EXAMPLE.com", "z@example.com", "y@example.com"]) else {
        panic!()
    };
    assert_eq!(message.recipients.to[0].display_name.as_deref(), Some("X"));
    assert_eq!(message.recipients.cc[0].address, "y@example.com");
    assert_eq!(message.recipients.bcc[0].address, "z@example.com");
    assert_eq!(message.sender_address, "a@b.example");
    assert_eq!(message.recipients.to[0].address, "x@example.com", "as it is written");
}

/// What a mail may put into the document, decoded: ESC, NUL, a line of its own, C1 and a folder.
#[test]
fn no_field_of_the_document_acts_or_leads_elsewhere() {
    const WORD: &str = "=?utf-8?q?a=1B[2J=00=0D=0ABcc:_x=C2=9Bb?=";
    const CODED: &str = "utf-8''..%2Fa%1B%00%0D%0A%C2%9B.pdf";
    let mixed = format!(
        "From: {WORD} <a@b.example>\nTo: {WORD} <x@example.com>\nCc: {WORD} <y@example.com>\nReply-To: {WORD} <r@b.example>\nSubject: {WORD}\nX-Custom: {WORD}\nX-Raw: a\u{1b}b\nMessage-ID: <a\u{9b}@b.example>\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\ntext\n--m\nContent-Type: application/pdf; name*={CODED}\nContent-Disposition: attachment; filename*={CODED}\nContent-ID: <a\u{1b}b>\n\n%PDF\n--m\nContent-Type: application/pdf; name=\"{WORD}.pdf\"\nContent-Disposition: attachment; filename={WORD}.pdf\n\n%PDF\n--m--\n"
    );
    let chosen = chosen(REST, &mixed, &["x@example.com"]);
    let Seen::Rest { message, .. } = chosen else { panic!("{chosen:?}") };
    let mut document = serde_json::to_value(&message).unwrap();
    let text = document["content"]["plainText"].take();
    assert!(text.as_str().unwrap().contains("text"));
    let all = document.to_string();
    for acting in ["\\u00", "\\r", "\\n", "\u{9b}", "../", "Bcc: x\""] {
        assert!(!all.contains(acting), "{acting:?}: {all}");
    }
}

#[test]
fn whatever_rest_cannot_say_goes_by_smtp() {
    let why = |message: &str, recipients: &[&str]| match auto(message, recipients) {
        Seen::Smtp { why } => why,
        other => panic!("{other:?}"),
    };
    assert!(why(PLAIN, &["x@example.com"]).contains("y@example.com in To or Cc without sending to it"));
    assert!(why(PLAIN, &["z@example.com"]).contains("an empty To (the only recipient"));
    assert!(
        why(
            &PLAIN.replace("a@b", "Boss <a@b").replace("example\nTo", "example>\nTo"),
            &["x@example.com", "y@example.com"]
        )
        .contains("name \"Boss\"")
    );
    let signed = PLAIN.replace("Subject", "DKIM-Signature: v=1\nSubject");
    assert!(why(&signed, &["x@example.com", "y@example.com"]).contains("a signature"));
    let program = "From: a@b.example\nTo: x@example.com\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: application/x-msdownload; name=x.exe\n\nMZ\n--b--\n";
    assert!(why(program, &["x@example.com"]).contains("application/x-msdownload"));
}

#[test]
fn an_author_with_odd_words_beside_the_address_is_still_the_author() {
    let both = ["x@example.com", "y@example.com"];
    for odd in
        ["a@b.example (Cron Daemon)", "MFP [3] <a@b.example>", "\"=?utf-8?Q?B=C3=BCro?=\" <a@b.example>"]
    {
        let odd = PLAIN.replace("a@b.example", odd);
        let Seen::Rest { message, why } = chosen(REST, &odd, &both) else { panic!("{odd}") };
        assert_eq!(message.sender_address, "a@b.example", "{odd}");
        assert!(why.contains("without what From says beside the address"), "{why}");
    }
    let nobody = PLAIN.replace("a@b.example", "root (Cron Daemon)");
    assert!(matches!(chosen(REST, &nobody, &both), Seen::Neither { .. }));
}

#[test]
fn a_loop_is_counted_where_trace_fields_are_dropped() {
    let hops = |fields: &str| match auto(&format!("{fields}{PLAIN}"), &["x@example.com", "y@example.com"]) {
        Seen::Rest { message, .. } => message.headers.get(HOPS_FIELD).cloned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(hops("Received: from device\n"), None);
    assert_eq!(hops("Received: from mta\nReceived: from device\n").as_deref(), Some("2"));
    assert_eq!(hops("Received: from mta\nx-postern-hops: 4\n").as_deref(), Some("5"));
}

#[test]
fn the_senders_own_name_is_no_obstacle() {
    let message = PLAIN.replace("From: a@b.example", "From: Scanner <a@b.example>");
    assert!(matches!(auto(&message, &["x@example.com", "y@example.com"]), Seen::Rest { .. }));
}

#[test]
fn where_only_rest_is_open_small_things_may_go_and_large_ones_may_not() {
    let both = ["x@example.com", "y@example.com"];
    let named = PLAIN.replace("From: a@b.example", "From: Boss <a@b.example>");
    let Seen::Rest { why, .. } = chosen(REST, &named, &both) else { panic!() };
    assert!(why.contains("without the author's name"), "{why}");
    let signed = PLAIN.replace("Subject", "DKIM-Signature: v=1\nSubject");
    assert!(matches!(chosen(REST, &signed, &both), Seen::Neither { .. }));
    assert!(matches!(chosen(SMTP, PLAIN, &both), Seen::Smtp { .. }));
}

#[test]
fn a_date_that_somebody_would_miss_goes_by_smtp() {
    let both = ["x@example.com", "y@example.com"];
    let dated = |date: &str| PLAIN.replace("Subject", &format!("Date: {date}\nSubject"));
    assert!(matches!(auto(&dated("Thu, 1 Jan 1970 01:04:00 +0100"), &both), Seen::Rest { .. }));
    for odd in ["Thu, 1 Jan 1970 02:00:00 +0000", "1970-01-01", ""] {
        assert!(matches!(auto(&dated(odd), &both), Seen::Smtp { .. }), "{odd}");
        assert!(matches!(chosen(REST, &dated(odd), &both), Seen::Rest { .. }), "{odd}");
    }
}

#[test]
fn the_list_of_reasons_is_bounded_and_clean() {
    let fields: String = (0..500).map(|n| format!("X-{n}{}: \u{fc}\n", "y".repeat(300))).collect();
    let why = why(BOTH, &format!("{fields}{PLAIN}"), &["x@example.com", "y@example.com"]);
    assert!(why.len() < 640, "{}", why.len());
    assert!(why.ends_with("and 495 more"), "{why}");
    let mixed = "From: a@b.example\nTo: x@example.com\nSubject: s\nContent-Type: text/plain; charset=\"\u{1b}]0;x\"\n\nhi\n";
    assert!(!self::why(BOTH, mixed, &["x@example.com"]).contains('\u{1b}'));
}

/// What an account without SMTP does with mail that is not quite what REST wants: `Ok` with the words of the trace.
#[test]
fn where_only_rest_is_open_nothing_fails_for_a_trifle() {
    let scan = |part: &str| {
        format!(
            "From: a@b.example\nTo: x@example.com\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{part}\n--b--\n"
        )
    };
    let rest = |message: &str, recipients: &[&str]| match chosen(REST, message, recipients) {
        Seen::Rest { message, why } => (message, why),
        other => panic!("{other:?}"),
    };
    let (sent, why) = rest(&scan("Content-Type: application/pdf; name=a.pdf\n\n%PDF"), &["x@example.com"]);
    assert_eq!(sent.content.plain_text.as_deref(), Some(" "));
    assert!(why.contains("a body without text"), "{why}");
    let (sent, why) = rest(
        &scan("\nhi\n--b\nContent-Type: application/octet-stream; name=a.PDF\n\n%PDF"),
        &["x@example.com"],
    );
    assert_eq!(sent.attachments[0].content_type, "application/pdf");
    assert!(why.contains("\"a.PDF\", sent as application/pdf"), "{why}");
    let unused = "\nhi\n--b\nContent-Type: image/png; name=a.png\nContent-ID: <a@b>\n\nx\n--b\nContent-Type: image/png; name=b.png\nContent-ID: <a@b>\n\nx";
    let (sent, why) = rest(&scan(unused), &["x@example.com"]);
    assert!(sent.attachments.iter().all(|file| file.content_id.is_none()));
    assert!(why.contains("the unused Content-ID \"a@b\""), "{why}");
    let (sent, _) = rest(&PLAIN.replace("To: X <x@example.com>\n", ""), &["y@example.com"]);
    assert_eq!(sent.recipients.to[0].address, "y@example.com", "who was in Cc is shown in any case");
}

#[test]
fn hidden_recipients_are_never_shown_to_each_other() {
    let hidden = PLAIN.replace("To: X <x@example.com>\nCc: y@example.com\n", "");
    let Seen::Rest { message, .. } = chosen(REST, &hidden, &["z@example.com"]) else { panic!() };
    assert_eq!(message.recipients.to[0].address, "z@example.com");
    assert!(matches!(chosen(REST, &hidden, &["y@example.com", "z@example.com"]), Seen::Neither { .. }));
}
