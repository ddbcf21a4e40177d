//! Service principals: what an app is in this directory.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::graph::{APP_ROLES, GRAPH_APP_ID};
use azure_types::ids::{ClientId, PrincipalId};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Call, GraphError};
use super::{Answer, list as listed, one};
use crate::filter::{any, argument, equals};
use crate::state::{App, Tenant};

/// The object id of Graph's own service principal, the same in all of the twin's directories.
pub(super) const GRAPH_PRINCIPAL: Uuid = Uuid::from_u128(0x7777_7777_dddd_4777_8777_7777_7777_7777);

/// All service principals that the filter wants.
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.must_read()?;
    let filter = call.filter();
    let client = equals(filter, "appId").or_else(|| any(filter, "servicePrincipalNames"));
    let (name, id) = (equals(filter, "displayName"), equals(filter, "id"));
    let state = call.backend.state();
    let value = all(call.tenant(&state)?).into_iter().filter(|one| {
        let is = |member: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| one[member].as_str() == Some(wanted))
        };
        is("appId", &client) && is("displayName", &name) && is("id", &id)
    });
    Ok(listed(call, "servicePrincipals", value.collect()))
}

/// One service principal, by its own id or its app's.
pub(super) fn show(call: &Call<'_>, key: &str) -> Answer {
    call.must_read()?;
    let state = call.backend.state();
    let found = find(call.tenant(&state)?, key)?;
    Ok(one(call, "servicePrincipals", StatusCode::OK, found))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewPrincipal {
    app_id: String,
}

/// Brings an app into the directory.
pub(super) fn create(call: &Call<'_>) -> Answer {
    call.must_create()?;
    let new: NewPrincipal = call.json()?;
    let unknown = || {
        GraphError::bad(format!(
            "The appId '{}' of the service principal does not reference a valid application object.",
            new.app_id
        ))
    };
    let client: ClientId = new.app_id.parse().map_err(|_| unknown())?;
    let made = call.change_app(App::object_id_of(client), |app| {
        if app.principal.is_some() {
            let text = format!(
                "The service principal cannot be created because the appId '{client}' has one already."
            );
            return Err(GraphError::conflict(text));
        }
        app.principal = Some(App::principal_to_be(client));
        Ok(shown(app))
    });
    Ok(one(call, "servicePrincipals", StatusCode::CREATED, made.ok_or_else(unknown)??))
}

/// Takes an app out of the directory, and everything that was assigned to it.
pub(super) fn delete(call: &Call<'_>, id: &str) -> Answer {
    let principal: PrincipalId = id.parse().map_err(|_| GraphError::missing(id))?;
    let state = call.backend.state();
    let app = state.app_of(principal).ok_or_else(|| GraphError::missing(id))?;
    call.must_write(app)?;
    let object_id = app.object_id();
    drop(state);
    call.change_app(object_id, |app| app.principal = None);
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
struct Ids {
    ids: Vec<String>,
}

/// Objects of any kind by their ids; the twin has only this kind.
pub(super) fn by_ids(call: &Call<'_>) -> Answer {
    call.must_read()?;
    let wanted: Ids = call.json()?;
    let state = call.backend.state();
    let found = call.tenant(&state)?.apps.iter().filter(|app| {
        app.principal.is_some_and(|principal| wanted.ids.iter().any(|id| *id == principal.to_string()))
    });
    Ok(listed(call, "directoryObjects", found.map(owner).collect()))
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "@odata.id")]
    id: String,
}

/// The object that a body refers to.
pub(super) fn reference(call: &Call<'_>) -> Result<PrincipalId, GraphError> {
    let Reference { id } = call.json()?;
    let last = id.rsplit('/').next().unwrap_or_default();
    last.parse().map_err(|_| GraphError::missing(last))
}

/// A service principal among objects of other kinds.
pub(super) fn owner(app: &App) -> Value {
    let mut value = shown(app);
    value["@odata.type"] = "#microsoft.graph.servicePrincipal".into();
    value
}

/// The service principal of an object id, or of `servicePrincipals(appId='...')`.
pub(super) fn find(tenant: &Tenant, key: &str) -> Result<Value, GraphError> {
    let (member, wanted) = match argument(&key.replace("appId=", ""), "servicePrincipals") {
        Some(client) => ("appId", client),
        None => ("id", key.to_owned()),
    };
    let found = all(tenant).into_iter().find(|one| one[member].as_str() == Some(&wanted));
    found.ok_or_else(|| GraphError::missing(key))
}

fn all(tenant: &Tenant) -> Vec<Value> {
    let apps = tenant.apps.iter().filter(|app| app.principal.is_some()).map(shown);
    std::iter::once(graph()).chain(apps).collect()
}

fn shown(app: &App) -> Value {
    json!({
        "id": app.principal,
        "appId": app.client,
        "displayName": app.name,
        "appDisplayName": app.name,
        "accountEnabled": true,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [app.client],
        "appRoles": [],
    })
}

fn graph() -> Value {
    let role = |(id, name): &(&str, &str)| json!({ "id": id, "value": name, "displayName": name, "isEnabled": true, "allowedMemberTypes": ["Application"] });
    let roles: Vec<Value> = APP_ROLES.iter().map(role).collect();
    json!({
        "id": GRAPH_PRINCIPAL,
        "appId": GRAPH_APP_ID,
        "displayName": "Microsoft Graph",
        "appDisplayName": "Microsoft Graph",
        "accountEnabled": true,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [GRAPH_APP_ID, "https://graph.microsoft.com"],
        "appRoles": roles,
    })
}
