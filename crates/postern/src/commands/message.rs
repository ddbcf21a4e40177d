//! `postern message`: what happened to a mail.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::process::ExitCode;

use api::messages::{EventView, MessageView, RecipientView, SendView, WaitView};
use api::search::FoundMessageView;
use clock::Clock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::{MessageCommand, MessageList, MessageShow};
use crate::client::{Client, segment};
use crate::output::{self, Cell, QUIET, STRONG, WAITING, cell, cell_of_lines, say, style_of};

pub(super) async fn run(command: MessageCommand) -> anyhow::Result<ExitCode> {
    match command {
        MessageCommand::List(arguments) => list(&arguments).await?,
        MessageCommand::Show(arguments) => show(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: &MessageList) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let optional = [
        ("recipient", arguments.to.clone()),
        ("sender", arguments.from.clone()),
        ("message_id", arguments.message_id.clone()),
        ("operation_id", arguments.operation_id.clone()),
        ("login", arguments.login.clone()),
        ("account", arguments.account.clone()),
        ("state", arguments.state.clone()),
        ("subject", arguments.subject.clone()),
        ("reason", arguments.reason.clone()),
        ("since", arguments.since.map(|moment| moment.at(now).to_string())),
        ("until", arguments.until.map(|moment| moment.at(now).to_string())),
    ];
    let query: Vec<(&str, String)> =
        optional.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let messages: Vec<FoundMessageView> =
        Client::new(&arguments.connection)?.first(arguments.limit, "/v1/messages", &query).await?;
    let messages = if arguments.mask { masked(&messages)? } else { messages };
    if arguments.connection.json {
        return output::json(&messages);
    }
    let rows = messages.into_iter().map(row).collect();
    output::table(["Queue id", "State", "Accepted, subject", "From, to"], rows, "No message was found.");
    Ok(())
}

/// A message in few columns, so that its id stays in one piece on a narrow terminal.
fn row(message: FoundMessageView) -> [Cell; 4] {
    let states: BTreeSet<&str> = message.recipients.iter().map(|one| one.state.as_str()).collect();
    let style = states.first().map_or(QUIET, |state| style_of(state));
    let states: Vec<&dyn Display> = states.iter().map(|state| state as &dyn Display).collect();
    let more = message.recipients.len().saturating_sub(1);
    let first = message.recipients.first().map(|one| one.address.as_str()).unwrap_or_default();
    let to = if more > 0 { format!("→ {first} +{more}") } else { format!("→ {first}") };
    let accepted = output::time(message.accepted_at);
    let leaves = message.waits.as_ref().and_then(|wait| wait.until);
    let leaves = leaves.map(|at| format!("leaves {}", output::time(at)));
    let mut about: Vec<&dyn Display> = vec![&accepted];
    about.extend(leaves.iter().map(|leaves| leaves as &dyn Display));
    about.push(&message.subject);
    [
        cell(message.id).whole(),
        cell_of_lines(&states).styled(style),
        cell_of_lines(&about),
        cell_of_lines(&[&message.from, &to]),
    ]
}

/// Prints a message and all that happened to it.
pub(super) async fn show(arguments: &MessageShow) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let message = fetch(&client, &arguments.id).await?;
    let message = if arguments.mask { masked(&message)? } else { message };
    if arguments.connection.json {
        return output::json(&message);
    }
    print(&message);
    Ok(())
}

/// The same with only the first character of each local part, wherever it is.
pub(super) fn masked<T: Serialize + DeserializeOwned>(view: &T) -> anyhow::Result<T> {
    let mut value = serde_json::to_value(view)?;
    mask(&mut value);
    Ok(serde_json::from_value(value)?)
}

