//! Where a mistake stands in the file, and what it is, in words of people who write files and not programs.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The longest value that is quoted, in characters.
const MAX_QUOTED: usize = 60;

/// The line where an option stands, `smtp.max_sessions`, or the option itself where it was not written.
pub(super) fn place_of(text: &str, option: &str) -> String {
    let path: Vec<&str> = option.split('.').collect();
    let found = DeTable::parse(text).ok().and_then(|table| span(table.get_ref(), &path));
    found.map_or_else(|| format!("`{option}`"), |span| line_at(text, span.start))
}

/// The line where one of several tables of a name begins, or the name where it was not written so.
pub(super) fn place_of_table(text: &str, name: &str, number: usize) -> String {
    let table = DeTable::parse(text).ok();
    let found = table.and_then(|table| {
        let (_, value) = table.get_ref().iter().find(|(key, _)| key.get_ref() == name)?;
        match value.get_ref() {
            DeValue::Array(tables) => tables.get(number).map(toml::Spanned::span),
            _ => None,
        }
    });
    found.map_or_else(|| format!("`{name}`"), |span| line_at(text, span.start))
}

fn span(table: &DeTable<'_>, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    match (rest, value.get_ref()) {
        ([], _) => Some(key.span()),
        (rest, DeValue::Table(inner)) => span(inner, rest),
        _ => None,
    }
}

/// The line of an error in the file.
pub(super) fn place_of_error(text: &str, error: &toml::de::Error) -> String {
    error.span().map_or_else(|| "somewhere".to_owned(), |span| line_at(text, span.start))
}

/// What an error in the file says.
pub(super) fn in_file(text: &str, error: &toml::de::Error) -> String {
    let value = error.span().and_then(|span| text.get(span)).map(str::trim);
    let is_quoted = |value: &&str| {
        !value.is_empty()
            && !value.starts_with('[')
            && !value.contains('\n')
            && value.chars().count() <= MAX_QUOTED
    };
    plainly(error.message(), value.filter(is_quoted))
}

/// What a reader of values says, without the types of a program. `value` is what was written.
pub(super) fn plainly(message: &str, value: Option<&str>) -> String {
    let types = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = types.and_then(|rest| rest.rsplit_once(", expected ")) {
        if found == "map" && expected == "a sequence" {
            return "a list of sections has double square brackets, such as [[listener]]".to_owned();
        }
        let found = found.rsplit_once(' ').filter(|_| !found.contains('"')).map_or(found, |(_, last)| last);
        return format!("{} is not {}", value.unwrap_or(found), in_words(expected));
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (name, known) = rest.split_once(", expected ").unwrap_or((rest, ""));
        let known = known.strip_prefix("one of ").unwrap_or(known);
        return format!("there is no option {name} here: choose among {known}");
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (name, known) = rest.split_once(", expected ").unwrap_or((rest, ""));
        let name = name.trim_matches('`');
        return format!("{name:?} is not {}", known.strip_prefix("one of ").unwrap_or(known));
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("{name} is missing");
    }
    let reason = match message {
        "invalid socket address syntax" => {
            "is not an address with a port, such as \"192.0.2.10:587\" or \"[::]:587\""
        }
        "invalid IP address syntax" => "is not a network, such as \"192.0.2.0/24\"",
        other => return value.map_or_else(|| other.to_owned(), |value| format!("{value}: {other}")),
    };
    format!("{} {reason}", value.unwrap_or("it"))
}

/// A type of a program's, as people know it.
fn in_words(expected: &str) -> String {
    let known = match expected {
        "usize" | "u64" => "a whole number from 0 on",
        "i64" => "a whole number",
        "u32" => "a whole number from 0 to 4294967295",
        "u16" => "a whole number from 0 to 65535",
        "a boolean" => "true or false",
        "a sequence" => "a list in square brackets",
        "a map" => "a section",
        "path string" | "a string" | "socket address" => "a text in quotes",
        text if text.starts_with("struct ") => "a section",
        text => text,
    };
    known.to_owned()
}

