//! What arrives is what was submitted, by whichever way.

use e2e::{Setup, World, message};
use model::azure::TransportChoice;
use model::delivery::SendState;
use twin::captured::{Field, Path};
use twin::state::{Behaviour, OfferedExtensions, SmtpBehaviour};

const DONE: [SendState; 2] = [SendState::Submitted, SendState::Sent];

#[tokio::test]
async fn what_is_submitted_once_arrives_once() {
    let world = World::start().await;
    let id = world.submit(&["a@example.com"], &message("hello", "a@example.com", "text")).await;
    world.until_taken(1).await;
    let view = world.until(id, &DONE).await;
    assert!(view.sends[0].attempts[0].text.starts_with("by REST, which carries the whole message"));
    let [mail] = &world.captured()[..] else { panic!("{:?}", world.captured()) };
    let parts = mail.parts();
    assert_eq!((mail.path, parts.subject.as_str()), (Path::Rest, "hello"));
    assert_eq!(parts.text.as_deref(), Some("text\r\n"));
    assert_eq!(mail.operation, view.sends[0].operation);
    assert_eq!(mail.message_id(), Some(format!("<{id}@relay.contoso.example>")));
    world.finish().await;
}

#[tokio::test]
async fn a_hidden_recipient_stays_hidden() {
    let world = World::start().await;
    let text =
        "From: scanner@contoso.example\r\nTo: a@example.com\r\nBcc: c@example.com\r\nSubject: s\r\n\r\nx\r\n";
    world.submit(&["a@example.com", "b@example.com", "c@example.com"], text.as_bytes()).await;
    world.until_taken(1).await;
    let mail = &world.captured()[0];
    let fields: Vec<(Field, &str)> =
        mail.recipients.iter().map(|one| (one.field, one.address.as_str())).collect();
    assert_eq!(fields[0], (Field::To, "a@example.com"));
    assert_eq!(fields[1..].iter().map(|(field, _)| *field).collect::<Vec<_>>(), [Field::Bcc, Field::Bcc]);
    assert!(!String::from_utf8_lossy(&mail.raw).contains("\"Bcc\""));
    world.finish().await;
}

#[tokio::test]
async fn an_invitation_goes_by_smtp_byte_for_byte() {
    let world = World::start().await;
    let body = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n..leading dot\r\nEND:VCALENDAR\r\n";
    let text = format!(
        "From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: meet\r\nMessage-ID: <1@x>\r\nDate: Sat, 21 Nov 2026 08:00:00 +0000\r\n{body}"
    );
    let id = world.submit(&["a@example.com"], text.as_bytes()).await;
    world.until_taken(1).await;
    let mail = &world.captured()[0];
    assert_eq!(mail.path, Path::Smtp);
    let raw = String::from_utf8_lossy(&mail.raw).into_owned();
    let (trace, rest) = raw.split_at(raw.find("From: ").unwrap());
    assert!(trace.starts_with(
        "Received: from device.example ([127.0.0.1])\r\n\tby relay.contoso.example with ESMTPSA"
    ));
    assert_eq!(rest, text);
    let view = world.until(id, &[SendState::Sent]).await;
    assert!(
        view.sends[0].attempts[0]
            .text
            .starts_with("by SMTP because the Email API cannot carry a calendar item")
    );
    world.finish().await;
}

#[tokio::test]
async fn eight_bits_are_said_in_seven_where_the_next_server_takes_no_more() {
    for (extensions, in_seven) in [(OfferedExtensions::Thin, true), (OfferedExtensions::Full, false)] {
        let smtp = SmtpBehaviour { extensions, ..SmtpBehaviour::default() };
        let behaviour = Behaviour { smtp, ..Behaviour::default() };
        let transport = TransportChoice::Smtp;
        let world = World::start_with(Setup { transport, behaviour, ..Setup::default() }).await;
        let text = "From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n";
        world.submit(&["a@example.com"], text.as_bytes()).await;
        world.until_taken(1).await;
        let mail = &world.captured()[0];
        assert_eq!(mail.raw.is_ascii(), in_seven, "{extensions:?}");
        let body = mail.smtp.as_ref().map(|facts| facts.body.as_str());
        assert_eq!(body, Some(if in_seven { "7BIT" } else { "8BITMIME" }));
        assert_eq!(mail.parts().text.as_deref(), Some("Grüße\r\n"));
        world.finish().await;
    }
}

#[tokio::test]
async fn a_hundred_and_twenty_recipients_are_all_reached_once() {
    for transport in [TransportChoice::Rest, TransportChoice::Smtp] {
        let world = World::start_with(Setup { transport, ..Setup::default() }).await;
        let addresses: Vec<String> = (0..120).map(|n| format!("r{n}@example.com")).collect();
        let recipients: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let id = world.submit(&recipients, &message("all", &addresses.join(",\r\n "), "x")).await;
        world.until_taken(3).await;
        world.until(id, &DONE).await;
        let mut reached: Vec<String> = world
            .captured()
            .iter()
            .flat_map(|mail| mail.recipients.iter().map(|recipient| recipient.address.clone()))
            .collect();
        reached.sort_unstable();
        let mut expected = addresses.clone();
        expected.sort_unstable();
        assert_eq!(reached, expected);
        assert_eq!(world.captured().len(), 3);
        world.finish().await;
    }
}

#[tokio::test]
async fn an_access_key_sends_too() {
    let world = World::start_with(Setup { by_access_key: true, ..Setup::default() }).await;
    let id = world.submit(&["a@example.com"], &message("key", "a@example.com", "x")).await;
    world.until_taken(1).await;
    world.until(id, &DONE).await;
    world.finish().await;
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    let world = World::start().await;
    let line = "A".repeat(76);
    let file = format!("{line}\r\n").repeat(60_000);
    let text = format!(
        "From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: scan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee file\r\n--b\r\nContent-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}--b--\r\n"
    );
    world.submit(&["a@example.com"], text.as_bytes()).await;
    world.until_taken(1).await;
    let parts = world.captured()[0].parts();
    assert_eq!(parts.attachments[0].content.len(), 76 * 60_000 * 3 / 4);
    assert!(parts.attachments[0].content.iter().all(|byte| *byte == 0));
    world.finish().await;
}
