//! Credentials are changed over the API while sessions are open, and what came of it is read there too.

use control::{NewAccess, PublicNetworks};
use e2e::{World, message};
use serde_json::{Value, json};
use smtp::client::Envelope;
use smtp::path::ReversePath;
use smtp_client::Connection;

const BROKEN: &[u8] =
    b"From: Kock, Arne <scanner@contoso.example>\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";

/// Changes a credential; gives the status, and the credential or the error.
async fn edit(world: &World, login: &str, change: Value) -> (u16, Value) {
    world.request("PATCH", &format!("/v1/credentials/{login}"), change).await
}

/// Offers a message in a session that is open; gives the reply.
async fn offer(connection: &mut Connection, bytes: &[u8]) -> String {
    let envelope = Envelope {
        reverse_path: ReversePath::Mailbox("scanner@contoso.example".parse().unwrap()),
        recipients: vec!["a@example.com".parse().unwrap()],
        size_octets: 0,
        eight_bit: false,
        smtputf8: false,
    };
    match connection.send(envelope, bytes).await.unwrap().message.unwrap() {
        Ok(reply) => reply.to_string(),
        Err(refusal) => refusal.to_string(),
    }
}

#[tokio::test]
async fn networks_without_login_change_under_an_open_session() {
    let world = World::start().await;
    let hall = |new: &mut control::NewCredential| {
        new.access = NewAccess::Network(PublicNetworks::Refused);
        new.networks = vec!["127.0.0.0/8".to_owned()];
    };
    world.add_credential("hall", hall).await;
    let mut connection = world.connect_without_login().await;
    let good = message("s", "a@example.com", "x");
    assert!(offer(&mut connection, &good).await.starts_with("250 "));
    let (status, changed) = edit(&world, "hall", json!({"networks": ["10.1.2.0/24"]})).await;
    assert_eq!((status, &changed["networks"]), (200, &json!(["10.1.2.0/24"])));
    assert_eq!(changed["access"], "network");
    let refused = offer(&mut connection, &good).await;
    assert!(refused.starts_with("550 5.7.1 No login is needed here, but 127.0.0.1 is in no"), "{refused}");
    let (status, _) = edit(&world, "hall", json!({"networks": ["127.0.0.1", "10.1.2.0/24"]})).await;
    assert_eq!(status, 200);
    assert!(offer(&mut connection, &good).await.starts_with("250 "));
    for (change, status, code) in [
        (json!({"networks": ["203.0.113.0/24"]}), 422, "invalid"),
        (json!({"networks": []}), 422, "invalid"),
        (json!({"login": "other"}), 422, "invalid"),
        (json!({"lane": "fast"}), 422, "invalid"),
    ] {
        let (answered, error) = edit(&world, "hall", change.clone()).await;
        assert_eq!((answered, error["code"].as_str()), (status, Some(code)), "{change} {error}");
    }
    assert_eq!(edit(&world, "nobody", json!({"lane": "bulk"})).await.0, 404);
    let audit = world.list("/v1/audit?subject=hall").await;
    let details: Vec<&str> =
        audit.as_array().unwrap().iter().map(|entry| entry["detail"].as_str().unwrap()).collect();
    assert_eq!(
        details,
        [
            "networks 127.0.0.1/32 10.1.2.0/24 (was 10.1.2.0/24)",
            "networks 10.1.2.0/24 (was 127.0.0.0/8)",
            "account contoso, without login"
        ]
    );
    world.until_taken(2).await;
    world.finish().await;
}

#[tokio::test]
async fn repairs_change_under_an_open_session_and_are_told_over_http() {
    let world = World::start().await;
    let mut connection = world.log_in(&world.device).await.unwrap();
    let login = world.device.login.clone();
    assert!(offer(&mut connection, BROKEN).await.starts_with("550 5.6.0 "));
    assert!(!world.text("/metrics").await.contains("postern_repairs_total{"));
    let (status, changed) = edit(&world, &login, json!({"repairs": ["from"], "rate_per_minute": 100})).await;
    assert_eq!(
        (status, &changed["repairs"], &changed["rate_per_minute"]),
        (200, &json!(["from"]), &json!(100))
    );
    let accepted = offer(&mut connection, BROKEN).await;
    let id = accepted.rsplit(' ').next().unwrap();
    world.until_taken(1).await;
    let shown = world.get(&format!("/v1/messages/{id}")).await;
    assert_eq!(
        shown["changes"],
        json!([{
            "cause": "repair",
            "repair": "from",
            "text": "From was \"Kock, Arne <scanner@contoso.example>\", is \"Kock, Arne\" <scanner@contoso.example>",
        }])
    );
    let metrics = world.text("/metrics").await;
    let counted = format!("postern_repairs_total{{login=\"{login}\",repair=\"from\"}} 1");
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
    let (_, changed) = edit(&world, &login, json!({"repairs": [], "rate_per_minute": null})).await;
    assert_eq!((&changed["repairs"], changed.get("rate_per_minute")), (&json!([]), None));
    assert!(offer(&mut connection, BROKEN).await.starts_with("550 5.6.0 "));
    world.finish().await;
}

#[tokio::test]
async fn an_author_that_is_forced_later_replaces_what_an_open_session_writes() {
    let world = World::start().await;
    let device =
        world.add_credential("web1", |new| new.default_from = Some("scanner@contoso.example".into())).await;
    let mut connection = world.log_in(&device).await.unwrap();
    let foreign = b"From: root@web1.example\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";
    // A default stands in for what cannot be read, and this can.
    assert!(offer(&mut connection, foreign).await.starts_with("550 5.1.7 "));
    let (_, changed) =
        edit(&world, "web1", json!({"forced_from": "noreply@contoso.example", "reply_to_author": true}))
            .await;
    assert_eq!(changed.get("default_from"), None);
    let accepted = offer(&mut connection, foreign).await;
    assert!(accepted.starts_with("250 "), "{accepted}");
    world.until_taken(1).await;
    let parts = world.captured()[0].parts();
    assert_eq!(parts.from.unwrap().address, "noreply@contoso.example");
    assert_eq!(parts.reply_to[0].address, "root@web1.example");
    world.finish().await;
}
