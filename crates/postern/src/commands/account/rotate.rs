//! `postern account rotate`.

use std::process::ExitCode;
use std::time::Duration;

use api::accounts::AccountView;
use api::command::Command;
use api::rotation::{RotationPlanView, RotationView};
use serde_json::json;

use super::guide::new_secret;
use super::input::{FILE, day, secret};
use super::path;
use crate::cli::AccountRotate;
use crate::client::Client;
use crate::output::{self, BAD, Format, GOOD, QUIET, STRONG, aside, say};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn rotate(arguments: &AccountRotate) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let path = format!("{}/rotation", path(&arguments.name));
    if arguments.by_hand {
        by_hand(&client, arguments, &path).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.status {
        return show(&client.get(&path, &[]).await?, arguments.connection.format());
    }
    if arguments.cancel {
        client.delete(&path).await?;
        show(&client.get(&path, &[]).await?, arguments.connection.format())?;
        return Ok(ExitCode::SUCCESS);
    }
    let body = json!({
        "life_days": arguments.days,
        "grace_hours": arguments.grace_hours,
        "remove_old": arguments.remove_old,
        "dry_run": arguments.dry_run,
    });
    if arguments.dry_run {
        let plan: RotationPlanView = client.post(&path, &body).await?;
        if arguments.connection.json {
            output::json(&plan)?;
            return Ok(ExitCode::SUCCESS);
        }
        say!("{STRONG}A rotation would{STRONG:#}");
        for (number, step) in plan.steps.iter().enumerate() {
            say!("{:2}. {step}", number + 1);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let begun: RotationView = client.post(&path, &body).await?;
    if arguments.no_wait {
        return show(&begun, arguments.connection.format());
    }
    let seen = watch(&client, &path, begun, arguments.connection.format()).await?;
    show(&seen, arguments.connection.format())
}

/// Looks until the new secret is in use, or is not going to be.
async fn watch(
    client: &Client,
    path: &str,
    mut seen: RotationView,
    format: Format,
) -> anyhow::Result<RotationView> {
    let bar = output::spinner_for("", format);
    while matches!(seen.step.as_str(), "begun" | "added" | "proved") {
        bar.set_message(format!("{}{}", doing(&seen.step), problem(&seen)));
        tokio::time::sleep(LOOK).await;
        seen = client.get(path, &[]).await?;
    }
    bar.clear();
    Ok(seen)
}

fn doing(step: &str) -> &'static str {
    match step {
        "begun" => "requesting a second secret from Entra",
        "added" => "testing the new secret until all of Entra accepts it",
        _ => "switching to the new secret",
    }
}

fn problem(rotation: &RotationView) -> String {
    rotation.problem.as_ref().map(|problem| format!(" (waits: {problem})")).unwrap_or_default()
}

fn show(rotation: &RotationView, format: Format) -> anyhow::Result<ExitCode> {
    let code = if rotation.step == "rolled_back" { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if format == Format::Json {
        output::json(rotation)?;
        return Ok(code);
    }
    let since = output::time(rotation.changed_at);
    match rotation.step.as_str() {
        "switched" => {
            say!("{GOOD}The new secret, \"{}\", is in use{GOOD:#} since {since}.", rotation.label);
            let until = rotation.remove_at.map(output::time).unwrap_or_default();
            match &rotation.old_key_id {
                Some(key) => say!("The old one, {key}, works until {until}; Postern then deletes it."),
                None => say!("Postern keeps the old one, which it did not create."),
            }
        }
        "done" => say!("{GOOD}The rotation to \"{}\" was done{GOOD:#} at {since}.", rotation.label),
        "rolled_back" => {
            let why = rotation.problem.as_deref().unwrap_or("its log says why");
            say!("{BAD}The new secret was not used and has been deleted:{BAD:#} {why}");
            say!("The old one remains in use.");
        }
        step => say!("{} since {since}{}.", doing(step), problem(rotation)),
    }
    Ok(code)
}

/// Leads through a rotation in which somebody else makes the secret.
async fn by_hand(client: &Client, arguments: &AccountRotate, path: &str) -> anyhow::Result<()> {
    let account: AccountView = client.get(&super::path(&arguments.name), &[]).await?;
    let id = &account.client_id;
    let shell = arguments.shell.shell();
    let say_step = |number: u8, text: &str| {
        if !arguments.connection.json {
            aside!("{STRONG}{number}.{STRONG:#} {text}");
        }
    };
    say_step(1, "Somebody with permission creates a second secret; the first one remains valid:");
    say_step(1, &new_secret(id).text(shell));
    say_step(2, "Enter its value here; Postern tests it until all of Entra accepts it:");
    let value = secret("new client secret", FILE, arguments.secret_file.as_deref())?;
    let expires_at = arguments.secret_expires.as_deref().map(day).transpose()?;
    let body = json!({ "secret": value, "expires_at": expires_at });
    let bar = output::spinner_for(
        "testing the new secret until all of Entra accepts it",
        arguments.connection.format(),
    );
    let proved = client.post_nothing(&format!("{path}:complete"), &body).await;
    bar.clear();
    proved?;
    if arguments.connection.json {
        return output::json(&json!({ "switched": arguments.name }));
    }
    say!("{GOOD}The new secret of {} is in use.{GOOD:#}", arguments.name);
    let hint = account.secret_hint.as_deref().unwrap_or("?");
    say!("Delete the old one tomorrow, the one that begins with {hint}:");
    for words in [
        format!("ad app credential list --id {id}"),
        format!("ad app credential delete --id {id} --key-id KEY"),
    ] {
        say!("{QUIET}{}{QUIET:#}", Command::az(&words).text(shell));
    }
    Ok(())
}
