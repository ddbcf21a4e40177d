//! App registrations.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::graph::{Certificate, NewCertificate};
use azure_types::ids::{ClientId, PrincipalId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, GraphError};
use super::passwords::shown as password;
use super::principals::{owner, reference};
use super::{Answer, list as listed, one};
use crate::filter::{equals, prefix};
use crate::keys::random_guid;
use crate::state::{App, AppCertificate};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewApp {
    display_name: String,
    #[serde(default)]
    key_credentials: Vec<NewCertificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    display_name: Option<String>,
    key_credentials: Option<Vec<NewCertificate>>,
}

/// All registrations that the filter wants.
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.must_read()?;
    let filter = call.filter();
    let (client, name, start) =
        (equals(filter, "appId"), equals(filter, "displayName"), prefix(filter, "displayName"));
    let id = equals(filter, "id");
    let state = call.backend.state();
    let found = call.tenant(&state)?.apps.iter().filter(|app| {
        client.as_ref().is_none_or(|client| app.client.to_string() == *client)
            && id.as_ref().is_none_or(|id| app.object_id().to_string() == *id)
            && name.as_ref().is_none_or(|name| app.name == *name)
            && start.as_ref().is_none_or(|start| app.name.to_lowercase().starts_with(&start.to_lowercase()))
    });
    Ok(listed(call, "applications", found.map(shown).collect()))
}

pub(super) fn show(call: &Call<'_>, key: &str) -> Answer {
    call.must_read()?;
    let state = call.backend.state();
    let app = call.app(call.tenant(&state)?, key)?;
    Ok(one(call, "applications", StatusCode::OK, shown(app)))
}

/// Makes a registration. A caller that may only write what it owns becomes its owner.
pub(super) fn create(call: &Call<'_>) -> Answer {
    call.must_create()?;
    let new: NewApp = call.json()?;
    let app = App {
        client: ClientId::new(random_guid()),
        name: new.display_name,
        principal: None,
        is_managed: false,
        secrets: Vec::new(),
        certificates: new.key_credentials.into_iter().map(certificate).collect::<Result<_, _>>()?,
        owners: vec![call.claims.oid],
        graph_roles: Vec::new(),
        created_at: call.backend.now(),
    };
    let value = shown(&app);
    call.backend.change_state(|state| {
        if let Some(tenant) = call.tenant_mut(state) {
            tenant.apps.push(app);
        }
    });
    Ok(one(call, "applications", StatusCode::CREATED, value))
}

/// Changes a registration, as far as the twin knows what is to be changed.
pub(super) fn change(call: &Call<'_>, key: &str) -> Answer {
    let id = call.writable(key)?;
    let change: Change = call.json()?;
    let changed = call.change_app(id, |app| {
        let mut certificates = Vec::new();
        for new in change.key_credentials.iter().flatten() {
            // What is sent without its key is there already, and stays.
            let there = app.certificates.iter().find(|one| new.key_id == Some(one.id) && new.key.is_none());
            certificates.push(there.cloned().map_or_else(|| certificate(new.clone()), Ok)?);
        }
        if change.key_credentials.is_some() {
            app.certificates = certificates;
        }
        if let Some(name) = change.display_name {
            app.name = name;
        }
        Ok(())
    });
    changed.unwrap_or(Ok(()))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes a registration, with its service principal and what was assigned to it.
pub(super) fn delete(call: &Call<'_>, key: &str) -> Answer {
    let id = call.writable(key)?;
    call.backend.change_state(|state| {
        let Some(tenant) = call.tenant_mut(state) else { return };
        tenant.apps.retain(|app| app.object_id() != id);
    });
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Who owns a registration.
pub(super) fn owners(call: &Call<'_>, key: &str) -> Answer {
    call.must_read()?;
    let state = call.backend.state();
    let app = call.app(call.tenant(&state)?, key)?;
    let value = app.owners.iter().filter_map(|principal| state.app_of(*principal)).map(owner).collect();
    Ok(listed(call, "directoryObjects", value))
}

/// Makes a service principal an owner.
pub(super) fn add_owner(call: &Call<'_>, key: &str) -> Answer {
    let id = call.writable(key)?;
    let principal = reference(call)?;
    if call.backend.state().app_of(principal).is_none() {
        return Err(GraphError::missing(&principal.to_string()));
    }
    let added = call.change_app(id, |app| {
        let is_new = !app.owners.contains(&principal);
        if is_new {
            app.owners.push(principal);
        }
        is_new
    });
    match added {
        Some(true) => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(false) => Err(GraphError::bad(
            "One or more added object references already exist for the following modified properties: 'owners'.",
        )),
        None => Err(GraphError::missing(key)),
    }
}

/// Takes an owner away.
pub(super) fn remove_owner(call: &Call<'_>, key: &str, owner: &str) -> Answer {
    let id = call.writable(key)?;
    let owner: PrincipalId = owner.parse().map_err(|_| GraphError::missing(owner))?;
    call.change_app(id, |app| app.owners.retain(|there| *there != owner));
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A certificate to be kept, which has to be one.
fn certificate(new: NewCertificate) -> Result<AppCertificate, GraphError> {
    let made = AppCertificate {
        id: new.key_id.unwrap_or_else(random_guid),
        name: new.display_name,
        der: new.key.unwrap_or_default(),
        starts_at: new.start_date_time.unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        expires_at: new.end_date_time.unwrap_or(jiff::Timestamp::MAX),
    };
    let is_good = made.bytes().is_some_and(|der| x509_parser::parse_x509_certificate(&der).is_ok());
    if is_good { Ok(made) } else { Err(GraphError::bad("Key credential is not a valid X.509 certificate.")) }
}

fn shown(app: &App) -> Value {
    let certificates: Vec<Certificate> = app
        .certificates
        .iter()
        .map(|certificate| Certificate {
            key_id: certificate.id,
            display_name: certificate.name.clone(),
            start_date_time: Some(certificate.starts_at),
            end_date_time: Some(certificate.expires_at),
            kind: "AsymmetricX509Cert".to_owned(),
            usage: "Verify".to_owned(),
        })
        .collect();
    let passwords: Vec<Value> = app.secrets.iter().map(password).collect();
    json!({
        "id": app.object_id(),
        "appId": app.client,
        "displayName": app.name,
        "createdDateTime": app.created_at,
        "signInAudience": "AzureADMyOrg",
        "identifierUris": [],
        "passwordCredentials": passwords,
        "keyCredentials": certificates,
        "requiredResourceAccess": [],
    })
}
