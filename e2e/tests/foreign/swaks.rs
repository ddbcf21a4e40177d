//! swaks, the tool that mail administrators type.

use control::{NewAccess, PublicNetworks};
use e2e::Device;
use postern::config::raw::Mode;
use twin::captured::Path;

use crate::context::{Context, Ended, client_tests};
use crate::tools::Client;

client_tests!(Client::Swaks =>
    auth_plain_after_starttls,
    auth_login_after_starttls,
    implicit_tls,
    pipelined,
    many_recipients,
    no_auth_before_tls,
    a_wrong_password_is_told,
    a_foreign_sender_is_refused,
    entra_logins_of_both_forms,
    a_malformed_entra_login_is_told,
    without_login_from_a_listed_network,
    a_login_that_insists_where_none_is_asked_for,
    a_login_that_is_an_address,
    the_twin_itself_by_auth_login,
    the_twin_knows_no_plain,
);

/// Exit codes of swaks.
const OK: i32 = 0;
const NO_SENDER: i32 = 23;
const NO_AUTH: i32 = 28;

async fn swaks(context: &Context, device: &Device, more: &[&str]) -> Ended {
    let server = format!("localhost:{}", context.port(Mode::Starttls));
    let certificate = context.certificate();
    let mut words = vec!["--server", &server, "--tls-verify", "--tls-ca-path", &certificate];
    words.extend(["--auth-user", &device.login, "--auth-password", &device.password]);
    words.extend(["--from", "scanner@contoso.example", "--to", "a@example.com"]);
    // What comes last wins.
    words.extend(more);
    context.run(Client::Swaks, &words, "").await
}

async fn arrives(context: Context, more: &[&str]) {
    swaks(&context, &context.world.device, more).await.expect(OK);
    let mail = context.one_mail().await;
    assert_eq!(mail.sender, "scanner@contoso.example");
    assert_eq!(mail.recipients[0].address, "a@example.com");
    assert!(mail.parts().text.unwrap().contains("This is a test mailing"));
}

async fn auth_plain_after_starttls(context: Context) {
    arrives(context, &["--tls", "--auth", "PLAIN"]).await;
}

async fn auth_login_after_starttls(context: Context) {
    arrives(context, &["--tls", "--auth", "LOGIN"]).await;
}

async fn implicit_tls(context: Context) {
    let server = format!("localhost:{}", context.port(Mode::Tls));
    arrives(context, &["--tls-on-connect", "--auth", "PLAIN", "--server", &server]).await;
}

async fn pipelined(context: Context) {
    arrives(context, &["--tls", "--auth", "PLAIN", "--pipeline"]).await;
}

async fn many_recipients(context: Context) {
    let to: Vec<String> = (0..60).map(|number| format!("r{number}@example.com")).collect();
    swaks(&context, &context.world.device, &["--tls", "--auth", "PLAIN", "--to", &to.join(",")])
        .await
        .expect(OK);
    context.world.until_taken(2).await;
    let mut reached: Vec<String> = context
        .world
        .captured()
        .into_iter()
        .flat_map(|mail| mail.recipients)
        .map(|one| one.address)
        .collect();
    reached.sort();
    let mut wanted = to;
    wanted.sort();
    assert_eq!(reached, wanted);
}

async fn no_auth_before_tls(context: Context) {
    let words = swaks(&context, &context.world.device, &["--auth", "PLAIN"]).await.expect(NO_AUTH);
    assert!(!words.contains("250-AUTH") && !words.contains("250 AUTH"), "{words}");
}

async fn a_wrong_password_is_told(context: Context) {
    let device = Device { password: "wrong".to_owned(), ..context.world.device.clone() };
    let words = swaks(&context, &device, &["--tls", "--auth", "LOGIN"]).await.expect(NO_AUTH);
    assert!(words.contains("535 5.7.3"), "{words}");
}

