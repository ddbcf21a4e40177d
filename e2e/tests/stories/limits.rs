//! What the intake refuses, with which reply.

use control::NewCredential;
use e2e::{Device, World, message};
use smtp::client::{Envelope, TransactionReplies};
use smtp::path::ReversePath;
use smtp_client::Connection;

async fn offer(world: &World, from: &str, text: &str) -> Result<String, String> {
    let mut connection = world.log_in(&world.device).await.unwrap();
    offer_over(&mut connection, from, text).await
}

async fn offer_over(connection: &mut Connection, from: &str, text: &str) -> Result<String, String> {
    let envelope = Envelope {
        reverse_path: if from.is_empty() {
            ReversePath::Null
        } else {
            ReversePath::Mailbox(from.parse().unwrap())
        },
        recipients: vec!["a@example.com".parse().unwrap()],
        size_octets: 0,
        eight_bit: false,
        smtputf8: false,
    };
    let replies: TransactionReplies =
        connection.send(envelope, text.replace('\n', "\r\n").as_bytes()).await.unwrap();
    replies.message.unwrap().map(|reply| reply.to_string()).map_err(|refusal| refusal.to_string())
}

#[tokio::test]
async fn each_wrong_message_has_its_reply() {
    let world = World::start().await;
    let received = "Received: from x by y; Sat, 21 Nov 2026 08:00:00 +0000\n".repeat(51);
    for (from, text, expected) in [
        (
            "x@unlinked.example",
            "From: scanner@contoso.example\n\nx\n",
            "550 5.1.7 The specified sender domain",
        ),
        (
            "scanner@contoso.example",
            "From: nobody@contoso.example\n\nx\n",
            "550 5.1.8 nobody@contoso.example in From",
        ),
        ("scanner@contoso.example", "From: x@other.example\n\nx\n", "550 5.1.7"),
        ("scanner@contoso.example", "From: scanner@contoso.example, x@other.example\n\nx\n", "550 5.1.7"),
        ("scanner@contoso.example", "Subject: x\n\nx\n", "550 5.6.0 The message has no From field"),
        ("scanner@contoso.example", "From: \"unfinished\n\nx\n", "550 5.6.0 A quotation mark in From is not"),
        (
            "scanner@contoso.example",
            "From: scanner@contoso.example\nFrom: x@y.z\n\nx\n",
            "550 5.6.0 The message has 2 From fields",
        ),
        ("scanner@contoso.example", "hello\n\nx\n", "554 5.6.0 Line 1 of the message is not a header field"),
        ("scanner@contoso.example", &format!("{received}From: scanner@contoso.example\n\nx\n"), "554 5.4.6"),
        (
            "scanner@contoso.example",
            &format!("From: scanner@contoso.example\nX: {}\n\nx\n", "y".repeat(300_000)),
            "552 5.3.4 The header",
        ),
    ] {
        let reply = offer(&world, from, text).await.unwrap_err();
        assert!(reply.starts_with(expected), "{expected:?} but {reply:?}");
    }
    assert!(
        offer(&world, "", "From: scanner@contoso.example\nTo: a@example.com\nSubject: s\n\nx\n")
            .await
            .is_ok()
    );
    world.until_taken(1).await;
    world.finish().await;
}

#[tokio::test]
async fn twelve_megabytes_are_refused() {
    let world = World::start().await;
    let large = "0123456789abcdef".repeat(64) + "\r\n";
    let text = message("large", "a@example.com", &large.repeat(12_000));
    let mut connection = world.log_in(&world.device).await.unwrap();
    let announced =
        world.offer(&mut connection, &["a@example.com"], &text).await.message.unwrap().unwrap_err();
    assert_eq!(announced.to_string(), "552 5.3.4 Message size exceeds fixed maximum message size");
    // One that is silent about its size is refused when it is through.
    let text = String::from_utf8(text).unwrap().replace("\r\n", "\n");
    let silent = offer_over(&mut connection, "scanner@contoso.example", &text).await.unwrap_err();
    assert!(silent.starts_with("552 5.3.4"), "{silent}");
    assert!(
        offer_over(
            &mut connection,
            "scanner@contoso.example",
            "From: scanner@contoso.example\nTo: a@example.com\nSubject: s\n\nx\n"
        )
        .await
        .is_ok()
    );
    world.until_taken(1).await;
    world.finish().await;
}

async fn credential(world: &World, change: impl FnOnce(&mut NewCredential)) -> Device {
    world.add_credential("special", change).await
}

