//! Python's smtplib: what scripts and web frameworks use.

use control::{NewAccess, PublicNetworks};
use e2e::Device;
use postern::config::raw::Mode;

use crate::scene::{Ended, Scene, client_tests};
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

async fn smtplib(scene: &Scene, what: &str, device: &Device, mode: Mode) -> Ended {
    let port = scene.port(mode);
    let security = match mode {
        Mode::Tls => "tls",
        Mode::Starttls => "starttls",
        Mode::Plain => "clear",
    };
    let words = [what, "localhost", &port, security, &scene.certificate(), &device.login, &device.password];
    scene.run(Client::Python, &words, "").await
}

async fn an_attachment_by_starttls(scene: Scene) {
    smtplib(&scene, "attachment", &scene.world.device, Mode::Starttls).await.expect(0);
    let parts = scene.one_mail().await.parts();
    assert_eq!(parts.text.as_deref(), Some("The scan is attached.\r\n"));
    assert_eq!((parts.attachments[0].name.as_str(), parts.attachments.len()), ("scan.pdf", 1));
    let expected: Vec<u8> = b"%PDF-1.7 ".iter().copied().chain((0..=255).cycle().take(100_000)).collect();
    assert_eq!(parts.attachments[0].content, expected);
}

async fn implicit_tls(scene: Scene) {
    smtplib(&scene, "plain", &scene.world.device, Mode::Tls).await.expect(0);
    assert_eq!(scene.one_mail().await.parts().subject, "From smtplib");
}

async fn utf8_in_names_and_subject(scene: Scene) {
    smtplib(&scene, "utf8", &scene.world.device, Mode::Starttls).await.expect(0);
    let parts = scene.one_mail().await.parts();
    assert_eq!(parts.subject, "Grüße aus Zürich ✉");
    assert_eq!(parts.to.addresses[0].name.as_deref(), Some("Jürgen Müller"));
    assert_eq!(parts.text.as_deref(), Some("日本語\r\n"));
}

async fn many_messages_over_one_connection(scene: Scene) {
    smtplib(&scene, "many", &scene.world.device, Mode::Starttls).await.expect(0);
    scene.world.until_taken(20).await;
    assert_eq!(scene.world.captured().len(), 20);
}

async fn a_wrong_password_is_told(scene: Scene) {
    let device = Device { password: "wrong".to_owned(), ..scene.world.device.clone() };
    let words = smtplib(&scene, "plain", &device, Mode::Starttls).await.expect(1);
    assert!(words.contains("SMTPAuthenticationError: (535"), "{words}");
}

async fn a_message_over_the_limit_is_refused(scene: Scene) {
    let words = smtplib(&scene, "huge", &scene.world.device, Mode::Starttls).await.expect(1);
    assert!(words.contains("552"), "{words}");
    assert!(scene.world.captured().is_empty());
}

async fn entra_login(scene: Scene) {
    smtplib(&scene, "plain", &scene.entra("."), Mode::Starttls).await.expect(0);
    assert_eq!(scene.one_mail().await.parts().subject, "From smtplib");
}

async fn without_login(scene: Scene) {
    scene
        .world
        .add_credential("hall", |new| {
            new.access = NewAccess::Network(PublicNetworks::Refused);
            new.networks = vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
        })
        .await;
    let nobody = Device { login: String::new(), password: String::new() };
    smtplib(&scene, "attachment", &nobody, Mode::Plain).await.expect(0);
    assert_eq!(scene.one_mail().await.parts().attachments[0].name, "scan.pdf");
}

/// The app's login with a token that the script asks the twin's Entra for.
fn by_token(scene: &Scene) -> Device {
    let ready = scene.world.twin.ready();
    let url = format!("{}/{}/oauth2/v2.0/token", ready.url, ready.tenant_id);
    let app = [url, ready.client_id.to_string(), ready.client_secret.clone()];
    Device { login: scene.entra("|").login, password: format!("token:{}", app.join(" ")) }
}

async fn xoauth2(scene: Scene) {
    smtplib(&scene, "plain", &by_token(&scene), Mode::Tls).await.expect(0);
    assert_eq!(scene.one_mail().await.parts().subject, "From smtplib");
}

async fn a_token_that_expired_is_told(scene: Scene) {
    scene.world.twin.state().change_world(|world| world.habits.token_seconds = -1);
    let words = smtplib(&scene, "plain", &by_token(&scene), Mode::Starttls).await.expect(1);
    assert!(words.contains("SMTPAuthenticationError: (535"), "{words}");
}

async fn the_twin_itself(scene: Scene) {
    let (ready, device) = (scene.world.twin.ready().clone(), scene.entra("."));
    let port = ready.smtp_port.to_string();
    let words = ["plain", &ready.smtp_host, &port, "starttls", &ready.ca, &device.login, &device.password];
    scene.run(Client::Python, &words, "").await.expect(0);
    assert_eq!(scene.one_mail().await.parts().subject, "From smtplib");
}
