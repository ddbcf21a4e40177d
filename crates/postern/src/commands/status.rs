//! `postern status`.

use std::process::ExitCode;

use web::api::StatusView;

use crate::cli::Connection;
use crate::client::Client;
use crate::output;

pub(super) async fn status(connection: Connection) -> anyhow::Result<ExitCode> {
    let status: StatusView = Client::new(&connection)?.get("/v1/status", &[]).await?;
    if connection.json {
        output::json(&status)?;
        return Ok(ExitCode::SUCCESS);
    }
    let sends: Vec<String> = status.sends.iter().map(|(state, count)| format!("{count} {state}")).collect();
    output::pairs(&[
        ("Server", format!("{} (version {})", status.host_name, status.version)),
        ("Time", output::time(status.now)),
        ("Accounts", status.accounts.to_string()),
        ("Credentials", status.credentials.to_string()),
        ("Messages", if sends.is_empty() { "none yet".to_owned() } else { sends.join(", ") }),
    ]);
    Ok(ExitCode::SUCCESS)
}
