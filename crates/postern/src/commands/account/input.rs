//! What is read from people: fields that were not given, and secrets, which are never arguments.

use std::fs;
use std::io::{IsTerminal as _, Read as _, stdin};
use std::path::Path;

use anyhow::{Context as _, bail};
use azure_types::ids::ClientId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};

use crate::cli::CloudArguments;
use crate::output::{self, aside};

/// Bytes that are read of a password; the server refuses far shorter ones.
const MAX_PASSWORD_INPUT: u64 = 65_536;

/// What a field has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Guid,
    /// A GUID, or a domain name that one is looked up for.
    GuidOrDomain,
}

/// A field that was given, or that is typed now; what is typed is checked at once, and asked for again.
pub(super) fn field(
    given: Option<&String>,
    what: &str,
    flag: &str,
    wanted: Wanted,
) -> anyhow::Result<String> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if !stdin().is_terminal() {
        bail!("the {what} is missing: use {flag}");
    }
    loop {
        output::prompt(what);
        let mut line = String::new();
        if stdin().read_line(&mut line)? == 0 {
            bail!("the {what} is missing: use {flag}");
        }
        let text = line.trim().trim_matches(['"', '\'']).trim();
        let is_domain = wanted == Wanted::GuidOrDomain && text.contains('.') && !text.contains(' ');
        match text.parse::<ClientId>() {
            Err(error) if !is_domain => aside!("  {error}"),
            _ => return Ok(text.to_owned()),
        }
    }
}

/// The option that names the file of an account's secret.
pub(super) const FILE: &str = "--secret-file";

/// The secret, from a file, which `flag` names, from a pipe, or typed without being shown. Never from an argument, where
/// every process on the machine could read it.
pub(crate) fn secret(what: &str, flag: &str, file: Option<&Path>) -> anyhow::Result<String> {
    let text = match file {
        Some(path) => {
            fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
        }
        None if stdin().is_terminal() => {
            output::prompt(format_args!("Value of the {what}"));
            typed()?
        }
        None => {
            let mut text = String::new();
            stdin().read_to_string(&mut text)?;
            text
        }
    };
    if text.trim().is_empty() {
        bail!("the {what} is empty: pipe it in, type it, or name a file with {flag}");
    }
    Ok(text.trim().to_owned())
}

/// A password for `--password-stdin`: all of standard input but one line end behind it, blanks included.
pub(crate) fn password() -> anyhow::Result<String> {
    let text = if stdin().is_terminal() {
        output::prompt("Password");
        typed()?
    } else {
        let mut text = String::new();
        let read = stdin().take(MAX_PASSWORD_INPUT).read_to_string(&mut text);
        read.context("the password on standard input is not UTF-8 text")?;
        text
    };
    let password = without_line_end(&text);
    if password.is_empty() {
        bail!("there is no password on standard input");
    }
    Ok(password.to_owned())
}

/// What `echo` and editors put behind a line is not part of it; a blank is.
fn without_line_end(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}

fn typed() -> anyhow::Result<String> {
    let terminal = stdin();
    let before = tcgetattr(&terminal)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Now, &hidden)?;
    let mut line = String::new();
    let read = terminal.read_line(&mut line);
    tcsetattr(&terminal, OptionalActions::Now, &before)?;
    aside!("");
    read?;
    Ok(line)
}

/// The steps in which Azure is said to raise a quota, by one source that Microsoft has not confirmed.
const STEPS: [&str; 12] = [
    "30/100",
    "100/1000",
    "500/2000",
    "1000/3000",
    "2000/4000",
    "5000/20000",
    "10000/40000",
    "15000/80000",
    "20000/100000",
    "100000/500000",
    "200000/1000000",
    "400000/2000000",
];

/// What Azure allows, as it is written on the command line.
pub(super) fn quota(text: &str) -> anyhow::Result<Value> {
    let written = match text {
        "custom-domain" => return Ok(Value::Null),
        "azure-managed" => "5/10",
        _ => match text.strip_prefix("step-").and_then(|number| number.parse::<usize>().ok()) {
            Some(number) => STEPS.get(number.wrapping_sub(1)).copied().unwrap_or(text),
            None => text,
        },
    };
    let numbers: Option<Vec<u32>> = written.split('/').map(|number| number.parse().ok()).collect();
    let (minute, hour, day) = match numbers.as_deref() {
        Some(&[minute, hour]) => (minute, hour, None),
        Some(&[minute, hour, day]) => (minute, hour, Some(day)),
        _ => bail!(
            "{text:?} is not a quota: use custom-domain, azure-managed, step-1 to step-{}, MINUTE/HOUR or MINUTE/HOUR/DAY, \
             such as 30/100",
            STEPS.len()
        ),
    };
    // Azure's tables allow twice as many status reads as sends.
    Ok(json!({
        "sends_per_minute": minute,
        "sends_per_hour": hour,
        "sends_per_day": day,
        "status_reads_per_minute": minute.saturating_mul(2),
        "status_reads_per_hour": hour.saturating_mul(2),
    }))
}

/// The end of a day, as it is written on the command line.
pub(super) fn day(text: &str) -> anyhow::Result<Timestamp> {
    let date: Option<Date> = text.parse().ok();
    let date = date.with_context(|| format!("{text:?} is not a date such as 2027-03-31"))?;
    Ok(date.at(23, 59, 59, 0).to_zoned(TimeZone::UTC)?.timestamp())
}

/// Which Azure is meant.
pub(super) fn cloud(arguments: &CloudArguments) -> anyhow::Result<Value> {
    let smtp = arguments.cloud_smtp.as_ref().map(|smtp| {
        smtp.rsplit_once(':')
            .and_then(|(host, port)| Some((host.to_owned(), port.parse::<u16>().ok()?)))
            .with_context(|| format!("--cloud-smtp {smtp:?} is not HOST:PORT"))
    });
    let (smtp_host, smtp_port) = smtp.transpose()?.unzip();
    Ok(json!({
        "name": arguments.cloud,
        "authority": arguments.cloud_authority,
        "resource_manager": arguments.cloud_resource_manager,
        "graph": arguments.cloud_graph,
        "smtp_host": smtp_host,
        "smtp_port": smtp_port,
        "ca_pem": arguments.cloud_ca.as_deref().map(read).transpose()?,
    }))
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_taken_off_a_password_and_no_blank() {
        for (text, password) in
            [("a b \n", "a b "), (" x\r\n", " x"), ("x", "x"), ("x\n\n", "x\n"), ("x\r", "x\r"), ("\n", "")]
        {
            assert_eq!(without_line_end(text), password, "{text:?}");
        }
    }
}
