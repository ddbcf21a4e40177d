//! What senders are told: of what, in which form, and who hears it (RFC 3461, RFC 3464, RFC 6533).

use std::time::Duration;

use control::{CredentialChange, NewAccess, NewCredential, PublicNetworks};
use e2e::{Setup, World, message};
use jiff::SignedDuration;
use model::azure::TransportChoice;
use model::delivery::SendState;
use smtp::address::Mailbox;
use twin::captured::CapturedMail;
use twin::{Effect, InjectedFault, Operation};

use crate::outcomes;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const SENDER: &str = "scanner@contoso.example";

/// A credential for clients of this machine, which speak word for word.
async fn without_login(world: &World, change: impl FnOnce(&mut NewCredential)) {
    let here = |new: &mut NewCredential| {
        new.access = NewAccess::Network(PublicNetworks::Refused);
        new.networks = vec!["127.0.0.0/8".to_owned()];
        change(new);
    };
    world.add_credential("hall", here).await;
}

async fn world(setup: Setup) -> World {
    let world = World::start_with(setup).await;
    without_login(&world, |_| ()).await;
    world
}

/// What the address got, as texts.
fn told(world: &World, address: &str) -> Vec<String> {
    world.captured_for(address).iter().map(text).collect()
}

fn text(mail: &CapturedMail) -> String {
    String::from_utf8_lossy(&mail.raw).into_owned()
}

async fn until_told(world: &World, count: usize) -> Vec<String> {
    world.advance_until(SECOND, async || told(world, SENDER).len() == count).await;
    told(world, SENDER)
}

fn assert_has(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} in {text}");
    }
}

fn busy(times: Option<u32>) -> InjectedFault {
    let effect =
        Effect::Answer { status: 503, code: String::new(), message: "busy".into(), retry_after: None };
    InjectedFault { operation: Operation::Send, effect, times, one_in: None }
}

#[tokio::test]
async fn a_bounce_names_those_who_asked_and_gives_everything_back() {
    let world = world(Setup::default()).await;
    let original = "From: scanner@contoso.example\r\nTo: b@example.com\r\nSubject:  gr\u{fc}\u{df}e \r\nX-Odd:  a\r\n\tb\r\n\r\nbody\r\n";
    let spoken = world
        .speak(
            &[
                "MAIL FROM:<scanner@contoso.example> ENVID=QQ+2B314 RET=HDRS SMTPUTF8",
                r"RCPT TO:<refuse@example.com> NOTIFY=FAILURE,DELAY ORCPT=utf-8;j\x{FC}rgen\x{3D}x@example.com",
                "RCPT TO:<refuse@example.org> NOTIFY=NEVER ORCPT=rfc822;never@example.com",
            ],
            original.as_bytes(),
        )
        .await;
    world.until(spoken.id, &[SendState::Failed, SendState::Sent]).await;
    let dsn = until_told(&world, 1).await.remove(0);
    assert_has(
        &dsn,
        &[
            "Original-Envelope-Id: QQ+314\r\n",
            "Original-Recipient: utf-8; j\\x{FC}rgen\\x{3D}x@example.com\r\nFinal-Recipient: rfc822; refuse@example.com\r\n",
            "Action: failed\r\n",
            "Diagnostic-Code: smtp; 5",
            "Content-Type: message/global-headers\r\n",
        ],
    );
    assert!(!dsn.contains("never@example.com") && !dsn.contains("refuse@example.org"), "{dsn}");
    let mail = world.captured_for(SENDER).remove(0);
    let header = last_part(&mail);
    assert!(header.starts_with("Received: from device.example"), "{header}");
    assert_has(&header, &["Subject:  gr\u{fc}\u{df}e \r\nX-Odd:  a\r\n\tb\r\n"]);
    world.finish().await;
}

/// The content of the last part of a mail.
fn last_part(mail: &CapturedMail) -> String {
    let parsed = mailparse::parse_mail(&mail.raw).unwrap();
    String::from_utf8(parsed.subparts.last().unwrap().get_body_raw().unwrap()).unwrap()
}

#[tokio::test]
async fn all_of_a_message_comes_back_to_who_asks_for_it() {
    let world = world(Setup::default()).await;
    let original = message("all", "refuse@example.com", "every line of it");
    for (ret, kind) in [("RET=FULL", "message/rfc822"), ("", "text/rfc822-headers")] {
        let before = told(&world, SENDER).len();
        let lines = [format!("MAIL FROM:<{SENDER}> {ret}"), "RCPT TO:<refuse@example.com>".to_owned()];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let spoken = world.speak(&lines, &original).await;
        world.until(spoken.id, &[SendState::Failed]).await;
        until_told(&world, before + 1).await;
        let mail = world.captured_for(SENDER).pop().unwrap();
        assert!(text(&mail).contains(&format!("Content-Type: {kind}\r\n")), "{}", text(&mail));
        assert_eq!(last_part(&mail).contains("every line of it"), !ret.is_empty());
    }
    world.finish().await;
}

