//! What the Email API refuses goes by SMTP; where there is no SMTP, only whom Azure refuses goes without.

use std::time::Duration;

use e2e::{Setup, World, message};
use jiff::Timestamp;
use model::azure::TransportChoice;
use model::delivery::{AttemptResult, SendState};
use model::quota::QuotaKind;
use model::quota::{Allowance, Quota};
use model::upstream::{QuotaScope, Transport};
use store::StoredMessage;
use twin::captured::Path;
use twin::state::{Behaviour, EmailBehaviour, RepeatedOperation, RestRefusal, Unwanted};
use twin::{Effect, InjectedFault, Operation};

const DONE: [SendState; 3] = [SendState::Submitted, SendState::Sent, SendState::Failed];
const FIVE: [&str; 5] =
    ["a@example.com", "b@example.com", "refuse@example.com", "d@example.com", "e@example.com"];

fn answer(status: u16, code: &str, message: &str) -> Effect {
    Effect::Answer { status, code: code.into(), message: message.into(), retry_after: None }
}

fn arm(world: &World, operation: Operation, effect: Effect, times: u32) {
    world.twin.backend().arm(InjectedFault { operation, effect, times: Some(times), one_in: None });
}

async fn sends_used(world: &World) -> u32 {
    let subscription = world.twin.ready().subscription_id;
    let key = QuotaScope::Subscription(subscription).of(QuotaKind::Sends);
    let used = world.server().store.rate_usage().load(key, Timestamp::MIN).await.unwrap();
    used.iter().filter(|usage| usage.slot_seconds == 1).map(|usage| usage.count).sum()
}

/// How often each of `addresses` got the message, DSNs left out.
fn copies(world: &World, addresses: &[&str]) -> Vec<usize> {
    addresses.iter().map(|address| world.captured_for(address).len()).collect()
}

