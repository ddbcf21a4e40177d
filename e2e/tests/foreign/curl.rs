//! curl, which the demo's card proposes.

use e2e::{Device, message};
use postern::config::raw::Mode;
use twin::post::Path;

use crate::scene::{Ended, Scene, client_tests};
use crate::tools::Client;

client_tests!(Client::Curl => starttls, implicit_tls, a_wrong_password_is_told, xoauth2, a_token_for_something_else_is_told, the_twin_by_xoauth2, the_twin_over_http, resource_manager);

/// Exit codes of curl.
const OK: i32 = 0;
const LOGIN_DENIED: i32 = 67;

async fn curl(scene: &Scene, url: &str, device: &Device, more: &[&str]) -> Ended {
    let certificate = scene.certificate();
    let user = format!("{}:{}", device.login, device.password);
    let mut words = vec!["--url", url, "--cacert", &certificate, "--user", &user];
    words.extend(["--mail-from", "scanner@contoso.example", "--mail-rcpt", "a@example.com"]);
    words.extend(["--upload-file", "-"]);
    words.extend(more);
    let mail = String::from_utf8(message("From curl", "a@example.com", ".\r\n..two dots\r\nÄrger")).unwrap();
    scene.run(Client::Curl, &words, &mail).await
}

async fn arrives(scene: &Scene) {
    let parts = scene.one_mail().await.parts();
    assert_eq!(parts.subject, "From curl");
    assert!(parts.text.as_deref().unwrap_or_default().starts_with(".\r\n..two dots\r\nÄrger"), "{parts:?}");
}

async fn starttls(scene: Scene) {
    let url = format!("smtp://localhost:{}", scene.port(Mode::Starttls));
    curl(&scene, &url, &scene.world.device, &["--ssl-reqd"]).await.expect(OK);
    arrives(&scene).await;
}

async fn implicit_tls(scene: Scene) {
    let url = format!("smtps://localhost:{}", scene.port(Mode::Tls));
    curl(&scene, &url, &scene.world.device, &[]).await.expect(OK);
    arrives(&scene).await;
}

async fn a_wrong_password_is_told(scene: Scene) {
    let url = format!("smtp://localhost:{}", scene.port(Mode::Starttls));
    let device = Device { password: "wrong".to_owned(), ..scene.world.device.clone() };
    let words = curl(&scene, &url, &device, &["--ssl-reqd"]).await.expect(LOGIN_DENIED);
    assert!(words.contains("Login denied"), "{words}");
}

/// A token as curl fetches it from the twin, by the form that Entra documents.
async fn token(scene: &Scene, resource: &str) -> String {
    let ready = scene.world.twin.ready();
    let url = format!("{}/{}/oauth2/v2.0/token", ready.url, ready.tenant_id);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://{resource}/.default",
        ready.client_id, ready.client_secret
    );
    let answer =
        scene.run(Client::Curl, &["--cacert", &ready.ca, "--data", &form, &url], "").await.expect(OK);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn by_token(scene: &Scene, token: &str) -> Ended {
    let url = format!("smtp://localhost:{}", scene.port(Mode::Starttls));
    curl(scene, &url, &scene.entra("|"), &["--ssl-reqd", "--oauth2-bearer", token, "--verbose"]).await
}

async fn xoauth2(scene: Scene) {
    let token = token(&scene, "communication.azure.com").await;
    let words = by_token(&scene, &token).await.expect(OK);
    assert!(words.contains("> AUTH XOAUTH2"), "{words}");
    arrives(&scene).await;
}

async fn a_token_for_something_else_is_told(scene: Scene) {
    let token = token(&scene, "management.azure.com").await;
    let words = by_token(&scene, &token).await.expect(LOGIN_DENIED);
    // The reason as JSON is enough for curl, which does not wait for the 535 behind it.
    assert!(words.contains("< 334 eyJ"), "{words}");
}

async fn the_twin_by_xoauth2(scene: Scene) {
    let token = token(&scene, "communication.azure.com").await;
    let ready = scene.world.twin.ready().clone();
    let url = format!("smtp://{}:{}", ready.smtp_host, ready.smtp_port);
    let more = ["--ssl-reqd", "--oauth2-bearer", &token, "--cacert", &ready.ca];
    curl(&scene, &url, &scene.entra("|"), &more).await.expect(OK);
    arrives(&scene).await;
    assert_eq!(scene.one_mail().await.path, Path::Smtp);
}

async fn the_twin_over_http(scene: Scene) {
    let bearer = format!("Authorization: Bearer {}", token(&scene, "communication.azure.com").await);
    let ready = scene.world.twin.ready().clone();
    let url = format!("{}/emails:send?api-version=2025-09-01", ready.url);
    let mail = serde_json::json!({
        "senderAddress": "scanner@contoso.example",
        "recipients": { "to": [{ "address": "a@example.com" }] },
        "content": { "subject": "From curl", "plainText": ".\r\n..two dots\r\nÄrger" },
    });
    let words = [
        "--cacert",
        &ready.ca,
        "--header",
        &bearer,
        "--json",
        &mail.to_string(),
        "--write-out",
        "%{http_code}",
        &url,
    ];
    let answer = scene.run(Client::Curl, &words, "").await.expect(OK);
    assert!(answer.ends_with("202") && answer.contains("\"Running\""), "{answer}");
    arrives(&scene).await;
}

async fn resource_manager(scene: Scene) {
    let bearer = format!("Authorization: Bearer {}", token(&scene, "management.azure.com").await);
    let ready = scene.world.twin.ready().clone();
    let subscription = format!("{}/subscriptions/{}", ready.url, ready.subscription_id);
    let ask = async |path: &str| {
        let url = format!("{subscription}{path}?api-version=2022-12-01");
        let answer = scene.run(Client::Curl, &["--cacert", &ready.ca, "--header", &bearer, &url], "").await;
        serde_json::from_str::<serde_json::Value>(&answer.expect(OK)).unwrap()
    };
    assert_eq!(ask("").await["state"], "Enabled");
    let permissions = ask("/providers/Microsoft.Authorization/permissions").await;
    assert_eq!(permissions["value"][0]["actions"], serde_json::json!(["*"]));
    assert_eq!(ask("/providers/Microsoft.Communication").await["registrationState"], "Registered");
}