fn mask(value: &mut Value) {
    match value {
        Value::String(text) => *text = model::mask::masked(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(members) => members.values_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub(super) async fn fetch(client: &Client, id: &str) -> anyhow::Result<MessageView> {
    client.get(&format!("/v1/messages/{}", segment(id)), &[]).await
}

fn print(message: &MessageView) {
    say!("{STRONG}{}{STRONG:#}", if message.subject.is_empty() { "(no subject)" } else { &message.subject });
    let who = match (message.origin.as_str(), &message.login) {
        ("network", Some(credential)) => format!("credential {credential}, without login"),
        (origin, Some(login)) => format!("{origin} {login}"),
        (origin, None) => origin.to_owned(),
    };
    let mut pairs = vec![
        ("Queue id", message.id.clone()),
        ("From", message.from.clone()),
        ("Message-ID", message.message_id.clone()),
        ("Account", message.account.clone()),
        ("Submitted by", who),
        ("DSNs to", message.reverse_path.clone().unwrap_or_else(|| "nobody".to_owned())),
        ("Size", format!("{} bytes", message.size_bytes)),
        ("Accepted", output::time(message.accepted_at)),
        ("Lane", message.lane.clone()),
    ];
    pairs.extend(message.send_at.map(|at| ("Send at", output::time(at))));
    pairs.extend(message.deadline.map(|at| ("Deadline", output::time(at))));
    output::pairs(&pairs);
    for change in &message.changes {
        let by = change
            .repair
            .as_ref()
            .map_or_else(|| "by the credential".to_owned(), |repair| format!("repair {repair}"));
        say!("Changed       {} {QUIET}({by}){QUIET:#}", change.text);
    }
    for send in &message.sends {
        print_send(send, message);
    }
}

/// Why something waits, and until when.
pub(super) fn waits(wait: &WaitView) -> String {
    match wait.until {
        Some(until) => format!("{}; it leaves at {}", wait.message, output::time(until)),
        None => wait.message.clone(),
    }
}

/// What happened, and then what was answered.
fn print_event(event: &EventView) {
    let style = style_of(&event.result);
    let text = if event.text.is_empty() { String::new() } else { format!(": {}", event.text) };
    say!("  {QUIET}{}{QUIET:#}  {style}{}{style:#}{text}", output::time(event.at), event.message);
}

/// Recipients of whom something else became than of the others, and of whom no delivery report told.
fn print_outcomes(send: &SendView) {
    let shared = if send.state == "sending" { "queued" } else { &send.state };
    let is_reported =
        |address: &String| send.events.iter().any(|event| event.recipient.as_ref() == Some(address));
    let alone = |recipient: &&RecipientView| recipient.state != shared && !is_reported(&recipient.address);
    for recipient in send.recipients.iter().filter(alone) {
        let style = style_of(&recipient.state);
        say!(
            "  {QUIET}{}{QUIET:#}  {} {style}{}{style:#}: {}",
            output::time(recipient.at),
            recipient.address,
            recipient.state,
            recipient.text
        );
    }
}

fn print_send(send: &SendView, message: &MessageView) {
    let addresses: Vec<&str> = send.recipients.iter().map(|recipient| recipient.address.as_str()).collect();
    let style = style_of(&send.state);
    say!("");
    say!("{style}{}{style:#}  to {}", send.state, addresses.join(", "));
    say!("  {QUIET}{}{QUIET:#}  queued", output::time(message.accepted_at));
    send.events.iter().for_each(print_event);
    print_outcomes(send);
    match (send.state.as_str(), send.due_at) {
        ("queued", _) if send.waits.is_some() => {
            let waits = send.waits.as_ref().map(waits).unwrap_or_default();
            say!("  {WAITING}waits{WAITING:#}: {waits}");
        }
        ("queued", Some(at)) => say!("  {QUIET}{}  is tried again{QUIET:#}", output::time(at)),
        ("submitted", Some(at)) => {
            say!("  {QUIET}{}  Azure is asked what became of it{QUIET:#}", output::time(at));
        }
        _ => {}
    }
    say!("  {QUIET}Azure operation {}{QUIET:#}", send.operation_id);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked_wherever_they_are() {
        let view = serde_json::json!({
            "id": "01m7yy32c9fj597qjammahwzgg",
            "from": "ada@example.com",
            "sends": [{ "text": "it refused the recipient bob@example.com: 550", "attempts": 1 }],
        });
        let masked = masked(&view).unwrap();
        assert_eq!(masked["id"], view["id"]);
        assert_eq!(masked["from"], "a***@example.com");
        assert_eq!(masked["sends"][0]["text"], "it refused the recipient b***@example.com: 550");
    }
}
