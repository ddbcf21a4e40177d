//! `postern credential import`: many logins at once, from a file.

use std::collections::HashSet;
use std::process::ExitCode;

use anyhow::bail;
use api::credentials::IssuedView;
use api::problem::{self, Code};
use serde_json::{Map, Value, json};

use super::super::handout::{Handout, Login, Relay};
use super::super::provision::{counted, desired};
use super::super::sheet::{self, Columns, Row, Sheet};
use crate::cli::CredentialImport;
use crate::client::Client;
use crate::output::{self, BAD, Format, GOOD, QUIET, aside, say};

/// How a cell is read.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    List,
    Flag,
    Number,
}

/// The members of a request, how each is read, and what else its column may be called.
const FIELDS: [(&str, Kind, &[&str]); 17] = [
    ("login", Kind::Text, &["login"]),
    ("account", Kind::Text, &["account"]),
    ("access", Kind::Text, &["access"]),
    ("allow_public_networks", Kind::Flag, &["allow_public_networks"]),
    ("senders", Kind::List, &["senders", "sender"]),
    ("networks", Kind::List, &["networks", "network"]),
    ("default_from", Kind::Text, &["default_from", "default_author"]),
    ("forced_from", Kind::Text, &["forced_from", "forced_author"]),
    ("reply_to_author", Kind::Flag, &["reply_to_author"]),
    ("reverse_paths", Kind::List, &["reverse_paths", "reverse_path"]),
    ("reverse_path_anywhere", Kind::Flag, &["reverse_path_anywhere"]),
    ("repairs", Kind::List, &["repairs", "repair"]),
    ("suppressed", Kind::Text, &["suppressed"]),
    ("rate_per_minute", Kind::Number, &["rate_per_minute", "rate"]),
    ("lane", Kind::Text, &["lane"]),
    ("dsn_to", Kind::Text, &["dsn_to"]),
    ("deadline_seconds", Kind::Number, &["deadline_seconds"]),
];
const COLUMNS: Columns<'static> = Columns { usual: &[], sign: "login" };
/// The columns that are written.
const HEADER: [&str; 7] =
    ["login", "password", "account", "senders", "relay_host", "relay_port", "encryption"];
/// Rows that the server checks in one request.
const AT_ONCE: usize = 1_000;

/// A row as a request.
struct Wanted {
    line: u64,
    login: String,
    body: Value,
}

/// Why a row cannot be taken.
#[derive(serde::Serialize)]
struct Problem {
    line: u64,
    login: String,
    problem: String,
}

