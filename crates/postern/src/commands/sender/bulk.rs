//! Many senders at once, from a file and into one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use api::credentials::{CredentialView, IssuedView};
use api::domains::{SenderRow, SenderRowResult};
use api::senders::SenderView;
use serde_json::json;

use super::super::handout::{Handout, Login, Relay};
use super::super::provision::consent::{Consent, Request};
use super::super::provision::{self, desired};
use super::super::sheet::{self, Columns, Row, Sheet, harmless};
use super::{make_login, path};
use crate::cli::{SenderExport, SenderImport};
use crate::client::Client;
use crate::output::{self, BAD, GOOD, QUIET, WAITING, aside, say};

/// The columns that are written.
const HEADER: [&str; 8] =
    ["domain", "username", "display_name", "address", "relay_host", "relay_port", "login", "password"];
/// The columns that are read.
const COLUMNS: Columns<'static> =
    Columns { usual: &["domain", "username", "display_name", "credential"], sign: "username" };

pub(super) async fn import(arguments: &SenderImport) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    // Passwords are shown once: there has to be a place for them before they are made.
    let mut output = arguments.output.as_deref().map(Handout::create).transpose()?;
    let (rows, mut problems) = rows(&sheet::read(&arguments.file, &COLUMNS)?)?;
    let body = json!({ "rows": rows });
    let bar = output::spinner_for("the rows are checked", arguments.connection.format());
    let results = client.post(&format!("{}/senders:import", path(&account)), &body).await;
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
        let body = json!({ "targets": domains });
        let (consent, format) = (Consent::Implied, arguments.connection.format());
        let request = Request { client: &client, account: &account, body, consent, format };
        if arguments.connection.json {
            let applied = request.apply().await?;
            code = provision::code_of(&applied);
            open = applied.open;
        } else {
            code = request.carry_out().await?;
        }
    }
    let made = credentials(&client, &account, &good, output.as_mut()).await?;
    if arguments.connection.json {
        let taken = good.len();
        let manifest = json!({ "taken": taken, "refused": problems, "open": open, "credentials": made });
        output::json(&manifest)?;
    } else {
        conclude(arguments, &Rows { added: good.len(), rejected: problems.len() }, &made);
    }
    Ok(if problems.is_empty() { code } else { ExitCode::FAILURE })
}

/// How many rows of the file were added, and how many were not.
struct Rows {
    added: usize,
    rejected: usize,
}

fn conclude(arguments: &SenderImport, rows: &Rows, made: &BTreeMap<String, IssuedView>) {
    let Rows { added, rejected } = *rows;
    let style = if rejected == 0 { GOOD } else { WAITING };
    say!("{style}{} added, {rejected} rejected.{style:#}", provision::counted(added, "row"));
    match (&arguments.output, made.len()) {
        (_, 0) => {}
        (Some(path), count) => {
            let logins = provision::counted(count, "login");
            say!("{logins} created; the passwords are in {}.", path.display());
        }
        (None, _) => {
            for issued in made.values() {
                say!("{}  {}", issued.credential.login, issued.made());
            }
            say!("{QUIET}The passwords are not shown again; --output FILE saves them.{QUIET:#}");
        }
    }
}

/// The rows of a file, and those that are none. The first line may name the columns, in any order.
fn rows(sheet: &Sheet) -> anyhow::Result<(Vec<SenderRow>, Vec<SenderRowResult>)> {
    if !sheet.columns().iter().any(|column| column == "domain") {
        bail!("line 1 names columns, and none of them is `domain`");
    }
    let row = |row: &Row| {
        let cell = |names: &[&str]| sheet.cell(row, names).map(str::to_owned);
        SenderRow {
            line: row.line,
            domain: cell(&["domain"]).unwrap_or_default(),
            username: cell(&["username"]).unwrap_or_default(),
            display_name: cell(&["display_name"]),
            credential: cell(&["credential", "login"]),
        }
    };
    let problem = |(line, problem): &(u64, String)| SenderRowResult {
        line: *line,
        address: String::new(),
        problem: Some(problem.clone()),
    };
    let rows: Vec<SenderRow> = sheet.rows.iter().map(row).collect();
    let problems: Vec<SenderRowResult> = sheet.problems.iter().map(problem).collect();
    if rows.is_empty() && problems.is_empty() {
        bail!("the file has no rows: domain,username,display name[,credential]");
    }
    Ok((rows, problems))
}

