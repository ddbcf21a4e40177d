//! The administrator's morning, as far as devices are refused: `postern status` names the device, the cause and what to
//! do about it, and forgets it after an hour.

use std::time::Duration;

use e2e::{Device, World};
use postern::config::raw::Mode;
use serde_json::{Value, json};

use crate::morning::{named, nothing_is_wrong};
use crate::refusals::{OLD_HELLO, Raw};

async fn an_hour_later_nothing_is_wrong(world: &World) {
    world.clock.advance(Duration::from_secs(3_600));
    nothing_is_wrong(world).await;
}

#[tokio::test]
async fn a_550_at_the_printer_is_named_with_the_command_that_allows_the_sender() {
    let world = World::start().await;
    let bound = |new: &mut control::NewCredential| new.senders = vec!["noreply@contoso.example".to_owned()];
    let printer = world.add_credential("printer", bound).await;
    for _ in 0..2 {
        let mut connection = world.log_in(&printer).await.unwrap();
        let scan = b"From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: Scan\r\n\r\nx\r\n";
        let verdict = world.offer(&mut connection, &["a@example.com"], scan).await;
        assert_eq!(verdict.message.unwrap().unwrap_err().reply().code(), 550);
        connection.quit().await;
    }
    let pieces = [
        "Login printer (127.0.0.1) was refused 2 times, last at 08:00:00 UTC: 550 5.7.1",
        "scanner@contoso.example, which is in From",
        "`postern credential edit printer --sender ADDRESS`",
        "`postern refusals --credential printer` lists each",
    ];
    let found = named(&world, "client_refused", &pieces).await;
    assert_eq!((&found["severity"], &found["subject"]), (&json!("notice"), &json!("printer 550 5.7.1")));
    an_hour_later_nothing_is_wrong(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn a_wrong_password_and_a_login_that_does_not_exist_are_told_apart() {
    let world = World::start().await;
    let wrong = Device { password: "wrong-password".to_owned(), ..world.device.clone() };
    assert!(world.log_in(&wrong).await.is_err());
    let pieces = [
        "Login scanner1 (127.0.0.1) was refused once, last at 08:00:00 UTC: 535 5.7.3",
        "(the password is wrong)",
        "`postern credential reset scanner1`",
    ];
    named(&world, "client_refused", &pieces).await;
    let unknown = Device { login: "scaner1".to_owned(), ..wrong };
    assert!(world.log_in(&unknown).await.is_err());
    named(
        &world,
        "client_refused",
        &["The client at 127.0.0.1 was refused once", "No credential has that login"],
    )
    .await;
    an_hour_later_nothing_is_wrong(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn tls_that_is_too_old_is_named_and_a_health_check_is_not() {
    let world = World::start().await;
    let check = Raw::connect(&world, Mode::Tls).await;
    drop(check);
    let is_noted = async || {
        let all = world.list("/v1/refusals").await;
        all.as_array().unwrap().len() == 1
    };
    assert!(world.comes_about(is_noted).await, "{}", world.list("/v1/refusals").await);
    nothing_is_wrong(&world).await;
    let mut old = Raw::connect(&world, Mode::Tls).await;
    old.says(OLD_HELLO).await;
    old.hears_the_end().await;
    let pieces = [
        "The client at 127.0.0.1 was refused once",
        "the client offered TLS 1.0 at most; TLS 1.2 or later is required",
        "see devices.md, Old devices",
    ];
    let found = named(&world, "client_refused", &pieces).await;
    assert_eq!(found["subject"], "127.0.0.1 no TLS");
    an_hour_later_nothing_is_wrong(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn a_login_that_is_locked_is_named_with_the_command_that_unlocks_it() {
    let world = World::start().await;
    for number in 0..10 {
        let wrong = Device { password: format!("not-it-{number}"), ..world.device.clone() };
        assert!(world.log_in(&wrong).await.is_err());
    }
    let pieces =
        ["login scanner1", "is locked until 08:10:00 UTC after 10", "postern credential unlock scanner1"];
    let found = named(&world, "login_locked", &pieces).await;
    assert_eq!((found["subject"].as_str(), found["severity"].as_str()), (Some("scanner1"), Some("warning")));
    // The lock ends; that a device has a wrong password is shown for an hour.
    world.clock.advance(Duration::from_secs(660));
    let codes = async || {
        let problems = world.get("/v1/status").await["problems"].clone();
        problems.as_array().unwrap().iter().map(|one| one["code"].clone()).collect::<Vec<Value>>()
    };
    assert!(
        world.comes_about(async || codes().await == [json!("client_refused")]).await,
        "{:?}",
        codes().await
    );
    named(&world, "client_refused", &["Login scanner1 (127.0.0.1) was refused 10 times", "535 5.7.3"]).await;
    an_hour_later_nothing_is_wrong(&world).await;
    world.finish().await;
}
