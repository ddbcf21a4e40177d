//! The file and the environment together: `POSTERN_SMTP_MAX_RECIPIENTS=7` stands for
//! `max_recipients = 7` in `[smtp]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use azure_client::credential::IdentityEndpoint;
use serde::Deserialize as _;
use toml::{Table, Value};

use super::raw::RawConfig;
use super::{ConfigError, mistakes};

/// Whether the environment has a variable: shells are known by what they set.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// Variables that are no options of the file.
const OTHERS: [&str; 2] = ["POSTERN_CONFIG", "POSTERN_MASTER_KEY"];
/// Options of the top level that are tables or lists of tables.
const SECTIONS: [&str; 10] =
    ["tls", "smtp", "queue", "entra", "accounts", "dns", "alarms", "metrics", "events", "log"];

pub(super) fn variables() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| name.starts_with("POSTERN_")).collect()
}

/// What stands in a path for the folder of the credentials that systemd hands over (systemd.exec(5)).
pub(super) const CREDENTIALS: &str = "$CREDENTIALS_DIRECTORY";

/// That folder, where systemd has made one.
pub(super) fn credentials() -> Option<PathBuf> {
    std::env::var("CREDENTIALS_DIRECTORY").ok().map(PathBuf::from)
}

/// A path with that one variable replaced. It stays as it is where nothing was handed over.
pub(super) fn expanded(path: PathBuf, credentials: Option<&Path>) -> PathBuf {
    match (path.strip_prefix(CREDENTIALS), credentials) {
        (Ok(rest), Some(folder)) => folder.join(rest),
        _ => path,
    }
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
        place: mistakes::place_of_error(text, &error),
        reason: mistakes::in_file(text, &error),
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
        // Each is checked alone, so that the one that is wrong is the one that is named.
        RawConfig::deserialize(Value::Table(table.clone())).map_err(|error| {
            let is_unknown = error.message().starts_with("unknown field");
            let reason = || mistakes::plainly(error.message(), Some(&format!("{value:?}")));
            wrong(if is_unknown { "it is not an option".to_owned() } else { reason() })
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
