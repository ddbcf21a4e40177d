//! Notifications as others read them.

use super::*;
use crate::{header, seven_bit};

fn recipients() -> Vec<ReportedRecipient> {
    let plain = ReportedRecipient {
        address: "b@example.com".into(),
        original: Some(("rfc822".into(), "bob@example.com".into())),
        status: "5.1.1".into(),
        reason: "The address does not exist.".into(),
        diagnostic: Some(Diagnostic {
            speaker: Speaker::Smtp,
            text: "550 5.1.1 no such user\r\nX-Injected: 1".into(),
        }),
        last_attempt_at: Some(Timestamp::UNIX_EPOCH),
        retry_until: None,
    };
    let beyond_ascii = ReportedRecipient {
        address: "jürgen+x@example.com".into(),
        original: Some(("utf-8".into(), "jürgen=y@example.com".into())),
        status: "5.4.7".into(),
        reason: "It could not be delivered within 2 days.".into(),
        diagnostic: Some(Diagnostic { speaker: Speaker::Azure, text: "EmailDropped: dropped".into() }),
        last_attempt_at: None,
        retry_until: None,
    };
    vec![plain, beyond_ascii]
}

fn compose(change: impl FnOnce(&mut Notification<'_>)) -> Vec<u8> {
    let recipients = recipients();
    let mut notification = Notification {
        reporting_host: "relay.example",
        from: "Mail Delivery <donotreply@contoso.example>",
        to: "a@contoso.example",
        message_id: "<1@relay.example>",
        boundary: "xyz",
        written_at: Timestamp::UNIX_EPOCH,
        arrived_at: Timestamp::UNIX_EPOCH,
        envelope_id: Some("42"),
        queue_id: "01abc",
        action: Action::Failed,
        recipients: &recipients,
        returned: Some(Returned::Header(b"Subject: hello\r\nX:  kept \r\n")),
        layout: Layout::Report,
    };
    change(&mut notification);
    notification.compose()
}

fn kinds(message: &[u8]) -> Vec<String> {
    let parsed = mailparse::parse_mail(message).unwrap();
    parsed.subparts.iter().map(|part| part.ctype.mimetype.clone()).collect()
}

/// The content of the last part, decoded.
fn returned(message: &[u8]) -> Vec<u8> {
    mailparse::parse_mail(message).unwrap().subparts.last().unwrap().get_body_raw().unwrap()
}

#[test]
fn a_notification_tells_people_and_programs() {
    let message = compose(|_| {});
    assert!(seven_bit::fits(&message, seven_bit::Takes::SevenBits));
    let text = String::from_utf8(message.clone()).unwrap();
    for expected in [
        "Reporting-MTA: dns; relay.example\r\nOriginal-Envelope-Id: 42\r\nArrival-Date: Thu, 01 Jan 1970",
        "\r\n\r\nOriginal-Recipient: rfc822; bob@example.com\r\nFinal-Recipient: rfc822; b@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user  X-Injected: 1\r\nLast-Attempt-Date: Thu, 01 Jan 1970",
        "Original-Recipient: utf-8; j\\x{FC}rgen\\x{3D}y@example.com\r\nFinal-Recipient: utf-8; j\\x{FC}rgen\\x{2B}x@example.com\r\nAction: failed\r\nStatus: 5.4.7\r\nDiagnostic-Code: X-Azure; EmailDropped: dropped\r\n",
        "Content-Type: text/rfc822-headers\r\n\r\nSubject: hello\r\nX:  kept \r\n\r\n--xyz--\r\n",
    ] {
        assert!(text.contains(expected), "{expected:?} in {text}");
    }
    let people = mailparse::parse_mail(&message).unwrap().subparts[0].get_body().unwrap();
    for expected in [
        "\r\n  b@example.com\r\n    The address does not exist.\r\n    The server said: 550 5.1.1 no such user  X-Injected: 1\r\n",
        "\r\n  jürgen+x@example.com\r\n",
        "the following address failed:\r\n    <j\\x{FC}rgen\\x{2B}x@example.com>\r\n",
        "    Azure said: EmailDropped: dropped\r\n",
    ] {
        assert!(people.contains(expected), "{expected:?} in {people}");
    }
    let fields: Result<Vec<_>, _> = header::fields(header::split(&message).0).collect();
    assert!(fields.unwrap().iter().any(|field| field.is("Auto-Submitted")));
    assert_eq!(kinds(&message), ["text/plain", "message/delivery-status", "text/rfc822-headers"]);
}

#[test]
fn a_reader_beyond_ascii_gets_a_global_report() {
    let message = compose(|notification| notification.to = "señor@contoso.example");
    let parsed = mailparse::parse_mail(&message).unwrap();
    assert_eq!(kinds(&message)[1], "message/global-delivery-status");
    let status = parsed.subparts[1].get_body_raw().unwrap();
    let status = String::from_utf8(status).unwrap();
    assert!(status.contains("Final-Recipient: utf-8; jürgen+x@example.com\r\n"), "{status}");
}

#[test]
fn what_is_returned_keeps_its_bytes() {
    let latin = &b"Subject: h\xe9\r\n"[..];
    let utf8 = "Subject: hé\r\n".as_bytes();
    let (eight_bits, global) = (&b"Subject: x\r\n\r\nh\xe9\r\n"[..], "Subject: é\r\n\r\nx\r\n".as_bytes());
    for (given, kind) in [
        (Returned::Header(latin), "text/rfc822-headers"),
        (Returned::Header(utf8), "message/global-headers"),
        (Returned::Header(&[b'a'; 1_500]), "text/rfc822-headers"),
        (Returned::Message(b"Subject: x\r\n\r\ny\r\n"), "message/rfc822"),
        (Returned::Message(eight_bits), "message/rfc822"),
        (Returned::Message(global), "message/global"),
    ] {
        let message = compose(|notification| notification.returned = Some(given));
        assert_eq!(kinds(&message).last().unwrap(), kind);
        let (Returned::Header(bytes) | Returned::Message(bytes)) = given;
        let got = returned(&message);
        assert!(
            got.starts_with(bytes),
            "{:?} for {:?}",
            String::from_utf8_lossy(&got),
            String::from_utf8_lossy(bytes)
        );
        let takes = seven_bit::Takes::EightBitBodies;
        assert!(seven_bit::fits(&message, takes), "{kind}");
        assert_eq!(message.is_ascii(), !std::ptr::eq(bytes, eight_bits), "{kind}");
    }
    assert_eq!(kinds(&compose(|notification| notification.returned = None)).len(), 2);
}

#[test]
fn every_action_has_its_words() {
    for (action, subject, sentence) in [
        (
            Action::Delayed,
            "Delayed: your message has not reached 2 recipients yet",
            "you need not send it again",
        ),
        (Action::Relayed, "Relayed: your message to 2 recipients was handed on", "does not report whether"),
        (Action::Delivered, "Delivered: your message reached 2 recipients", "was delivered to the server of"),
        (Action::Expanded, "Delivered: your message reached 2 recipients", "passed on from there"),
    ] {
        let message = compose(|notification| notification.action = action);
        let text = String::from_utf8(message.clone()).unwrap();
        assert!(text.contains(&format!("Subject: {subject}")), "{text}");
        assert!(text.contains(&format!("Action: {}\r\n", action.as_str())), "{text}");
        let people = mailparse::parse_mail(&message).unwrap().subparts[0].get_body().unwrap();
        assert!(people.contains(sentence) && !people.contains("Nobody will try again"), "{people}");
    }
}

#[test]
fn a_carrier_of_texts_and_files_says_the_same() {
    let message = compose(|notification| {
        notification.layout = Layout::Files;
        notification.returned = Some(Returned::Message("Subject: hé\r\n\r\nbody\r\n".as_bytes()));
    });
    assert!(seven_bit::fits(&message, seven_bit::Takes::SevenBits));
    let parts = crate::parts::read(&message);
    assert!(parts.text.unwrap().contains("The address does not exist."));
    let files: Vec<(&str, String)> = parts
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), String::from_utf8(file.content.clone()).unwrap()))
        .collect();
    assert_eq!(
        files.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["delivery-status.txt", "original-header.txt"]
    );
    assert!(files[0].1.contains("Final-Recipient: rfc822; b@example.com\r\n"), "{}", files[0].1);
    assert_eq!(files[1].1, "Subject: hé\r\n");
    assert!(parts.losses.iter().all(crate::parts::Loss::is_minor), "{:?}", parts.losses);
}
