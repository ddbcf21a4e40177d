//! How long the secret is good, and whether Postern may renew it.

use api::command::{Command, Piece, Word};
use api::verification::{ActionOwner, Check, Finding};
use azure_client::credential::AppCertificate;
use azure_types::graph::{ANY, APP_ROLES, Application, GRAPH_APP_ID, OWNED_BY, PasswordCredential};
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::azure::Authorization;
use store::{SecretFacts, SecretName, SecretOwner};

use super::context::trouble;
use crate::expiry::Urgency;
use provisioning::AzureAccount;

const CHECK: Check = Check::Secret;
/// A secret that lives longer is a risk of its own.
const LONG: SignedDuration = SignedDuration::from_hours(24 * 731);

pub(super) async fn check(context: &AzureAccount) -> Vec<Finding> {
    match context.connection.authorization {
        Authorization::ClientSecret => client_secret(context).await,
        Authorization::Certificate => certificate(context).await,
        Authorization::ManagedIdentity | Authorization::AccessKey => {
            vec![Finding::passed(CHECK, "secret.none", "This account has no secret that could expire.")]
        }
    }
}

async fn client_secret(context: &AzureAccount) -> Vec<Finding> {
    let owner = SecretOwner::Account(context.account.id);
    let secrets = context.provisioning.store.secrets();
    let Ok(Some(facts)) = secrets.facts(owner, SecretName::ClientSecret).await else { return Vec::new() };
    let app = context.graph.application(context.connection.client).await;
    let (facts, renewal, rotation) = match app {
        Ok(app) => {
            let facts = learn(context, &app, facts).await;
            match may_rotate(context).await {
                Renewal::ByPostern => {
                    let message = "Postern can rotate the secret automatically before it expires.";
                    let finding = Finding::passed(CHECK, "secret.may_rotate", message);
                    (facts, Renewal::ByPostern, Some(finding))
                }
                Renewal::ByHand => (facts, Renewal::ByHand, Some(how_to_allow(context))),
                Renewal::Unknown => (facts, Renewal::Unknown, None),
            }
        }
        Err(error) if error.is(403) || error.is(401) || error.is(404) => {
            (facts, Renewal::ByHand, Some(how_to_allow(context)))
        }
        Err(error) => (facts, Renewal::Unknown, Some(trouble(CHECK, &error))),
    };
    std::iter::once(expiry(context, &facts, renewal)).chain(rotation).collect()
}

/// Who can renew a client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// Postern itself: `rotate` works.
    ByPostern,
    /// Somebody in Entra: only `rotate --by-hand` works.
    ByHand,
    /// Graph did not say. By hand it works in any case.
    Unknown,
}

/// Who can renew the account's client secret, as Graph says now.
pub(crate) async fn renewal(context: &AzureAccount) -> Renewal {
    match context.graph.application(context.connection.client).await {
        Ok(_) => may_rotate(context).await,
        Err(error) if error.is(403) || error.is(401) || error.is(404) => Renewal::ByHand,
        Err(_) => Renewal::Unknown,
    }
}

/// The command that puts a new secret into use, one that works as things are.
pub(crate) fn renew(account: &Account, renewal: Renewal) -> Command {
    let name = &account.name;
    match (account.upstream.secret(), renewal) {
        (Some(SecretName::ClientSecret), Renewal::ByPostern) => {
            Command::postern(&format!("account rotate {name}"))
        }
        (Some(SecretName::ClientSecret), _) => Command::postern(&format!("account rotate {name} --by-hand")),
        _ => replace(account),
    }
}

/// The command that takes what somebody else made: a certificate has many lines and comes in a file.
pub(crate) fn replace(account: &Account) -> Command {
    let name = &account.name;
    Command::postern(&match account.upstream.secret() {
        Some(SecretName::Certificate) => format!("account edit {name} --secret-file CERTIFICATE.pem"),
        _ => format!("account edit {name} --secret"),
    })
}

/// Finds our secret among those of the app: by its id, or by its first characters if no other has the same.
pub(crate) fn ours<'a>(app: &'a Application, facts: &SecretFacts) -> Option<&'a PasswordCredential> {
    if let Some(known) = app.password_credentials.iter().find(|one| facts.key_id == Some(one.key_id)) {
        return Some(known);
    }
    let mut alike = app.password_credentials.iter().filter(|one| one.hint.as_deref() == Some(&facts.hint));
    alike.next().filter(|_| alike.next().is_none())
}

/// Notes what Graph knows of our secret.
async fn learn(context: &AzureAccount, app: &Application, facts: SecretFacts) -> SecretFacts {
    let Some(found) = ours(app, &facts) else { return facts };
    let known = SecretFacts { expires_at: found.end_date_time, key_id: Some(found.key_id), ..facts.clone() };
    if known != facts {
        let owner = SecretOwner::Account(context.account.id);
        let noted = context.provisioning.store.secrets().note(owner, SecretName::ClientSecret, &known).await;
        if let Err(error) = noted {
            tracing::warn!(
                error = model::error_chain(&error),
                "the expiry date of a secret could not be stored"
            );
        }
    }
    known
}

