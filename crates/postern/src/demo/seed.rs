//! What the demo starts with: an account, two senders, a device.

use std::fs;

use serde_json::json;
use twin::Twin;
use web::api::{AccountView, IssuedView, SenderView};

use crate::client::Client;
use crate::config::raw::Mode;
use crate::server::Server;

/// What was made.
pub(super) struct Seeded {
    /// The device's login.
    pub(super) login: String,
    /// Its password.
    pub(super) password: String,
    /// What it sends from.
    pub(super) sender: String,
    /// The login with the app's own secret.
    pub(super) entra_login: String,
    /// Port with STARTTLS.
    pub(super) starttls_port: u16,
    /// Port with TLS.
    pub(super) tls_port: u16,
}

/// Makes all of it through the management API, as an operator would.
pub(super) async fn seed(server: &Server, twin: &Twin) -> anyhow::Result<Seeded> {
    let client = Client::at(&server.data_dir)?;
    let ready = twin.ready();
    let account: AccountView = client
        .post(
            "/v1/accounts",
            &json!({
                "name": "contoso",
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
            }),
        )
        .await?;
    for (address, name) in [("scanner@contoso.example", "Scanner"), ("noreply@contoso.example", "Contoso")] {
        let body = json!({ "account": account.name, "address": address, "display_name": name });
        let _: SenderView = client.post("/v1/senders", &body).await?;
    }
    let body =
        json!({ "login": "scanner1", "account": account.name, "default_from": "scanner@contoso.example" });
    let issued: IssuedView = client.post("/v1/credentials", &body).await?;
    let port = |mode| {
        let found = server.addresses.iter().find(|(_, other)| *other == mode);
        found.map(|(address, _)| address.port()).unwrap_or_default()
    };
    Ok(Seeded {
        login: issued.credential.login,
        password: issued.password,
        sender: "scanner@contoso.example".to_owned(),
        entra_login: account.entra_login.unwrap_or_default(),
        starttls_port: port(Mode::Starttls),
        tls_port: port(Mode::Tls),
    })
}
