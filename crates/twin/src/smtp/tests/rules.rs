//! Who may send, how fast, and to whom.

use jiff::SignedDuration;
use serde_json::json;

use super::{Context, MAIL};
use crate::captured::DeliveryStatus;
use crate::faults::Operation;
use crate::state::Stage;

#[tokio::test]
async fn a_sender_is_refused_at_the_stage_and_in_the_words_of_the_setting() {
    let from = "news@unlinked.example";
    let message = MAIL.replace("scanner@contoso.example", from);
    for (stage, expected) in [
        (Stage::Message, &["250 2.1.0", "250 2.1.5", "354", "501 5.1.7"][..]),
        (Stage::Recipient, &["250 2.1.0", "501 5.1.7", "554"]),
        (Stage::Mail, &["501 5.1.7", "503 5.5.1", "503"]),
    ] {
        let context = Context::begin(|behaviour| behaviour.smtp.sender_stage = stage);
        let replies = context.log_in().await.transaction(from, &["a@example.com"], &message).await;
        assert_eq!(replies, expected, "{stage:?}");
    }
    let context = Context::begin(|behaviour| {
        behaviour.smtp =
            serde_json::from_value(json!({ "replies": { "not_linked": "550 5.1.7 No" } })).unwrap();
    });
    let replies = context.log_in().await.transaction(from, &["a@example.com"], &message).await;
    assert_eq!(replies[3], "550 5.1.7");
}

#[tokio::test]
async fn too_fast_is_said_at_the_stage_and_for_as_long_as_the_setting_says() {
    for (stage, at) in [(Stage::Message, 3), (Stage::Recipient, 1), (Stage::Mail, 0)] {
        let context = Context::begin(|behaviour| {
            behaviour.smtp.rate_stage = stage;
            behaviour.smtp.rate_seconds = 3_600;
        });
        let mut line = context.log_in().await;
        let mut send = async || line.transaction("scanner@contoso.example", &["a@example.com"], MAIL).await;
        for _ in 0..30 {
            assert_eq!(send().await[3], "250 2.0.0");
        }
        assert_eq!(send().await[at], "450 4.5.127", "{stage:?}");
        context.rehearsal.backend.advance(SignedDuration::from_secs(3_599));
        assert_eq!(send().await[at], "450 4.5.127", "{stage:?}");
        context.rehearsal.backend.advance(SignedDuration::from_secs(1));
        assert_eq!(send().await[3], "250 2.0.0", "{stage:?}");
    }
}

#[tokio::test]
async fn recipients_choose_their_reply() {
    let context = Context::begin(|_| {});
    let recipients =
        ["defer+451@example.com", "reject+550@example.com", "reject+554-5.7.1@example.com", "a@example.com"];
    let replies = context.log_in().await.transaction("scanner@contoso.example", &recipients, MAIL).await;
    assert_eq!(replies[1..], ["451 4.3.0", "550 5.1.1", "554 5.7.1", "250 2.1.5", "354", "250 2.0.0"]);
    let mail = context.last();
    assert_eq!(mail.recipients.len(), 1);
    assert_eq!(mail.message_id().as_deref(), Some("<1@x.example>"));
    assert!(!mail.smtp.unwrap().by_chunks);
}

#[tokio::test]
async fn the_suppressed_are_accepted_and_dropped() {
    let context = Context::begin(|_| {});
    let now = context.rehearsal.backend.now();
    let list = json!({
        "name": "l", "list_name": "scanner", "created_at": now, "updated_at": now,
        "addresses": [{ "name": "1", "email": "A@example.com", "updated_at": now }],
    });
    context.rehearsal.backend.change_state(|state| {
        let domain = state.domains.iter_mut().find(|domain| domain.name == "contoso.example").unwrap();
        domain.suppression_lists.push(serde_json::from_value(list).unwrap());
    });
    let recipients = ["a@example.com", "b@example.com"];
    let replies = context.log_in().await.transaction("scanner@contoso.example", &recipients, MAIL).await;
    assert_eq!(replies[4], "250 2.0.0");
    let outcomes: Vec<DeliveryStatus> = context.last().recipients.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [DeliveryStatus::Suppressed, DeliveryStatus::Delivered]);
}

#[tokio::test]
async fn each_command_can_fail_once() {
    let context = Context::begin(|_| {});
    context.arm(Operation::SmtpHello);
    let mut line = context.connect().await;
    assert_eq!(line.say("EHLO client.example").await, "451 4.7.9");
    for (operation, expected) in [
        (Operation::SmtpMail, &["451 4.7.9", "503 5.5.1", "503"][..]),
        (Operation::SmtpRecipient, &["250 2.1.0", "451 4.7.9", "554"]),
        (Operation::SmtpData, &["250 2.1.0", "250 2.1.5", "451"]),
        (Operation::SmtpMessage, &["250 2.1.0", "250 2.1.5", "354", "451 4.7.9"]),
    ] {
        let mut line = context.log_in().await;
        context.arm(operation);
        for expected in [expected, &["250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]] {
            let replies = line.transaction("scanner@contoso.example", &["a@example.com"], MAIL).await;
            assert_eq!(replies, expected, "{operation:?}");
        }
    }
}

#[tokio::test]
async fn a_username_in_the_form_of_an_address_needs_a_linked_domain() {
    let context = Context::begin(|_| {});
    context.rehearsal.backend.change_state(|state| {
        let user = state.services[0].smtp_usernames[0].clone();
        for name in ["printers@unlinked.example", "printers"] {
            let mut user = user.clone();
            user.username = name.to_owned();
            state.services[0].smtp_usernames.push(user);
        }
    });
    for (name, expected) in [
        ("printers@contoso.example", "235 2.7.0"),
        ("printers", "235 2.7.0"),
        ("printers@unlinked.example", "535 5.7.3"),
        ("nobody@contoso.example", "535 5.7.3"),
    ] {
        let mut line = context.connect().await;
        line.say("EHLO c").await;
        assert_eq!(line.login(name, &context.secret()).await, expected, "{name}");
    }
}
