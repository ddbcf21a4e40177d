//! Python's smtplib: what scripts and web frameworks use.

use control::{NewAccess, PublicNetworks};
use e2e::Device;
use postern::config::raw::Mode;

use crate::context::{Context, Ended, client_tests};
use crate::tools::Client;

client_tests!(Client::Python =>
    an_attachment_by_starttls,
    implicit_tls,
    utf8_in_names_and_subject,
    many_messages_over_one_connection,
    a_wrong_password_is_told,
    a_message_over_the_limit_is_refused,
    entra_login,
    without_login,
    xoauth2,
    a_token_that_expired_is_told,
    the_twin_itself,
);

async fn smtplib(context: &Context, what: &str, device: &Device, mode: Mode) -> Ended {
    let port = context.port(mode);
    let security = match mode {
        Mode::Tls => "tls",
        Mode::Starttls => "starttls",
        Mode::Plain => "clear",
    };
    let words = [what, "localhost", &port, security, &context.certificate(), &device.login, &device.password];
    context.run(Client::Python, &words, "").await
}

async fn an_attachment_by_starttls(context: Context) {
    smtplib(&context, "attachment", &context.world.device, Mode::Starttls).await.expect(0);
    let parts = context.one_mail().await.parts();
    assert_eq!(parts.text.as_deref(), Some("The scan is attached.\r\n"));
    assert_eq!((parts.attachments[0].name.as_str(), parts.attachments.len()), ("scan.pdf", 1));
    let expected: Vec<u8> = b"%PDF-1.7 ".iter().copied().chain((0..=255).cycle().take(100_000)).collect();
    assert_eq!(parts.attachments[0].content, expected);
}

async fn implicit_tls(context: Context) {
    smtplib(&context, "plain", &context.world.device, Mode::Tls).await.expect(0);
    assert_eq!(context.one_mail().await.parts().subject, "From smtplib");
}

async fn utf8_in_names_and_subject(context: Context) {
    smtplib(&context, "utf8", &context.world.device, Mode::Starttls).await.expect(0);
    let parts = context.one_mail().await.parts();
    assert_eq!(parts.subject, "Grüße aus Zürich ✉");
    assert_eq!(parts.to.addresses[0].name.as_deref(), Some("Jürgen Müller"));
    assert_eq!(parts.text.as_deref(), Some("日本語\r\n"));
}

async fn many_messages_over_one_connection(context: Context) {
    smtplib(&context, "many", &context.world.device, Mode::Starttls).await.expect(0);
    context.world.until_taken(20).await;
    assert_eq!(context.world.captured().len(), 20);
}

async fn a_wrong_password_is_told(context: Context) {
    let device = Device { password: "wrong".to_owned(), ..context.world.device.clone() };
    let words = smtplib(&context, "plain", &device, Mode::Starttls).await.expect(1);
    assert!(words.contains("SMTPAuthenticationError: (535"), "{words}");
}

async fn a_message_over_the_limit_is_refused(context: Context) {
    let words = smtplib(&context, "huge", &context.world.device, Mode::Starttls).await.expect(1);
    assert!(words.contains("552"), "{words}");
    assert!(context.world.captured().is_empty());
}

async fn entra_login(context: Context) {
    smtplib(&context, "plain", &context.entra("."), Mode::Starttls).await.expect(0);
    assert_eq!(context.one_mail().await.parts().subject, "From smtplib");
}

async fn without_login(context: Context) {
    context
        .world
        .add_credential("hall", |new| {
            new.access = NewAccess::Network(PublicNetworks::Refused);
            new.networks = vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
        })
        .await;
    let nobody = Device { login: String::new(), password: String::new() };
    smtplib(&context, "attachment", &nobody, Mode::Plain).await.expect(0);
    assert_eq!(context.one_mail().await.parts().attachments[0].name, "scan.pdf");
}

/// The app's login with a token that the script asks the twin's Entra for.
fn by_token(context: &Context) -> Device {
    let ready = context.world.twin.ready();
    let url = format!("{}/{}/oauth2/v2.0/token", ready.url, ready.tenant_id);
    let app = [url, ready.client_id.to_string(), ready.client_secret.clone()];
    Device { login: context.entra("|").login, password: format!("token:{}", app.join(" ")) }
}

async fn xoauth2(context: Context) {
    smtplib(&context, "plain", &by_token(&context), Mode::Tls).await.expect(0);
    assert_eq!(context.one_mail().await.parts().subject, "From smtplib");
}

async fn a_token_that_expired_is_told(context: Context) {
    context.world.twin.backend().change_state(|state| state.behaviour.token_seconds = -1);
    let words = smtplib(&context, "plain", &by_token(&context), Mode::Starttls).await.expect(1);
    assert!(words.contains("SMTPAuthenticationError: (535"), "{words}");
}

async fn the_twin_itself(context: Context) {
    let (ready, device) = (context.world.twin.ready().clone(), context.entra("."));
    let port = ready.smtp_port.to_string();
    let words = ["plain", &ready.smtp_host, &port, "starttls", &ready.ca, &device.login, &device.password];
    context.run(Client::Python, &words, "").await.expect(0);
    assert_eq!(context.one_mail().await.parts().subject, "From smtplib");
}
