//! What old devices do, by Python's smtplib and ssl and by OpenSSL.

use e2e::Device;
use postern::config::raw::Mode;

use crate::scene::{Scene, witnesses};
use crate::tools::Client;

witnesses!(Client::OldDevice =>
    helo_is_enough_to_log_in,
    a_login_with_the_line_ends_of_echo,
    paths_as_devices_write_them,
    bare_line_ends_are_repaired_where_the_operator_says_so,
    broken_logins_lock_nobody_out,
    a_client_gets_the_certificate_that_it_can_use,
    openssl_restricted_to_one_kind_of_signature,
);

async fn device(scene: &Scene, what: &str) -> String {
    as_device(scene, what, &scene.world.device).await
}

async fn as_device(scene: &Scene, what: &str, device: &Device) -> String {
    let (port, folder) = (scene.port(Mode::Starttls), scene.world.server().data_dir.join("tls"));
    let folder = folder.display().to_string();
    let words = [what, "localhost", &port, &folder, &device.login, &device.password];
    scene.run(Client::OldDevice, &words, "").await.expect(0)
}

async fn helo_is_enough_to_log_in(scene: Scene) {
    device(&scene, "helo-then-login").await;
    assert_eq!(scene.one_mail().await.parts().subject, "Old");
}

async fn a_login_with_the_line_ends_of_echo(scene: Scene) {
    device(&scene, "login-with-line-ends").await;
    assert_eq!(scene.one_mail().await.parts().subject, "Old");
}

async fn paths_as_devices_write_them(scene: Scene) {
    device(&scene, "paths").await;
    scene.world.until_taken(1).await;
    for mail in scene.world.captured() {
        assert_eq!(mail.parts().to.addresses[0].address, "a@example.com");
    }
}

async fn bare_line_ends_are_repaired_where_the_operator_says_so(scene: Scene) {
    let refused = device(&scene, "bare-line-ends").await;
    assert_eq!(refused.trim(), "550 5.6.11 The message holds a bare line feed: lines end with CR LF");
    let add =
        "postern credential add plc --account contoso --sender scanner@contoso.example --repair line-ends";
    let words = scene.type_in(add).await.expect(0);
    let password = words.lines().find_map(|line| line.strip_prefix("Password")).unwrap().trim().to_owned();
    let plc = Device { login: "plc".to_owned(), password };
    let taken = as_device(&scene, "bare-line-ends", &plc).await;
    assert!(taken.starts_with("250 "), "{taken}");
    let mail = scene.one_mail().await;
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    assert!(!raw.replace("\r\n", "").contains(['\r', '\n']), "{raw:?}");
    let parts = mail.parts();
    assert_eq!(parts.subject, "Tank 4");
    assert_eq!(parts.text.as_deref(), Some("full\r\n.\r\nMAIL FROM:<b@c.d>\r\n\r\n"));
}

async fn broken_logins_lock_nobody_out(scene: Scene) {
    device(&scene, "broken-logins").await;
    scene.one_mail().await;
}

async fn a_client_gets_the_certificate_that_it_can_use(scene: Scene) {
    device(&scene, "certificates").await;
}

async fn openssl_restricted_to_one_kind_of_signature(scene: Scene) {
    device(&scene, "openssl").await;
}
