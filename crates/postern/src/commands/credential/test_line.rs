//! `postern credential test-line`: settings for a device, and lines that send a test message from a client's machine.
//!
//! The password is known to nobody any more: each form asks for it, so that it is in no history of a shell.

use anyhow::{Context as _, bail};
use api::command::{Command, Shell};
use api::credentials::CredentialView;
use api::senders::SenderView;
use api::status::StatusView;
use serde_json::json;

use super::super::handout::{Login, Relay};
use crate::cli::{TestForm, TestLine};
use crate::client::Client;
use crate::output::{self, Format};

/// What a client has to know.
struct Settings<'a> {
    relay: Relay,
    login: &'a str,
    from: String,
    to: &'a str,
    /// Whether the certificate is one that no client knows.
    is_self_signed: bool,
}

pub(super) async fn test_line(arguments: &TestLine) -> anyhow::Result<()> {
    must_be_plain(arguments)?;
    let client = Client::new(&arguments.connection)?;
    let credentials: Vec<CredentialView> = client.list("/v1/credentials", &[]).await?;
    let is_meant = |one: &&CredentialView| one.login.eq_ignore_ascii_case(&arguments.login);
    let Some(credential) = credentials.iter().find(is_meant) else {
        bail!("there is no login {}: `postern credential list` shows all", arguments.login)
    };
    if credential.access == "network" {
        bail!(
            "{} has no password: Postern identifies its clients by their network ({}), so only they can test it",
            credential.login,
            credential.networks.join(", ")
        );
    }
    let status: StatusView = client.get("/v1/status", &[]).await?;
    let from = match &arguments.from {
        Some(from) => from.clone(),
        None => sender(&client, credential).await?,
    };
    let settings = Settings {
        relay: relay(arguments, &status)?,
        login: &credential.login,
        from,
        to: &arguments.to,
        is_self_signed: status.self_signed,
    };
    let text = match arguments.form {
        TestForm::Card => return card(&settings, arguments.connection.format()),
        TestForm::Swaks => swaks(&settings),
        TestForm::Curl => curl(&settings),
        TestForm::Powershell => powershell(&settings)?,
    };
    if arguments.connection.json {
        return output::json(&json!({ "text": text }));
    }
    output::document(&format!("{text}\n"));
    Ok(())
}

/// What is printed goes to a terminal and into a shell as it is: what acts in either has no place in it.
fn must_be_plain(arguments: &TestLine) -> anyhow::Result<()> {
    let given = [
        ("--server", arguments.server.as_ref()),
        ("--from", arguments.from.as_ref()),
        ("--to", Some(&arguments.to)),
    ];
    for (option, text) in given.into_iter().filter_map(|(option, text)| Some((option, text?))) {
        if text.contains(model::visible::acts) {
            bail!("{option} {text:?} contains a control character: type it again");
        }
    }
    Ok(())
}

