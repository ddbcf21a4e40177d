//! The file and the environment together: `POSTERN_SMTP_MAX_RECIPIENTS=7` stands for
//! `max_recipients = 7` in `[smtp]`.

use std::collections::BTreeMap;
use std::path::Path;

use azure_client::credential::IdentityEndpoint;
use serde::Deserialize as _;
use toml::{Table, Value};

use super::ConfigError;
use super::raw::RawConfig;

/// Whether the environment has a variable: shells are known by what they set.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// Variables that are no options of the file.
const OTHERS: [&str; 2] = ["POSTERN_CONFIG", "POSTERN_MASTER_KEY"];
/// Options of the top level that are tables or lists of tables.
const SECTIONS: [&str; 9] = ["tls", "smtp", "queue", "entra", "accounts", "dns", "alarms", "metrics", "log"];

/// Our variables.
pub(super) fn variables() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| name.starts_with("POSTERN_")).collect()
}

/// Where a host in Azure says that its tokens are: its own variables, which are no options of ours.
pub(super) fn identity() -> Result<IdentityEndpoint, String> {
    let Ok(url) = std::env::var("IDENTITY_ENDPOINT") else { return Ok(IdentityEndpoint::default()) };
    let url = url.parse().map_err(|_| format!("{url:?} is not a URL"))?;
    Ok(IdentityEndpoint { url, header: std::env::var("IDENTITY_HEADER").ok().map(Into::into) })
}

/// Reads the file, then lets variables replace what it says.
pub(super) fn parse(
    path: &Path,
    text: &str,
    variables: &BTreeMap<String, String>,
) -> Result<RawConfig, ConfigError> {
    let in_file = |error: toml::de::Error| ConfigError::Invalid {
        path: path.to_owned(),
        place: error.span().map_or_else(|| "somewhere".to_owned(), |span| line_at(text, span.start)),
        reason: error.message().to_owned(),
    };
    let from_file: RawConfig = toml::from_str(text).map_err(in_file)?;
    let mut table: Table = toml::from_str(text).map_err(in_file)?;
    let mut replaced = false;
    for (name, value) in variables.iter().filter(|(name, _)| !OTHERS.contains(&name.as_str())) {
        let wrong = |reason: String| ConfigError::Variable { name: name.clone(), reason };
        let (section, key) = place(name);
        let target = match section {
            None => &mut table,
            Some(section) => table
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()))
                .as_table_mut()
                .ok_or_else(|| wrong(format!("{section} is not a section")))?,
        };
        target.insert(key, literal(value));
        // Each is checked by itself, so that the one that is wrong is the one that is named.
        RawConfig::deserialize(Value::Table(table.clone())).map_err(|error| {
            let reason = error.message().to_owned();
            wrong(if reason.starts_with("unknown field") { "it is not an option".to_owned() } else { reason })
        })?;
        replaced = true;
    }
    if !replaced {
        return Ok(from_file);
    }
    RawConfig::deserialize(Value::Table(table)).map_err(in_file)
}

/// The section and the key that a variable stands for.
fn place(name: &str) -> (Option<&'static str>, String) {
    let key = name.trim_start_matches("POSTERN_").to_lowercase();
    for section in SECTIONS {
        if let Some(rest) = key.strip_prefix(section).and_then(|rest| rest.strip_prefix('_')) {
            return (Some(section), rest.to_owned());
        }
    }
    (None, key)
}

/// Numbers, booleans and lists as TOML writes them; everything else is text.
fn literal(value: &str) -> Value {
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    match parsed {
        Some(value @ (Value::Integer(_) | Value::Boolean(_) | Value::Array(_))) => value,
        _ => Value::String(value.to_owned()),
    }
}

/// The line where a key stands, or the key itself where it was not written.
pub(super) fn place_of(text: &str, key: &str) -> String {
    let found = text.lines().position(|line| {
        let line = line.trim_start().trim_start_matches('[');
        line.strip_prefix(key)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    found.map_or_else(|| key.to_owned(), |line| format!("line {}", line + 1))
}

/// The line where one of several tables of a name begins, or the name where it was not written so.
pub(super) fn place_of_table(text: &str, name: &str, number: usize) -> String {
    let header = format!("[[{name}]]");
    let mut lines = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with(&header));
    lines.nth(number).map_or_else(|| name.to_owned(), |(line, _)| format!("line {}", line + 1))
}

fn line_at(text: &str, offset: usize) -> String {
    let before = &text.as_bytes()[..offset.min(text.len())];
    format!("line {}", before.iter().filter(|octet| **octet == b'\n').count() + 1)
}
