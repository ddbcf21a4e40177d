//! What the demo starts with: an account at the twin, as an operator connects one.

use std::fs;

use api::accounts::AccountView;
use serde_json::json;
use twin::Twin;

use crate::client::Client;
use crate::server::Server;

/// The account, as its views show it.
pub(super) type Account = AccountView;

/// What it is called.
pub(super) const ACCOUNT: &str = "contoso";

/// Connects it through the management API.
pub(super) async fn connect(server: &Server, twin: &Twin) -> anyhow::Result<Account> {
    let client = Client::at(&server.data_dir)?;
    let ready = twin.ready();
    let body = json!({
        "name": ACCOUNT,
        "tenant_id": ready.tenant_id,
        "client_id": ready.client_id,
        "client_secret": ready.client_secret,
        "subscription_id": ready.subscription_id,
        "service": ready.communication_service,
        "endpoint": ready.url,
        "cloud": {
            "authority": ready.url,
            "smtp_host": ready.smtp_host,
            "smtp_port": ready.smtp_port,
            "ca_pem": fs::read_to_string(&ready.ca)?,
        },
    });
    client.post("/v1/accounts", &body).await
}
