//! One call to Graph: who asks for what, and what they may do.

use std::collections::HashMap;

use axum::Json;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::backend::Backend;
use crate::keys::{Claims, random_guid};
use crate::state::{App, State, Tenant};

/// A call whose token is good.
pub(super) struct Call<'a> {
    pub(super) backend: &'a Backend,
    pub(super) claims: Claims,
    pub(super) method: Method,
    /// Of the path, without `/v1.0`.
    pub(super) segments: Vec<String>,
    pub(super) query: HashMap<String, String>,
    base_url: String,
    body: Bytes,
}

/// An error in Graph's form.
#[derive(Debug)]
pub(super) struct GraphError {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
}

/// Audiences that mean Graph, in all clouds.
const AUDIENCES: [&str; 4] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
];
const READERS: [&str; 4] = [
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
];

impl<'a> Call<'a> {
    pub(super) fn read(backend: &'a Backend, request: &Parts, body: Bytes) -> Result<Self, GraphError> {
        let base_url = crate::entra::base_url(&request.headers);
        let authorization = request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        let claims = token.and_then(|token| backend.token_key.read(token, backend.now())).filter(|claims| {
            let audience = claims.aud.trim_end_matches('/');
            crate::entra::is_own(audience, &base_url) || AUDIENCES.contains(&audience)
        });
        let Some(claims) = claims else {
            let message = if token.is_none() {
                "Access token is empty."
            } else {
                "Access token validation failure. Invalid audience, signature or lifetime."
            };
            let code = "InvalidAuthenticationToken".to_owned();
            return Err(GraphError { status: StatusCode::UNAUTHORIZED, code, message: message.to_owned() });
        };
        let path = crate::form::unescape_path(request.uri.path());
        let query = crate::form::fields(request.uri.query().unwrap_or_default().as_bytes());
        Ok(Self {
            backend,
            claims,
            method: request.method.clone(),
            segments: path.trim_matches('/').split('/').skip(1).map(str::to_owned).collect(),
            query: query.into_iter().collect(),
            base_url,
            body,
        })
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, GraphError> {
        serde_json::from_slice(&self.body).map_err(|error| GraphError::bad(format!("Invalid body: {error}.")))
    }

    pub(super) fn filter(&self) -> &str {
        self.query.get("$filter").map(String::as_str).unwrap_or_default()
    }

    /// Only the members that `$select` names, if it names any.
    pub(super) fn select(&self, value: Value) -> Value {
        let (Some(select), Value::Object(mut members)) = (self.query.get("$select"), value.clone()) else {
            return value;
        };
        let wanted: Vec<&str> = select.split(',').map(str::trim).collect();
        members.retain(|name, _| wanted.contains(&name.as_str()) || name.starts_with('@'));
        Value::Object(members)
    }

    pub(super) fn context(&self, kind: &str) -> String {
        format!("{}/v1.0/$metadata#{kind}", self.base_url)
    }

    /// The caller's directory.
    pub(super) fn tenant<'w>(&self, state: &'w State) -> Result<&'w Tenant, GraphError> {
        state
            .tenants
            .iter()
            .find(|tenant| tenant.id == self.claims.tid)
            .ok_or_else(|| GraphError::missing("tenant"))
    }

    /// The directory, for what changes it.
    pub(super) fn tenant_mut<'w>(&self, state: &'w mut State) -> Option<&'w mut Tenant> {
        state.tenants.iter_mut().find(|tenant| tenant.id == self.claims.tid)
    }

    /// The registration of an object id, or of `applications(appId='...')`.
    pub(super) fn app<'t>(&self, tenant: &'t Tenant, key: &str) -> Result<&'t App, GraphError> {
        let found = match crate::filter::argument(&key.replace("appId=", ""), "applications") {
            Some(client) => tenant.apps.iter().find(|app| app.client.to_string() == client),
            None => tenant.apps.iter().find(|app| app.object_id().to_string() == key),
        };
        found.ok_or_else(|| GraphError::missing(key))
    }

    /// The object id of a registration that the caller may change.
    pub(super) fn writable(&self, key: &str) -> Result<Uuid, GraphError> {
        let state = self.backend.state();
        let app = self.app(self.tenant(&state)?, key)?;
        self.must_write(app)?;
        Ok(app.object_id())
    }

    /// Changes a registration.
    pub(super) fn change_app<T>(&self, id: Uuid, change: impl FnOnce(&mut App) -> T) -> Option<T> {
        self.backend.change_state(|state| {
            let app = self.tenant_mut(state)?.apps.iter_mut().find(|app| app.object_id() == id)?;
            Some(change(app))
        })
    }

    pub(super) fn has(&self, role: &str) -> bool {
        self.claims.roles.iter().any(|has| has == role)
    }

    /// Refuses a caller that may not read registrations.
    pub(super) fn must_read(&self) -> Result<(), GraphError> {
        if READERS.iter().any(|role| self.has(role)) { Ok(()) } else { Err(GraphError::denied()) }
    }

    /// Refuses a caller that may not change this registration.
    pub(super) fn must_write(&self, app: &App) -> Result<(), GraphError> {
        let owns = self.has("Application.ReadWrite.OwnedBy") && app.owners.contains(&self.claims.oid);
        if owns || self.has("Application.ReadWrite.All") { Ok(()) } else { Err(GraphError::denied()) }
    }

    /// Refuses a caller that may not create registrations.
    pub(super) fn must_create(&self) -> Result<(), GraphError> {
        let may = self.has("Application.ReadWrite.OwnedBy") || self.has("Application.ReadWrite.All");
        if may { Ok(()) } else { Err(GraphError::denied()) }
    }
}

impl GraphError {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    pub(super) fn missing(what: &str) -> Self {
        let text = format!(
            "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", text)
    }

    pub(super) fn denied() -> Self {
        let text = "Insufficient privileges to complete the operation.";
        Self::new(StatusCode::FORBIDDEN, "Authorization_RequestDenied", text)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Request_MultipleObjectsWithSameKeyValue", message)
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let id = random_guid();
        let inner = json!({ "request-id": id, "client-request-id": id });
        let error = json!({ "code": self.code, "message": self.message, "innerError": inner });
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}