#[tokio::test]
async fn a_bounce_long_after_returns_the_header_as_it_was() {
    // Segments so small that the one with the message is gone by then.
    let store = store::Options { segment_bytes: 64 << 10, ..store::Options::default() };
    let world = world(Setup { store, ..Setup::default() }).await;
    let original = b"From: scanner@contoso.example\r\nTo: bounce@example.com\r\nSubject: kept\r\nX-Kept: as it was\r\n\r\nbody\r\n";
    let id = world.submit(&["bounce@example.com"], original).await;
    for number in 0..8 {
        world
            .submit(&["a@example.com"], &message(&number.to_string(), "a@example.com", &"x".repeat(20_000)))
            .await;
    }
    world.until_taken(9).await;
    world.until(id, &[SendState::Failed, SendState::Submitted]).await;
    until_told(&world, 1).await;
    let dsn = world.captured_for(SENDER).remove(0);
    let parsed = mailparse::parse_mail(&dsn.raw).unwrap();
    let header = parsed.subparts.last().unwrap().get_body_raw().unwrap();
    let expected = b"Subject: kept\r\nX-Kept: as it was\r\n";
    assert!(
        header.windows(expected.len()).any(|part| part == expected),
        "{}",
        String::from_utf8_lossy(&header)
    );
    assert_has(&text(&dsn), &["Diagnostic-Code: X-Azure; EmailDropped"]);
    world.finish().await;
}

