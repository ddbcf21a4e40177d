//! Microsoft's own Email SDK for Python against the twin.

use twin::captured::Path;
use twin::{Effect, InjectedFault, Operation};

use crate::context::{Context, Ended, client_tests};
use crate::tools::Client;

client_tests!(Client::EmailSdk =>
    by_connection_string,
    by_client_secret,
    a_wrong_secret_is_told,
    a_wrong_key_is_told,
    an_unlinked_sender_is_told,
    a_busy_service_is_waited_for,
    a_dropped_mail_is_told,
);

async fn sdk(context: &Context, login: &[&str], sender: &str, recipient: &str) -> Ended {
    let ready = context.world.twin.ready();
    let words: Vec<&str> = [&ready.url, sender, recipient].into_iter().chain(login.iter().copied()).collect();
    context.run(Client::EmailSdk, &words, "").await
}

async fn by_key(context: &Context, sender: &str, recipient: &str) -> Ended {
    let connection_string = context.world.twin.ready().connection_string.clone();
    sdk(context, &["connection-string", &connection_string], sender, recipient).await
}

async fn by_secret(context: &Context, secret: &str) -> Ended {
    let ready = context.world.twin.ready().clone();
    let login = ["secret", &ready.tenant_id.to_string(), &ready.client_id.to_string(), secret];
    sdk(context, &login, "scanner@contoso.example", "a@example.com").await
}

async fn arrives(context: &Context, words: &str) {
    let mail = context.one_mail().await;
    assert_eq!(mail.path, Path::Rest);
    assert!(words.contains(&format!("Succeeded {}", mail.operation)), "{words}");
    let parts = mail.parts();
    assert_eq!(parts.subject, "From the SDK – ✉");
    assert_eq!(
        (parts.attachments[0].name.as_str(), &parts.attachments[0].content[..]),
        ("a.txt", &b"attached"[..])
    );
}

async fn by_connection_string(context: Context) {
    let words = by_key(&context, "scanner@contoso.example", "a@example.com").await.expect(0);
    arrives(&context, &words).await;
}

async fn by_client_secret(context: Context) {
    let secret = context.world.twin.ready().client_secret.clone();
    let words = by_secret(&context, &secret).await.expect(0);
    arrives(&context, &words).await;
}

async fn a_wrong_secret_is_told(context: Context) {
    let words = by_secret(&context, "wrong").await.expect(1);
    assert!(words.contains("ClientAuthenticationError") && words.contains("AADSTS7000215"), "{words}");
}

async fn a_wrong_key_is_told(context: Context) {
    let url = &context.world.twin.ready().url;
    let connection_string = format!("endpoint={url}/;accesskey=d3Jvbmc=");
    let login = ["connection-string", &connection_string];
    let words = sdk(&context, &login, "scanner@contoso.example", "a@example.com").await.expect(1);
    assert!(words.contains("ClientAuthenticationError"), "{words}");
}

async fn an_unlinked_sender_is_told(context: Context) {
    let words = by_key(&context, "news@unlinked.example", "a@example.com").await.expect(1);
    assert!(words.contains("DomainNotLinked"), "{words}");
}

async fn a_busy_service_is_waited_for(context: Context) {
    let effect = Effect::Answer {
        status: 429,
        code: "TooManyRequests".into(),
        message: "busy".into(),
        retry_after: Some(1),
    };
    context.world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(2),
        one_in: None,
    });
    let words = by_key(&context, "scanner@contoso.example", "a@example.com").await.expect(0);
    arrives(&context, &words).await;
}

async fn a_dropped_mail_is_told(context: Context) {
    let words = by_key(&context, "scanner@contoso.example", "suppressed@example.com").await.expect(1);
    assert!(words.contains("EmailDroppedAllRecipientsSuppressed"), "{words}");
}
