//! Azure fails in every way it knows, and each message still arrives once.

use std::time::Duration;

use control::AccountChange;
use e2e::{Setup, World, message};
use jiff::Timestamp;
use model::azure::TransportChoice;
use model::delivery::{AttemptResult, SendState};
use model::quota::QuotaKind;
use model::quota::{Allowance, Quota};
use model::upstream::QuotaScope;
use secrecy::SecretString;
use twin::state::{Behaviour, RepeatedOperation};
use twin::{Effect, InjectedFault, Operation};

const DONE: [SendState; 2] = [SendState::Submitted, SendState::Sent];

fn answer(status: u16, code: &str, retry_after: Option<u64>) -> Effect {
    Effect::Answer { status, code: code.into(), message: "on purpose".into(), retry_after }
}

/// One failure, then delivery: the same operation both times, one mail in the end.
async fn survives(world: World, operation: Operation, effect: Effect, deferred: usize) {
    world.twin.backend().arm(InjectedFault {
        operation,
        effect: effect.clone(),
        times: Some(1),
        one_in: None,
    });
    let text = "A page of a letter.\r\n".repeat(200);
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", &text)).await;
    world
        .advance_until(Duration::from_secs(5), async || {
            world.view(id).await.is_some_and(|view| view.sends.iter().all(|send| DONE.contains(&send.state)))
        })
        .await;
    assert_eq!(world.captured().len(), 1, "{effect:?}");
    let view = world.view(id).await.unwrap();
    let deferrals = view.sends[0].attempts.iter().filter(|a| a.result == AttemptResult::Deferred).count();
    assert_eq!(deferrals, deferred, "{effect:?}: {:?}", view.sends[0].attempts);
    if let Effect::Answer { retry_after: Some(seconds), .. } = effect {
        let waited = world.captured()[0].at.duration_since(view.sends[0].attempts[0].at);
        assert!(
            waited.as_secs().unsigned_abs() >= seconds,
            "Azure asked for {seconds} seconds, not {waited}"
        );
    }
    if world.captured()[0].path == twin::captured::Path::Rest {
        assert_eq!(world.captured()[0].operation, view.sends[0].operation);
    }
    world.finish().await;
}

#[tokio::test]
async fn too_many_requests_are_waited_out() {
    survives(World::start().await, Operation::Send, answer(429, "TooManyRequests", Some(40)), 1).await;
}

#[tokio::test]
async fn retry_after_is_obeyed_by_all_of_the_account() {
    let world = World::start().await;
    let effect = answer(429, "TooManyRequests", Some(300));
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(1),
        one_in: None,
    });
    let first = world.submit(&["a@example.com"], &message("1", "a@example.com", "x")).await;
    world.until_view(first, |view| view.sends[0].attempts.len() == 1).await;
    let second = world.submit(&["b@example.com"], &message("2", "b@example.com", "x")).await;
    world.pass(Duration::from_secs(299)).await;
    assert!(world.captured().is_empty(), "Azure asked for 300 seconds");
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 2).await;
    for id in [first, second] {
        world.until(id, &DONE).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn trouble_at_azure_is_waited_out() {
    for status in [500, 503] {
        survives(World::start().await, Operation::Send, answer(status, "", None), 1).await;
    }
}

#[tokio::test]
async fn mail_that_is_sent_meanwhile_delays_no_second_try() {
    let world = World::start().await;
    let effect = answer(503, "", None);
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(1),
        one_in: None,
    });
    let first = world.submit(&["a@example.com"], &message("1", "a@example.com", "x")).await;
    world.until_view(first, |view| view.sends[0].attempts.len() == 1).await;
    let second = world.submit(&["b@example.com"], &message("2", "b@example.com", "x")).await;
    world.until(second, &DONE).await;
    // Less than the minute after which the queue is read in any case.
    world.pass(Duration::from_secs(45)).await;
    assert!(world.comes_about(async || world.captured().len() == 2).await, "the second try is due");
    world.finish().await;
}

