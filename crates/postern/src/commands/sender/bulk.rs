//! Many senders at once, from a file and into one.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use control::provision::{SenderRow, SenderRowResult};
use serde_json::json;
use web::api::{CredentialView, IssuedView, SenderView};

use super::super::provision::{self, wish};
use super::{make_login, path};
use crate::cli::{SenderExport, SenderImport};
use crate::client::Client;
use crate::output::{self, BAD, GOOD, QUIET, WAITING, aside, say};

/// The columns that are written.
const HEADER: [&str; 8] =
    ["domain", "username", "display_name", "address", "relay_host", "relay_port", "login", "password"];
/// Where devices go.
const RELAY_PORT: &str = "587";

pub(super) async fn import(arguments: &SenderImport) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let account = wish::account(&client, arguments.account.as_deref()).await?;
    // Passwords are shown once: there has to be a place for them before they are made.
    let mut output = arguments.output.as_deref().map(create).transpose()?;
    let file = File::open(&arguments.file)
        .with_context(|| format!("{} cannot be read", arguments.file.display()))?;
    let (rows, mut problems) = read(file)?;
    let body = json!({ "rows": rows });
    let bar = output::spinner_for("the rows are checked", arguments.connection.json);
    let results = client.post(&format!("{}/wished-senders", path(&account)), &body).await;
    bar.clear();
    let results: Vec<SenderRowResult> = results?;
    problems.extend(results.iter().filter(|result| result.problem.is_some()).cloned());
    problems.sort_by_key(|problem| problem.line);
    if !arguments.connection.json {
        for one in &problems {
            let problem = one.problem.as_deref().unwrap_or_default();
            say!("{BAD}✗{BAD:#} line {}: {}: {problem}", one.line, one.address);
        }
    }
    let good: Vec<&SenderRow> = rows
        .iter()
        .zip(&results)
        .filter_map(|(row, result)| result.problem.is_none().then_some(row))
        .collect();
    let mut domains: Vec<String> = good.iter().map(|row| row.domain.to_ascii_lowercase()).collect();
    domains.sort();
    domains.dedup();
    let (mut code, mut open) = (ExitCode::SUCCESS, Vec::new());
    if !good.is_empty() {
        let targets = json!({ "targets": domains });
        if arguments.connection.json {
            let applied = provision::apply_steps(&client, &account, &targets, true).await?;
            code = provision::code_of(&applied);
            open = applied.open;
        } else {
            code = provision::carry_out(&client, &account, &targets, false).await?;
        }
    }
    let made = credentials(&client, &account, &good, output.as_mut()).await?;
    if arguments.connection.json {
        let taken = good.len();
        let document = json!({ "taken": taken, "refused": problems, "open": open, "credentials": made });
        output::json(&document)?;
    } else {
        conclude(arguments, (good.len(), problems.len()), &made);
    }
    Ok(if problems.is_empty() { code } else { ExitCode::FAILURE })
}

fn conclude(arguments: &SenderImport, (good, bad): (usize, usize), made: &BTreeMap<String, IssuedView>) {
    let style = if bad == 0 { GOOD } else { WAITING };
    say!("{style}{} taken, {bad} left out.{style:#}", provision::counted(good, "row"));
    match (&arguments.output, made.len()) {
        (_, 0) => {}
        (Some(path), count) => {
            let logins = provision::counted(count, "login");
            say!("{logins} made; the passwords are in {}.", path.display());
        }
        (None, _) => {
            for issued in made.values() {
                say!("{}  {}", issued.credential.login, issued.made());
            }
            say!("{QUIET}The passwords are shown this once; --output FILE keeps them.{QUIET:#}");
        }
    }
}

/// The rows of a file, and those that are none. The first line may name the columns, in any order.
fn read(mut file: impl Read) -> anyhow::Result<(Vec<SenderRow>, Vec<SenderRowResult>)> {
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(&text[..]);
    let mut columns = ["domain", "username", "display_name", "credential"].map(str::to_owned).to_vec();
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (number, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = line_of(&text, error.position());
                let problem = Some(format!("it is no row: {error}"));
                problems.push(SenderRowResult { line, address: String::new(), problem });
                continue;
            }
        };
        let line = line_of(&text, record.position());
        let names: Vec<String> = record.iter().map(|field| field.to_lowercase().replace(' ', "_")).collect();
        if number == 0 && names.iter().any(|name| name == "username") {
            if !names.iter().any(|name| name == "domain") {
                bail!("line 1 names columns, and none of them is `domain`");
            }
            columns = names;
            continue;
        }
        let field = |name: &str| {
            let at = columns.iter().position(|column| column == name)?;
            record.get(at).map(str::to_owned).filter(|text| !text.is_empty())
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        rows.push(SenderRow {
            line,
            domain: plain(field("domain").unwrap_or_default()),
            username: plain(field("username").unwrap_or_default()),
            display_name: field("display_name").map(plain),
            credential: field("credential").or_else(|| field("login")),
        });
    }
    if rows.is_empty() && problems.is_empty() {
        bail!("the file has no rows: domain,username,display name[,credential]");
    }
    Ok((rows, problems))
}

/// The line that a row begins on: empty lines before it are counted as part of it.
fn line_of(text: &[u8], position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let empty = text.iter().skip(from).take_while(|octet| matches!(octet, b'\n' | b'\r'));
    position.line() + empty.filter(|octet| **octet == b'\n').count() as u64
}

