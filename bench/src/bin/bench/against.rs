//! Another build of the server: a program that is there, or a revision that is built first.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// The program at a path, or of a revision, built in a worktree of its own below `target/against`.
///
/// # Errors
/// When there is no such file and no such revision, or the revision cannot be built.
pub(crate) fn program(named: &str) -> anyhow::Result<PathBuf> {
    let path = Path::new(named);
    if path.is_file() {
        return Ok(path.canonicalize()?);
    }
    let revision = revision(named)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the bench is in a workspace")?;
    let worktree = root.join("target/against").join(&revision);
    if !worktree.exists() {
        let mut git = Command::new("git");
        git.args(["worktree", "add", "--detach"]).arg(&worktree).arg(&revision).current_dir(root);
        succeed(git)?;
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--package", "postern"]).current_dir(&worktree);
    // The same options, and a folder of its own.
    cargo.env_remove("CARGO_TARGET_DIR");
    succeed(cargo)?;
    Ok(worktree.join("target/release/postern"))
}

/// The commit that a name stands for.
fn revision(named: &str) -> anyhow::Result<String> {
    let commit = format!("{named}^{{commit}}");
    let output = Command::new("git").args(["rev-parse", "--verify", "--quiet", &commit]).output()?;
    ensure!(output.status.success(), "{named} is neither a program nor a revision");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn succeed(mut command: Command) -> anyhow::Result<()> {
    let words = format!("{command:?}");
    ensure!(command.status().with_context(|| words.clone())?.success(), "{words} failed");
    Ok(())
}
