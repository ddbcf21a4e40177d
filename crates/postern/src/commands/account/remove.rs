//! `postern account remove`: what is lost is named, and asked about, before it is lost.

use std::fs::{self, OpenOptions};
use std::io::{IsTerminal as _, Write as _, stderr, stdin};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use api::removal::{LossesView, RemovedView};

use super::path;
use crate::cli::AccountRemove;
use crate::client::Client;
use crate::output::{self, GOOD, WAITING, aside, say};

/// Things of one kind that are named one by one.
const NAMED: usize = 10;

pub(super) async fn remove(arguments: &AccountRemove) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let losses: LossesView = client.get(&format!("{}/removal", path(&arguments.name)), &[]).await?;
    if losses.count > 0 {
        may_go(arguments, &losses)?;
    }
    if let Some(directory) = &arguments.save {
        save(&client, directory, &losses).await?;
    }
    let query = [("discard", losses.count.to_string())];
    let removed: RemovedView = client.delete_with(&path(&arguments.name), &query).await?;
    if arguments.connection.json {
        return output::json(&removed);
    }
    say!("{GOOD}Removed account {}.{GOOD:#}", removed.removed);
    if !removed.told.is_empty() {
        say!("The senders of {} get a bounce.", counted(removed.told.len(), "message"));
    }
    if !removed.untold.is_empty() {
        say!(
            "{WAITING}The senders of {} get no bounce,{WAITING:#} because no other account sends from their domains: {}",
            counted(removed.untold.len(), "message"),
            removed.untold.join(", ")
        );
    }
    Ok(())
}

/// Whether the operator wants all of this gone.
fn may_go(arguments: &AccountRemove, losses: &LossesView) -> anyhow::Result<()> {
    let name = &arguments.name;
    let lost = lost(losses);
    if arguments.force && arguments.yes {
        return Ok(());
    }
    for line in &lost {
        aside!("{line}");
    }
    if !arguments.force {
        bail!(
            "account {name} is in use, and removing it would delete the above; `postern account remove {name} --force` \
             removes it all"
        );
    }
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        bail!("nothing was removed: there is no terminal to ask for confirmation; --yes confirms");
    }
    output::prompt(format_args!("Remove account {name} and all of the above? [y/N]"));
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if !["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) {
        bail!("nothing was removed");
    }
    Ok(())
}

/// What is lost, one kind a line.
fn lost(losses: &LossesView) -> Vec<String> {
    let mut lines = Vec::new();
    let messages = losses.messages.len();
    if messages > 0 {
        let mut senders: Vec<&str> =
            losses.messages.iter().map(|message| message.sender.as_deref().unwrap_or("<>")).collect();
        senders.sort_unstable();
        senders.dedup();
        lines.push(format!("  {} from {}", counted(messages, "waiting message"), named(&senders)));
    }
    for (names, what) in [(&losses.logins, "login"), (&losses.senders, "sender"), (&losses.domains, "domain")]
    {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if !names.is_empty() {
            lines.push(format!("  {}: {}", counted(names.len(), what), named(&names)));
        }
    }
    if !losses.domains.is_empty() {
        lines.push(
            "  These domains and their records stay in Azure and DNS, and Postern forgets that it created them; \
             `postern destroy` deletes them first."
                .to_owned(),
        );
    }
    if !losses.dns_connections.is_empty() {
        lines.push(format!("  DNS connections stay: {}", losses.dns_connections.join(", ")));
    }
    lines
}

/// Writes the messages that wait, for nobody else to read. What is there already is not written over.
async fn save(client: &Client, directory: &Path, losses: &LossesView) -> anyhow::Result<()> {
    let failed = || format!("{} cannot be written; nothing was removed", directory.display());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(failed)?;
    for message in &losses.messages {
        let bytes = client.bytes(&format!("/v1/messages/{}/content", message.id)).await?;
        let file = directory.join(format!("{}.eml", message.id));
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
        let written = opened.and_then(|mut opened| opened.write_all(&bytes).and_then(|()| opened.sync_all()));
        written.with_context(|| format!("{} cannot be written; nothing was removed", file.display()))?;
    }
    aside!("Saved {} in {}", counted(losses.messages.len(), "message"), directory.display());
    Ok(())
}

fn named(names: &[&str]) -> String {
    let first = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use api::removal::WaitingView;

    use super::*;

    #[test]
    fn all_that_is_lost_is_named() {
        let waiting = |id: &str, sender: &str| WaitingView { id: id.into(), sender: Some(sender.into()) };
        let losses = LossesView {
            count: 4,
            messages: vec![
                waiting("1", "b@x.example"),
                waiting("2", "a@x.example"),
                waiting("3", "b@x.example"),
            ],
            logins: vec!["scanner1".into()],
            senders: (0..12).map(|number| format!("s{number:02}@x.example")).collect(),
            domains: Vec::new(),
            dns_connections: Vec::new(),
        };
        let lines = lost(&losses);
        assert_eq!(lines[0], "  3 waiting messages from a@x.example, b@x.example");
        assert_eq!(lines[1], "  1 login: scanner1");
        assert!(
            lines[2].starts_with("  12 senders: s00@x.example, ") && lines[2].ends_with("and 2 more"),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 3);
    }
}
