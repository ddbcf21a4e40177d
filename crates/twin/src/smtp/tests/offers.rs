//! What is offered, before TLS and behind it, and that it works.

use std::sync::Arc;

use smtp::server::{Session, Step};

use super::super::settings;
use super::Context;
use crate::state::{OfferedExtensions, SmtpBehaviour};

fn offered(reply: &str) -> Vec<&str> {
    reply.lines().skip(1).map(|line| &line[4..]).collect()
}

#[test]
fn little_is_offered_in_clear() {
    let settings = Arc::new(settings(&SmtpBehaviour::default()));
    let mut session = Session::open(settings, [127, 0, 0, 1].into());
    session.input().extend_from_slice(b"EHLO c\r\nMAIL FROM:<a@b.example>\r\n");
    let Step::Hello(ask) = session.advance() else { panic!() };
    let Step::NeedsInput(mut session) = ask.accept().advance() else { panic!() };
    let said = String::from_utf8(std::mem::take(session.pending())).unwrap();
    // Captured by the author of a public proxy to the service.
    assert!(
        said.contains("Hello [127.0.0.1]\r\n250-SIZE 31457280\r\n250-STARTTLS\r\n250 CHUNKING\r\n"),
        "{said}"
    );
    assert!(said.starts_with("220 ic3-transport-smtp-acs-deployment-"), "{said}");
    assert!(said.ends_with("530 5.7.0 Must issue a STARTTLS command first\r\n"), "{said}");
}

#[tokio::test]
async fn the_offer_behind_tls_is_as_reported_or_thin() {
    // Notifuse/notifuse, smtp_service_test.go, 2026; without PIPELINING and DSN.
    let full = [
        "SIZE 31457280",
        "8BITMIME",
        "BINARYMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "AUTH LOGIN XOAUTH2",
        "CHUNKING",
    ];
    let thin = ["SIZE 31457280", "AUTH LOGIN XOAUTH2", "CHUNKING"];
    for (extensions, expected) in [(OfferedExtensions::Full, &full[..]), (OfferedExtensions::Thin, &thin[..])]
    {
        let context = Context::begin(|behaviour| behaviour.smtp.extensions = extensions);
        let mut line = context.connect().await;
        let reply = line.send(b"EHLO c\r\n").await;
        assert_eq!(offered(&reply), expected);
        let other = context.connect().await.send(b"EHLO c\r\n").await;
        assert_ne!(reply.lines().next(), other.lines().next(), "another machine answers");
        assert_eq!(line.say("AUTH PLAIN AGEAYg==").await, "504 5.7.4");
    }
}

#[tokio::test]
async fn what_is_offered_works() {
    let context = Context::begin(|_| {});
    let mut line = context.log_in().await;
    let header = b"From: scanner@contoso.example\r\nSubject: s\r\n\r\n";
    for (parameters, bytes, body) in [
        ("BODY=BINARYMIME", &b"a\nb\r\0"[..], "BINARYMIME"),
        ("BODY=8BITMIME SMTPUTF8 SIZE=60", "m\u{fc}ller\r\n".as_bytes(), "8BITMIME"),
    ] {
        assert_eq!(line.say(&format!("MAIL FROM:<scanner@contoso.example> {parameters}")).await, "250 2.1.0");
        assert_eq!(line.say("RCPT TO:<a@example.com>").await, "250 2.1.5");
        let message = [header, bytes].concat();
        let chunk = [format!("BDAT {} LAST\r\n", message.len()).as_bytes(), &message].concat();
        assert!(line.send(&chunk).await.starts_with("250 2.0.0 OK "));
        let mail = context.last();
        let facts = mail.smtp.unwrap();
        assert_eq!((mail.raw, facts.body.as_str(), facts.by_chunks), (message, body, true));
        assert_eq!(
            (facts.smtputf8, facts.declared_bytes),
            match body {
                "8BITMIME" => (true, Some(60)),
                _ => (false, None),
            }
        );
        assert_eq!(facts.login, "printers@contoso.example");
    }
}
