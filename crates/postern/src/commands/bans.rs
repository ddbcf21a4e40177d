//! `postern bans`.

use std::process::ExitCode;

use api::bans::{BanView, LiftedView};
use serde_json::json;

use crate::cli::{Bans, BansCommand, Connection, LiftBan};
use crate::client::Client;
use crate::output::{self, GOOD, QUIET, cell, say};

pub(super) async fn run(arguments: &Bans) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        None => list(&arguments.connection).await?,
        Some(BansCommand::Lift(arguments)) => lift(arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(connection: &Connection) -> anyhow::Result<()> {
    let bans: Vec<BanView> = Client::new(connection)?.list("/v1/bans", &[]).await?;
    if connection.json {
        return output::json(&bans);
    }
    let is_empty = bans.is_empty();
    let row = |ban: &BanView| {
        let (since, until) = (output::time(ban.since), output::time(ban.until));
        [cell(what(ban)), cell(since), cell(until), cell(guesses(ban))]
    };
    let rows = bans.iter().map(row).collect();
    output::table(["Locked", "Since", "Until", "Reason"], rows, "No locks.");
    if !is_empty {
        say!(
            "{QUIET}Locks do not apply to logins that worked from the same network in the last 30 days. \
             `postern bans lift NETWORK|LOGIN` lifts a lock at once.{QUIET:#}"
        );
    }
    Ok(())
}

async fn lift(arguments: &LiftBan) -> anyhow::Result<()> {
    let body = json!({ "which": arguments.which });
    let done: LiftedView = Client::new(&arguments.connection)?.post("/v1/bans:lift", &body).await?;
    if arguments.connection.json {
        return output::json(&done);
    }
    for ban in &done.lifted {
        say!("{GOOD}Unlocked {}.{GOOD:#} The lock was for {}.", what(ban), guesses(ban));
    }
    Ok(())
}

/// What a ban locks.
pub(super) fn what(ban: &BanView) -> String {
    match (&ban.login, &ban.network) {
        (Some(login), Some(network)) => format!("login {login} at {network}"),
        (Some(login), None) => format!("login {login}"),
        (None, network) => format!("network {}", network.as_deref().unwrap_or_default()),
    }
}

/// What brought it.
pub(super) fn guesses(ban: &BanView) -> String {
    let of = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    match (ban.logins, ban.networks) {
        (Some(logins), _) => format!("{} wrong passwords for {}", ban.guesses, of(logins, "login")),
        (None, networks) => {
            format!("{} wrong passwords from {}", ban.guesses, of(networks.unwrap_or(1), "network"))
        }
    }
}
