//! What old devices do, by Python's smtplib and ssl and by OpenSSL.

use e2e::Device;
use postern::config::raw::Mode;
use serde_json::{Value, json};

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::OldDevice =>
    helo_is_enough_to_log_in,
    a_login_with_the_line_ends_of_echo,
    paths_as_devices_write_them,
    bare_line_ends_are_repaired_where_the_operator_says_so,
    paths_are_repaired_where_the_operator_says_so,
    broken_logins_lock_nobody_out,
    a_client_gets_the_certificate_that_it_can_use,
    openssl_restricted_to_one_kind_of_signature,
);

async fn device(context: &Context, what: &str) -> String {
    as_device(context, what, &context.world.device).await
}

async fn as_device(context: &Context, what: &str, device: &Device) -> String {
    let (port, folder) = (context.port(Mode::Starttls), context.world.server().data_dir.join("tls"));
    let folder = folder.display().to_string();
    let words = [what, "localhost", &port, &folder, &device.login, &device.password];
    context.run(Client::OldDevice, &words, "").await.expect(0)
}

async fn helo_is_enough_to_log_in(context: Context) {
    device(&context, "helo-then-login").await;
    assert_eq!(context.one_mail().await.parts().subject, "Old");
}

async fn a_login_with_the_line_ends_of_echo(context: Context) {
    device(&context, "login-with-line-ends").await;
    assert_eq!(context.one_mail().await.parts().subject, "Old");
}

async fn paths_as_devices_write_them(context: Context) {
    device(&context, "paths").await;
    context.world.until_taken(1).await;
    for mail in context.world.captured() {
        assert_eq!(mail.parts().to.addresses[0].address, "a@example.com");
    }
}

async fn bare_line_ends_are_repaired_where_the_operator_says_so(context: Context) {
    let refused = device(&context, "bare-line-ends").await;
    assert_eq!(refused.trim(), "550 5.6.11 The message holds a bare line feed: lines end with CR LF");
    let plc = made(&context, "plc", "--sender scanner@contoso.example --repair line-ends").await;
    let taken = as_device(&context, "bare-line-ends", &plc).await;
    assert!(taken.starts_with("250 "), "{taken}");
    let mail = context.one_mail().await;
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    assert!(!raw.replace("\r\n", "").contains(['\r', '\n']), "{raw:?}");
    let parts = mail.parts();
    assert_eq!(parts.subject, "Tank 4");
    assert_eq!(parts.text.as_deref(), Some("full\r\n.\r\nMAIL FROM:<b@c.d>\r\n\r\n"));
    let changes = changes(&context, &taken).await;
    assert_eq!(
        changes,
        json!([{"cause": "repair", "repair": "line-ends", "text": "7 bare CR or LF became CRLF"}])
    );
    assert_eq!(counted(&context).await, "postern_repairs_total{login=\"plc\",repair=\"line-ends\"} 1");
}

async fn paths_are_repaired_where_the_operator_says_so(context: Context) {
    let old = made(&context, "old", "--network 127.0.0.0/8").await;
    let refused = as_device(&context, "broken-paths", &old).await;
    let codes = |words: &str| -> Vec<String> {
        words.lines().map(|line| line.chars().take(9).collect::<String>().trim().to_owned()).collect()
    };
    assert_eq!(codes(&refused), ["250 2.1.0", "501 5.1.3", "501 5.1.3", "250 2.1.5", "250 2.0.0"]);
    let edited = context.type_in("postern credential edit old --repair envelope").await.expect(0);
    assert_eq!(
        edited.trim(),
        "Changed credential old. Open sessions use the change from their next message on."
    );
    let listed = context.type_in("postern credential list --json").await.expect(0);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let old_now = listed.as_array().unwrap().iter().find(|one| one["login"] == "old").unwrap();
    assert_eq!((&old_now["repairs"], &old_now["networks"]), (&json!(["envelope"]), &json!(["127.0.0.0/8"])));
    let taken = as_device(&context, "broken-paths", &old).await;
    assert_eq!(codes(&taken), ["250 2.1.0", "250 2.1.5", "250 2.1.5", "250 2.1.5", "250 2.0.0"]);
    let changes = changes(&context, &taken).await;
    let texts: Vec<&str> =
        changes.as_array().unwrap().iter().map(|change| change["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        [
            "RCPT TO was \"a@example.com.\", is <a@example.com>",
            "RCPT TO was \"Front desk <b@example.com>\", is <b@example.com>",
        ]
    );
    assert_eq!(counted(&context).await, "postern_repairs_total{login=\"old\",repair=\"envelope\"} 1");
    context.world.until_taken(2).await;
    assert_eq!(context.world.captured_for("a@example.com").len(), 1);
    let nothing = context.type_in("postern credential edit old").await;
    assert!(nothing.code != 0 && nothing.words.contains("no change given"), "{}", nothing.words);
}

/// A credential that the command line made.
async fn made(context: &Context, login: &str, options: &str) -> Device {
    let add = format!("postern credential add {login} --account contoso {options}");
    let words = context.type_in(&add).await.expect(0);
    let password = words.lines().find_map(|line| line.strip_prefix("Password")).unwrap().trim().to_owned();
    Device { login: login.to_owned(), password }
}

/// What the command line says was changed in the message that the last line of `reply` is about.
async fn changes(context: &Context, reply: &str) -> Value {
    let id = reply.trim_end().rsplit(' ').next().unwrap();
    let shown = context.type_in(&format!("postern message show {id} --json")).await.expect(0);
    serde_json::from_str::<Value>(&shown).unwrap()["changes"].clone()
}

async fn counted(context: &Context) -> String {
    device(context, "repairs-counted").await.trim().to_owned()
}

async fn broken_logins_lock_nobody_out(context: Context) {
    device(&context, "broken-logins").await;
    context.one_mail().await;
}

async fn a_client_gets_the_certificate_that_it_can_use(context: Context) {
    device(&context, "certificates").await;
}

async fn openssl_restricted_to_one_kind_of_signature(context: Context) {
    device(&context, "openssl").await;
}
