//! The house rules that a program can check. Each file here has some of them.

mod circles;
mod doc_comments;
mod documents;
mod figures;
mod levels;
mod log_fields;
mod names;
mod signatures;
mod sizes;
mod sources;
mod sql;
mod walls;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use crate::process::{command, quietly, root};

/// A broken rule, and where.
#[derive(Debug)]
pub(crate) struct Breach {
    place: String,
    rule: String,
}

/// A text file of the repository.
pub(crate) struct Source {
    /// From the root.
    path: String,
    text: String,
}

/// What `cargo xtask tidy` takes.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Print how long files and functions are, too
    #[arg(long)]
    figures: bool,
}

/// Checks everything; prints what is wrong.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let sources = sources()?;
    if options.figures {
        figures::print(&sources);
    }
    let mut breaches = Vec::new();
    levels::check(&root(), &mut breaches)?;
    for source in &sources {
        if Path::new(&source.path).extension().is_some_and(|extension| extension == "rs") {
            walls::check(source, &mut breaches);
            sizes::check(source, &mut breaches);
            sources::check(source, &mut breaches);
            sql::check(source, &mut breaches);
            doc_comments::check(source, &mut breaches);
        }
        documents::check(source, &mut breaches);
    }
    sizes::check_exceptions(&sources, &mut breaches);
    circles::check(&sources, &mut breaches);
    log_fields::check(&sources, &mut breaches);
    names::check(&sources, &mut breaches);
    signatures::check(&sources, &mut breaches);
    for breach in &breaches {
        println!("{breach}");
    }
    if breaches.is_empty() { Ok(()) } else { bail!("{} house rules are broken", breaches.len()) }
}

/// What the repository holds, whether committed yet or not.
fn sources() -> anyhow::Result<Vec<Source>> {
    let listed = quietly(command("git", &["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let read = |path: &str| {
        let text = std::fs::read_to_string(root().join(path)).ok()?;
        Some(Source { path: path.to_owned(), text })
    };
    Ok(listed.lines().filter_map(read).collect())
}

impl Source {
    /// The crate it belongs to; the root's own files belong to none.
    fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            Some(first @ ("e2e" | "bench" | "fuzz" | "xtask")) => first,
            _ => "",
        }
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests/")
    }

    /// Lines of the program itself, numbered: not the tests at the foot of the file.
    fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(number, line)| (number + 1, line));
        lines.take_while(|(_, line)| *line != "#[cfg(test)]")
    }

    fn breach(&self, line: usize, rule: impl Into<String>) -> Breach {
        Breach { place: format!("{}:{line}", self.path), rule: rule.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.rule)
    }
}

/// The crates' folders.
fn packages(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = ["e2e", "bench", "xtask"].iter().map(|name| root.join(name)).collect();
    for entry in std::fs::read_dir(root.join("crates"))? {
        folders.push(entry?.path());
    }
    folders.retain(|folder| folder.join("Cargo.toml").exists());
    folders.sort();
    Ok(folders)
}
