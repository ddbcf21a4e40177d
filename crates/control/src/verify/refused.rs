//! What each of Entra's refusals of an app means, and how to fix it.

use api::command::Command;
use api::verification::{ActionOwner, Check, Finding};
use azure_types::entra::{TokenError, code};
use model::azure::AzureConnection;
use model::name::AccountName;

const CHECK: Check = Check::Authentication;
const SECRETS: &str = "Certificates & secrets > New client secret";

/// Entra's refusal to issue a token.
pub(super) struct Refused<'a> {
    pub(super) account: &'a AccountName,
    pub(super) connection: &'a AzureConnection,
    pub(super) error: &'a TokenError,
    /// When the secret expired, as the end of a sentence; empty where it is not known.
    pub(super) on: String,
}

impl Refused<'_> {
    /// What the refusal means, by its code.
    pub(super) fn finding(&self) -> Finding {
        match self.error.code() {
            Some(code::INVALID_SECRET) => self.secret_wrong(),
            Some(code::EXPIRED_SECRET) => self.secret_expired(),
            Some(code::UNKNOWN_APP) => self.app_unknown(),
            Some(code::NO_PRINCIPAL) => self.no_principal(),
            Some(code::UNKNOWN_TENANT | code::MALFORMED_TENANT) => self.tenant_unknown(),
            Some(code::UNKNOWN_CERTIFICATE) => self.certificate_unknown(),
            Some(code::NO_SECRET) => nothing_shown(),
            Some(53_000..54_000) => self.policy(),
            _ => failed("refused", ActionOwner::You, format!("Entra refused: {}", self.error.summary())),
        }
    }

    fn secret_wrong(&self) -> Finding {
        failed(
            "secret_wrong",
            ActionOwner::You,
            "Entra does not know this client secret: either it was deleted, or you entered the secret's id, which the \
             portal shows next to the value. Create a new secret and give Postern its value.",
        )
        .fix(self.new_secret(), self.portal(SECRETS))
    }

    fn secret_expired(&self) -> Finding {
        failed(
            "secret_expired",
            ActionOwner::You,
            format!("The client secret expired{}. Create a new one and give Postern its value.", self.on),
        )
        .fix(self.new_secret(), self.portal(SECRETS))
    }

    fn app_unknown(&self) -> Finding {
        let (client, tenant) = (self.connection.client, self.connection.tenant);
        let list = Command::az("ad app list --query [].displayName --filter");
        failed(
            "app_unknown",
            ActionOwner::EntraAdministrator,
            format!(
                "There is no app {client} in the directory {tenant}. Either the client id or the tenant id is wrong, \
                 or the app has not been added to this directory."
            ),
        )
        .fix(
            vec![
                list.arg(format!("appId eq '{client}'")),
                Command::az(&format!("ad sp create --id {client}")),
            ],
            "Microsoft Entra ID > App registrations > All applications".to_owned(),
        )
    }

    fn no_principal(&self) -> Finding {
        let (client, tenant) = (self.connection.client, self.connection.tenant);
        failed(
            "no_principal",
            ActionOwner::EntraAdministrator,
            format!(
                "The app {client} is registered, but has no service principal in the directory {tenant}."
            ),
        )
        .fix(
            vec![Command::az(&format!("ad sp create --id {client}"))],
            "Microsoft Entra ID > Enterprise applications > New application".to_owned(),
        )
    }

    fn tenant_unknown(&self) -> Finding {
        let AzureConnection { tenant, cloud, .. } = self.connection;
        let name = self.account;
        failed(
            "tenant_unknown",
            ActionOwner::You,
            format!("There is no directory {tenant} in this cloud ({}).", cloud.authority()),
        )
        .fix(
            vec![
                Command::az("account show --query tenantId --output tsv"),
                Command::postern(&format!("account edit {name} --tenant GUID")),
            ],
            "Microsoft Entra ID > Overview > Tenant ID".to_owned(),
        )
    }

    fn certificate_unknown(&self) -> Finding {
        let reset = format!(
            "ad app credential reset --id {} --append --cert @certificate.pem",
            self.connection.client
        );
        failed(
            "certificate_unknown",
            ActionOwner::EntraAdministrator,
            "Entra does not know the certificate that Postern signs with: upload it to the app registration.",
        )
        .fix(vec![Command::az(&reset)], self.portal("Certificates & secrets > Certificates"))
    }

    fn policy(&self) -> Finding {
        failed(
            "policy",
            ActionOwner::EntraAdministrator,
            format!(
                "A policy of the directory blocks the app: {}. Exclude the workload identity from Conditional Access, \
                 or make this machine's address a trusted location.",
                self.error.summary()
            ),
        )
        .fix(Vec::new(), "Microsoft Entra ID > Security > Conditional Access > Policies".to_owned())
    }

    /// How the app gets a new secret, and the account.
    fn new_secret(&self) -> Vec<Command> {
        let reset = Command::az("ad app credential reset --append --display-name postern --years 1 --id");
        vec![
            reset.arg(self.connection.client.to_string()),
            Command::postern(&format!("account edit {} --secret", self.account)),
        ]
    }

    /// A page of the app in the portal.
    fn portal(&self, page: &str) -> String {
        format!("Microsoft Entra ID > App registrations > {} > {page}", self.connection.client)
    }
}

fn nothing_shown() -> Finding {
    failed(
        "nothing_shown",
        ActionOwner::You,
        "Entra received neither a secret nor a certificate. Something between this machine and Entra, such as a \
         proxy, removes the body of requests.",
    )
}

fn failed(code: &str, owner: ActionOwner, message: impl Into<String>) -> Finding {
    Finding::failed(CHECK, &format!("authentication.{code}"), message).by(owner)
}
