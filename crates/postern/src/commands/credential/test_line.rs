//! `postern credential test-line`: settings for a device, and lines that send a test message from a client's machine.
//!
//! The password is known to nobody any more: each form asks for it, so that it is in no history of a shell.

use anyhow::{Context as _, bail};
use control::command::{Command, Shell};
use serde_json::json;
use web::api::{CredentialView, SenderView};

use crate::cli::{TestForm, TestLine};
use crate::client::Client;
use crate::config::raw::{ListenerLogin, Mode};
use crate::config::{self, Config};
use crate::output;

/// What a client has to know.
struct Settings<'a> {
    server: String,
    port: u16,
    login: &'a str,
    from: String,
    to: &'a str,
    /// Whether the certificate is one that no client knows.
    is_self_signed: bool,
}

pub(super) async fn test_line(arguments: &TestLine) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let credentials: Vec<CredentialView> = client.get("/v1/credentials", &[]).await?;
    let is_meant = |one: &&CredentialView| one.login.eq_ignore_ascii_case(&arguments.login);
    let Some(credential) = credentials.iter().find(is_meant) else {
        bail!("there is no login {}: `postern credential list` shows all", arguments.login)
    };
    if credential.access == "network" {
        bail!(
            "{} has no password: its clients are known by their network ({}), so that only they can try it",
            credential.login,
            credential.networks.join(", ")
        );
    }
    let config = config::load(arguments.connection.file.config.as_deref())?;
    let from = match &arguments.from {
        Some(from) => from.clone(),
        None => sender(&client, credential).await?,
    };
    let settings = Settings {
        server: arguments.server.clone().unwrap_or_else(|| config.relay.host_name.clone()),
        port: arguments
            .port
            .or_else(|| starttls_port(&config))
            .context("the configuration has no listener with STARTTLS and login: say a port with --port")?,
        login: &credential.login,
        from,
        to: &arguments.to,
        is_self_signed: config.certificates.is_empty(),
    };
    let text = match arguments.form {
        TestForm::Card => return card(&settings, arguments.connection.json),
        TestForm::Swaks => swaks(&settings),
        TestForm::Curl => curl(&settings),
        TestForm::Powershell => powershell(&settings),
    };
    if arguments.connection.json {
        return output::json(&json!({ "text": text }));
    }
    output::document(&format!("{text}\n"));
    Ok(())
}

/// The first address that a login may send from.
async fn sender(client: &Client, credential: &CredentialView) -> anyhow::Result<String> {
    if let Some(address) = credential.senders.iter().find(|sender| sender.contains('@')) {
        return Ok(address.clone());
    }
    let known: Vec<SenderView> =
        client.get("/v1/senders", &[("account", credential.account.clone())]).await?;
    let is_allowed = |sender: &&SenderView| {
        let domain = sender.address.rsplit_once('@').map(|(_, domain)| domain);
        credential.senders.is_empty()
            || credential
                .senders
                .iter()
                .any(|one| domain.is_some_and(|domain| one.eq_ignore_ascii_case(domain)))
    };
    let found = known.iter().find(is_allowed).map(|sender| sender.address.clone());
    found.with_context(|| {
        format!(
            "account {0} has no sender yet: `postern sender add ADDRESS --account {0}`, or --from",
            credential.account
        )
    })
}

fn starttls_port(config: &Config) -> Option<u16> {
    let takes_logins = |login: ListenerLogin| login != ListenerLogin::None;
    let found = config.listeners.iter().find(|one| one.mode == Mode::Starttls && takes_logins(one.login));
    found.map(|listener| listener.address.port()).filter(|port| *port != 0)
}

