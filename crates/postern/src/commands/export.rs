//! `postern export`.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use provisioning::ExportForm;
use serde_json::json;

use super::provision::desired;
use crate::cli::{Export, ExportAs};
use crate::client::{Client, segment};
use crate::output::{self, Format, GOOD, say};

pub(super) async fn export(arguments: &Export) -> anyhow::Result<ExitCode> {
    let file = arguments.output.as_deref().filter(|file| *file != Path::new("-"));
    let form = ExportForm::from(arguments.form);
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    if let Some(file) = file {
        // Before the server is asked: nothing that it says would help.
        must_be_free(file, form, existing)?;
    }
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    let path = format!("/v1/accounts/{}/export", segment(&account));
    let text = client.text(&path, &[("form", form.as_str().to_owned())]).await?;
    let format = arguments.connection.format();
    match file {
        Some(file) => {
            write(file, form, &text, existing)?;
            if format == Format::Json {
                output::json(&json!({ "account": account, "form": form.as_str(), "file": file }))?;
            } else {
                say!("{GOOD}The desired state of account {account} is in {}.{GOOD:#}", file.display());
                say!("Next: {}", next(form));
            }
        }
        None if format == Format::Json => {
            output::json(&json!({ "account": account, "form": form.as_str(), "text": text }))?;
        }
        None => output::document(&text),
    }
    Ok(ExitCode::SUCCESS)
}

fn next(form: ExportForm) -> &'static str {
    match form {
        ExportForm::Bicep => "its first lines have the commands that deploy it",
        ExportForm::Terraform => {
            "terraform init and terraform plan, in its folder; nothing should be changed"
        }
        ExportForm::Csv => "a spreadsheet opens it; a single quote before = + - @ is no part of the value",
    }
}

/// What becomes of a file that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Keep,
    Replace,
}

/// Refuses what could only go wrong.
fn must_be_free(file: &Path, form: ExportForm, existing: Existing) -> anyhow::Result<()> {
    let shown = file.display();
    if file.is_dir() {
        bail!("{shown} is a folder: name a file in it, such as {}", file.join(usual_name(form)).display());
    }
    if existing == Existing::Keep && file.symlink_metadata().is_ok() {
        bail!("{shown} exists already: choose another name, or overwrite it with --force");
    }
    Ok(())
}

fn usual_name(form: ExportForm) -> &'static str {
    match form {
        ExportForm::Bicep => "postern.bicep",
        ExportForm::Terraform => "postern.tf",
        ExportForm::Csv => "senders.csv",
    }
}

/// Writes a file that others may read: there are no secrets in it.
fn write(file: &Path, form: ExportForm, text: &str, existing: Existing) -> anyhow::Result<()> {
    let mut opened = open(file, form, existing)?;
    let written = opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all());
    written.with_context(|| format!("{} cannot be written", file.display()))
}

fn open(file: &Path, form: ExportForm, existing: Existing) -> anyhow::Result<File> {
    must_be_free(file, form, existing)?;
    let mut options = OpenOptions::new();
    options.write(true).mode(0o644);
    // A file that was made since the check is kept.
    if existing == Existing::Replace {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(file).map_err(|error| {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        match folder {
            Some(folder) => anyhow!("there is no folder {}: make it, or name another", folder.display()),
            None => anyhow!(error).context(format!("{} cannot be written", file.display())),
        }
    })
}

impl From<ExportAs> for ExportForm {
    fn from(form: ExportAs) -> Self {
        match form {
            ExportAs::Bicep => Self::Bicep,
            ExportAs::Terraform => Self::Terraform,
            ExportAs::Csv => Self::Csv,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_written_over_by_force_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postern.tf");
        let form = ExportForm::Terraform;
        write(&file, form, "one, which is longer", Existing::Keep).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777 & !0o644, 0);
        let refusal = write(&file, form, "two", Existing::Keep).unwrap_err().to_string();
        assert!(refusal.contains("--force"), "{refusal}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "one, which is longer");
        write(&file, form, "two", Existing::Replace).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
    }

    #[test]
    fn folders_are_named_in_the_refusal() {
        let folder = tempfile::tempdir().unwrap();
        for (path, expected) in
            [("", "postern.bicep"), ("no/postern.bicep", "there is no folder"), ("x\0", "cannot be written")]
        {
            let refusal =
                write(&folder.path().join(path), ExportForm::Bicep, "", Existing::Replace).unwrap_err();
            assert!(refusal.to_string().contains(expected), "{refusal:#}");
        }
    }
}