#[tokio::test]
async fn a_credential_keeps_to_its_senders_and_its_rate() {
    let world = World::start().await;
    let device = credential(&world, |new| {
        new.senders = vec!["noreply@contoso.example".to_owned()];
        new.rate_per_minute = Some(3);
    })
    .await;
    let mut connection = world.log_in(&device).await.unwrap();
    let text = "From: noreply@contoso.example\nTo: a@example.com\nSubject: s\n\nx\n";
    let other = text.replace("noreply", "scanner");
    assert!(
        offer_over(&mut connection, "noreply@contoso.example", &other)
            .await
            .unwrap_err()
            .starts_with("550 5.7.1")
    );
    for _ in 0..2 {
        assert!(offer_over(&mut connection, "noreply@contoso.example", text).await.is_ok());
    }
    assert!(
        offer_over(&mut connection, "noreply@contoso.example", text)
            .await
            .unwrap_err()
            .starts_with("450 4.7.1")
    );
    world.clock.advance(std::time::Duration::from_secs(60));
    assert!(offer_over(&mut connection, "noreply@contoso.example", text).await.is_ok());
    world.until_taken(3).await;
    world.finish().await;
}

#[tokio::test]
async fn a_forced_author_replaces_what_the_device_writes() {
    let world = World::start().await;
    let device = credential(&world, |new| new.forced_from = Some("scanner@contoso.example".to_owned())).await;
    let mut connection = world.log_in(&device).await.unwrap();
    let text = "From: root@localhost\nTo: a@example.com\nSubject: s\n\nx\n";
    assert!(offer_over(&mut connection, "root@localhost", text).await.is_ok());
    world.until_taken(1).await;
    assert_eq!(world.captured()[0].sender, "scanner@contoso.example");
    world.finish().await;
}

#[tokio::test]
async fn a_network_that_is_not_its_own_reads_like_a_wrong_password() {
    let world = World::start().await;
    let device = credential(&world, |new| new.networks = vec!["192.0.2.0/24".to_owned()]).await;
    let error = world.log_in(&device).await.unwrap_err();
    assert!(error.cause.to_string().contains("535 5.7.3 Authentication unsuccessful"));
    world.finish().await;
}

#[tokio::test]
async fn a_removed_credential_is_out_at_once_even_in_an_open_session() {
    let world = World::start().await;
    let mut connection = world.log_in(&world.device).await.unwrap();
    let text = "From: scanner@contoso.example\nTo: a@example.com\nSubject: s\n\nx\n";
    assert!(offer_over(&mut connection, "scanner@contoso.example", text).await.is_ok());
    world.control().remove_credential("scanner1").await.unwrap();
    let refused = offer_over(&mut connection, "scanner@contoso.example", text).await.unwrap_err();
    assert!(refused.starts_with("421 4.7.0"), "{refused}");
    let error = world.log_in(&world.device).await.unwrap_err();
    assert!(error.cause.to_string().contains("535 5.7.3"));
    world.until_taken(1).await;
    world.finish().await;
}

#[tokio::test]
async fn guessing_brings_a_ban_that_passes() {
    let world = World::start().await;
    let other = world.add_device("scanner2").await;
    for n in 0..10 {
        let wrong = Device { password: format!("guess{n}"), ..other.clone() };
        assert!(world.log_in(&wrong).await.unwrap_err().cause.to_string().contains("535 5.7.3"));
    }
    let banned = world.log_in(&other).await.unwrap_err();
    assert!(banned.cause.to_string().contains("454 4.7.0"), "{}", banned.cause);
    world.log_in(&world.device).await.unwrap().quit().await;
    world.clock.advance(std::time::Duration::from_secs(600));
    world.log_in(&other).await.unwrap().quit().await;
    world.finish().await;
}

#[tokio::test]
async fn the_same_message_twice_is_queued_once() {
    let world = World::start().await;
    let text = "From: scanner@contoso.example\nTo: a@example.com\nSubject: s\nMessage-ID: <mine@contoso.example>\n\nx\n";
    let first = offer(&world, "scanner@contoso.example", text).await.unwrap();
    let second = offer(&world, "scanner@contoso.example", text).await.unwrap();
    assert_eq!(first, second);
    let changed = offer(&world, "scanner@contoso.example", &text.replace("\nx\n", "\ny\n")).await.unwrap();
    assert_ne!(first, changed);
    world.until_taken(2).await;
    assert_eq!(world.captured().len(), 2);
    world.finish().await;
}
