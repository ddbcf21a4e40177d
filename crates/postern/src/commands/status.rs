//! `postern status`: what the server holds, and what is wrong.

use std::process::ExitCode;

use api::status::{ProblemView, StatusView};

use crate::cli::Connection;
use crate::client::Client;
use crate::output::{self, BAD, GOOD, QUIET, STRONG, WAITING, say};

/// Exits with 1 if there is a problem that needs somebody.
pub(super) async fn status(connection: Connection) -> anyhow::Result<ExitCode> {
    let status: StatusView = Client::new(&connection)?.get("/v1/status", &[]).await?;
    let code = if needs_somebody(&status.problems) { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if connection.json {
        output::json(&status)?;
        return Ok(code);
    }
    let sends: Vec<String> = status.sends.iter().map(|(state, count)| format!("{count} {state}")).collect();
    output::pairs(&[
        ("Server", format!("{} (version {})", status.host_name, status.version)),
        ("Time", output::time(status.now)),
        ("Accounts", status.accounts.to_string()),
        ("Credentials", status.credentials.to_string()),
        ("Messages", if sends.is_empty() { "none yet".to_owned() } else { sends.join(", ") }),
    ]);
    for queue in &status.queues {
        let empty = queue.empty_at.map(|at| format!(", empty at {}", output::time(at))).unwrap_or_default();
        say!("Queue of {}: {} waiting{empty}", queue.account, queue.waiting);
    }
    if status.problems.is_empty() {
        say!("");
        say!("{GOOD}No problems.{GOOD:#}");
    }
    status.problems.iter().for_each(print);
    Ok(code)
}

/// Notices pass without anybody's help, or concern single devices: a monitor that hears of a stranger's wrong password
/// all day is soon switched off. A severity that is not known is worse than that.
fn needs_somebody(problems: &[ProblemView]) -> bool {
    problems.iter().any(|problem| problem.severity != "notice")
}

fn print(problem: &ProblemView) {
    let style = match problem.severity.as_str() {
        "critical" => BAD,
        "warning" => WAITING,
        _ => STRONG,
    };
    let (code, since) = (&problem.code, output::time(problem.since));
    say!("");
    say!("{style}{}{style:#}  {STRONG}{code}{STRONG:#}  {QUIET}since {since}{QUIET:#}", problem.severity);
    say!("  {}", problem.message);
    say!("  {QUIET}What to do:{QUIET:#} {}", problem.action);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_no_reason_to_wake_somebody() {
        let problem = |severity: &str| ProblemView {
            code: "client_refused".to_owned(),
            severity: severity.to_owned(),
            account: None,
            subject: None,
            since: jiff::Timestamp::UNIX_EPOCH,
            message: String::new(),
            action: String::new(),
        };
        assert!(!needs_somebody(&[]));
        assert!(!needs_somebody(&[problem("notice"), problem("notice")]));
        for severity in ["warning", "critical", "catastrophic"] {
            assert!(needs_somebody(&[problem("notice"), problem(severity)]), "{severity}");
        }
    }
}
