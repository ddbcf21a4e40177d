//! `postern send`: a test message with its whole story.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use api::messages::{AcceptedView, MessageView};
use jiff::Timestamp;
use serde_json::json;

use super::message::fetch;
use crate::cli::Send;
use crate::client::Client;
use crate::output::{self, BAD, Format, GOOD, QUIET, WAITING, say, style_of};

/// Between two looks at the message.
const LOOK: Duration = Duration::from_millis(150);

pub(super) async fn send(arguments: Send) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let body = json!({
        "account": arguments.account,
        "from": arguments.from,
        "to": arguments.to,
        "subject": arguments.subject,
        "text": arguments.text,
        "lane": arguments.lane,
        "deadline": arguments.deadline,
        "send_at": arguments.send_at,
    });
    let accepted: AcceptedView = client.post("/v1/messages", &body).await?;
    if arguments.no_wait || arguments.send_at.is_some() {
        if arguments.connection.json {
            output::json(&accepted)?;
        } else {
            say!("Queued as {}.", accepted.id);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let format = arguments.connection.format();
    let message = watch(&client, &accepted.id, Duration::from_secs(arguments.timeout), format).await?;
    if format == Format::Json {
        output::json(&message)?;
    }
    Ok(verdict(&message, format))
}

/// Follows a message until nothing more is to come of it, or patience ends.
async fn watch(client: &Client, id: &str, patience: Duration, format: Format) -> anyhow::Result<MessageView> {
    let started = Instant::now();
    let mut told = 0;
    if format == Format::Text {
        say!("Queued as {id}.");
    }
    loop {
        // What was accepted this instant may take a moment to show up in the queue.
        let message = match fetch(client, id).await {
            Ok(message) => message,
            Err(_) if started.elapsed() < Duration::from_secs(2) => {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let attempts: Vec<_> = message.sends.iter().flat_map(|send| &send.attempts).collect();
        for attempt in attempts.iter().skip(told).filter(|_| format == Format::Text) {
            let style = style_of(&attempt.result);
            let after = since(message.accepted_at, attempt.at);
            say!("{QUIET}{after:>8}{QUIET:#}  {style}{}{style:#}: {}", attempt.result, attempt.text);
        }
        told = attempts.len();
        let is_over =
            message.sends.iter().all(|send| matches!(send.state.as_str(), "sent" | "failed" | "dropped"));
        if is_over || started.elapsed() > patience {
            return Ok(message);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn verdict(message: &MessageView, format: Format) -> ExitCode {
    let states: Vec<&str> = message.sends.iter().map(|send| send.state.as_str()).collect();
    let (style, text, code) = if states.iter().any(|state| matches!(*state, "failed" | "dropped")) {
        (BAD, "It was not sent.", ExitCode::FAILURE)
    } else if states.iter().all(|state| *state == "sent") {
        (GOOD, "Azure sent it on.", ExitCode::SUCCESS)
    } else {
        (WAITING, "It is still under way; `postern message show` tells more later.", ExitCode::from(3))
    };
    if format == Format::Text {
        say!("{style}{text}{style:#}");
    }
    code
}

fn since(start: Timestamp, end: Timestamp) -> String {
    format!("+{:.2} s", end.duration_since(start).as_secs_f64())
}