#[tokio::test]
async fn a_false_alarm_about_the_clock_is_answered_with_a_fresh_signature() {
    let text = "The time difference between the originating client and the server is greater than the allowed margin of 5 minutes.";
    let effect =
        Effect::Answer { status: 401, code: "Denied".into(), message: text.into(), retry_after: None };
    for by_access_key in [true, false] {
        let world = World::start_with(Setup { by_access_key, ..Setup::default() }).await;
        survives(world, Operation::Send, effect.clone(), 0).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_copy() {
    for repeated_operation in
        [RepeatedOperation::Accept, RepeatedOperation::Conflict, RepeatedOperation::BadRequest]
    {
        let behaviour = Behaviour { repeated_operation, ..Behaviour::default() };
        let world = World::start_with(Setup { behaviour, ..Setup::default() }).await;
        survives(world, Operation::Send, Effect::DoneButUnanswered, 1).await;
    }
}

#[tokio::test]
async fn a_connection_that_breaks_on_the_way_is_made_again() {
    survives(World::start().await, Operation::HttpsConnection, Effect::CutAfter(2_000), 1).await;
    let smtp = || World::start_with(Setup { transport: TransportChoice::Smtp, ..Setup::default() });
    survives(smtp().await, Operation::SmtpConnection, Effect::CutAfter(2_500), 1).await;
    survives(smtp().await, Operation::SmtpMessage, answer(450, "4.5.127", None), 1).await;
}

#[tokio::test]
async fn the_rate_and_the_sender_are_nobodys_fault_at_whatever_stage_azure_says_so() {
    for operation in
        [Operation::SmtpMail, Operation::SmtpRecipient, Operation::SmtpData, Operation::SmtpMessage]
    {
        for (code, status) in [(501, "5.1.7"), (554, "5.1.8"), (450, "4.5.127"), (550, "5.5.127")] {
            let smtp = Setup { transport: TransportChoice::Smtp, ..Setup::default() };
            survives(World::start_with(smtp).await, operation, answer(code, status, None), 1).await;
        }
    }
}

#[tokio::test]
async fn a_sender_that_is_refused_at_one_recipient_costs_nobody_the_message() {
    let world = World::start_with(Setup { transport: TransportChoice::Smtp, ..Setup::default() }).await;
    let effect = answer(501, "5.1.7", None);
    let operation = Operation::SmtpRecipient;
    world.twin.backend().arm(InjectedFault { operation, effect, times: Some(1), one_in: None });
    let both = ["a@example.com", "b@example.com"];
    world.submit(&both, &message("s", "a@example.com", "x")).await;
    world.advance_until(Duration::from_secs(5), async || world.captured().len() == 2).await;
    for address in both {
        assert_eq!(world.captured_for(address).len(), 1, "{address}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_token_that_cannot_be_had_makes_mail_wait() {
    survives(World::start().await, Operation::Token, answer(503, "", None), 1).await;
}

#[tokio::test]
async fn mail_waits_for_a_new_secret_and_then_flows() {
    let world = World::start().await;
    let first = world.submit(&["a@example.com"], &message("1", "a@example.com", "x")).await;
    world.until(first, &DONE).await;
    let old = world.twin.backend().state().tenants[0].apps[0].secrets.clone();
    world.revoke_secrets();
    // The token that is held is good until it expires.
    world.clock.advance(Duration::from_secs(3_600));
    let second = world.submit(&["b@example.com"], &message("2", "b@example.com", "x")).await;
    let waiting = world.until_view(second, |view| !view.sends[0].attempts.is_empty()).await;
    assert_eq!(waiting.sends[0].state, SendState::Queued);
    assert!(waiting.sends[0].attempts[0].text.contains("AADSTS7000215"), "{:?}", waiting.sends[0].attempts);
    let client = world.twin.ready().client_id;
    world.twin.backend().change_state(|state| state.app_mut(client).unwrap().secrets = old);
    world.advance_until(Duration::from_secs(10), async || world.captured().len() == 2).await;
    world.finish().await;
}

#[tokio::test]
async fn a_new_secret_lets_waiting_mail_go() {
    let world = World::start().await;
    world.twin.backend().change_state(|state| {
        state.tenants[0].apps[0].secrets[0].value = "the~other~one".to_owned();
    });
    let id = world.submit(&["a@example.com"], &message("1", "a@example.com", "x")).await;
    world.until_view(id, |view| !view.sends[0].attempts.is_empty()).await;
    world.clock.advance(Duration::from_secs(1));
    let secret = Some(SecretString::from("the~other~one"));
    let change = AccountChange { secret, ..AccountChange::default() };
    world.control().change_account("contoso", change).await.unwrap();
    world.until_taken(1).await;
    world.finish().await;
}

#[tokio::test]
async fn a_status_is_read_once_when_azure_is_likely_to_be_done() {
    let behaviour = Behaviour { operation_seconds: 8, poll_seconds: 3, ..Behaviour::default() };
    let quota = Quota {
        sends: Allowance { per_minute: 1_000, per_hour: 1_000, per_day: None },
        status_reads: Allowance { per_minute: 60, per_hour: 200, per_day: None },
    };
    let world = World::start_with(Setup { behaviour, quota, ..Setup::default() }).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        let subject = number.to_string();
        ids.push(world.submit(&["a@example.com"], &message(&subject, "a@example.com", "x")).await);
    }
    for id in &ids {
        world.until(*id, &[SendState::Submitted]).await;
    }
    // Azure says three seconds, and its operations need up to eight.
    for _ in 0..4 {
        world.pass(Duration::from_secs(3)).await;
    }
    for id in &ids {
        world.until(*id, &[SendState::Sent]).await;
    }
    let used = world
        .server()
        .store
        .rate_usage()
        .load(
            QuotaScope::Subscription(world.twin.ready().subscription_id).of(QuotaKind::StatusReads),
            Timestamp::MIN,
        )
        .await
        .unwrap();
    let reads: u32 = used.iter().filter(|usage| usage.slot_seconds == 1).map(|usage| usage.count).sum();
    assert_eq!(reads, 20, "one read for each send");
    world.finish().await;
}

#[tokio::test]
async fn one_recipient_that_is_refused_does_not_hold_up_the_others() {
    let world = World::start_with(Setup { transport: TransportChoice::Smtp, ..Setup::default() }).await;
    let recipients = ["good@example.com", "refuse@example.com"];
    let id = world.submit(&recipients, &message("s", "good@example.com", "x")).await;
    let view = world.until(id, &[SendState::Sent]).await;
    let told = &view.sends[0].attempts[0].text;
    assert!(told.contains("it refused the recipient refuse@example.com: 550 5.1.3"), "{told}");
    assert!(!told.contains("the recipient good@"), "{told}");
    world.until_taken(2).await;
    assert_eq!(world.captured_for("good@example.com").len(), 1);
    let [dsn] = &world.captured_for("scanner@contoso.example")[..] else { panic!() };
    let text = String::from_utf8_lossy(&dsn.raw).into_owned();
    assert!(text.contains("Final-Recipient: rfc822; refuse@example.com"), "{text}");
    assert!(!text.contains("Final-Recipient: rfc822; good@example.com"), "{text}");
    world.finish().await;
}