fn card(settings: &Settings<'_>, json: bool) -> anyhow::Result<()> {
    let Settings { server, port, login, from, is_self_signed, .. } = settings;
    if json {
        return output::json(&json!({
            "server": server, "port": port, "security": "STARTTLS", "login": login, "from": from,
            "self_signed": is_self_signed,
        }));
    }
    let certificate = if *is_self_signed { "self-signed: the device has to trust it" } else { "checked" };
    output::pairs(&[
        ("SMTP server", server.clone()),
        ("Port", port.to_string()),
        ("Security", "STARTTLS".to_owned()),
        ("Certificate", certificate.to_owned()),
        ("Login", (*login).to_owned()),
        ("Password", "as shown when it was made; `postern credential reset` makes another".to_owned()),
        ("From", from.clone()),
    ]);
    Ok(())
}

/// swaks asks for a password that is not given, and takes any certificate.
fn swaks(settings: &Settings<'_>) -> String {
    let Settings { server, port, login, from, to, .. } = settings;
    let line = Command::program("swaks --server")
        .arg(server)
        .args(&format!("--port {port} --tls --auth LOGIN --protect-prompt --auth-hide-password"));
    let line = line.arg("--auth-user").arg(login).arg("--from").arg(from).arg("--to").arg(to);
    line.arg("--header").arg("Subject: Test through Postern").text(Shell::Bash)
}

/// curl asks for a password that is not given.
fn curl(settings: &Settings<'_>) -> String {
    let Settings { server, port, login, from, to, is_self_signed } = settings;
    let mail = format!("From: {from}\\nTo: {to}\\nSubject: Test through Postern\\n\\nIt works.\\n");
    let print = Command::program("printf").arg("%b").arg(mail).text(Shell::Bash);
    let line = Command::program("curl --ssl-reqd --crlf --url").arg(format!("smtp://{server}:{port}"));
    let line = line.args(if *is_self_signed { "--insecure" } else { "" });
    let line = line.arg("--user").arg(login).arg("--mail-from").arg(from).arg("--mail-rcpt").arg(to);
    format!("{print} | {}", line.args("--upload-file -").text(Shell::Bash))
}

/// `Send-MailMessage` is obsolete; this is what it stands on. It does STARTTLS, and no TLS from the first byte on.
fn powershell(settings: &Settings<'_>) -> String {
    let Settings { server, port, login, from, to, is_self_signed } = settings;
    let text = |text: &str| control::command::powershell_text(text);
    let mut lines = vec![
        format!(
            "$login = Get-Credential -UserName {0} -Message {1}",
            text(login),
            text("Password of the login at the relay")
        ),
        format!("$smtp = New-Object System.Net.Mail.SmtpClient({}, {port})", text(server)),
        "$smtp.EnableSsl = $true".to_owned(),
        "$smtp.Credentials = New-Object System.Net.NetworkCredential($login.UserName, $login.Password)"
            .to_owned(),
        format!("$smtp.Send({}, {}, 'Test through Postern', 'It works.')", text(from), text(to)),
        "$smtp.Dispose()".to_owned(),
    ];
    if *is_self_signed {
        lines.insert(0, "# The relay's certificate is self-signed: import it into Trusted Root Certification Authorities first.".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(login: &str) -> Settings<'_> {
        Settings {
            server: "relay.example.com".to_owned(),
            port: 587,
            login,
            from: "o'brien@example.com".to_owned(),
            to: "you@example.com",
            is_self_signed: true,
        }
    }

    #[test]
    fn no_line_has_a_password_and_values_stay_values() {
        assert_eq!(
            swaks(&settings("scanner1")),
            "swaks --server relay.example.com --port 587 --tls --auth LOGIN --protect-prompt --auth-hide-password --auth-user scanner1 --from \
             'o'\\''brien@example.com' --to you@example.com --header 'Subject: Test through Postern'"
        );
        let line = curl(&settings("scanner1"));
        assert!(line.contains("--user scanner1 --mail-from 'o'\\''brien@example.com'"), "{line}");
        assert!(line.ends_with("--upload-file -") && line.contains("--insecure"), "{line}");
        let script = powershell(&settings("a'b"));
        assert!(
            script.contains("-UserName 'a''b' ") && script.contains("'o''brien@example.com'"),
            "{script}"
        );
    }
}
