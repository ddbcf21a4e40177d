//! Whether Entra lets the app in, and if not, which of the many reasons it is.

use std::time::Duration;

use api::verification::{ActionOwner, Check, Finding};
use azure_client::RequestFailure;
use azure_client::entra::TokenFailure;
use azure_types::entra::code;
use jiff::SignedDuration;
use model::azure::Authorization;
use store::{SecretFacts, SecretOwner};

use super::refused::Refused;
use super::{Event, Patience, Watch};
use provisioning::AzureAccount;

const CHECK: Check = Check::Authentication;
/// Entra's servers take so long to hear of a new secret; until then some say that it is wrong.
const PROPAGATION: SignedDuration = SignedDuration::from_mins(5);
/// Tries of a secret that was just set: a minute in all.
const TRIES: u32 = 12;
const BETWEEN: Duration = Duration::from_secs(5);
const NEW_SECRET: &str = "Entra does not know the secret. It was set only recently, and a new secret can take a minute to \
                          reach all of Entra: Postern retries for a minute, unless you pass --no-wait.";

pub(super) async fn check(context: &AzureAccount, watch: &Watch, patience: Patience) -> Vec<Finding> {
    let cloud = &context.connection.cloud;
    for resource in [cloud.resource_manager(), cloud.communication()] {
        if let Err(failure) = patiently(context, &format!("{resource}/.default"), watch, patience).await {
            return vec![explain(context, &failure).await];
        }
    }
    let with = match context.connection.authorization {
        Authorization::ClientSecret => "its client secret",
        Authorization::Certificate => "its certificate",
        Authorization::ManagedIdentity => "this machine's managed identity",
        Authorization::AccessKey => "an access key",
    };
    let message = format!(
        "Entra issues tokens for Resource Manager and for mail to app {}, which authenticates with {with}.",
        context.connection.client
    );
    vec![Finding::passed(CHECK, "authentication.let_in", message)]
}

/// Asks for a token, again and again if the secret is so new that not every server may know it.
async fn patiently(
    context: &AzureAccount,
    scope: &str,
    watch: &Watch,
    patience: Patience,
) -> Result<(), TokenFailure> {
    let clock = &context.provisioning.clock;
    let mut tries = 0;
    loop {
        tries += 1;
        let Err(failure) = context.credential.request(scope, clock.now()).await else { return Ok(()) };
        let may_not_be_known = matches!(&failure, TokenFailure::Refused(error)
            if error.code() == Some(code::INVALID_SECRET));
        if !may_not_be_known || tries >= TRIES || patience == Patience::AtOnce || !is_new(context).await {
            return Err(failure);
        }
        if tries == 1 {
            watch.tell(Event::Waits(CHECK, NEW_SECRET.to_owned()));
        }
        clock.sleep(BETWEEN).await;
    }
}

async fn is_new(context: &AzureAccount) -> bool {
    let age = facts(context).await.map(|facts| context.provisioning.clock.now().duration_since(facts.set_at));
    age.is_some_and(|age| age < PROPAGATION)
}

async fn facts(context: &AzureAccount) -> Option<SecretFacts> {
    let name = context.account.upstream.secret()?;
    let owner = SecretOwner::Account(context.account.id);
    context.provisioning.store.secrets().facts(owner, name).await.ok().flatten()
}

async fn explain(context: &AzureAccount, failure: &TokenFailure) -> Finding {
    match failure {
        TokenFailure::Refused(refused) => {
            let expired = facts(context).await.and_then(|facts| facts.expires_at);
            let on = expired.map(|at| format!(" on {}", at.strftime("%Y-%m-%d"))).unwrap_or_default();
            let (account, connection) = (&context.account.name, &context.connection);
            Refused { account, connection, error: refused, on }.finding()
        }
        TokenFailure::Unusable(why) => {
            let message = format!("Postern cannot use the app's certificate: {why}.");
            Finding::failed(CHECK, "authentication.certificate_unusable", message).by(ActionOwner::You)
        }
        TokenFailure::Exchange(RequestFailure::Answered(answered)) if answered.http_status == 429 => {
            let message = "Entra is throttling requests; verify again in a minute.";
            Finding::failed(CHECK, "authentication.throttled", message).by(ActionOwner::Wait)
        }
        TokenFailure::Exchange(RequestFailure::Answered(answered)) if answered.http_status >= 500 => {
            let message =
                format!("Entra reported an error of its own ({answered}); verify again in a few minutes.");
            Finding::failed(CHECK, "authentication.azure_in_trouble", message).by(ActionOwner::Microsoft)
        }
        TokenFailure::Exchange(failure) => {
            let message = format!("Postern could not reach Entra: {}.", failure.chain());
            Finding::failed(CHECK, "authentication.unreachable", message).by(ActionOwner::You)
        }
    }
}
