//! Other programs, run from the workspace's root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// A program that runs in the root.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Cargo, the same one that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(option_env!("CARGO").unwrap_or("cargo"), arguments)
}

/// Runs a program and says whether it succeeded.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

/// Runs a program whose words are of interest only if it fails.
pub(crate) fn quietly(mut command: Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let last: Vec<&str> = words.lines().rev().take(5).collect();
        bail!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs one of the workspace's own programs, as fast as it goes.
pub(crate) fn in_release(package: &str, program: &str, arguments: &[String]) -> anyhow::Result<()> {
    for package in ["postern", package] {
        if !succeeds(cargo(&["build", "--quiet", "--release", "--package", package])) {
            bail!("{package} could not be built");
        }
    }
    let run = ["run", "--quiet", "--release", "--package", package, "--bin", program, "--"];
    let arguments: Vec<&str> = run.into_iter().chain(arguments.iter().map(String::as_str)).collect();
    if succeeds(cargo(&arguments)) { Ok(()) } else { bail!("{program} failed") }
}