fn line_at(text: &str, offset: usize) -> String {
    let before = &text.as_bytes()[..offset.min(text.len())];
    format!("line {}", before.iter().filter(|byte| **byte == b'\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::raw::RawConfig;

    #[test]
    fn no_mistake_is_told_in_words_of_a_program() {
        for (text, told) in [
            ("[smtp]\nmax_sessions = 'many'", "line 2: 'many' is not a whole number from 0 on"),
            ("[smtp]\nmax_sessions = -1", "line 2: -1 is not a whole number from 0 on"),
            ("[smtp]\nmax_sessions = 1.5", "line 2: 1.5 is not a whole number from 0 on"),
            (
                "[queue]\nexpiry_hours = 5000000000",
                "line 2: 5000000000 is not a whole number from 0 to 4294967295",
            ),
            ("[entra]\nsmtp_port = 70000", "line 2: 70000 is not a whole number from 0 to 65535"),
            ("smtp = { max_sessions = 'x' }", "line 1: 'x' is not a whole number from 0 on"),
            ("smtp.max_sessions = true", "line 1: true is not a whole number from 0 on"),
            ("allow_volatile_data_dir = 1", "line 1: 1 is not true or false"),
            ("host_name = 1", "line 1: 1 is not a text in quotes"),
            ("smtp = 1", "line 1: 1 is not a section"),
            (
                "[listener]\naddress = '[::]:25'\nmode = 'tls'",
                "line 1: a list of sections has double square brackets, such as [[listener]]",
            ),
            (
                "[[listener]]\naddress = '0.0.0.0'\nmode = 'tls'",
                "line 2: '0.0.0.0' is not an address with a port",
            ),
            ("[[listener]]\nmode = 'tls'", "line 1: `address` is missing"),
            (
                "[[listener]]\naddress = '[::]:25'\nmode = 'tls'\nnetworks = ['x']",
                "line 4: 'x' is not a network, such as \"192.0.2.0/24\"",
            ),
            ("[[listener]]\naddress = '[::]:25'\nmode = 'ssl'", "line 3: \"ssl\" is not `starttls`, `tls`"),
            ("data_dri = 'x'", "line 1: there is no option `data_dri` here: choose among `data_dir`"),
            ("[log]\nformat = 'xml'", "line 2: \"xml\" is not `text` or `json`"),
        ] {
            let error = toml::from_str::<RawConfig>(text).unwrap_err();
            let shown = format!("{}: {}", place_of_error(text, &error), in_file(text, &error));
            assert!(shown.starts_with(told), "{text:?}: {shown}");
            for word in ["usize", "u32", "u16", "u64", "sequence", "struct", "invalid type", "variant"] {
                assert!(!shown.contains(word), "{text:?}: {shown}");
            }
        }
    }

    #[test]
    fn an_option_is_found_in_every_form() {
        for (text, option, place) in [
            (
                "# filter = 'x'\n[entra.services]\nfilter = 'https://a.example'\n[log]\nfilter = 'y'",
                "log.filter",
                "line 5",
            ),
            ("smtp.max_sessions = 0", "smtp.max_sessions", "line 1"),
            ("\nsmtp = { max_sessions = 0 }", "smtp.max_sessions", "line 2"),
            ("\"host_name\" = 'a b'", "host_name", "line 1"),
            ("[ smtp ]\n\nmax_sessions = 0", "smtp.max_sessions", "line 3"),
            ("", "smtp.max_sessions", "`smtp.max_sessions`"),
        ] {
            assert_eq!(place_of(text, option), place, "{text:?}");
        }
        let tables = "[[listener]]\na = 1\n\n  [[ listener ]]\na = 2\n";
        assert_eq!(place_of_table(tables, "listener", 1), "line 4");
        assert_eq!(place_of_table("listener = [{ a = 1 },\n{ a = 2 }]", "listener", 1), "line 2");
    }
}