/// Makes the logins that rows ask for; one that is there already stays as it is.
async fn credentials(
    client: &Client,
    account: &str,
    rows: &[&SenderRow],
    mut output: Option<&mut csv::Writer<File>>,
) -> anyhow::Result<BTreeMap<String, IssuedView>> {
    let wanted: Vec<(&SenderRow, &String)> =
        rows.iter().filter_map(|row| Some((*row, row.credential.as_ref()?))).collect();
    let mut made = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(made);
    }
    let there: Vec<CredentialView> = client.get("/v1/credentials", &[]).await?;
    let status: web::api::StatusView = client.get("/v1/status", &[]).await?;
    if let Some(output) = &mut output {
        output.write_record(HEADER)?;
    }
    for (row, login) in wanted {
        let address = format!("{}@{}", row.username, row.domain.to_ascii_lowercase());
        if there.iter().any(|one| one.login.eq_ignore_ascii_case(login)) || made.contains_key(&address) {
            aside!(
                "{QUIET}= login {login} is there already; its password is known to whoever made it{QUIET:#}"
            );
            continue;
        }
        match make_login(client, account, login, &address).await {
            Ok(issued) => {
                if let Some(output) = &mut output {
                    let own = [
                        &row.domain,
                        &row.username,
                        row.display_name.as_ref().unwrap_or(&String::new()),
                        &address,
                    ]
                    .map(|text| harmless(text));
                    let device =
                        [status.host_name.as_str(), RELAY_PORT, &issued.credential.login, issued.made()];
                    output.write_record(own.iter().map(String::as_str).chain(device.map(|text| text)))?;
                    output.flush()?;
                }
                made.insert(address, issued);
            }
            Err(error) => {
                let line = row.line;
                aside!("{BAD}✗{BAD:#} line {line}: the login {login} is not made: {error}");
            }
        }
    }
    Ok(made)
}

pub(super) async fn export(arguments: &SenderExport) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let account = wish::account(&client, arguments.account.as_deref()).await?;
    let lines = lines(&client, &account).await?;
    match &arguments.output {
        Some(file) => write(file, &lines)?,
        None => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for line in &lines {
                writer.write_record(line)?;
            }
            let text = String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?;
            output::document(&text);
        }
    }
    Ok(())
}

/// All senders as rows, with the logins that send from them. Passwords are known only when they are made.
async fn lines(client: &Client, account: &str) -> anyhow::Result<Vec<[String; 8]>> {
    let query = [("account", account.to_owned())];
    let senders: Vec<SenderView> = client.get("/v1/senders", &query).await?;
    let credentials: Vec<CredentialView> = client.get("/v1/credentials", &[]).await?;
    let status: web::api::StatusView = client.get("/v1/status", &[]).await?;
    let mut lines = vec![HEADER.map(str::to_owned)];
    for sender in senders {
        let (username, domain) = sender.address.rsplit_once('@').unwrap_or((&sender.address, ""));
        let own = |one: &&CredentialView| {
            one.account == account
                && one.senders.iter().any(|from| from.eq_ignore_ascii_case(&sender.address))
        };
        let login = credentials.iter().find(own).map(|one| one.login.clone());
        lines.push([
            harmless(domain),
            harmless(username),
            harmless(&sender.display_name.clone().unwrap_or_default()),
            harmless(&sender.address),
            status.host_name.clone(),
            RELAY_PORT.to_owned(),
            login.unwrap_or_default(),
            // Known only while it is made.
            String::new(),
        ]);
    }
    Ok(lines)
}

/// The text of a cell that was marked as one.
fn plain(text: String) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if harmless(rest) == text => rest.to_owned(),
        _ => text,
    }
}

/// What a spreadsheet would take for a formula is marked as text.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// A new file that only its owner reads: there may be passwords in it. One that is there is left alone.
fn create(file: &Path) -> anyhow::Result<csv::Writer<File>> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let opened = opened.with_context(|| format!("{} cannot be made", file.display()))?;
    Ok(csv::Writer::from_writer(opened))
}

fn write(file: &Path, lines: &[[String; 8]]) -> anyhow::Result<()> {
    let mut writer = create(file)?;
    for line in lines {
        writer.write_record(line)?;
    }
    let mut file = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    file.flush()?;
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (u64, String, String, Option<String>, Option<String>);

    fn rows(text: &str) -> Vec<Row> {
        let (rows, problems) = read(text.as_bytes()).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        rows.into_iter()
            .map(|row| (row.line, row.domain, row.username, row.display_name, row.credential))
            .collect()
    }

    #[test]
    fn columns_have_an_order_or_names() {
        let plain = rows("a.example,noreply,\"Contoso, Ltd\",\n\nb.example , alerts\n");
        assert_eq!(
            plain,
            [
                (1, "a.example".into(), "noreply".into(), Some("Contoso, Ltd".into()), None),
                (3, "b.example".into(), "alerts".into(), None, None),
            ]
        );
        let named = rows("Username,Login,Domain,Display Name\nnoreply,copier1,a.example,Copier\n");
        assert_eq!(
            named,
            [(2, "a.example".into(), "noreply".into(), Some("Copier".into()), Some("copier1".into()))]
        );
    }

    #[test]
    fn nothing_is_no_file_and_a_header_needs_a_domain() {
        assert!(read("".as_bytes()).is_err());
        assert!(read("username\nx\n".as_bytes()).is_err());
        let (rows, problems) = read(&b"a.example,\xff\xfe\nb.example,x\n"[..]).unwrap();
        assert_eq!((rows.len(), problems.len(), problems[0].line), (1, 1, 1));
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(harmless("=cmd()"), "'=cmd()");
        assert_eq!(harmless("Contoso"), "Contoso");
    }
}
