//! `postern message`: what happened to a mail.

use std::process::ExitCode;

use api::messages::{MessageView, SendView, WaitView};

use crate::cli::{ById, MessageCommand};
use crate::client::{Client, segment};
use crate::output::{self, QUIET, STRONG, WAITING, say, style_of};

pub(super) async fn run(command: MessageCommand) -> anyhow::Result<ExitCode> {
    let MessageCommand::Show(arguments) = command;
    show(&arguments).await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a message and all that happened to it.
pub(super) async fn show(arguments: &ById) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let message = fetch(&client, &arguments.id).await?;
    if arguments.connection.json {
        return output::json(&message);
    }
    print(&message);
    Ok(())
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
    output::pairs(&[
        ("Queue id", message.id.clone()),
        ("From", message.from.clone()),
        ("Message-ID", message.message_id.clone()),
        ("Account", message.account.clone()),
        ("Submitted by", who),
        ("DSNs to", message.reverse_path.clone().unwrap_or_else(|| "nobody".to_owned())),
        ("Size", format!("{} bytes", message.size_bytes)),
        ("Accepted", output::time(message.accepted_at)),
    ]);
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
        Some(until) => format!("{}; the next attempt is not before {}", wait.message, output::time(until)),
        None => wait.message.clone(),
    }
}

/// Recipients of whom something else became than of the others.
fn print_outcomes(send: &SendView) {
    let shared = if send.state == "sending" { "queued" } else { &send.state };
    for recipient in send.recipients.iter().filter(|recipient| recipient.state != shared) {
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
    for attempt in &send.attempts {
        let style = style_of(&attempt.result);
        say!(
            "  {QUIET}{}{QUIET:#}  {style}{}{style:#}: {}",
            output::time(attempt.at),
            attempt.result,
            attempt.text
        );
    }
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
