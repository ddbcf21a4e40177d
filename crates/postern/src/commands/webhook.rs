//! `postern webhook`: endpoints that are told what becomes of mail.

use std::process::ExitCode;

use api::webhooks::{DeadLetterView, ReplayView, WebhookSecretView, WebhookTestView, WebhookView};
use clock::Clock;
use serde_json::json;

use super::account::input::read;
use crate::cli::{Connection, Named, WebhookAdd, WebhookCommand, WebhookReplay, WebhookRotate};
use crate::client::{Client, segment};
use crate::output::{self, BAD, GOOD, QUIET, cell, say};

/// Dead letters that `webhook show` lists.
const SHOWN: usize = 20;

pub(super) async fn run(command: WebhookCommand) -> anyhow::Result<ExitCode> {
    match command {
        WebhookCommand::Add(arguments) => add(&arguments).await?,
        WebhookCommand::List(connection) => list(&connection).await?,
        WebhookCommand::Show(arguments) => show(&arguments).await?,
        WebhookCommand::Test(arguments) => return test(&arguments).await,
        WebhookCommand::Replay(arguments) => replay(&arguments).await?,
        WebhookCommand::RotateSecret(arguments) => rotate(&arguments).await?,
        WebhookCommand::Disable(arguments) => set(&arguments, "disabled").await?,
        WebhookCommand::Enable(arguments) => set(&arguments, "enabled").await?,
        WebhookCommand::Remove(arguments) => {
            Client::new(&arguments.connection)?.delete(&path(&arguments.name, "")).await?;
            if arguments.connection.json {
                output::json(&json!({ "removed": arguments.name }))?;
            } else {
                say!("Web hook {} is removed.", arguments.name);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn path(name: &str, rest: &str) -> String {
    format!("/v1/webhooks/{}{rest}", segment(name))
}

async fn add(arguments: &WebhookAdd) -> anyhow::Result<()> {
    let body = json!({
        "url": arguments.url,
        "name": arguments.name,
        "kinds": arguments.kinds,
        "account": arguments.account,
        "batch": arguments.batch,
        "allow_private": arguments.allow_private,
        "allow_plain": arguments.insecure,
        "ca_pem": arguments.ca.as_deref().map(read).transpose()?,
    });
    let added: WebhookSecretView = Client::new(&arguments.connection)?.post("/v1/webhooks", &body).await?;
    if arguments.connection.json {
        return output::json(&added);
    }
    say!("{GOOD}Web hook {} is added.{GOOD:#} Its signing secret, which is not shown again:", added.name);
    say!("  {}", added.secret);
    say!("Next: postern webhook test {}", added.name);
    Ok(())
}

async fn list(connection: &Connection) -> anyhow::Result<()> {
    let all: Vec<WebhookView> = Client::new(connection)?.list("/v1/webhooks", &[]).await?;
    if connection.json {
        return output::json(&all);
    }
    let row = |one: WebhookView| {
        let standing = standing(&one);
        let account = one.account.unwrap_or_else(|| "all".to_owned());
        [cell(one.name), cell(one.url), cell(account), cell(standing)]
    };
    let empty = "There is no web hook yet: `postern webhook add URL` adds one.";
    output::table(["Name", "URL", "Account", "State"], all.into_iter().map(row).collect(), empty);
    Ok(())
}

/// How things stand with a web hook, in a few words.
fn standing(webhook: &WebhookView) -> String {
    if webhook.state != "enabled" {
        return webhook.state.clone();
    }
    match (&webhook.failing, webhook.dead_letters) {
        (Some(failing), _) => format!("failing since {}", output::time(failing.since)),
        (None, 0) => "enabled".to_owned(),
        (None, count) => format!("enabled, {count} dead letters"),
    }
}

async fn show(arguments: &Named) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let webhook: WebhookView = client.get(&path(&arguments.name, ""), &[]).await?;
    let letters: Vec<DeadLetterView> =
        client.first(SHOWN, &path(&arguments.name, "/dead-letters"), &[]).await?;
    if arguments.connection.json {
        return output::json(&json!({ "webhook": webhook, "dead_letters": letters }));
    }
    say!("Web hook {}: {}", webhook.name, standing(&webhook));
    say!("  URL             {}", webhook.url);
    say!("  Account         {}", webhook.account.as_deref().unwrap_or("all"));
    say!("  Types           {}", webhook.kinds.join(", "));
    match webhook.batch {
        Some(most) => say!("  Body            an array of up to {most} events"),
        None => say!("  Body            one event"),
    }
    if let Some(at) = webhook.delivered_at {
        say!("  Last delivery   {}", output::time(at));
    }
    if let Some(until) = webhook.previous_secret_until {
        say!("  Old secret      in use until {}", output::time(until));
    }
    if let Some(failing) = &webhook.failing {
        say!(
            "{BAD}Failing:{BAD:#} {} tries since {}: {}",
            failing.tries,
            output::time(failing.since),
            failing.problem
        );
        if let Some(next) = failing.next_at {
            say!("  Next try        {}", output::time(next));
        }
    }
    if webhook.dead_letters > 0 {
        say!("{} requests were given up; the oldest:", webhook.dead_letters);
        for letter in letters {
            say!(
                "  {} {} events, {} tries: {}",
                output::time(letter.at),
                letter.events,
                letter.tries,
                letter.problem
            );
        }
        say!("{QUIET}`postern webhook replay {}` delivers them again.{QUIET:#}", webhook.name);
    }
    Ok(())
}

async fn test(arguments: &Named) -> anyhow::Result<ExitCode> {
    let path = path(&arguments.name, "/events:test");
    let tested: WebhookTestView = Client::new(&arguments.connection)?.post(&path, &json!({})).await?;
    if arguments.connection.json {
        output::json(&tested)?;
    } else if tested.accepted {
        say!("{GOOD}Web hook {} accepted the test event:{GOOD:#} {}.", tested.name, tested.message);
    } else {
        say!("{BAD}Web hook {} did not accept the test event:{BAD:#} {}.", tested.name, tested.message);
    }
    Ok(if tested.accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn replay(arguments: &WebhookReplay) -> anyhow::Result<()> {
    let since = arguments.since.map(|moment| moment.at(Clock::system().now()));
    let body = json!({ "since": since });
    let path = path(&arguments.name, "/events:replay");
    let done: ReplayView = Client::new(&arguments.connection)?.post(&path, &body).await?;
    if arguments.connection.json {
        return output::json(&done);
    }
    match (done.dead_letters, since) {
        (Some(0), _) => say!("No request to {} was given up.", done.name),
        (Some(1), _) => say!("1 request is delivered again."),
        (Some(count), _) => say!("{count} requests are delivered again."),
        (None, Some(since)) => say!("Events since {} are delivered again.", output::time(since)),
        (None, None) => {}
    }
    Ok(())
}

async fn rotate(arguments: &WebhookRotate) -> anyhow::Result<()> {
    let body = json!({ "overlap_hours": arguments.overlap });
    let path = path(&arguments.name, "/secret:rotate");
    let rotated: WebhookSecretView = Client::new(&arguments.connection)?.post(&path, &body).await?;
    if arguments.connection.json {
        return output::json(&rotated);
    }
    say!("{GOOD}Web hook {} has a new signing secret,{GOOD:#} which is not shown again:", rotated.name);
    say!("  {}", rotated.secret);
    if let Some(until) = rotated.previous_secret_until {
        say!("Requests are signed with both secrets until {}.", output::time(until));
    }
    Ok(())
}

async fn set(arguments: &Named, state: &str) -> anyhow::Result<()> {
    let path = path(&arguments.name, "");
    let webhook: WebhookView =
        Client::new(&arguments.connection)?.patch(&path, &json!({ "state": state })).await?;
    if arguments.connection.json {
        return output::json(&webhook);
    }
    say!("Web hook {} is {}.", webhook.name, webhook.state);
    Ok(())
}
