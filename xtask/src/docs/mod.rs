//! Documents that are made of the code: configuration, command line, codes, metrics, and where each RFC is obeyed.

mod codes;
mod command_line;
mod configuration;
mod metrics;
mod rfc_coverage;

use anyhow::bail;

use crate::process::{cargo, quietly, root};

/// What is done with the documents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Write,
    Check,
}

/// Writes the documents, or says which are not as they would be written.
pub(crate) fn run(purpose: Purpose) -> anyhow::Result<()> {
    let documents = [
        ("docs/reference/configuration.md", configuration::write()?),
        ("docs/reference/command-line.md", command_line::write()?),
        ("docs/reference/codes.md", codes::write()?),
        ("docs/reference/rfc-coverage.md", rfc_coverage::write()?),
        ("docs/operate/metrics.md", metrics::write()?),
    ];
    let mut stale = Vec::new();
    for (path, text) in documents {
        let file = root().join(path);
        if std::fs::read_to_string(&file).is_ok_and(|there| there == text) {
            continue;
        }
        if purpose == Purpose::Check {
            stale.push(path);
        } else {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(file, text)?;
            println!("{path} is written");
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        bail!("stale: {}; `cargo xtask docs` writes them", stale.join(", "))
    }
}

/// What the program prints.
fn postern(arguments: &[&str]) -> anyhow::Result<String> {
    let run = ["run", "--quiet", "--locked", "--package", "postern", "--"];
    quietly(cargo(&run.iter().chain(arguments).copied().collect::<Vec<_>>()))
}