pub(super) async fn import(arguments: &CredentialImport) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let sheet = sheet::read(&arguments.file, &COLUMNS)?;
    let account = match sheet.columns().iter().any(|column| column == "account") {
        true => arguments.account.clone(),
        false => Some(desired::account(&client, arguments.account.as_deref()).await?),
    };
    let (wanted, mut problems) = requests(&sheet, account.as_deref())?;
    let (wanted, there) = checked(&client, wanted, &mut problems).await?;
    let format = arguments.connection.format();
    if !problems.is_empty() {
        return refuse(problems, format);
    }
    // Passwords are shown once: there has to be a place for them before they are made.
    let output = arguments.output.as_deref().filter(|_| !wanted.is_empty());
    let mut handout = output.map(Handout::create).transpose()?;
    let mut made = Vec::new();
    if let Some(handout) = &mut handout {
        handout.row(&HEADER)?;
    }
    for one in &wanted {
        let issued: IssuedView = client.post("/v1/credentials", &one.body).await?;
        match &mut handout {
            Some(handout) => write(&client, handout, &issued).await?,
            None if format == Format::Text => print(&client, &issued).await?,
            None => {}
        }
        made.push(issued);
    }
    if format == Format::Json {
        output::json(&json!({ "made": made, "there": there, "problems": [] }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for login in &there {
        aside!("{QUIET}= login {login} exists already and is not changed{QUIET:#}");
    }
    if made.is_empty() {
        say!("Created no credentials: all logins in the file exist already.");
        return Ok(ExitCode::SUCCESS);
    }
    say!("{GOOD}Created {}.{GOOD:#}", counted(made.len(), "credential"));
    match output {
        Some(file) => say!("The passwords are in {}.", file.display()),
        None => {
            say!("{QUIET}The passwords are not shown again; --output FILE writes them to a file.{QUIET:#}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads all rows; what cannot be read is a problem.
fn requests(sheet: &Sheet, account: Option<&str>) -> anyhow::Result<(Vec<Wanted>, Vec<Problem>)> {
    let known = |column: &&String| FIELDS.iter().any(|(_, _, names)| names.contains(&column.as_str()));
    if !sheet.columns().iter().any(|column| column == "login") {
        bail!("the first line must name the columns, and one of them must be `login`");
    }
    if let Some(unknown) = sheet.columns().iter().find(|column| !column.is_empty() && !known(column)) {
        let names: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
        bail!("there is no column {unknown:?}: choose among {}", names.join(", "));
    }
    let problem = |(line, problem): &(u64, String)| Problem {
        line: *line,
        login: String::new(),
        problem: problem.clone(),
    };
    let mut problems: Vec<Problem> = sheet.problems.iter().map(problem).collect();
    let (mut wanted, mut seen) = (Vec::new(), HashSet::new());
    for row in &sheet.rows {
        let login = sheet.cell(row, &["login"]).unwrap_or_default().to_owned();
        let body = match request(sheet, row, account) {
            Ok(_) if !seen.insert(login.to_lowercase()) => Err("the login is in the file twice".to_owned()),
            body => body,
        };
        match body {
            Ok(body) => wanted.push(Wanted { line: row.line, login, body }),
            Err(problem) => problems.push(Problem { line: row.line, login, problem }),
        }
    }
    if wanted.is_empty() && problems.is_empty() {
        bail!("the file has no rows after the line with the column names");
    }
    Ok((wanted, problems))
}

/// A row as `credential add` would send it.
fn request(sheet: &Sheet, row: &Row, account: Option<&str>) -> Result<Value, String> {
    let mut body = Map::new();
    for (member, kind, names) in FIELDS {
        let Some(text) = sheet.cell(row, names) else { continue };
        body.insert(member.to_owned(), value(kind, text).map_err(|reason| format!("{member}: {reason}"))?);
    }
    if !body.contains_key("account") {
        let account = account.ok_or("account: the cell is empty, and no --account is given")?;
        body.insert("account".to_owned(), account.into());
    }
    if !body.contains_key("login") {
        return Err("login: the cell is empty".to_owned());
    }
    Ok(body.into())
}

fn value(kind: Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Text => Ok(text.into()),
        Kind::List => {
            let parts = text.split([' ', ',', ';', '\t', '\n', '\r']).filter(|part| !part.is_empty());
            Ok(parts.collect::<Vec<_>>().into())
        }
        Kind::Flag => match text.to_lowercase().as_str() {
            "yes" | "true" | "1" | "x" => Ok(true.into()),
            "no" | "false" | "0" => Ok(false.into()),
            _ => Err(format!("{text:?} is neither yes nor no")),
        },
        Kind::Number => match text.parse::<u32>() {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(format!("{text:?} is not a whole number")),
        },
    }
}

/// Asks the server about all rows. Gives those to be made, and the logins that are there already.
async fn checked(
    client: &Client,
    wanted: Vec<Wanted>,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<(Vec<Wanted>, Vec<String>)> {
    let mut answers: Vec<Option<problem::Problem>> = Vec::new();
    for some in wanted.chunks(AT_ONCE) {
        let bodies: Vec<&Value> = some.iter().map(|one| &one.body).collect();
        answers.extend(client.post::<Vec<_>>("/v1/credentials:validate", &bodies).await?);
    }
    let (mut good, mut there) = (Vec::new(), Vec::new());
    for (one, answer) in wanted.into_iter().zip(answers) {
        match answer {
            None => good.push(one),
            Some(error) if error.code == Code::Exists => there.push(one.login),
            Some(error) => {
                problems.push(Problem { line: one.line, login: one.login, problem: error.to_string() });
            }
        }
    }
    Ok((good, there))
}

fn refuse(mut problems: Vec<Problem>, format: Format) -> anyhow::Result<ExitCode> {
    problems.sort_by_key(|problem| problem.line);
    if format == Format::Json {
        output::json(&json!({ "made": [], "there": [], "problems": problems }))?;
        return Ok(ExitCode::FAILURE);
    }
    for Problem { line, login, problem } in &problems {
        let login = if login.is_empty() { String::new() } else { format!(" {login}:") };
        say!("{BAD}✗{BAD:#} line {line}:{login} {problem}");
    }
    let lines = counted(problems.len(), "line");
    say!(
        "{BAD}{lines} cannot be taken, so no credential was made.{BAD:#} Correct the file and import it again."
    );
    Ok(ExitCode::FAILURE)
}

async fn relay(client: &Client, issued: &IssuedView) -> anyhow::Result<Relay> {
    let login = if issued.credential.access == "network" { Login::None } else { Login::Password };
    Relay::of(client, login).await
}

async fn write(client: &Client, handout: &mut Handout, issued: &IssuedView) -> anyhow::Result<()> {
    let relay = relay(client, issued).await?;
    let credential = &issued.credential;
    handout.row(&[
        &credential.login,
        issued.password.as_deref().unwrap_or_default(),
        &credential.account,
        &credential.senders.join(" "),
        &relay.host,
        &relay.port.to_string(),
        relay.encryption,
    ])
}

async fn print(client: &Client, issued: &IssuedView) -> anyhow::Result<()> {
    let relay = relay(client, issued).await?;
    let password = issued.password.as_deref().unwrap_or("(no login)");
    say!("{}  {password}  {relay}", issued.credential.login);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<(Vec<Value>, Vec<String>)> {
        let (wanted, problems) = requests(&sheet::parse(text.as_bytes(), &COLUMNS)?, None)?;
        let problem = |one: Problem| format!("line {}: {}", one.line, one.problem);
        Ok((wanted.into_iter().map(|one| one.body).collect(), problems.into_iter().map(problem).collect()))
    }

    #[test]
    fn columns_become_members_of_a_request() {
        let (bodies, problems) = read(
            "Login;Account;Senders;Networks;Rate;Forced author;Reply-to-author;Repairs\n\
             copier1;contoso;a@b.example, c@b.example;10.0.0.0/8 192.0.2.7;5;a@b.example;yes;line-ends\n\
             copier2;contoso;;;;;;\n",
        )
        .unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        let first = json!({
            "login": "copier1", "account": "contoso", "senders": ["a@b.example", "c@b.example"],
            "networks": ["10.0.0.0/8", "192.0.2.7"], "rate_per_minute": 5, "forced_from": "a@b.example",
            "reply_to_author": true, "repairs": ["line-ends"],
        });
        assert_eq!(bodies, [first, json!({ "login": "copier2", "account": "contoso" })]);
    }

    #[test]
    fn every_wrong_line_is_named() {
        let (bodies, problems) =
            read("login,account,rate,reply_to_author\nx,a,many,\ny,a,,perhaps\n,a,,\nz,,,\nu,a,,\nU,a,,\n")
                .unwrap();
        assert_eq!(bodies.len(), 1);
        assert_eq!(
            problems,
            [
                "line 2: rate_per_minute: \"many\" is not a whole number",
                "line 3: reply_to_author: \"perhaps\" is neither yes nor no",
                "line 4: login: the cell is empty",
                "line 5: account: the cell is empty, and no --account is given",
                "line 7: the login is in the file twice",
            ]
        );
        for (text, reason) in [
            ("copier1,contoso\n", "one of them must be `login`"),
            ("login,acount\nx,y\n", "there is no column \"acount\""),
            ("login\n", "no rows"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
