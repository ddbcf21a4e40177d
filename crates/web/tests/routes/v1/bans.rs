//! `/v1/bans` and `/v1/bans:lift`.

use relay::login::{Guess, login_key};
use serde_json::json;

use crate::app::{App, NOW};

/// Ten different wrong passwords for a login from one address: as many as lock a login that did not work there lately.
pub(crate) async fn guess_wrong(app: &App, login: &str, address: [u8; 4]) {
    let mark = login.len() as u64 * 100;
    for password in 0..10 {
        let guess = Guess { login: login_key(login), address: address.into(), mark: mark + password };
        if let Ok(attempt) = app.logins.attempt(guess).await {
            attempt.wrong();
        }
    }
}

#[tokio::test]
async fn locked_logins_and_networks_are_listed_and_unlocked() {
    let app = App::start().await;
    for login in ["scanner1", "nobody", "admin"] {
        guess_wrong(&app, login, [192, 0, 2, 1]).await;
    }
    let list = app.get("/v1/bans").await;
    assert_eq!(list.status, 200, "{}", list.text);
    let items = list.body["items"].as_array().unwrap().clone();
    let networks: Vec<_> = items.iter().filter(|ban| ban["kind"] == "network").collect();
    let [network] = networks[..] else { panic!("{}", list.text) };
    assert_eq!((&network["network"], &network["guesses"]), (&json!("192.0.2.0/24"), &json!(30)));
    assert_eq!((&network["since"], &network["logins"]), (&json!(NOW), &json!(3)));
    let scanner = items.iter().find(|ban| ban["login"] == "scanner1").unwrap();
    assert_eq!((&scanner["guesses"], &scanner["networks"]), (&json!(10), &json!(1)));
    assert!(!list.text.contains("nobody"), "what strangers type may be a password: {}", list.text);
    let shown = app.get("/v1/credentials/scanner1").await;
    assert_eq!(shown.body["locks"], json!([scanner]), "{}", shown.text);

    let lifted = app.post("/v1/bans:lift", &json!({ "which": " 192.0.2.77 " })).await;
    assert_eq!((lifted.status, &lifted.body["lifted"]), (200, &json!([network])), "{}", lifted.text);
    let unlocked = app.send("POST", "/v1/credentials/scanner1/locks:lift", "", "").await;
    assert_eq!((unlocked.status, &unlocked.body["lifted"]), (200, &json!([scanner])), "{}", unlocked.text);
    let lifted = app.post("/v1/bans:lift", &json!({ "which": "nobody" })).await;
    assert_eq!(lifted.body["lifted"].as_array().map(Vec::len), Some(1), "{}", lifted.text);
    let left = app.get("/v1/bans").await;
    assert_eq!(left.body["items"].as_array().map(Vec::len), Some(1), "{}", left.text);
    let log = app.get("/v1/audit?limit=3").await;
    let entries = log.body["items"].as_array().unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["ban.lift", "credential.unlock", "ban.lift"]);
    assert!(!log.text.contains("nobody"), "{}", log.text);
}

#[tokio::test]
async fn nobody_is_locked() {
    let app = App::start().await;
    let list = app.get("/v1/bans").await;
    assert_eq!((list.status, &list.body), (200, &json!({ "items": [], "next": null })));
}

#[tokio::test]
async fn locks_that_are_not_there_are_not_lifted() {
    let app = App::start().await;
    for which in ["scanner1", "192.0.2.1", "2001:db8::/32", ""] {
        let missing = app.post("/v1/bans:lift", &json!({ "which": which })).await;
        assert_eq!(missing.error(), (404, "missing", None), "{which}: {}", missing.text);
    }
    let nameless = app.post("/v1/bans:lift", &json!({})).await;
    assert_eq!(nameless.error(), (422, "invalid", Some("which")), "{}", nameless.text);
    let wrong = app.post("/v1/bans:lift", &json!({ "which": 1 })).await;
    assert_eq!(wrong.error(), (422, "invalid", Some("which")), "{}", wrong.text);
    let unknown = app.post("/v1/bans:lift", &json!({ "which": "a", "colour": "red" })).await;
    assert_eq!(unknown.error(), (422, "invalid", Some("colour")), "{}", unknown.text);
    assert_eq!(app.changes().await, 0);
}