#[tokio::test]
async fn after_four_hours_the_sender_hears_of_the_delay_once() {
    let world = world(Setup::default()).await;
    world.twin.backend().arm(busy(None));
    let asked = [
        "MAIL FROM:<scanner@contoso.example> ENVID=late",
        "RCPT TO:<a@example.com>",
        "RCPT TO:<never@example.com> NOTIFY=FAILURE",
    ];
    let spoken = world.speak(&asked, &message("late", "a@example.com", "x")).await;
    world.pass(3 * HOUR).await;
    assert_eq!(told(&world, SENDER).len(), 0);
    world.pass(HOUR + 2 * Duration::from_secs(60)).await;
    let delayed = until_told(&world, 1).await.remove(0);
    assert_has(
        &delayed,
        &[
            "Subject: Delayed: your message has not reached a@example.com yet",
            "Original-Envelope-Id: late\r\n",
            "Action: delayed\r\nStatus: 4.4.0\r\n",
            "Last-Attempt-Date: ",
            "Will-Retry-Until: ",
        ],
    );
    assert!(!delayed.contains("never@example.com"), "{delayed}");
    world.pass(6 * HOUR).await;
    assert_eq!(told(&world, SENDER).len(), 1, "once");
    world.twin.backend().disarm();
    world.advance_until(Duration::from_secs(600), async || !told(&world, "a@example.com").is_empty()).await;
    world.until(spoken.id, &[SendState::Submitted, SendState::Sent]).await;
    assert_eq!(told(&world, SENDER).len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn mail_that_waits_for_its_turn_is_delayed_only_to_who_asks() {
    let quota = model::quota::Quota::CUSTOM_DOMAIN;
    let mut world = world(Setup { quota, twin_is_generous: false, ..Setup::default() }).await;
    let mut submit = 0;
    while submit < 500 {
        world.submit(&["a@example.com"], &message(&submit.to_string(), "a@example.com", "x")).await;
        submit += 1;
    }
    let lines = [
        "MAIL FROM:<scanner@contoso.example>",
        "RCPT TO:<b@example.com> NOTIFY=DELAY",
        "RCPT TO:<c@example.com>",
    ];
    let spoken = world.speak(&lines, &message("last", "b@example.com", "x")).await;
    world.stop_server().await;
    world.clock.advance(Duration::from_secs(100));
    world.start_server().await;
    world.advance_until(Duration::from_secs(300), async || !told(&world, SENDER).is_empty()).await;
    let told = told(&world, SENDER);
    assert_eq!(told.len(), 1);
    assert_has(&told[0], &["Final-Recipient: rfc822; b@example.com\r\nAction: delayed\r\n"]);
    assert!(!told[0].contains("c@example.com"), "{}", told[0]);
    world.until(spoken.id, &[SendState::Queued]).await;
    drop(world);
}

#[tokio::test]
async fn a_success_is_told_as_relayed_to_who_asks() {
    for transport in [TransportChoice::Auto, TransportChoice::Smtp] {
        let world = world(Setup { transport, ..Setup::default() }).await;
        let lines = [
            "MAIL FROM:<scanner@contoso.example> ENVID=ok RET=FULL",
            "RCPT TO:<a@example.com> NOTIFY=SUCCESS,FAILURE",
            "RCPT TO:<b@example.com>",
        ];
        let spoken = world.speak(&lines, &message("ok", "a@example.com, b@example.com", "x")).await;
        world.until_taken(1).await;
        let relayed = until_told(&world, 1).await.remove(0);
        world.until(spoken.id, &[SendState::Sent]).await;
        assert_has(
            &relayed,
            &[
                "Subject: Relayed: your message to a@example.com was handed on",
                "Final-Recipient: rfc822; a@example.com\r\nAction: relayed\r\nStatus: 2.0.0\r\n",
            ],
        );
        assert!(!relayed.contains("b@example.com\r\nAction"), "{relayed}");
        assert!(!relayed.contains("message/rfc822"), "only a failure returns all of it: {relayed}");
        world.pass(30 * HOUR).await;
        assert_eq!(told(&world, SENDER).len(), 1, "once");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_success_that_an_event_reports_is_told_as_delivered() {
    let world = outcomes::world("EventGridSchema").await;
    without_login(&world, |_| ()).await;
    let lines = ["MAIL FROM:<scanner@contoso.example>", "RCPT TO:<ada@example.com> NOTIFY=SUCCESS"];
    world.speak(&lines, &message("ok", "ada@example.com", "x")).await;
    world.advance_slowly_until(SECOND, async || !told(&world, SENDER).is_empty()).await;
    let delivered = told(&world, SENDER).remove(0);
    assert_has(
        &delivered,
        &[
            "Subject: Delivered: your message reached ada@example.com",
            "Final-Recipient: rfc822; ada@example.com\r\nAction: delivered\r\nStatus: 2.",
        ],
    );
    world.finish().await;
}

#[tokio::test]
async fn a_suppressed_address_is_told_as_such() {
    let world = world(Setup::default()).await;
    let id = world.submit(&["suppressed@example.com"], &message("s", "suppressed@example.com", "x")).await;
    world.advance_until(SECOND, async || told(&world, SENDER).len() == 1).await;
    world.until(id, &[SendState::Failed]).await;
    let dsn = told(&world, SENDER).remove(0);
    let (status, diagnostic) =
        ("Status: 5.1.1\r\n", "Diagnostic-Code: X-Azure; EmailDroppedAllRecipientsSuppressed");
    assert_has(&dsn, &[status, diagnostic, "on a suppression list of Azure's"]);
    world.finish().await;
}

#[tokio::test]
async fn where_nobody_reads_what_comes_back_an_operator_hears_it() {
    let world = World::start().await;
    without_login(&world, |new| new.intake.dsn_to = Some("ops@contoso.example".to_owned())).await;
    let lines = ["MAIL FROM:<scanner@contoso.example>", "RCPT TO:<refuse@example.com>"];
    let spoken = world.speak(&lines, &message("no", "refuse@example.com", "x")).await;
    world.until(spoken.id, &[SendState::Failed]).await;
    world.advance_until(SECOND, async || told(&world, "ops@contoso.example").len() == 1).await;
    assert_eq!(told(&world, SENDER), Vec::<String>::new());
    let nobody = CredentialChange { dsn_to: Some("nobody".to_owned()), ..CredentialChange::default() };
    world.control().change_credential("hall", nobody).await.unwrap();
    let spoken = world.speak(&lines, &message("again", "refuse@example.com", "x")).await;
    world.until(spoken.id, &[SendState::Failed]).await;
    world.pass(HOUR).await;
    assert_eq!(world.captured().len(), 1, "{:#?}", world.captured());
    world.finish().await;
}

#[tokio::test]
async fn an_account_without_smtp_has_its_reports_carried_by_another_or_as_files() {
    let world = world(Setup { transport: TransportChoice::Rest, ..Setup::default() }).await;
    let id = world.submit(&["refuse@example.com"], &message("no", "refuse@example.com", "x")).await;
    world.until(id, &[SendState::Failed]).await;
    until_told(&world, 1).await;
    let parts = world.captured_for(SENDER).remove(0).parts();
    assert!(parts.text.unwrap().contains("refuse@example.com"));
    let files: Vec<&str> = parts.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(files, ["delivery-status.txt", "original-header.txt"]);
    let status = String::from_utf8_lossy(&parts.attachments[0].content).into_owned();
    assert_has(
        &status,
        &["Final-Recipient: rfc822; refuse@example.com", "Diagnostic-Code: X-Azure; HTTP 400"],
    );
    let story = dsn_story(&world, "refuse@example.com").await;
    assert_has(&story, &["a text with files in place of a multipart/report"]);

    world.add_account("smtp", TransportChoice::Smtp, false).await;
    let id = world.submit(&["refuse@example.org"], &message("no", "refuse@example.org", "x")).await;
    world.until(id, &[SendState::Failed, SendState::Sent, SendState::Submitted]).await;
    let report = until_told(&world, 2).await.remove(1);
    assert_has(&report, &["Content-Type: multipart/report; report-type=delivery-status"]);
    assert_has(
        &dsn_story(&world, "refuse@example.org").await,
        &["goes through this account because that of the message"],
    );
    world.finish().await;
}

/// The DSN about a recipient as `message show` has it.
async fn dsn_story(world: &World, recipient: &str) -> String {
    let list = world.list("/v1/messages?sender=donotreply@contoso.example").await;
    let is_it = |dsn: &&serde_json::Value| dsn["subject"].as_str().unwrap().contains(recipient);
    let id = list.as_array().unwrap().iter().find(is_it).unwrap()["id"].as_str().unwrap().to_owned();
    world.get(&format!("/v1/messages/{id}")).await.to_string()
}

#[tokio::test]
async fn what_is_offered_is_what_is_done() {
    let setup = Setup { apps_may_log_in: false, ..Setup::default() };
    let world = world(setup).await;
    let mail = "MAIL FROM:<scanner@contoso.example> HOLDFOR=10800";
    let spoken =
        world.speak(&[mail, "RCPT TO:<a@example.com>"], &message("held", "a@example.com", "x")).await;
    let latest = clock::after(world.clock.now(), SignedDuration::from_hours(30 * 24));
    let latest = latest.strftime("%Y-%m-%dT%H:%M:%SZ");
    assert_has(&spoken.offered, &["\r\n250-DSN\r\n", &format!("\r\n250-FUTURERELEASE 2592000 {latest}\r\n")]);
    let view = world.get(&format!("/v1/messages/{}", spoken.id)).await;
    assert_eq!(view["sends"][0]["waits"]["code"], "scheduled", "{view:#}");
    world.pass(2 * HOUR).await;
    assert!(world.captured().is_empty());
    world.advance_until(Duration::from_secs(60), async || world.captured().len() == 1).await;
    world.until(spoken.id, &[SendState::Submitted, SendState::Sent]).await;
    world.finish().await;

    let world = self::world(Setup::default()).await;
    let lines = ["MAIL FROM:<scanner@contoso.example>", "RCPT TO:<a@example.com>"];
    let spoken = world.speak(&lines, &message("s", "a@example.com", "x")).await;
    assert!(!spoken.offered.contains("DSN"), "Entra logins report no success: {}", spoken.offered);
    world.until(spoken.id, &[SendState::Submitted, SendState::Sent]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_deadline_of_the_login_holds_where_the_message_says_none() {
    let world = World::start().await;
    without_login(&world, |new| new.intake.deadline_seconds = Some(600)).await;
    world.twin.backend().arm(busy(None));
    let lines = ["MAIL FROM:<scanner@contoso.example>", "RCPT TO:<a@example.com>"];
    let own = world.speak(&lines, &message("own", "a@example.com", "x")).await;
    let mut longer = b"X-Postern-Deadline: 3h\r\n".to_vec();
    longer.extend(message("longer", "a@example.com", "x"));
    let longer = world.speak(&lines, &longer).await;
    world
        .advance_until(Duration::from_secs(60), async || {
            world.view(own.id).await.is_some_and(|view| view.sends[0].state == SendState::Failed)
        })
        .await;
    let view = world.until(own.id, &[SendState::Failed]).await;
    assert_eq!(view.deadline, Some(clock::after(view.accepted_at, SignedDuration::from_secs(600))));
    let view = world.until(longer.id, &[SendState::Queued]).await;
    assert_eq!(view.deadline, Some(clock::after(view.accepted_at, SignedDuration::from_hours(3))));
    let dsn = until_told(&world, 1).await.remove(0);
    assert_has(&dsn, &["could not be sent before its deadline", "Status: 5.4.7\r\n"]);
    drop(world);
}

#[tokio::test]
async fn an_international_sender_gets_a_global_report() {
    let world = world(Setup::default()).await;
    let sender: Mailbox = "señor@contoso.example".parse().unwrap();
    let mail = format!("MAIL FROM:<{sender}> SMTPUTF8");
    let spoken =
        world.speak(&[&mail, "RCPT TO:<refuse@example.com>"], &message("s", "refuse@example.com", "x")).await;
    world.until(spoken.id, &[SendState::Failed]).await;
    let address = sender.to_string();
    world.advance_until(SECOND, async || told(&world, &address).len() == 1).await;
    assert_has(&told(&world, &address)[0], &["Content-Type: message/global-delivery-status"]);
    world.finish().await;
}
