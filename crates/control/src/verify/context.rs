//! What the checks share: the account, its side of Azure, and what one check has learnt for the others.

use std::sync::Arc;

use api::verification::{ActionOwner, Check, Finding};
use azure_client::arm::{ArmApi, CallError};
use azure_client::credential::Credential;
use azure_client::fault::explain;
use azure_client::graph::GraphApi;
use azure_client::{Failure, Http};
use azure_types::arm::GenericResource;
use azure_types::resource_id::ResourceId;
use model::account::Account;
use model::delivery::Transport;
use tokio::sync::OnceCell;

use crate::Control;

/// One account under examination.
pub(crate) struct Context {
    pub(crate) control: Control,
    pub(crate) account: Arc<Account>,
    pub(crate) http: Http,
    pub(crate) credential: Arc<dyn Credential>,
    pub(crate) arm: ArmApi,
    pub(crate) graph: GraphApi,
    services: OnceCell<Result<Vec<GenericResource>, String>>,
}

impl Context {
    pub(super) fn new(
        control: Control,
        account: Arc<Account>,
        http: Http,
        credential: Arc<dyn Credential>,
    ) -> Self {
        let source = || (control.clock.clone(), control.entropy.clone());
        let cloud = &account.cloud;
        let gate = control.gates.of(account.client, account.subscription);
        let arm =
            ArmApi::new(http.clone(), cloud.resource_manager(), Arc::clone(&credential), source(), gate);
        // Graph counts by itself.
        let gate = Arc::default();
        let graph = GraphApi::new(http.clone(), cloud.graph(), Arc::clone(&credential), source(), gate);
        Self { arm, graph, control, account, http, credential, services: OnceCell::new() }
    }

    /// The communication services that the app sees.
    pub(crate) async fn services(&self) -> Result<&[GenericResource], &str> {
        let found = self.services.get_or_init(|| async {
            self.arm.services(self.account.subscription).await.map_err(|error| explain(&error))
        });
        found.await.as_deref().map_err(String::as_str)
    }

    /// The ARM id of the account's own service, if the app sees it.
    pub(crate) async fn own_service(&self) -> Option<&ResourceId> {
        let wanted = self.account.service.as_ref()?.name.as_str();
        let services = self.services().await.ok()?;
        let own = services.iter().find(|service| service.name.eq_ignore_ascii_case(wanted))?;
        Some(&own.id)
    }

    /// Whether that is the service that the account sends through.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.account.service.as_ref().is_some_and(|own| own.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The ARM id of the subscription.
    pub(super) fn subscription(&self) -> ResourceId {
        self.account.subscription.into()
    }

    /// Whether mail of this account may go by SMTP.
    pub(super) fn uses_smtp(&self) -> bool {
        self.account.may_use(Transport::Smtp)
    }

    /// The client id, as commands have it.
    pub(super) fn client(&self) -> String {
        self.account.client.to_string()
    }
}

/// What is found when a call fails in a way that has nothing to do with the check itself.
pub(super) fn trouble(check: Check, error: &CallError) -> Finding {
    let name = |word: &str| format!("{}.{word}", serde_name(check));
    match error {
        CallError::Token(failure) => {
            let message = format!("Postern could not check this, because it has no token for it: {failure}.");
            Finding::warning(check, &name("no_token"), message).by(ActionOwner::Wait)
        }
        CallError::Failed(Failure::Answered(answered)) if answered.http_status == 429 => {
            let message = "Azure is throttling requests; verify again in a minute.";
            Finding::warning(check, &name("throttled"), message).by(ActionOwner::Wait)
        }
        CallError::Failed(Failure::Answered(answered)) if answered.http_status >= 500 => {
            let message =
                format!("Azure reported an error of its own ({answered}); verify again in a few minutes.");
            Finding::warning(check, &name("azure_in_trouble"), message).by(ActionOwner::Microsoft)
        }
        CallError::Failed(failure) => {
            let message = format!("Azure gave an unexpected answer: {}.", failure.chain());
            Finding::warning(check, &name("unexpected"), message).by(ActionOwner::You)
        }
    }
}

/// A check as it stands in codes.
pub(super) fn serde_name(check: Check) -> String {
    serde_json::to_value(check).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
