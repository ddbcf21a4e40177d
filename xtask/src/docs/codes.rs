//! All stable codes. They are collected from the code; the sentences of findings and alarms stand in `codes.txt`, because
//! what the code says about them has the names of one case in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, bail};

use crate::process::{command, quietly, root};

const HEADING: &str = "# Codes\n\nThe words by which programs tell what happened. They are stable: words are added, and never change \
    their meaning. Made by `cargo xtask docs`.\n";
const SENTENCES: &str = include_str!("codes.txt");
/// What the words of findings begin with, by the folder that they are in.
const FINDINGS: [(&str, &[&str]); 3] = [
    (
        "crates/control/src/verify",
        &[
            "endpoint",
            "authentication",
            "subscription",
            "permissions",
            "providers",
            "services",
            "quota",
            "secret",
        ],
    ),
    ("crates/control/src/verify/delivery.rs", &["delivery"]),
    ("crates/dns/src/preflight", &["zone", "domain", "spf", "dkim", "dmarc", "mx"]),
];

pub(super) fn write() -> anyhow::Result<String> {
    let sentences = sentences(SENTENCES)?;
    let mut unused: BTreeSet<&str> = sentences.keys().copied().collect();
    let mut document = HEADING.to_owned();
    section(
        &mut document,
        "Problems of the API",
        "`code` of a problem document; see `GET /v1/openapi.json` for the operations that have it.",
        variants("crates/api/src/problem.rs")?,
    );
    section(
        &mut document,
        "Problems that `postern status` shows",
        "`code` of each of the `problems` of `GET /v1/status`, and of `postern_problem` in `/metrics`. Each that raises an \
         alarm raises another, `CODE_ended`, when it ends. [Troubleshooting](../operate/troubleshooting.md) says more.",
        variants("crates/relay/src/problems/mod.rs")?,
    );
    let mut explained = |words: BTreeSet<String>| -> anyhow::Result<Vec<(String, String)>> {
        let explain = |word: String| {
            let sentence =
                sentences.get(word.as_str()).with_context(|| format!("codes.txt does not explain {word}"))?;
            unused.remove(word.as_str());
            Ok((word, (*sentence).to_owned()))
        };
        words.into_iter().map(explain).collect()
    };
    section(
        &mut document,
        "Other alarms",
        "`code` of an alarm, besides the problems above and the findings that make an account unusable.",
        explained(alarms()?)?,
    );
    let [verify, delivery, dns] = FINDINGS.map(|(folder, checks)| findings(folder, checks));
    let verify = verify?.into_iter().chain(refusals()?).chain(delivery?).collect();
    section(
        &mut document,
        "Findings of `postern account verify`",
        "`code` of a finding.",
        explained(verify)?,
    );
    section(&mut document, "Findings about DNS records", "`code` of a record of a domain.", explained(dns?)?);
    if !unused.is_empty() {
        bail!("codes.txt explains what no code has: {unused:?}");
    }
    Ok(document)
}

fn section(document: &mut String, title: &str, about: &str, rows: Vec<(String, String)>) {
    let _ = write!(document, "\n## {title}\n\n{about}\n\n| code | meaning |\n| --- | --- |\n");
    for (code, meaning) in rows {
        let _ = writeln!(document, "| `{code}` | {} |", meaning.replace('|', "\\|"));
    }
}

/// `word: sentence`, a line each.
fn sentences(text: &str) -> anyhow::Result<BTreeMap<&str, &str>> {
    text.lines().map(|line| line.split_once(": ").with_context(|| format!("no code: {line}"))).collect()
}

/// The variants of `enum Code`, with their comments.
fn variants(path: &str) -> anyhow::Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(root().join(path))?;
    let (_, rest) = text.split_once("pub enum Code {\n").with_context(|| format!("{path} has no codes"))?;
    let (body, _) = rest.split_once("\n}").unwrap_or((rest, ""));
    let (mut rows, mut about) = (Vec::new(), Vec::new());
    for line in body.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            about.push(comment.trim());
        } else if let Some(name) = line.strip_suffix(',') {
            if about.is_empty() {
                bail!("{path}: {name} has no comment");
            }
            rows.push((snake(name), about.join(" ")));
            about.clear();
        }
    }
    Ok(rows)
}

fn snake(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// Words such as `spf.missing` in files below a path, without their tests.
fn findings(path: &str, checks: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let is_code = |text: &&str| {
        let (check, word) = text.split_once('.').unwrap_or_default();
        checks.contains(&check) && is_word(word)
    };
    Ok(texts(path)?.iter().flat_map(|text| quoted(text)).filter(is_code).map(str::to_owned).collect())
}

/// The words that stand alone in the table of Entra's refusals and in the one of test messages.
fn refusals() -> anyhow::Result<BTreeSet<String>> {
    let mut codes = BTreeSet::new();
    for text in texts("crates/control/src/verify/refused.rs")? {
        for rest in text.split("failed(").skip(1) {
            let word = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            codes.extend(word.filter(|word| is_word(word)).map(|word| format!("authentication.{word}")));
        }
    }
    for text in texts("crates/control/src/verify/delivery.rs")? {
        let rest = text.split("fn delivery_finding").nth(1).unwrap_or_default();
        let table = rest.split("\n}\n").next().unwrap_or_default();
        let words = quoted(table).into_iter().filter(|word| is_word(word));
        codes.extend(words.flat_map(|word| ["rest", "smtp"].map(|way| format!("delivery.{way}_{word}"))));
    }
    Ok(codes)
}

/// What the jobs of the server tell.
fn alarms() -> anyhow::Result<BTreeSet<String>> {
    let mut codes = BTreeSet::new();
    for text in texts("crates/control/src/watch")? {
        let told = text.split(".tell(account, \"").skip(1).filter_map(|rest| rest.split('"').next());
        codes.extend(told.map(str::to_owned));
    }
    let status: BTreeSet<String> =
        variants("crates/relay/src/problems/mod.rs")?.into_iter().map(|(code, _)| code).collect();
    Ok(codes.difference(&status).cloned().collect())
}

/// The files below a path, without their tests.
fn texts(path: &str) -> anyhow::Result<Vec<String>> {
    let listed = quietly(command("git", &["ls-files", "--cached", "--others", "--exclude-standard", path]))?;
    let files = listed.lines().filter(|file| file.ends_with(".rs") && !file.contains("tests"));
    let text = |file: &str| {
        let text = std::fs::read_to_string(root().join(file))?;
        Ok(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned())
    };
    files.map(text).collect()
}

/// What stands between quotation marks on each line.
fn quoted(text: &str) -> Vec<&str> {
    text.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_the_source_is_explained_and_each_explanation_has_a_code() {
        let document = write().unwrap();
        for code in [
            "plan_changed",
            "disk_full",
            "drift",
            "authentication.secret_expired",
            "delivery.rest_taken",
            "spf.several",
        ] {
            assert!(document.contains(&format!("| `{code}` | ")), "{code}");
        }
    }

    /// A code that is not listed would be answered as `conflict`.
    #[test]
    fn the_conflicts_of_the_source_are_codes_of_the_api() {
        let codes: Vec<String> =
            variants("crates/api/src/problem.rs").unwrap().into_iter().map(|(code, _)| code).collect();
        let mut seen = 0;
        for text in texts("crates").unwrap() {
            for rest in text.split("Fault::conflict(").skip(1) {
                let Some(word) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
                else {
                    continue;
                };
                assert!(codes.iter().any(|code| code == word), "{word}");
                seen += 1;
            }
        }
        assert!(seen > 5, "{seen}");
    }
}
