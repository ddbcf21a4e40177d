//! Microsoft Graph: app registrations, service principals, and the secrets of both.
//!
//! An app may do what its token's roles say; with `Application.ReadWrite.OwnedBy` only to registrations that
//! its own service principal owns.

mod applications;
mod assignments;
mod call;
mod passwords;
mod principals;

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};

use self::call::{Call, GraphError};
use crate::backend::Backend;
use crate::fault_effects::answer_or_fail_with;
use crate::faults::Operation;
use crate::keys::random_guid;

/// The routes of `graph.microsoft.com`.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new().route("/v1.0/{*path}", any(answer))
}

type Answer = Result<Response, GraphError>;

async fn answer(Shared(backend): Shared<Arc<Backend>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let refuse = |status: StatusCode, code: String, message: String| {
        GraphError { status, code, message }.into_response()
    };
    let mut response = answer_or_fail_with(&backend, Operation::Graph, refuse, async {
        let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
            return GraphError::bad("The request is too large.").into_response();
        };
        Call::read(&backend, &parts, body)
            .and_then(|call| dispatch(&call))
            .unwrap_or_else(IntoResponse::into_response)
    })
    .await;
    dress(&mut response);
    response
}

/// Headers of Graph's answers, as recorded in May 2022.
fn dress(response: &mut Response) {
    let has_body = response.headers().contains_key(header::CONTENT_TYPE);
    let headers = response.headers_mut();
    let id = HeaderValue::from_str(&random_guid().to_string()).unwrap_or(HeaderValue::from_static("-"));
    headers.insert("request-id", id);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-ms-resource-unit", HeaderValue::from_static("1"));
    let diagnostic = r#"{"ServerInfo":{"DataCenter":"Twin","Slice":"E","Ring":"1"}}"#;
    headers.insert("x-ms-ags-diagnostic", HeaderValue::from_static(diagnostic));
    if has_body {
        headers.insert("odata-version", HeaderValue::from_static("4.0"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
}

const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

const MAX_BODY: usize = 4 << 20;

fn dispatch(call: &Call<'_>) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), &segments[..]) {
        ("GET", ["applications"]) => applications::list(call),
        ("POST", ["applications"]) => applications::create(call),
        ("GET", [key]) if is_key(key, "applications") => applications::show(call, key),
        ("GET", ["applications", id]) => applications::show(call, id),
        ("PATCH", ["applications", id]) => applications::change(call, id),
        ("DELETE", ["applications", id]) => applications::delete(call, id),
        ("POST", ["applications", id, "addPassword"]) => passwords::add(call, id),
        ("POST", ["applications", id, "removePassword"]) => passwords::remove(call, id),
        ("POST", [key, "addPassword"]) if is_key(key, "applications") => passwords::add(call, key),
        ("POST", [key, "removePassword"]) if is_key(key, "applications") => passwords::remove(call, key),
        ("GET", ["applications", id, "owners"]) => applications::owners(call, id),
        ("GET", [key, "owners"]) if is_key(key, "applications") => applications::owners(call, key),
        ("POST", ["applications", id, "owners", "$ref"]) => applications::add_owner(call, id),
        ("DELETE", ["applications", id, "owners", owner, "$ref"]) => {
            applications::remove_owner(call, id, owner)
        }
        ("GET", ["servicePrincipals"]) => principals::list(call),
        ("POST", ["servicePrincipals"]) => principals::create(call),
        ("GET", [key]) if is_key(key, "servicePrincipals") => principals::show(call, key),
        ("GET", ["servicePrincipals", id]) => principals::show(call, id),
        ("DELETE", ["servicePrincipals", id]) => principals::delete(call, id),
        ("GET", ["servicePrincipals", id, "appRoleAssignments"]) => assignments::list(call, id),
        ("GET", [key, "appRoleAssignments"]) if is_key(key, "servicePrincipals") => {
            assignments::list(call, key)
        }
        ("POST", ["servicePrincipals", id, "appRoleAssignments" | "appRoleAssignedTo"]) => {
            assignments::create(call, id)
        }
        ("DELETE", ["servicePrincipals", id, "appRoleAssignments", assignment]) => {
            assignments::delete(call, id, assignment)
        }
        ("POST", ["directoryObjects", "getByIds"]) => principals::by_ids(call),
        _ => {
            let text = format!("The twin does not play {} /v1.0/{}.", call.method, segments.join("/"));
            Err(GraphError {
                status: StatusCode::NOT_FOUND,
                code: "Request_ResourceNotFound".to_owned(),
                message: text,
            })
        }
    }
}

/// `applications(appId='...')`: an object by another id than its own.
fn is_key(segment: &str, kind: &str) -> bool {
    segment.strip_prefix(kind).is_some_and(|rest| rest.starts_with("(appId="))
}

/// A list, with the members that were asked for.
fn list(call: &Call<'_>, kind: &str, value: Vec<Value>) -> Response {
    let value: Vec<Value> = value.into_iter().map(|one| call.select(one)).collect();
    Json(json!({ "@odata.context": call.context(kind), "value": value })).into_response()
}

/// One object, with the members that were asked for.
fn one(call: &Call<'_>, kind: &str, status: StatusCode, value: Value) -> Response {
    let mut value = call.select(value);
    value["@odata.context"] = call.context(&format!("{kind}/$entity")).into();
    (status, Json(value)).into_response()
}

#[cfg(test)]
mod tests;
