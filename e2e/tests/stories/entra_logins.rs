//! Logins with the client secret of an app: Azure's own form, Azure's own verdict.

use std::time::Duration;

use e2e::{Device, Setup, World, message};
use smtp::client::Stage;
use smtp::reply::Refusal;
use twin::captured::Path;
use twin::{Effect, InjectedFault, Operation};

fn device(world: &World, delimiter: &str) -> Device {
    let ready = world.twin.ready();
    let parts =
        [ready.communication_service.clone(), ready.client_id.to_string(), ready.tenant_id.to_string()];
    Device { login: parts.join(delimiter), password: ready.client_secret.clone() }
}

async fn refusal(world: &World, device: &Device) -> String {
    let error = world.log_in(device).await.unwrap_err();
    assert_eq!(error.stage, Stage::Login);
    error.cause.to_string()
}

#[tokio::test]
async fn the_reply_is_azures_verdict() {
    let world = World::start().await;
    for delimiter in [".", "|"] {
        let mut connection = world.log_in(&device(&world, delimiter)).await.unwrap();
        let verdict =
            world.offer(&mut connection, &["a@example.com"], &message("s", "a@example.com", "x")).await;
        let reply = verdict.message.unwrap().unwrap();
        let mail = world.captured().pop().unwrap();
        assert_eq!(reply.to_string(), format!("250 2.0.0 OK {}", mail.operation));
    }
    assert_eq!(world.captured().len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn what_rest_cannot_say_goes_by_smtp_with_the_same_token() {
    let world = World::start().await;
    let mut connection = world.log_in(&device(&world, "|")).await.unwrap();
    let text = b"From: The Boss <scanner@contoso.example>\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";
    let verdict = world.offer(&mut connection, &["a@example.com"], text).await;
    assert!(verdict.message.unwrap().is_ok());
    assert_eq!(world.captured()[0].path, Path::Smtp);
    world.finish().await;
}

#[tokio::test]
async fn what_the_email_api_refuses_goes_by_smtp_while_the_client_waits() {
    let world = World::start().await;
    let refuse = |operation, status, code: &str, message: &str| {
        let effect = Effect::Answer { status, code: code.into(), message: message.into(), retry_after: None };
        world.twin.backend().arm(InjectedFault { operation, effect, times: Some(1), one_in: None });
    };
    let mut connection = world.log_in(&device(&world, "|")).await.unwrap();
    refuse(Operation::Send, 400, "BadRequest", "not this way");
    let text = message("s", "a@example.com", "x");
    let verdict = world.offer(&mut connection, &["a@example.com"], &text).await;
    assert!(verdict.message.unwrap().is_ok());
    let [mail] = &world.captured()[..] else { panic!("one copy") };
    assert_eq!(mail.path, Path::Smtp);

    // Where neither takes it, the reply says what both said.
    refuse(Operation::Send, 400, "BadRequest", "not this way");
    refuse(Operation::SmtpMessage, 554, "5.6.0", "nor by that");
    let text = message("t", "a@example.com", "x");
    let verdict = world.offer(&mut connection, &["a@example.com"], &text).await;
    let refusal = verdict.message.unwrap().unwrap_err().to_string();
    for words in ["554 5.6.0", "nor by that", "HTTP 400 BadRequest: not this way"] {
        assert!(refusal.contains(words), "{words}: {refusal}");
    }
    assert_eq!(world.captured().len(), 1);
    world.finish().await;
}

async fn offered(world: &World, text: &str) -> Refusal {
    let mut connection = world.log_in(&device(world, ".")).await.unwrap();
    world.offer(&mut connection, &["a@example.com"], text.as_bytes()).await.message.unwrap().unwrap_err()
}

#[tokio::test]
async fn refusals_come_in_azures_words() {
    let world = World::start().await;
    let from = |author: &str| format!("From: {author}\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n");
    let unlinked = offered(&world, &from("news@unlinked.example")).await;
    assert_eq!(unlinked.to_string(), "550 5.1.7 The specified sender domain has not been linked.");
    let nobody = offered(&world, "To: a@example.com\r\nSubject: s\r\n\r\nx\r\n").await;
    assert_eq!(nobody.to_string(), "550 5.6.0 The message has no From field");
    let effect = Effect::Answer {
        status: 429,
        code: "TooManyRequests".into(),
        message: "x".into(),
        retry_after: Some(9),
    };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(1),
        one_in: None,
    });
    let rate = offered(&world, &from("scanner@contoso.example")).await;
    assert!(
        rate.to_string().starts_with("450 4.5.127 Message rejected. Excessive message rate from sender.")
    );
    let effect = Effect::Answer { status: 500, code: String::new(), message: "x".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(1),
        one_in: None,
    });
    let trouble = offered(&world, &from("scanner@contoso.example")).await;
    assert_eq!(trouble.reply().code(), 451);
    assert!(trouble.to_string().contains("HTTP 500: x"), "{trouble}");
    let username = offered(&world, &from("nobody@contoso.example")).await.to_string();
    assert!(
        username.starts_with("550 5.1.8 Azure refused the sender: HTTP 400 InvalidSenderUserName"),
        "{username}"
    );
    assert!(world.captured().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn every_wrong_login_reads_the_same() {
    let world = World::start().await;
    let good = device(&world, ".");
    let ready = world.twin.ready();
    let with = |login: String, password: &str| Device { login, password: password.to_owned() };
    for wrong in [
        with(good.login.clone(), "wrong"),
        with(good.login.replace("contoso-mail", "no-such-service"), "wrong"),
        with(format!("contoso-mail.{}.{}", ready.tenant_id, ready.tenant_id), &good.password),
        with(format!("contoso-mail.{}.{}", ready.client_id, ready.client_id), &good.password),
        with(format!("contoso-mail.{}", ready.client_id), &good.password),
        with("contoso-mail.x.y".to_owned(), &good.password),
        with("..".to_owned(), &good.password),
        with("|||".to_owned(), "x"),
        with("scanner1".to_owned(), "wrong"),
        with("nobody".to_owned(), "wrong"),
    ] {
        let text = refusal(&world, &wrong).await;
        assert!(text.contains("535 5.7.3 Authentication unsuccessful"), "{wrong:?}: {text}");
    }
    world.log_in(&world.device).await.unwrap().quit().await;
    world.finish().await;
}

#[tokio::test]
async fn a_revoked_secret_is_refused_on_the_very_next_login() {
    let world = World::start().await;
    let login = device(&world, ".");
    world.log_in(&login).await.unwrap().quit().await;
    world.revoke_secrets();
    assert!(refusal(&world, &login).await.contains("535 5.7.3"));
    world.finish().await;
}

#[tokio::test]
async fn entra_is_not_asked_again_and_again_about_one_wrong_secret() {
    let world = World::start().await;
    let wrong = Device { password: "wrong".to_owned(), ..device(&world, ".") };
    assert!(refusal(&world, &wrong).await.contains("535 5.7.3"));
    let effect = Effect::Answer { status: 503, code: String::new(), message: "x".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Token,
        effect,
        times: None,
        one_in: None,
    });
    for _ in 0..2 {
        assert!(refusal(&world, &wrong).await.contains("535 5.7.3"), "Entra was asked");
        world.clock.advance(Duration::from_secs(4));
    }
    world.clock.advance(Duration::from_secs(2));
    assert!(refusal(&world, &wrong).await.contains("454"), "it may have become right");
    world.finish().await;
}

#[tokio::test]
async fn a_client_that_asks_again_sends_no_second_copy() {
    let world = World::start_with(Setup::default()).await;
    let text = "From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: s\r\nMessage-ID: <mine@contoso.example>\r\n\r\nx\r\n";
    let effect = Effect::DoneButUnanswered;
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(1),
        one_in: None,
    });
    assert_eq!(offered(&world, text).await.reply().code(), 451);
    let mut connection = world.log_in(&device(&world, ".")).await.unwrap();
    let verdict = world.offer(&mut connection, &["a@example.com"], text.as_bytes()).await;
    assert!(verdict.message.unwrap().is_ok());
    assert_eq!(world.captured().len(), 1);
    world.finish().await;
}
