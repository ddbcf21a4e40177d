//! curl, which the demo's card proposes.

use e2e::{Device, message};
use postern::config::raw::Mode;
use twin::captured::Path;

use crate::context::{Context, Ended, client_tests};
use crate::tools::Client;

client_tests!(Client::Curl => starttls, implicit_tls, a_wrong_password_is_told, xoauth2, a_token_for_something_else_is_told, the_twin_by_xoauth2, the_twin_over_http, resource_manager);

/// Exit codes of curl.
const OK: i32 = 0;
const LOGIN_DENIED: i32 = 67;

async fn curl(context: &Context, url: &str, device: &Device, more: &[&str]) -> Ended {
    let certificate = context.certificate();
    let user = format!("{}:{}", device.login, device.password);
    let mut words = vec!["--url", url, "--cacert", &certificate, "--user", &user];
    words.extend(["--mail-from", "scanner@contoso.example", "--mail-rcpt", "a@example.com"]);
    words.extend(["--upload-file", "-"]);
    words.extend(more);
    let mail = String::from_utf8(message("From curl", "a@example.com", ".\r\n..two dots\r\nÄrger")).unwrap();
    context.run(Client::Curl, &words, &mail).await
}

async fn arrives(context: &Context) {
    let parts = context.one_mail().await.parts();
    assert_eq!(parts.subject, "From curl");
    assert!(parts.text.as_deref().unwrap_or_default().starts_with(".\r\n..two dots\r\nÄrger"), "{parts:?}");
}

async fn starttls(context: Context) {
    let url = format!("smtp://localhost:{}", context.port(Mode::Starttls));
    curl(&context, &url, &context.world.device, &["--ssl-reqd"]).await.expect(OK);
    arrives(&context).await;
}

async fn implicit_tls(context: Context) {
    let url = format!("smtps://localhost:{}", context.port(Mode::Tls));
    curl(&context, &url, &context.world.device, &[]).await.expect(OK);
    arrives(&context).await;
}

async fn a_wrong_password_is_told(context: Context) {
    let url = format!("smtp://localhost:{}", context.port(Mode::Starttls));
    let device = Device { password: "wrong".to_owned(), ..context.world.device.clone() };
    let words = curl(&context, &url, &device, &["--ssl-reqd"]).await.expect(LOGIN_DENIED);
    assert!(words.contains("Login denied"), "{words}");
}

/// A token as curl fetches it from the twin, by the form that Entra documents.
async fn token(context: &Context, resource: &str) -> String {
    let ready = context.world.twin.ready();
    let url = format!("{}/{}/oauth2/v2.0/token", ready.url, ready.tenant_id);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://{resource}/.default",
        ready.client_id, ready.client_secret
    );
    let answer =
        context.run(Client::Curl, &["--cacert", &ready.ca, "--data", &form, &url], "").await.expect(OK);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn by_token(context: &Context, token: &str) -> Ended {
    let url = format!("smtp://localhost:{}", context.port(Mode::Starttls));
    curl(context, &url, &context.entra("|"), &["--ssl-reqd", "--oauth2-bearer", token, "--verbose"]).await
}

async fn xoauth2(context: Context) {
    let token = token(&context, "communication.azure.com").await;
    let words = by_token(&context, &token).await.expect(OK);
    assert!(words.contains("> AUTH XOAUTH2"), "{words}");
    arrives(&context).await;
}

async fn a_token_for_something_else_is_told(context: Context) {
    let token = token(&context, "management.azure.com").await;
    let words = by_token(&context, &token).await.expect(LOGIN_DENIED);
    // The reason as JSON is enough for curl, which does not wait for the 535 behind it.
    assert!(words.contains("< 334 eyJ"), "{words}");
}

async fn the_twin_by_xoauth2(context: Context) {
    let token = token(&context, "communication.azure.com").await;
    let ready = context.world.twin.ready().clone();
    let url = format!("smtp://{}:{}", ready.smtp_host, ready.smtp_port);
    let more = ["--ssl-reqd", "--oauth2-bearer", &token, "--cacert", &ready.ca];
    curl(&context, &url, &context.entra("|"), &more).await.expect(OK);
    arrives(&context).await;
    assert_eq!(context.one_mail().await.path, Path::Smtp);
}

async fn the_twin_over_http(context: Context) {
    let bearer = format!("Authorization: Bearer {}", token(&context, "communication.azure.com").await);
    let ready = context.world.twin.ready().clone();
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
    let answer = context.run(Client::Curl, &words, "").await.expect(OK);
    assert!(answer.ends_with("202") && answer.contains("\"Running\""), "{answer}");
    arrives(&context).await;
}

async fn resource_manager(context: Context) {
    let bearer = format!("Authorization: Bearer {}", token(&context, "management.azure.com").await);
    let ready = context.world.twin.ready().clone();
    let subscription = format!("{}/subscriptions/{}", ready.url, ready.subscription_id);
    let ask = async |path: &str| {
        let url = format!("{subscription}{path}?api-version=2022-12-01");
        let answer = context.run(Client::Curl, &["--cacert", &ready.ca, "--header", &bearer, &url], "").await;
        serde_json::from_str::<serde_json::Value>(&answer.expect(OK)).unwrap()
    };
    assert_eq!(ask("").await["state"], "Enabled");
    let permissions = ask("/providers/Microsoft.Authorization/permissions").await;
    assert_eq!(permissions["value"][0]["actions"], serde_json::json!(["*"]));
    assert_eq!(ask("/providers/Microsoft.Communication").await["registrationState"], "Registered");
}
