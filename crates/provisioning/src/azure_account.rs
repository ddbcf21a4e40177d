//! An account with connections to its side of Azure, and what has been learnt of it on the way.

use std::sync::Arc;

use azure_client::Http;
use azure_client::account::credential;
use azure_client::arm::{ArmApi, CallError};
use azure_client::credential::Credential;
use azure_client::fault::{explain, upstream};
use azure_client::graph::GraphApi;
use azure_types::arm::GenericResource;
use azure_types::resource_id::ResourceId;
use clock::Sources;
use model::account::Account;
use model::azure::AzureConnection;
use model::fault::Fault;
use model::upstream::{NotAzure, Transport};
use secrecy::SecretString;
use store::SecretOwner;
use tokio::sync::OnceCell;

use super::Provisioning;

/// One account, and its side of Azure.
pub struct AzureAccount {
    pub provisioning: Provisioning,
    pub account: Arc<Account>,
    /// The account's upstream.
    pub connection: AzureConnection,
    pub http: Http,
    pub credential: Arc<dyn Credential>,
    pub arm: ArmApi,
    pub graph: GraphApi,
    services: OnceCell<Result<Vec<GenericResource>, String>>,
}

impl AzureAccount {
    fn new(
        provisioning: Provisioning,
        account: Arc<Account>,
        http: Http,
        credential: Arc<dyn Credential>,
    ) -> Result<Self, NotAzure> {
        let connection = account.azure()?.clone();
        let sources = || Sources { clock: provisioning.clock.clone(), entropy: provisioning.entropy.clone() };
        let cloud = &connection.cloud;
        let gate = provisioning.gates.of(connection.client, connection.subscription);
        let arm =
            ArmApi::new(http.clone(), cloud.resource_manager(), Arc::clone(&credential), sources(), gate);
        // Graph has limits of its own.
        let gate = Arc::default();
        let graph = GraphApi::new(http.clone(), cloud.graph(), Arc::clone(&credential), sources(), gate);
        let services = OnceCell::new();
        Ok(Self { arm, graph, provisioning, account, connection, http, credential, services })
    }

    /// The communication services that the app sees.
    ///
    /// # Errors
    /// When Azure cannot be asked; the text says why.
    pub async fn services(&self) -> Result<&[GenericResource], &str> {
        let found = self.services.get_or_init(|| async {
            self.arm.services(self.connection.subscription).await.map_err(|error| explain(&error))
        });
        found.await.as_deref().map_err(String::as_str)
    }

    /// The ARM id of the account's own service, if the app sees it.
    pub async fn own_service(&self) -> Option<&ResourceId> {
        let wanted = self.connection.service.as_ref()?.name.as_str();
        let services = self.services().await.ok()?;
        let own = services.iter().find(|service| service.name.eq_ignore_ascii_case(wanted))?;
        Some(&own.id)
    }

    /// Whether that is the service that the account sends through.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        self.connection.service.as_ref().is_some_and(|own| own.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The ARM id of the subscription.
    #[must_use]
    pub fn subscription(&self) -> ResourceId {
        self.connection.subscription.into()
    }

    /// Whether mail of this account may go by SMTP.
    #[must_use]
    pub fn uses_smtp(&self) -> bool {
        self.account.may_use(Transport::Smtp)
    }

    /// The client id, as commands have it.
    #[must_use]
    pub fn client(&self) -> String {
        self.connection.client.to_string()
    }
}

impl Provisioning {
    /// Connections and credential of an account.
    ///
    /// # Errors
    /// When the account does not send through Azure, or its credential cannot be used: `account_unusable`.
    pub async fn azure_account(&self, account: &Arc<Account>) -> Result<AzureAccount, Fault> {
        let connection = account.azure()?;
        let unusable = |why: String| {
            let message = format!("Postern cannot use the app's credentials: {why}.");
            Fault::conflict("account_unusable", message)
        };
        let secret = match account.upstream.secret() {
            Some(name) => {
                let kept = self.store.secrets().get(SecretOwner::Account(account.id), name).await;
                kept.map_err(|error| unusable(error.to_string()))?
            }
            None => SecretString::default(),
        };
        let http = Http::new(connection.cloud.ca_pem()).map_err(|error| unusable(error.to_string()))?;
        let credential = credential(connection, &http, secret, &self.identity, &self.entropy)
            .map_err(|error| unusable(error.to_string()))?;
        Ok(AzureAccount::new(self.clone(), Arc::clone(account), http, credential)?)
    }
}

/// Azure cannot be read.
pub(super) fn unseen(account: &Account, error: &CallError) -> Fault {
    let message = format!("{}; `postern account verify {}` explains it", explain(error), account.name);
    let who = if matches!(error, CallError::Token(_)) { "Entra" } else { "Azure" };
    upstream(who, message, error)
}
