//! The metrics, from the table that `/metrics` is written by.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};

use crate::process::root;

const SOURCE: &str = "crates/web/src/api/metrics/families.rs";
const HEADING: &str = include_str!("metrics.txt");

/// A metric, as the table has it.
#[derive(Debug, PartialEq, Eq)]
struct Metric<'a> {
    kind: &'a str,
    name: &'a str,
    labels: Vec<&'a str>,
    help: String,
}

pub(super) fn write() -> anyhow::Result<String> {
    let mut document = HEADING.to_owned();
    for Metric { kind, name, labels, help } in metrics(&std::fs::read_to_string(root().join(SOURCE))?)? {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let _ = writeln!(document, "| `{name}` | {kind} | {} | {help} |", labels.join(" "));
    }
    Ok(document)
}

/// Reads `/// help` and `kind CONSTANT = "name" [labels];` within `families! { }`.
fn metrics(source: &str) -> anyhow::Result<Vec<Metric<'_>>> {
    let (_, table) =
        source.split_once("\nfamilies! {\n").with_context(|| format!("{SOURCE} has no table"))?;
    let (mut metrics, mut help) = (Vec::new(), Vec::new());
    for line in table.lines().map(str::trim).take_while(|line| *line != "}") {
        if let Some(text) = line.strip_prefix("///") {
            help.push(text.trim());
            continue;
        }
        let mut words = line.split_whitespace();
        let (kind, name) = (words.next().unwrap_or_default(), line.split('"').nth(1).unwrap_or_default());
        let labels = line.split_once('[').and_then(|(_, rest)| rest.strip_suffix("];"));
        let (Some(labels), false) = (labels, name.is_empty()) else { bail!("{SOURCE}: no metric: {line}") };
        let labels = labels.split_whitespace().collect();
        metrics.push(Metric { kind, name, labels, help: std::mem::take(&mut help).join(" ") });
    }
    Ok(metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_becomes_rows() {
        let source = "macro\nfamilies! {\n    /// Mail,\n    /// by lane.\n    counter MAIL = \"mail_total\" [account lane];\n    /// Up.\n    gauge UP = \"up\" [];\n}\n";
        let read = metrics(source).unwrap();
        let mail = Metric {
            kind: "counter",
            name: "mail_total",
            labels: vec!["account", "lane"],
            help: "Mail, by lane.".to_owned(),
        };
        let up = Metric { kind: "gauge", name: "up", labels: Vec::new(), help: "Up.".to_owned() };
        assert_eq!(read, [mail, up]);
        assert!(metrics("\nfamilies! {\nnothing\n}\n").is_err());
    }
}
