//! The configuration, from the comments in `config/raw.rs` and the defaults that the program prints.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::postern;
use crate::process::root;

const SOURCE: &str = "crates/postern/src/config/raw.rs";
const HEADING: &str = "# Configuration\n\n\
    One TOML file, `/etc/postern/postern.toml` unless `--config` names another. Unknown keys are errors, and \
    `postern config check` says in which line. `postern config show` prints what is in effect. Every option of \
    the top level and of a `[section]` is also a variable of the environment: `POSTERN_SMTP_MAX_RECIPIENTS=7` \
    stands for `max_recipients = 7` in `[smtp]`. `POSTERN_MASTER_KEY`, 32 bytes in base64, takes the place of the \
    key file that seals secrets. Made by `cargo xtask docs`.\n";

struct Section {
    name: String,
    about: String,
    options: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: String,
    about: String,
}

pub(super) fn write() -> anyhow::Result<String> {
    let sections = sections(&std::fs::read_to_string(root().join(SOURCE))?);
    let defaults: Table = toml::from_str(&postern(&["config", "show", "--config", "/dev/null"])?)?;
    let mut document = HEADING.to_owned();
    for section in &sections {
        let (title, defaults) = match section.name.as_str() {
            "Config" => ("Top level".to_owned(), Some(&defaults)),
            "Listener" => ("[[listener]]".to_owned(), None),
            name => (
                format!("[{}]", name.to_lowercase()),
                defaults.get(&name.to_lowercase()).and_then(Value::as_table),
            ),
        };
        let _ = write!(document, "\n## {title}\n\n");
        if section.name != "Config" {
            let _ = write!(document, "{}\n\n", section.about);
        }
        document.push_str("| option | is | default | |\n| --- | --- | --- | --- |\n");
        for option in section.options.iter().filter(|option| !is_section(option, &sections)) {
            let default = defaults.and_then(|table| table.get(&option.name));
            let default = default.map(|value| format!("`{value}`")).unwrap_or_default();
            let Entry { name, kind, about } = option;
            let _ = writeln!(document, "| `{name}` | {kind} | {default} | {about} |");
        }
    }
    Ok(document)
}

fn is_section(option: &Entry, sections: &[Section]) -> bool {
    sections.iter().any(|section| section.name.to_lowercase() == option.name)
}

/// Reads `pub struct RawX { /// comment, pub field: Type, }`.
fn sections(source: &str) -> Vec<Section> {
    let (mut sections, mut comment): (Vec<Section>, Vec<&str>) = Default::default();
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment.push(text.trim());
        } else if let Some(name) =
            line.strip_prefix("pub struct Raw").and_then(|rest| rest.strip_suffix(" {"))
        {
            sections.push(Section { name: name.to_owned(), about: comment.join(" "), options: Vec::new() });
            comment.clear();
        } else if let Some((name, kind)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")) {
            if let Some(section) = sections.last_mut() {
                let kind = kind_of(kind.trim_end_matches(','));
                section.options.push(Entry { name: name.to_owned(), kind, about: comment.join(" ") });
            }
            comment.clear();
        } else if !line.starts_with("#[") {
            comment.clear();
        }
    }
    sections
}

fn kind_of(rust: &str) -> String {
    let inside = |outside: &str| rust.strip_prefix(outside).and_then(|rest| rest.strip_suffix('>'));
    if let Some(inner) = inside("Option<") {
        return kind_of(inner);
    }
    if let Some(inner) = inside("Vec<") {
        return format!("list of {}s", kind_of(inner));
    }
    if let Some(inner) = inside("BTreeMap<String, ") {
        return format!("table of {}s", kind_of(inner));
    }
    match rust {
        "bool" => "true or false",
        "u16" | "u32" | "u64" | "usize" => "whole number",
        "SocketAddr" => "address and port",
        "IpNet" => "network",
        "PathBuf" => "path",
        "TenantId" => "GUID",
        "Url" => "URL",
        "String" => "text",
        _ => "word",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_the_manual() {
        let source = "/// The log.\n#[derive(Debug)]\npub struct RawLog {\n    /// What is\n    /// logged.\n    pub filter: Option<Vec<String>>,\n}\n";
        let sections = sections(source);
        assert_eq!((sections[0].name.as_str(), sections[0].about.as_str()), ("Log", "The log."));
        let option = &sections[0].options[0];
        assert_eq!((option.name.as_str(), option.kind.as_str()), ("filter", "list of texts"));
        assert_eq!(option.about, "What is logged.");
    }
}