fn texts(view: &StoredMessage) -> String {
    let attempts = view.sends.iter().flat_map(|send| &send.attempts);
    attempts.map(|attempt| attempt.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The one DSN to the scanner.
async fn dsn(world: &World) -> String {
    world
        .advance_until(Duration::from_secs(5), async || {
            !world.captured_for("scanner@contoso.example").is_empty()
        })
        .await;
    let [dsn] = &world.captured_for("scanner@contoso.example")[..] else { panic!("there is one DSN") };
    match dsn.path {
        Path::Smtp => String::from_utf8_lossy(&dsn.raw).into_owned(),
        // By REST it is a text with files.
        Path::Rest => {
            let parts = dsn.parts();
            let files =
                parts.attachments.iter().map(|file| String::from_utf8_lossy(&file.content).into_owned());
            files.collect::<Vec<_>>().join("\n")
        }
    }
}

#[tokio::test]
async fn a_refusal_of_the_request_sends_the_message_by_smtp_at_once() {
    for (status, code) in [
        (400, "BadRequest"),
        (400, "TooManyRecipients"),
        (400, "UnsupportedApiVersion"),
        (413, "RequestBodyTooLarge"),
        (415, "UnsupportedMediaType"),
        (422, "InvalidJson"),
    ] {
        let world = World::start().await;
        arm(&world, Operation::Send, answer(status, code, "on purpose"), 1);
        let to = ["a@example.com", "b@example.com"];
        let id = world.submit(&to, &message("s", "a@example.com", "x")).await;
        // Nothing has to wait for the clock.
        let view = world.until(id, &DONE).await;
        let [mail] = &world.captured()[..] else { panic!("one copy: {:?}", world.captured()) };
        assert_eq!((mail.path, mail.recipients.len()), (Path::Smtp, 2));
        let [first, second] = &view.sends[0].attempts[..] else { panic!("{view:#?}") };
        assert_eq!((first.transport, first.result), (Some(Transport::Rest), AttemptResult::Deferred));
        assert!(first.text.contains(&format!("HTTP {status} {code}: on purpose")), "{}", first.text);
        assert!(first.text.contains("it goes by SMTP now"), "{}", first.text);
        assert_eq!((second.transport, second.result), (Some(Transport::Smtp), AttemptResult::Accepted));
        let why = format!("by SMTP because the Email API refused it (HTTP {status} {code}");
        assert!(second.text.starts_with(&why), "{}", second.text);
        assert_eq!(sends_used(&world).await, 2, "the second try is a request too");
        world.finish().await;
    }
}

#[tokio::test]
async fn what_azure_may_have_taken_is_not_sent_another_way() {
    let world = World::start().await;
    arm(&world, Operation::Send, answer(400, "BadRequest", "on purpose"), 1);
    arm(&world, Operation::Status, answer(503, "", "busy"), 1);
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    let view = world.until_view(id, |view| !view.sends[0].attempts.is_empty()).await;
    assert!(texts(&view).contains("whether Azure has it from an earlier try is not known"), "{view:#?}");
    assert!(world.captured().is_empty());
    world.advance_until(Duration::from_secs(5), async || !world.captured().is_empty()).await;
    world.until(id, &DONE).await;
    let [mail] = &world.captured()[..] else { panic!("one copy") };
    assert_eq!(mail.path, Path::Rest, "the same request is sent again");
    world.finish().await;
}

#[tokio::test]
async fn a_second_try_by_smtp_keeps_to_the_limit() {
    let limit = Allowance { per_minute: 1, per_hour: 100, per_day: None };
    let quota = Quota { sends: limit, status_reads: limit };
    let world = World::start_with(Setup { quota, ..Setup::default() }).await;
    arm(&world, Operation::Send, answer(400, "BadRequest", "on purpose"), 1);
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    world.until_view(id, |view| view.sends[0].attempts.len() == 1).await;
    world.advance_until(Duration::from_secs(5), async || !world.captured().is_empty()).await;
    let view = world.until(id, &DONE).await;
    let [first, second] = &view.sends[0].attempts[..] else { panic!("{view:#?}") };
    let between = second.at.duration_since(first.at).as_secs();
    assert!(between >= 60, "one request a minute is allowed, and the second came after {between} seconds");
    assert_eq!(world.captured()[0].path, Path::Smtp);
    world.finish().await;
}

#[tokio::test]
async fn by_smtp_only_the_refused_recipient_is_left_out() {
    let world = World::start().await;
    let id = world.submit(&FIVE, &message("s", "a@example.com", "x")).await;
    world.until(id, &DONE).await;
    let dsn = dsn(&world).await;
    assert_eq!(copies(&world, &FIVE), [1, 1, 0, 1, 1]);
    assert!(dsn.contains("Final-Recipient: rfc822; refuse@example.com"), "{dsn}");
    assert_eq!(dsn.matches("Final-Recipient").count(), 1, "{dsn}");
    world.finish().await;
}

#[tokio::test]
async fn the_sender_hears_of_both_refusals() {
    let world = World::start().await;
    arm(&world, Operation::Send, answer(400, "BadRequest", "not this way"), 1);
    arm(&world, Operation::SmtpMessage, answer(554, "5.6.0", "nor by that"), 1);
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    world.until(id, &[SendState::Failed]).await;
    let dsn = dsn(&world).await;
    for words in ["HTTP 400 BadRequest: not this way", "554 5.6.0 nor by that", "Status: 5.6.0"] {
        assert!(dsn.replace("=\r\n", "").contains(words), "{words}: {dsn}");
    }
    world.finish().await;
}

fn rest_only() -> Setup {
    Setup { by_access_key: true, ..Setup::default() }
}

#[tokio::test]
async fn without_smtp_the_refused_recipient_is_found_and_nobody_else_is_blamed() {
    // With and without the address in Azure's words.
    for unnamed in [0, 1] {
        let world = World::start_with(rest_only()).await;
        if unnamed == 1 {
            arm(&world, Operation::Send, answer(400, "BadRequest", "on purpose"), 1);
        }
        let id = world.submit(&FIVE, &message("s", "a@example.com", "x")).await;
        let view = world.until(id, &DONE).await;
        let dsn = dsn(&world).await;
        assert_eq!(copies(&world, &FIVE), [1, 1, 0, 1, 1]);
        assert!(dsn.contains("Final-Recipient: rfc822; refuse@example.com"), "{dsn}");
        assert_eq!(dsn.matches("Final-Recipient").count(), 1, "{dsn}");
        let failed: Vec<_> = view.sends.iter().filter(|send| send.state == SendState::Failed).collect();
        let [failed] = &failed[..] else { panic!("{view:#?}") };
        let [guilty] = &failed.recipients[..] else { panic!("{failed:#?}") };
        assert_eq!(guilty.mailbox.to_string(), "refuse@example.com");
        let text = texts(&view);
        assert!(text.contains("nothing was taken, so"), "{text}");
        assert!(text.contains("Invalid format for email address: 'refuse@example.com'"), "{text}");
        let requests = view.sends.iter().map(|send| send.attempts.len()).sum::<usize>();
        assert!(requests <= 8, "{text}");
        assert!(sends_used(&world).await as usize >= requests, "each request counts");
        // Each group has an operation of its own, whose status is read.
        world
            .advance_until(Duration::from_secs(5), async || {
                let view = world.view(id).await.unwrap();
                view.sends.iter().all(|send| matches!(send.state, SendState::Sent | SendState::Failed))
            })
            .await;
        world.finish().await;
    }
}

#[tokio::test]
async fn without_smtp_a_message_that_is_refused_for_everybody_fails_once() {
    let world = World::start_with(rest_only()).await;
    arm(&world, Operation::Send, answer(400, "BadRequest", "on purpose"), 5);
    let five = ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"];
    let id = world.submit(&five, &message("s", &five.join(", "), "x")).await;
    let view = world.until(id, &[SendState::Failed]).await;
    let dsn = dsn(&world).await;
    assert_eq!(copies(&world, &five), [0; 5]);
    assert_eq!(dsn.matches("Final-Recipient").count(), 5, "{dsn}");
    assert!(dsn.contains("HTTP 400 BadRequest: on purpose"), "{dsn}");
    assert_eq!(view.sends.len(), 1, "{view:#?}");
    world.finish().await;
}

#[tokio::test]
async fn without_smtp_what_no_recipient_is_to_blame_for_is_asked_once() {
    for (status, code) in [(413, "RequestBodyTooLarge"), (415, "UnsupportedMediaType")] {
        let world = World::start_with(rest_only()).await;
        arm(&world, Operation::Send, answer(status, code, "on purpose"), 1);
        let id = world.submit(&["a@example.com", "b@example.com"], &message("s", "a@example.com", "x")).await;
        let view = world.until(id, &[SendState::Failed]).await;
        assert_eq!(view.sends[0].attempts.len(), 1, "{view:#?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_division_that_is_interrupted_loses_and_doubles_nothing() {
    for repeated_operation in
        [RepeatedOperation::Accept, RepeatedOperation::Conflict, RepeatedOperation::BadRequest]
    {
        // So slow that the product can be stopped between any two requests.
        let limit = Allowance { per_minute: 1, per_hour: 100, per_day: None };
        let quota =
            Quota { sends: limit, status_reads: Allowance { per_minute: 60, per_hour: 200, per_day: None } };
        let behaviour = Behaviour { repeated_operation, ..Behaviour::default() };
        let mut world = World::start_with(Setup { quota, behaviour, ..rest_only() }).await;
        arm(&world, Operation::Send, answer(400, "BadRequest", "on purpose"), 1);
        let id = world.submit(&FIVE, &message("s", "a@example.com", "x")).await;
        world.until_view(id, |view| texts(view).contains("nothing was taken")).await;
        // The next group is taken, and nobody hears of it.
        arm(&world, Operation::Send, Effect::DoneButUnanswered, 1);
        let mut done = false;
        while !done {
            world.stop_server().await;
            world.start_server().await;
            let before = world.view(id).await.map(|view| texts(&view));
            world
                .advance_until(Duration::from_secs(10), async || {
                    let view = world.view(id).await.unwrap();
                    Some(texts(&view)) != before || view.sends.iter().all(|send| DONE.contains(&send.state))
                })
                .await;
            let view = world.view(id).await.unwrap();
            done = view.sends.iter().all(|send| DONE.contains(&send.state));
        }
        let dsn = dsn(&world).await;
        assert_eq!(copies(&world, &FIVE), [1, 1, 0, 1, 1], "{repeated_operation:?}");
        assert_eq!(dsn.matches("Final-Recipient").count(), 1, "{dsn}");
        world.finish().await;
    }
}

#[tokio::test]
async fn without_smtp_too_many_recipients_are_divided_and_nobody_is_blamed() {
    for code in ["TooManyRecipients", "BadRequest"] {
        let rule = RestRefusal {
            when: Unwanted::MoreRecipientsThan(2),
            status: 400,
            code: code.to_owned(),
            message: "too many".to_owned(),
        };
        let email = EmailBehaviour { refuses: vec![rule], ..EmailBehaviour::default() };
        let behaviour = Behaviour { email, ..Behaviour::default() };
        let world = World::start_with(Setup { behaviour, ..rest_only() }).await;
        let five = ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"];
        let id = world.submit(&five, &message("s", &five.join(", "), "x")).await;
        let view = world.until(id, &[SendState::Submitted, SendState::Sent]).await;
        assert_eq!(copies(&world, &five), [1; 5], "{code}");
        assert!(view.sends.len() >= 3, "{view:#?}");
        assert!(world.captured_for("scanner@contoso.example").is_empty());
        world.finish().await;
    }
}

#[tokio::test]
async fn an_account_that_is_set_to_rest_divides_too() {
    let world = World::start_with(Setup { transport: TransportChoice::Rest, ..Setup::default() }).await;
    let two = ["a@example.com", "refuse@example.com"];
    let id = world.submit(&two, &message("s", "a@example.com", "x")).await;
    world.until(id, &DONE).await;
    assert_eq!(copies(&world, &two), [1, 0]);
    assert!(world.captured().iter().all(|mail| mail.path == Path::Rest));
    world.finish().await;
}