async fn a_foreign_sender_is_refused(context: Context) {
    let more = ["--tls", "--auth", "LOGIN", "--from", "boss@fabrikam.example"];
    let words = swaks(&context, &context.world.device, &more).await.expect(NO_SENDER);
    assert!(words.contains("550 5.1.7"), "{words}");
    assert!(context.world.captured().is_empty());
}

async fn entra_logins_of_both_forms(context: Context) {
    for (delimiter, mechanism) in [(".", "PLAIN"), ("|", "LOGIN")] {
        let device = context.entra(delimiter);
        let words = swaks(&context, &device, &["--tls", "--auth", mechanism]).await.expect(OK);
        let operation = context.world.captured().pop().unwrap().operation.to_string();
        assert!(words.contains(&format!("250 2.0.0 OK {operation}")), "{words}");
    }
    assert_eq!(context.world.captured().len(), 2);
}

async fn a_malformed_entra_login_is_told(context: Context) {
    let device = Device { login: "service|app|tenant".to_owned(), password: "x".to_owned() };
    let words = swaks(&context, &device, &["--tls", "--auth", "LOGIN"]).await.expect(NO_AUTH);
    assert!(words.contains("535 5.7.3"), "{words}");
}

async fn at_the_twin(context: &Context, mechanism: &str) -> Ended {
    let ready = context.world.twin.ready().clone();
    let server = format!("{}:{}", ready.smtp_host, ready.smtp_port);
    let more = ["--tls", "--auth", mechanism, "--server", &server, "--tls-ca-path", &ready.ca];
    swaks(context, &context.entra("|"), &more).await
}

async fn the_twin_itself_by_auth_login(context: Context) {
    at_the_twin(&context, "LOGIN").await.expect(OK);
    assert_eq!(context.one_mail().await.path, Path::Smtp);
}

async fn the_twin_knows_no_plain(context: Context) {
    let words = at_the_twin(&context, "PLAIN").await.expect(NO_AUTH);
    assert!(words.contains("AUTH LOGIN XOAUTH2"), "{words}");
}

/// A credential for this machine, without login.
async fn hall(context: &Context) {
    context
        .world
        .add_credential("hall", |new| {
            new.access = NewAccess::Network(PublicNetworks::Refused);
            new.networks = vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
        })
        .await;
}

async fn without_login_from_a_listed_network(context: Context) {
    let server = format!("localhost:{}", context.port(Mode::Plain));
    let words = ["--server", &server, "--from", "scanner@contoso.example", "--to", "a@example.com"];
    let refused = context.run(Client::Swaks, &words, "").await.expect(NO_SENDER);
    assert!(refused.contains("550 5.7.1 No login is needed here, but 127.0.0.1"), "{refused}");
    hall(&context).await;
    let taken = context.run(Client::Swaks, &words, "").await.expect(OK);
    assert!(!taken.contains("AUTH"), "{taken}");
    let mail = context.one_mail().await;
    assert_eq!(mail.sender, "scanner@contoso.example");
    assert!(mail.parts().text.unwrap().contains("This is a test mailing"));
}

async fn a_login_that_insists_where_none_is_asked_for(context: Context) {
    hall(&context).await;
    let server = format!("localhost:{}", context.port(Mode::Plain));
    let insists = ["--server", &server, "--auth", "PLAIN"];
    swaks(&context, &context.world.device, &insists).await.expect(NO_AUTH);
    arrives(context, &["--server", &server, "--auth-optional", "PLAIN"]).await;
}

async fn a_login_that_is_an_address(context: Context) {
    let device = context
        .world
        .add_credential("scanner@contoso.example", |new| {
            new.access = NewAccess::Password(" p4ss w\u{f6}rd % & \" ".into());
            new.networks = vec!["127.0.0.1".to_owned()];
        })
        .await;
    let device =
        Device { login: device.login.to_uppercase(), password: " p4ss w\u{f6}rd % & \" ".to_owned() };
    swaks(&context, &device, &["--tls", "--auth", "LOGIN"]).await.expect(OK);
    assert_eq!(context.one_mail().await.sender, "scanner@contoso.example");
}
