//! Replies as users of Azure's SMTP report them, each with where it was reported.

use super::{Context, MAIL};
use crate::faults::{Effect, InjectedFault, Operation};
use crate::rehearsal::Rehearsal;

/// A reply, the conversation that leads to it, and who reports it.
struct Row {
    what: &'static str,
    source: &'static str,
    /// What is said before; `LOGIN` stands for a login that is good.
    before: &'static [&'static str],
    said: &'static str,
    reply: &'static str,
}

const ROWS: [Row; 7] = [
    Row {
        what: "AUTH PLAIN",
        source: "504 by Notifuse/notifuse#368, 2026-06; the rest in the manner of Exchange",
        before: &["EHLO c"],
        said: "AUTH PLAIN AGEAYg==",
        reply: "504 5.7.4 Unrecognized authentication type",
    },
    Row {
        what: "a login that fails",
        source: "jstedfast/MailKit#1967",
        before: &["EHLO c", "AUTH LOGIN bm9ib2R5"],
        said: "d3Jvbmc=",
        reply: "535 5.7.3 Authentication unsuccessful",
    },
    Row {
        what: "a sender whose domain is not linked",
        source: "501 by a project's mail log, 2025-12; text by MicrosoftDocs/azure-docs#123379",
        before: &["LOGIN", "MAIL FROM:<news@unlinked.example>", "RCPT TO:<a@example.com>", "DATA"],
        said: "From: news@unlinked.example\r\n\r\nx\r\n.",
        reply: "501 5.1.7 The specified sender domain has not been linked.",
    },
    Row {
        what: "a username that its domain does not know",
        source: "text by MicrosoftDocs/azure-docs, e-mail troubleshooting; code made up",
        before: &["LOGIN", "MAIL FROM:<x@contoso.example>", "RCPT TO:<a@example.com>", "DATA"],
        said: "From: x@contoso.example\r\n\r\nx\r\n.",
        reply: "550 5.1.8 Invalid email sender username",
    },
    Row {
        what: "MAIL before AUTH",
        source: "in the manner of Exchange, unconfirmed",
        before: &["EHLO c"],
        said: "MAIL FROM:<scanner@contoso.example>",
        reply: "530 5.7.57 Client not authenticated to send mail",
    },
    Row {
        what: "an extension that is not offered",
        source: "no DSN by Notifuse/notifuse, smtp_service_test.go, 2026",
        before: &["LOGIN"],
        said: "MAIL FROM:<scanner@contoso.example> RET=HDRS",
        reply: "555 5.5.4 Parameter RET is not known here",
    },
    Row {
        what: "a null reverse-path",
        source: "unconfirmed",
        before: &["LOGIN"],
        said: "MAIL FROM:<>",
        reply: "250 2.1.0 Sender OK",
    },
];

#[tokio::test]
async fn replies_are_as_reported() {
    for Row { what, source, before, said, reply } in ROWS {
        let context = Context::begin(|_| {});
        let mut line = match before.first() {
            Some(&"LOGIN") => context.log_in().await,
            _ => context.connect().await,
        };
        for said in before.iter().filter(|said| **said != "LOGIN") {
            line.say(said).await;
        }
        assert_eq!(
            line.send(format!("{said}\r\n").as_bytes()).await,
            format!("{reply}\r\n"),
            "{what} ({source})"
        );
    }
}

#[tokio::test]
async fn the_rate_is_told_in_the_words_that_are_reported() {
    let context = Context::begin(|behaviour| behaviour.smtp_shares_quota = false);
    let mut line = context.log_in().await;
    for _ in 0..30 {
        line.transaction("scanner@contoso.example", &["a@example.com"], MAIL).await;
    }
    for said in ["MAIL FROM:<scanner@contoso.example>", "RCPT TO:<a@example.com>", "DATA"] {
        line.say(said).await;
    }
    let reply = line.send(MAIL.as_bytes()).await;
    // Several issues and logs of users, up to 2026.
    let expected = "450 4.5.127 Message rejected. Excessive message rate from sender. For more information see \
                    https://aka.ms/EXOSmtpErrors.\r\n";
    assert_eq!(reply, expected);
    let captured = context.rehearsal.backend.captured();
    let kinds: Vec<_> = captured.meters().map(|((_, kind), meter)| (*kind, meter.throttled)).collect();
    assert_eq!(kinds, [(crate::captured::Kind::SmtpSends, 1)], "apart from REST");
}

#[test]
fn a_greeting_can_be_a_refusal() {
    let rehearsal = Rehearsal::begin();
    let effect =
        Effect::Answer { status: 554, code: "5.3.2".into(), message: "No".into(), retry_after: None };
    rehearsal.backend.arm(InjectedFault {
        operation: Operation::SmtpConnection,
        effect,
        times: None,
        one_in: None,
    });
    let Some(Effect::Answer { status, code, message, .. }) =
        rehearsal.backend.faults.trigger(Operation::SmtpConnection)
    else {
        panic!()
    };
    assert_eq!(super::super::refused_greeting(status, &code, &message), b"554 5.3.2 No\r\n");
    assert_eq!(super::super::farewell(), b"421 4.3.2 Service not available\r\n");
}
