//! An app with an account at a local Azure, for routes that ask Azure.

use std::ops::Deref;

use clock::Clock;
use jiff::SignedDuration;
use serde_json::{Value, json};
use twin::state::ClientSecret;
use twin::{Options, Twin};
use uuid::Uuid;

use crate::app::{App, NOW, Surroundings};

/// The account that is at the twin.
pub(crate) const ACCOUNT: &str = "northwind";

/// An app and its Azure.
pub(crate) struct WithAzure {
    pub(crate) twin: Twin,
    app: App,
    clock: Clock,
}

impl Deref for WithAzure {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl WithAzure {
    pub(crate) async fn start() -> Self {
        tls::install_provider();
        let clock = Clock::standing(NOW.parse().unwrap());
        let twin = Twin::start(Options::ephemeral(clock.clone())).await.unwrap();
        let name_server = twin.ready().dns.parse().ok();
        let app = App::start_in(Surroundings { clock: clock.clone(), name_server }).await;
        let added = app.post("/v1/accounts", &account(&twin)).await;
        assert_eq!(added.status, 201, "{}", added.text);
        Self { twin, app, clock }
    }

    /// Moves the clock to each deadline that `work` sleeps until.
    pub(crate) async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let asleep_before = self.clock.sleepers();
        let mut work = std::pin::pin!(work);
        loop {
            let change = self.clock.sleepers_change();
            let next = self.clock.sleepers().into_iter().find(|until| !asleep_before.contains(until));
            if let Some(until) = next {
                self.clock.advance(until.duration_since(self.clock.now()).unsigned_abs());
            }
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = change => {}
            }
        }
    }

    /// Takes from the account's app what it may do with its own registration.
    pub(crate) fn forbid_rotation(&self) {
        self.twin.backend().change_state(|state| {
            let app = &mut state.tenants[0].apps[0];
            app.graph_roles.clear();
            app.owners.clear();
        });
    }

    /// A second secret of the account's app, as somebody makes it in the portal.
    pub(crate) fn new_secret(&self) -> String {
        let (value, now) = ("second8Q~Rehearsal.Only_Not-A-Real-Secret".to_owned(), self.clock.now());
        let secret = ClientSecret {
            id: Uuid::from_bytes([7; 16]),
            name: None,
            value: value.clone(),
            starts_at: now,
            expires_at: clock::after(now, SignedDuration::from_hours(24 * 180)),
            known_at: now,
        };
        self.twin.backend().change_state(|state| state.tenants[0].apps[0].secrets.push(secret));
        value
    }

    /// A connection to the twin's Cloudflare.
    pub(crate) fn dns_provider(&self) -> Value {
        json!({
            "name": "cf",
            "kind": "cloudflare",
            "token": "twin-cloudflare-token",
            "base_url": format!("{}/client/v4", self.twin.ready().url),
            "ca_pem": ca_pem(&self.twin),
        })
    }

    /// Adds a domain in Azure DNS to the desired state, on the services that are there.
    pub(crate) async fn desire_domain(&self, name: &str) {
        let body = json!({
            "name": name,
            "domain": { "dns": "azure", "senders": ["noreply"] },
            "infrastructure": { "resource_group": "mail", "email_service": "contoso-email" },
        });
        let added = self.post(&format!("/v1/accounts/{ACCOUNT}/domains"), &body).await;
        assert_eq!(added.status, 201, "{}", added.text);
    }

    /// The id of the plan as things are now.
    pub(crate) async fn plan(&self, targets: &Value) -> String {
        let plan = self.post(&format!("/v1/accounts/{ACCOUNT}/infrastructure:plan"), targets).await;
        assert_eq!(plan.status, 200, "{}", plan.text);
        plan.body["id"].as_str().unwrap().to_owned()
    }

    /// The names of the domains at the twin.
    pub(crate) fn domains(&self) -> Vec<String> {
        self.twin.backend().state().domains.iter().map(|domain| domain.name.clone()).collect()
    }
}

fn ca_pem(twin: &Twin) -> String {
    std::fs::read_to_string(&twin.ready().ca).unwrap()
}

fn account(twin: &Twin) -> Value {
    let ready = twin.ready();
    json!({
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
            "ca_pem": ca_pem(twin),
        },
    })
}
