//! Whether a communication service takes an access key. It gives no list of what the key may do; a question about
//! a send that there never was tells a good key from a bad one, and costs nothing.

use api::command::Command;
use api::verification::{ActionOwner, Check, Finding};
use azure_client::email::EmailApi;
use azure_client::{Authorization, Http, RequestFailure};
use azure_types::access_key::AccessKey;
use azure_types::ids::OperationId;
use model::account::Account;
use model::azure::AzureConnection;
use secrecy::ExposeSecret as _;
use store::{SecretName, SecretOwner};
use uuid::Uuid;

use crate::Control;

const CHECK: Check = Check::Authentication;

pub(super) async fn check(control: &Control, account: &Account, azure: &AzureConnection) -> Vec<Finding> {
    let finding = match asked(control, account, azure).await {
        Ok(()) => {
            let message = "The communication service accepts the access key.";
            Finding::passed(CHECK, "authentication.key_taken", message)
        }
        Err(Unasked::Unusable(why)) => {
            let message = format!("Postern cannot use the access key: {why}.");
            wrong(account, "authentication.unusable", message)
        }
        Err(Unasked::Failed(RequestFailure::Answered(answered)))
            if matches!(answered.http_status, 401 | 403) =>
        {
            let message = format!(
                "The communication service rejected the access key ({answered}). The key was regenerated, belongs to \
                 another service, or access keys are disabled there."
            );
            wrong(account, "authentication.key_wrong", message)
        }
        Err(Unasked::Failed(failure)) => {
            let message = format!("Postern could not check the access key: {}.", failure.chain());
            Finding::warning(CHECK, "authentication.unexpected", message).by(ActionOwner::Microsoft)
        }
    };
    vec![finding]
}

enum Unasked {
    Unusable(String),
    Failed(RequestFailure),
}

async fn asked(control: &Control, account: &Account, azure: &AzureConnection) -> Result<(), Unasked> {
    let unusable = |why: &dyn ToString| Unasked::Unusable(why.to_string());
    let service = azure.service.as_ref().ok_or_else(|| unusable(&"no communication service is chosen"))?;
    let owner = SecretOwner::Account(account.id);
    let secret = control.store.secrets().get(owner, SecretName::AccessKey).await;
    let secret = secret.map_err(|error| unusable(&error))?;
    let key = AccessKey::parse(secret.expose_secret()).map_err(|error| unusable(&error))?;
    let http = Http::new(azure.cloud.ca_pem()).map_err(|error| unusable(&error))?;
    let api = EmailApi::new(http, service.endpoint.clone());
    let never_sent = OperationId::new(Uuid::from_bytes(control.entropy.bytes()));
    match api.status(&Authorization::AccessKey(key), never_sent, control.clock.now()).await {
        Err(RequestFailure::Answered(answered)) if answered.http_status == 404 => Ok(()),
        Err(failure) => Err(Unasked::Failed(failure)),
        Ok(_) => Ok(()),
    }
}

fn wrong(account: &Account, code: &str, message: String) -> Finding {
    let portal = "Communication Services > Settings > Keys".to_owned();
    let commands = vec![Command::postern(&format!("account edit {} --secret", account.name))];
    Finding::failed(CHECK, code, message).by(ActionOwner::You).fix(commands, portal)
}
