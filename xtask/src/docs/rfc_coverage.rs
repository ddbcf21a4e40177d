//! Where each section of each RFC is obeyed, from the comments that name them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::process::{command, quietly, root};

const HEADING: &str = "# Where the RFCs are obeyed\n\nEvery place in the code that names a section of an RFC. Made by \
    `cargo xtask docs`.\n";

/// A section, as numbers so that 4.10 comes after 4.9; empty for the whole document.
type Section = Vec<u32>;

pub(super) fn write() -> anyhow::Result<String> {
    let mut places: BTreeMap<u32, BTreeMap<Section, BTreeSet<String>>> = BTreeMap::new();
    let files =
        quietly(command("git", &["ls-files", "--cached", "--others", "--exclude-standard", "crates/*.rs"]))?;
    for path in files.lines() {
        let Ok(text) = std::fs::read_to_string(root().join(path)) else { continue };
        for (rfc, section) in citations(&joined(&text)) {
            places.entry(rfc).or_default().entry(section).or_default().insert(path.to_owned());
        }
    }
    let mut document = HEADING.to_owned();
    for (rfc, sections) in places {
        let _ = write!(document, "\n## RFC {rfc}\n\n| section | where |\n| --- | --- |\n");
        for (section, files) in sections {
            let section = section.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            let files =
                files.iter().map(|file| format!("[{}](../../{file})", short(file))).collect::<Vec<_>>();
            let _ = writeln!(document, "| {section} | {} |", files.join(", "));
        }
    }
    Ok(document)
}

fn short(path: &str) -> String {
    path.trim_start_matches("crates/").replace("/src/", "/")
}

/// Comments run over lines; what they say does not.
fn joined(text: &str) -> String {
    let line = |line: &str| line.trim_start().trim_start_matches('/').trim_start_matches('!').to_owned();
    text.lines().map(line).collect::<Vec<_>>().join(" ")
}

/// `RFC 5321 section 4.5.2`, or `RFC 5321` alone.
fn citations(text: &str) -> Vec<(u32, Section)> {
    let mut found = Vec::new();
    for rest in text.split("RFC ").skip(1) {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let Ok(rfc) = digits.parse() else { continue };
        let section = rest[digits.len()..].trim_start().strip_prefix("section").map(|rest| {
            let number: String =
                rest.trim_start().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            number.trim_end_matches('.').split('.').filter_map(|part| part.parse().ok()).collect()
        });
        found.push((rfc, section.unwrap_or_default()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_found_over_line_ends() {
        let text = joined("    /// Says so (RFC 5321\n    /// section 4.5.3.1.\n// RFC 3207, or RFC\n");
        assert_eq!(citations(&text), [(5321, vec![4, 5, 3, 1]), (3207, vec![])]);
    }
}
