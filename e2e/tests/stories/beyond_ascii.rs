//! Addresses beyond ASCII: their domains have another form, their local parts do not.

use e2e::{Setup, World};
use model::azure::TransportChoice;
use model::delivery::SendState;
use smtp::client::{Envelope, TransactionReplies};
use smtp::path::ReversePath;
use twin::captured::Path;
use twin::state::{Behaviour, OfferedExtensions, SmtpBehaviour};

const DONE: [SendState; 2] = [SendState::Submitted, SendState::Sent];

async fn offer(world: &World, recipients: &[&str], message: &str) -> TransactionReplies {
    let mut connection = world.log_in(&world.device).await.unwrap();
    let envelope = Envelope {
        reverse_path: ReversePath::Mailbox("scanner@contoso.example".parse().unwrap()),
        recipients: recipients.iter().map(|one| one.parse().unwrap()).collect(),
        size_octets: 0,
        eight_bit: false,
        smtputf8: true,
    };
    connection.send(envelope, message.replace('\n', "\r\n").as_bytes()).await.unwrap()
}

#[tokio::test]
async fn a_domain_travels_in_its_a_labels_by_both_ways() {
    for transport in [TransportChoice::Auto, TransportChoice::Smtp] {
        let world = World::start_with(Setup { transport, ..Setup::default() }).await;
        let text = "From: scanner@contoso.example\nTo: a@xn--bcher-kva.example\nSubject: s\n\nx\n";
        let id = world.submit(&["a@BÜCHER.example"], text.replace('\n', "\r\n").as_bytes()).await;
        world.until(id, &DONE).await;
        let [mail] = &world.captured()[..] else { panic!("one copy") };
        assert_eq!(mail.recipients[0].address, "a@xn--bcher-kva.example", "{transport}");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_local_part_is_accepted_where_azures_server_offers_to_take_it() {
    let text = "From: scanner@contoso.example\nTo: a@example.com\nSubject: s\n\nx\n";
    for extensions in [OfferedExtensions::Full, OfferedExtensions::Thin] {
        let smtp = SmtpBehaviour { extensions, ..SmtpBehaviour::default() };
        let behaviour = Behaviour { smtp, ..Behaviour::default() };
        let world = World::start_with(Setup { behaviour, ..Setup::default() }).await;
        // The first time nothing is known of the server; the second time it is.
        for taken in 1..3 {
            let text = text.replace(": s\n", &format!(": {taken}\n"));
            let replies = offer(&world, &["jürgen@bücher.example"], &text).await;
            let Some(message) = replies.message else {
                let refusal = replies.recipients[0].as_ref().unwrap_err().to_string();
                assert!(refusal.starts_with("553 5.6.7"), "{refusal}");
                assert_eq!(extensions, OfferedExtensions::Thin);
                continue;
            };
            assert!(message.is_ok());
            assert_eq!(extensions, OfferedExtensions::Full);
            world.until_taken(taken).await;
            let mail = &world.captured()[0];
            assert_eq!(mail.recipients[0].address, "jürgen@xn--bcher-kva.example");
            let asked = mail.smtp.as_ref().map(|facts| facts.smtputf8);
            assert_eq!((mail.path, asked), (Path::Smtp, Some(true)));
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn smtputf8_is_not_asked_for_where_no_address_needs_it() {
    let world = World::start_with(Setup { transport: TransportChoice::Smtp, ..Setup::default() }).await;
    let text = "From: scanner@contoso.example\r\nTo: a@bücher.example\r\nSubject: Grüße\r\n\r\nx\r\n";
    let id = world.submit(&["a@bücher.example"], text.as_bytes()).await;
    world.until(id, &DONE).await;
    let mail = &world.captured()[0];
    let asked = mail.smtp.as_ref().map(|facts| facts.smtputf8);
    assert_eq!(asked, Some(false), "servers behind Azure's may not take it");
    assert_eq!(mail.parts().subject, "Grüße");
    world.finish().await;
}

#[tokio::test]
async fn a_local_part_that_no_way_carries_is_refused_at_rcpt() {
    let world = World::start_with(Setup { by_access_key: true, ..Setup::default() }).await;
    let text = "From: scanner@contoso.example\nTo: a@example.com\nSubject: s\n\nx\n";
    let replies = offer(&world, &["jürgen@example.com", "a@example.com"], text).await;
    let refusal = replies.recipients[0].as_ref().unwrap_err().to_string();
    assert!(refusal.starts_with("553 5.6.7 The part before the @ is not ASCII"), "{refusal}");
    assert!(replies.message.unwrap().is_ok(), "the other one is reached");
    world.until_taken(1).await;
    assert_eq!(world.captured()[0].recipients.len(), 1);
    world.finish().await;
}