async fn certificate(context: &AzureAccount) -> Vec<Finding> {
    let owner = SecretOwner::Account(context.account.id);
    let secrets = context.provisioning.store.secrets();
    let Ok(pem) = secrets.get(owner, SecretName::Certificate).await else { return Vec::new() };
    let app = azure_client::account::app(&context.connection);
    let parsed = AppCertificate::new(context.http.clone(), app, &pem, context.provisioning.entropy.clone());
    let Ok(certificate) = parsed else { return Vec::new() };
    let facts = secrets.facts(owner, SecretName::Certificate).await.ok().flatten();
    let facts = SecretFacts {
        expires_at: Some(certificate.expires_at()),
        ..facts.unwrap_or_else(|| SecretFacts::of(&pem, context.account.changed_at))
    };
    vec![expiry(context, &facts, Renewal::ByHand)]
}

fn expiry(context: &AzureAccount, facts: &SecretFacts, renewal: Renewal) -> Finding {
    let (name, client) = (&context.account.name, context.connection.client);
    let Some(at) = facts.expires_at else {
        let message =
            "Postern does not know when the secret expires, and the app may not read it from Entra.";
        return Finding::warning(CHECK, "secret.expiry_unknown", message).by(ActionOwner::You).fix(
            vec![
                Command::az(&format!("ad app credential list --id {client} --query"))
                    .arg("[].{hint:hint, end:endDateTime}"),
                Command::postern(&format!("account edit {name} --secret-expires YYYY-MM-DD")),
            ],
            format!("Microsoft Entra ID > App registrations > {client} > Certificates & secrets"),
        );
    };
    let now = context.provisioning.clock.now();
    let day = at.strftime("%Y-%m-%d");
    let renew = || vec![renew(&context.account, renewal)];
    match Urgency::of(at, now) {
        // The app has just logged in with it: the day is what somebody said.
        Urgency::Expired => {
            let message = format!(
                "The recorded expiry date of the secret, {day}, has passed, but the secret still works: correct the date."
            );
            Finding::warning(CHECK, "secret.should_have_expired", message)
                .by(ActionOwner::You)
                .fix(renew(), None)
        }
        Urgency::Days(days) => {
            let days = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
            let message = format!("The secret expires on {day}, in less than {days}.");
            Finding::warning(CHECK, "secret.expires_soon", message).by(ActionOwner::You).fix(renew(), None)
        }
        Urgency::None if lives_long(facts, at) => {
            let message =
                format!("The secret is valid until {day}: Microsoft recommends less than 24 months.");
            Finding::warning(CHECK, "secret.lives_long", message).by(ActionOwner::You).fix(renew(), None)
        }
        Urgency::None => Finding::passed(CHECK, "secret.good", format!("The secret is valid until {day}.")),
    }
}

fn lives_long(facts: &SecretFacts, at: Timestamp) -> bool {
    at.duration_since(facts.set_at) > LONG
}

/// Whether the app may renew its own secret.
async fn may_rotate(context: &AzureAccount) -> Renewal {
    let Ok(principal) = context.graph.principal(context.connection.client).await else {
        return Renewal::Unknown;
    };
    let Ok(owners) = context.graph.owners(context.connection.client).await else { return Renewal::Unknown };
    let roles = context.graph.app_roles(principal).await.ok();
    let has = |name: &str| {
        let id = APP_ROLES.iter().find(|(_, known)| *known == name).map(|(id, _)| *id);
        roles.as_ref().map(|roles| roles.iter().any(|role| Some(role.to_string().as_str()) == id))
    };
    // Where the app may not look at its roles, being an owner is what there is to go by.
    let is_owner = owners.contains(&principal) && has(OWNED_BY) != Some(false);
    if is_owner || has(ANY) == Some(true) { Renewal::ByPostern } else { Renewal::ByHand }
}

/// The commands by which an Entra administrator lets the app look after its own secret.
pub(crate) fn how_to_allow(context: &AzureAccount) -> Finding {
    let (client, graph) = (context.connection.client, context.connection.cloud.graph());
    let role = APP_ROLES.iter().find(|(_, name)| *name == OWNED_BY).map(|(id, _)| *id).unwrap_or_default();
    let id_of =
        |app: &dyn std::fmt::Display| Command::az(&format!("ad sp show --id {app} --query id --output tsv"));
    let assignment = serde_json::json!({ "principalId": "@SP", "resourceId": "@GRAPH", "appRoleId": role });
    let url = Word::Joined(vec![
        Piece::Text(format!("{graph}/v1.0/servicePrincipals/")),
        Piece::Variable("SP".to_owned()),
        Piece::Text("/appRoleAssignments".to_owned()),
    ]);
    let commands = vec![
        id_of(&client).into_variable("SP"),
        id_of(&GRAPH_APP_ID).into_variable("GRAPH"),
        Command::az(&format!("ad app owner add --id {client} --owner-object-id"))
            .arg_word(Word::Joined(vec![Piece::Variable("SP".to_owned())])),
        Command::file("postern-graph.json", &assignment, &["SP", "GRAPH"]),
        Command::az("rest --method POST --resource")
            .arg(graph)
            .arg("--url")
            .arg_word(url)
            .args("--body @postern-graph.json"),
    ];
    let message = format!(
        "Postern could rotate the secret automatically if the app owned its own registration and had {OWNED_BY}. Until \
         then rotate it by hand: `postern account rotate {} --by-hand` guides you through it.",
        context.account.name
    );
    let portal = format!("Microsoft Entra ID > App registrations > {client} > API permissions, and Owners");
    Finding::passed(CHECK, "secret.may_not_rotate", message)
        .by(ActionOwner::EntraAdministrator)
        .fix(commands, portal)
}
