//! A domain of the demo's own: from its name to senders that send, through the engine that operators use.

use std::time::Instant;

use anyhow::ensure;
use api::credentials::IssuedView;
use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use api::infrastructure::progress::{ApplyEvent, ApplyLine, StepOutcome};
use serde_json::json;

use super::seed::{ACCOUNT, Account};
use crate::client::Client;
use crate::output::{BAD, GOOD, QUIET, STRONG, say};
use crate::server::Server;

/// The domain. Its zone is in the twin's Azure DNS.
pub(super) const DOMAIN: &str = "northwind.example";

/// Gets the domain ready and makes a login for a device; shows each step with its time.
pub(super) async fn provision(server: &Server, account: &Account) -> anyhow::Result<IssuedView> {
    let started = Instant::now();
    let client = Client::at(&server.data_dir)?;
    say!("{STRONG}A domain for {}: {DOMAIN}, from its name to its senders{STRONG:#}", account.name);
    let senders = json!([
        { "username": "scanner", "display_name": "Scanner" },
        { "username": "noreply", "display_name": "Northwind" },
    ]);
    let body = json!({
        "name": DOMAIN,
        "domain": { "dns": "azure", "dmarc": "v=DMARC1; p=none", "senders": senders },
        "infrastructure": { "resource_group": "mail", "email_service": "contoso-email" },
    });
    let _: Manifest = client.post(&format!("/v1/accounts/{ACCOUNT}/domains"), &body).await?;
    let plan: PlanView =
        client.post(&format!("/v1/accounts/{ACCOUNT}/infrastructure:plan"), &json!({})).await?;
    let approved = json!({ "plan": plan.id });
    let (mut messages, mut is_complete) = (std::collections::HashMap::new(), false);
    client
        .post_lines(&format!("/v1/accounts/{ACCOUNT}/infrastructure:apply"), &approved, |line: ApplyLine| {
            match line {
                ApplyLine::Event(ApplyEvent::Began { key, message }) => drop(messages.insert(key, message)),
                ApplyLine::Event(ApplyEvent::Ended { key, outcome, problem }) => {
                    let after = started.elapsed().as_secs_f64();
                    let (style, sign) =
                        if outcome == StepOutcome::Done { (GOOD, "✓") } else { (BAD, "✗") };
                    let message = messages.remove(&key).unwrap_or(key);
                    let problem = problem.map(|problem| format!(": {problem}")).unwrap_or_default();
                    say!("  {QUIET}{after:6.3} s{QUIET:#}  {style}{sign}{style:#} {message}{problem}");
                }
                ApplyLine::Event(ApplyEvent::Done { applied }) => is_complete = applied.is_complete(),
                ApplyLine::Event(_) => {}
                ApplyLine::Failed { error } => say!("  {BAD}✗ {error}{BAD:#}"),
            }
        })
        .await?;
    ensure!(is_complete, "{DOMAIN} is not ready");
    say!("");
    let sender = format!("scanner@{DOMAIN}");
    let body = json!({ "login": "scanner1", "account": ACCOUNT, "default_from": sender });
    client.post("/v1/credentials", &body).await
}
