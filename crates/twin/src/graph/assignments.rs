//! App roles that an administrator consented to. A token carries those of its time.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::graph::APP_ROLES;
use azure_types::ids::PrincipalId;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Call, GraphError};
use super::principals::{GRAPH_PRINCIPAL, find};
use super::{Answer, list as listed, one};
use crate::state::App;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewAssignment {
    principal_id: PrincipalId,
    resource_id: Uuid,
    app_role_id: String,
}

/// What an app may do at Graph.
pub(super) fn list(call: &Call<'_>, key: &str) -> Answer {
    call.must_read()?;
    let state = call.backend.state();
    let tenant = call.tenant(&state)?;
    let id = find(tenant, key)?["id"].clone();
    let app = tenant.apps.iter().find(|app| json!(app.principal) == id);
    let value = app.map(|app| app.graph_roles.iter().map(|role| shown(app, role)).collect());
    Ok(listed(call, "appRoleAssignments", value.unwrap_or_default()))
}

pub(super) fn create(call: &Call<'_>, _: &str) -> Answer {
    if !call.has("AppRoleAssignment.ReadWrite.All") {
        return Err(GraphError::denied());
    }
    let new: NewAssignment = call.json()?;
    let role = APP_ROLES.iter().find(|(id, _)| *id == new.app_role_id).map(|(_, name)| *name);
    let Some(role) = role.filter(|_| new.resource_id == GRAPH_PRINCIPAL) else {
        return Err(GraphError::bad("Permission being assigned was not found on application."));
    };
    let missing = || GraphError::missing(&new.principal_id.to_string());
    let id = call.backend.state().app_of(new.principal_id).map(App::object_id).ok_or_else(missing)?;
    let made = call.change_app(id, |app| {
        if app.graph_roles.iter().any(|has| has == role) {
            return Err(GraphError::bad("Permission being assigned already exists on the object."));
        }
        app.graph_roles.push(role.to_owned());
        Ok(shown(app, role))
    });
    Ok(one(call, "appRoleAssignments", StatusCode::CREATED, made.ok_or_else(missing)??))
}

/// Takes consent back.
pub(super) fn delete(call: &Call<'_>, principal: &str, assignment: &str) -> Answer {
    if !call.has("AppRoleAssignment.ReadWrite.All") {
        return Err(GraphError::denied());
    }
    let principal: PrincipalId = principal.parse().map_err(|_| GraphError::missing(principal))?;
    let role = assignment.split_once('_').map(|(_, role)| role.to_owned());
    let id = call.backend.state().app_of(principal).map(App::object_id);
    let id = id.ok_or_else(|| GraphError::missing(assignment))?;
    call.change_app(id, |app| app.graph_roles.retain(|has| Some(has) != role.as_ref()));
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn shown(app: &App, role: &str) -> Value {
    let id = APP_ROLES.iter().find(|(_, name)| *name == role).map(|(id, _)| *id);
    json!({
        "id": format!("{}_{role}", app.client.guid().simple()),
        "appRoleId": id,
        "principalId": app.principal,
        "principalType": "ServicePrincipal",
        "principalDisplayName": app.name,
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": GRAPH_PRINCIPAL,
    })
}