/// The first address that a login may send from.
async fn sender(client: &Client, credential: &CredentialView) -> anyhow::Result<String> {
    if let Some(address) = credential.senders.iter().find(|sender| sender.contains('@')) {
        return Ok(address.clone());
    }
    let known: Vec<SenderView> =
        client.list("/v1/senders", &[("account", credential.account.clone())]).await?;
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

/// Where the server listens for logins, or where the arguments say that its clients reach it.
fn relay(arguments: &TestLine, status: &StatusView) -> anyhow::Result<Relay> {
    let host = arguments.server.clone().unwrap_or_else(|| status.host_name.clone());
    if let Some(port) = arguments.port {
        return Ok(Relay::at(host, port, &status.listeners));
    }
    if !status.listeners.iter().any(|one| one.login != "none") {
        bail!("no listener accepts logins: add one to the configuration, or give a port with --port")
    }
    Ok(Relay::among(host, &status.listeners, Login::Password))
}

fn card(settings: &Settings<'_>, format: Format) -> anyhow::Result<()> {
    let Settings { relay: Relay { host, port, encryption }, login, from, is_self_signed, .. } = settings;
    if format == Format::Json {
        return output::json(&json!({
            "server": host, "port": port, "security": encryption, "login": login, "from": from,
            "self_signed": is_self_signed,
        }));
    }
    let certificate = match (*encryption, is_self_signed) {
        ("none", _) => "none: the password crosses the network in clear text",
        (_, true) => "self-signed: the device must trust it",
        (_, false) => "verified",
    };
    output::pairs(&[
        ("SMTP server", host.clone()),
        ("Port", port.to_string()),
        ("Security", (*encryption).to_owned()),
        ("Certificate", certificate.to_owned()),
        ("Login", (*login).to_owned()),
        ("Password", "as shown when it was created; `postern credential reset` creates a new one".to_owned()),
        ("From", from.clone()),
    ]);
    Ok(())
}

/// swaks asks for a password that is not given, and takes any certificate.
fn swaks(settings: &Settings<'_>) -> String {
    let Settings { relay: Relay { host, port, encryption }, login, from, to, .. } = settings;
    let tls = match *encryption {
        "TLS" => " --tls-on-connect",
        "STARTTLS" => " --tls",
        _ => "",
    };
    let line = Command::program("swaks --server")
        .arg(host)
        .args(&format!("--port {port}{tls} --auth LOGIN --protect-prompt --auth-hide-password"));
    let line = line.arg("--auth-user").arg(login).arg("--from").arg(from).arg("--to").arg(to);
    line.arg("--header").arg("Subject: Test through Postern").text(Shell::Bash)
}

/// curl asks for a password that is not given.
fn curl(settings: &Settings<'_>) -> String {
    let Settings { relay: Relay { host, port, encryption }, login, from, to, is_self_signed } = settings;
    let (program, scheme) = match *encryption {
        "TLS" => ("curl --crlf --url", "smtps"),
        "STARTTLS" => ("curl --ssl-reqd --crlf --url", "smtp"),
        _ => ("curl --crlf --url", "smtp"),
    };
    let mail = format!("From: {from}\\nTo: {to}\\nSubject: Test through Postern\\n\\nIt works.\\n");
    let print = Command::program("printf").arg("%b").arg(mail).text(Shell::Bash);
    let line = Command::program(program).arg(format!("{scheme}://{host}:{port}"));
    let has_tls = *encryption != "none";
    let line = line.args(if *is_self_signed && has_tls { "--insecure" } else { "" });
    let line = line.arg("--user").arg(login).arg("--mail-from").arg(from).arg("--mail-rcpt").arg(to);
    format!("{print} | {}", line.args("--upload-file -").text(Shell::Bash))
}

/// `Send-MailMessage` is obsolete; this is what it stands on. It does STARTTLS, and no TLS from the first byte on.
///
/// # Errors
/// When that is the only TLS that the relay offers.
fn powershell(settings: &Settings<'_>) -> anyhow::Result<String> {
    let Settings { relay: Relay { host, port, encryption }, login, from, to, is_self_signed } = settings;
    if *encryption == "TLS" {
        bail!(
            "PowerShell supports STARTTLS only, but port {port} uses implicit TLS: add a listener with \
             `mode = \"starttls\"`, or test the login with --as swaks or --as curl"
        )
    }
    let has_tls = *encryption == "STARTTLS";
    let text = |text: &str| api::command::powershell_text(text);
    let mut lines = vec![
        format!(
            "$login = Get-Credential -UserName {0} -Message {1}",
            text(login),
            text("Password of the login at the relay")
        ),
        format!("$smtp = New-Object System.Net.Mail.SmtpClient({}, {port})", text(host)),
        format!("$smtp.EnableSsl = ${has_tls}"),
        "$smtp.Credentials = New-Object System.Net.NetworkCredential($login.UserName, $login.Password)"
            .to_owned(),
        format!("$smtp.Send({}, {}, 'Test through Postern', 'It works.')", text(from), text(to)),
        "$smtp.Dispose()".to_owned(),
    ];
    if *is_self_signed && has_tls {
        lines.insert(0, "# The relay's certificate is self-signed: import it into Trusted Root Certification Authorities first.".to_owned());
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(login: &str) -> Settings<'_> {
        Settings {
            relay: Relay { host: "relay.example.com".to_owned(), port: 587, encryption: "STARTTLS" },
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
        let script = powershell(&settings("a'b")).unwrap();
        assert!(
            script.contains("-UserName 'a''b' ") && script.contains("'o''brien@example.com'"),
            "{script}"
        );
    }

    fn at(port: u16, encryption: &'static str) -> Settings<'static> {
        let relay = Relay { host: "relay".to_owned(), port, encryption };
        Settings { relay, ..settings("scanner1") }
    }

    #[test]
    fn each_line_speaks_the_encryption_of_its_port() {
        assert!(swaks(&at(2465, "TLS")).contains("--port 2465 --tls-on-connect --auth"));
        assert!(curl(&at(2465, "TLS")).contains("curl --crlf --url smtps://relay:2465 --insecure"));
        assert!(powershell(&at(2465, "TLS")).is_err());
        assert!(swaks(&at(25, "none")).contains("--port 25 --auth"));
        assert!(curl(&at(25, "none")).contains("curl --crlf --url smtp://relay:25 --user"));
        assert!(powershell(&at(25, "none")).unwrap().contains("EnableSsl = $false"));
        assert!(
            powershell(&at(2587, "STARTTLS")).unwrap().contains("'relay', 2587)\n$smtp.EnableSsl = $true")
        );
    }
}
