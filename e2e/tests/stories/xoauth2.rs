//! XOAUTH2: a client brings its own token, and Entra's keys say whether it is good.

use std::time::Duration;

use azure_client::Http;
use azure_client::credential::{App, ClientSecret, Credential as _};
use azure_types::entra::{SCOPE_ARM, SCOPE_COMMUNICATION};
use e2e::{Setup, World, message};
use secrecy::{ExposeSecret as _, SecretString};
use smtp::sasl::Proof;
use twin::captured::Path;

/// The second spelling, that of the SDKs.
const SCOPE_OF_SDKS: &str = "https://communication.azure.com//.default";

fn name(world: &World, delimiter: &str) -> String {
    let ready = world.twin.ready();
    [ready.communication_service.clone(), ready.client_id.to_string(), ready.tenant_id.to_string()]
        .join(delimiter)
}

/// A token as the app would ask for it.
async fn token(world: &World, scope: &str) -> String {
    let ready = world.twin.ready();
    let http = Http::new(Some(&std::fs::read_to_string(&ready.ca).unwrap())).unwrap();
    let app = App { authority: ready.url.clone(), tenant: ready.tenant_id, client: ready.client_id };
    let secret = SecretString::from(ready.client_secret.as_str());
    let token = ClientSecret::new(http, app, secret).request(scope, world.clock.now()).await.unwrap();
    token.access_token.expose_secret().to_owned()
}

async fn refusal(world: &World, name: &str, token: &str) -> Option<String> {
    let connection = world.log_in_by(name, Proof::Token(token.into())).await;
    connection.err().map(|error| error.cause.to_string())
}

#[tokio::test]
async fn a_token_of_a_listed_tenant_sends_and_the_reply_is_azures_verdict() {
    let world = World::start().await;
    for (scope, delimiter) in [(SCOPE_COMMUNICATION, "."), (SCOPE_OF_SDKS, "|")] {
        let token = token(&world, scope).await;
        let proof = Proof::Token(token.into());
        let mut connection = world.log_in_by(&name(&world, delimiter), proof).await.unwrap();
        let text = message("s", "a@example.com", "x");
        let reply = world.offer(&mut connection, &["a@example.com"], &text).await.message.unwrap().unwrap();
        let mail = world.captured().pop().unwrap();
        assert_eq!(reply.to_string(), format!("250 2.0.0 OK {}", mail.operation));
    }
    assert_eq!(world.captured().len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn the_same_token_goes_on_by_smtp() {
    let world = World::start().await;
    let proof = Proof::Token(token(&world, SCOPE_COMMUNICATION).await.into());
    let mut connection = world.log_in_by(&name(&world, "|"), proof).await.unwrap();
    let text = b"From: The Boss <scanner@contoso.example>\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";
    let verdict = world.offer(&mut connection, &["a@example.com"], text).await;
    assert!(verdict.message.unwrap().is_ok());
    assert_eq!(world.captured()[0].path, Path::Smtp);
    world.finish().await;
}

#[tokio::test]
async fn every_other_token_is_refused_alike() {
    let world = World::start().await;
    let ready = world.twin.ready().clone();
    let own = name(&world, ".");
    let good = token(&world, SCOPE_COMMUNICATION).await;
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let another = token(&world, SCOPE_OF_SDKS).await;
    let other_claims = another.split('.').nth(1).unwrap();
    for (name, token) in [
        (own.clone(), token(&world, SCOPE_ARM).await),
        (own.clone(), format!("{signed}.{turned}")),
        (own.clone(), format!("{header}.{other_claims}.{signature}")),
        // {"alg":"none","typ":"JWT"} and {"alg":"HS256","typ":"JWT"}
        (own.clone(), format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")),
        (own.clone(), format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{claims}.{signature}")),
        (own.clone(), "not-a-token".to_owned()),
        (own.replace(&ready.client_id.to_string(), &ready.tenant_id.to_string()), good.clone()),
        (own.replace(&ready.tenant_id.to_string(), &ready.client_id.to_string()), good.clone()),
        // A token is no way into a credential.
        ("scanner1".to_owned(), good.clone()),
        ("nobody".to_owned(), good.clone()),
    ] {
        let text = refusal(&world, &name, &token).await.unwrap_or_else(|| panic!("{token} is taken"));
        assert!(text.contains("535 5.7.3 Authentication unsuccessful"), "{name} {token}: {text}");
        // Not what a story about tokens is about.
        world.clock.advance(Duration::from_secs(300));
        assert!(world.log_in(&world.device).await.is_ok());
    }
    world.finish().await;
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let world = World::start().await;
    let good = token(&world, SCOPE_COMMUNICATION).await;
    let proof = Proof::Token(good.as_str().into());
    let mut connection = world.log_in_by(&name(&world, "."), proof).await.unwrap();
    world.clock.advance(Duration::from_secs(3_500));
    assert_eq!(refusal(&world, &name(&world, "."), &good).await, None);
    let text = message("s", "a@example.com", "x");
    let late = world.offer(&mut connection, &["a@example.com"], &text).await.message;
    assert!(late.unwrap().unwrap_err().to_string().starts_with("421 4.7.0"));
    world.clock.advance(Duration::from_secs(100));
    assert!(refusal(&world, &name(&world, "."), &good).await.unwrap().contains("535 5.7.3"));
    world.finish().await;
}

#[tokio::test]
async fn without_a_tenant_it_is_not_offered() {
    let world = World::start_with(Setup { apps_may_log_in: false, ..Setup::default() }).await;
    let token = token(&world, SCOPE_COMMUNICATION).await;
    let refused = refusal(&world, &name(&world, "."), &token).await.unwrap();
    assert!(refused.contains("the server offers no mechanism that fits the login"), "{refused}");
    assert!(world.log_in(&world.device).await.is_ok());
    world.finish().await;
}
