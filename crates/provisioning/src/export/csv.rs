//! Senders as a table, a line each (RFC 4180 section 2): for those who give devices another relay.

use std::borrow::Cow;

use model::infrastructure::{AZURE_MANAGED, Infrastructure};

use super::{ExportContext, at_azure};

/// The first line.
const HEADER: [&str; 7] =
    ["domain", "username", "display name", "address", "relay host", "relay port", "login"];
/// A cell that begins so is a formula to a spreadsheet, or becomes one when its first character is left out.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A line for each sender.
pub(super) fn text(infrastructure: &Infrastructure, home: &ExportContext) -> String {
    let mut text = line(&HEADER);
    // The login that the endpoint takes from the app itself.
    let own = format!("{}|{}|{}", infrastructure.service, home.client, home.tenant);
    let (host, port) = (&home.relay.0, home.relay.1.to_string());
    for (name, domain) in &infrastructure.domains {
        let known = if name == AZURE_MANAGED { home.azure_domain.as_deref() } else { Some(name.as_str()) };
        for sender in domain.senders.values() {
            let address = known.map(|known| format!("{}@{known}", sender.username)).unwrap_or_default();
            let logins = &infrastructure.smtp_usernames;
            let login = logins.values().find(|login| login.username.eq_ignore_ascii_case(&address));
            let login = login.map_or(&own, |login| &login.username);
            let display_name = sender.display_name.as_deref().unwrap_or_default();
            let domain = known.unwrap_or(at_azure(name));
            text.push_str(&line(&[domain, &sender.username, display_name, &address, host, &port, login]));
        }
    }
    text
}

fn line(cells: &[&str]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell. A single quote before a formula makes it a text; where one stands there already, one more does, so that
/// taking one away gives the value again.
fn cell(text: &str) -> Cow<'_, str> {
    let is_formula = text.trim_start_matches('\'').starts_with(FORMULA);
    let text = if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) };
    if text.contains([',', '"', '\r', '\n']) {
        return Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_neither_formulas_nor_more_than_one() {
        for (text, expected) in [
            ("Contoso", "Contoso"),
            ("", ""),
            ("Contoso, Ltd", "\"Contoso, Ltd\""),
            ("the \"best\"", "\"the \"\"best\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-", "'-"),
            ("@here", "'@here"),
            ("\t=1", "'\t=1"),
            ("=A1,\"x\"", "\"'=A1,\"\"x\"\"\""),
            ("'=1", "''=1"),
            ("'t Hooft", "'t Hooft"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}