/// Makes the logins that rows ask for; one that is there already stays as it is.
async fn credentials(
    client: &Client,
    account: &str,
    rows: &[&SenderRow],
    mut output: Option<&mut Handout>,
) -> anyhow::Result<BTreeMap<String, IssuedView>> {
    let wanted: Vec<(&SenderRow, &String)> =
        rows.iter().filter_map(|row| Some((*row, row.credential.as_ref()?))).collect();
    let mut made = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(made);
    }
    let there: Vec<CredentialView> = client.list("/v1/credentials", &[]).await?;
    let relay = Relay::of(client, Login::Password).await?;
    if let Some(output) = &mut output {
        output.row(&HEADER)?;
    }
    for (row, login) in wanted {
        let address = format!("{}@{}", row.username, row.domain.to_ascii_lowercase());
        if there.iter().any(|one| one.login.eq_ignore_ascii_case(login)) || made.contains_key(&address) {
            aside!("{QUIET}= login {login} is there already; only its creator knows the password{QUIET:#}");
            continue;
        }
        match make_login(client, account, login, &address).await {
            Ok(issued) => {
                if let Some(output) = &mut output {
                    let name = row.display_name.as_deref().unwrap_or_default();
                    let own = [&row.domain, &row.username, name, &address];
                    let port = relay.port.to_string();
                    let device = [&relay.host, &port, &issued.credential.login, issued.made()];
                    output.row(&[own, device].concat())?;
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
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    let lines = lines(&client, &account).await?;
    match &arguments.output {
        Some(file) => write(file, &lines)?,
        None => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for line in &lines {
                writer.write_record(line.each_ref().map(|cell| harmless(cell)))?;
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
    let senders: Vec<SenderView> = client.list("/v1/senders", &query).await?;
    let credentials: Vec<CredentialView> = client.list("/v1/credentials", &[]).await?;
    let relay = Relay::of(client, Login::Password).await?;
    let mut lines = vec![HEADER.map(str::to_owned)];
    for sender in senders {
        let (username, domain) = sender.address.rsplit_once('@').unwrap_or((&sender.address, ""));
        let own = |one: &&CredentialView| {
            one.account == account
                && one.senders.iter().any(|from| from.eq_ignore_ascii_case(&sender.address))
        };
        let login = credentials.iter().find(own).map(|one| one.login.clone());
        lines.push([
            domain.to_owned(),
            username.to_owned(),
            sender.display_name.clone().unwrap_or_default(),
            sender.address.clone(),
            relay.host.clone(),
            relay.port.to_string(),
            login.unwrap_or_default(),
            // Known only while it is made.
            String::new(),
        ]);
    }
    Ok(lines)
}

fn write(file: &Path, lines: &[[String; 8]]) -> anyhow::Result<()> {
    let mut handout = Handout::create(file)?;
    lines.iter().try_for_each(|line| handout.row(&line.each_ref().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fields = (u64, String, String, Option<String>, Option<String>);

    fn read(text: &[u8]) -> anyhow::Result<(Vec<SenderRow>, Vec<SenderRowResult>)> {
        rows(&sheet::parse(text, &COLUMNS)?)
    }

    fn fields(text: &str) -> Vec<Fields> {
        let (rows, problems) = read(text.as_bytes()).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        rows.into_iter()
            .map(|row| (row.line, row.domain, row.username, row.display_name, row.credential))
            .collect()
    }

    #[test]
    fn columns_have_an_order_or_names() {
        let plain = fields("a.example,noreply,\"Contoso, Ltd\",\n\nb.example , alerts\n");
        assert_eq!(
            plain,
            [
                (1, "a.example".into(), "noreply".into(), Some("Contoso, Ltd".into()), None),
                (3, "b.example".into(), "alerts".into(), None, None),
            ]
        );
        let named = fields("Username,Login,Domain,Display Name\nnoreply,copier1,a.example,Copier\n");
        assert_eq!(
            named,
            [(2, "a.example".into(), "noreply".into(), Some("Copier".into()), Some("copier1".into()))]
        );
    }

    #[test]
    fn nothing_is_no_file_and_a_header_needs_a_domain() {
        assert!(read("".as_bytes()).is_err());
        assert!(read("username\nx\n".as_bytes()).is_err());
        let semicolons = fields("a.example;noreply;Contoso, Ltd\n");
        assert_eq!(
            semicolons,
            [(1, "a.example".into(), "noreply".into(), Some("Contoso, Ltd".into()), None)]
        );
    }
}
