//! One call: who asks for what, read once.

use std::collections::HashMap;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use azure_types::ids::SubscriptionId;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::backend::Backend;
use crate::error_reply::ErrorReply;
use crate::keys::Claims;
use crate::state::Behaviour;

/// A call whose token is good.
pub(crate) struct Call<'a> {
    pub(super) backend: &'a Backend,
    pub(super) claims: Claims,
    pub(super) method: Method,
    /// Without a slash at its end.
    pub(super) path: String,
    /// Of the path, in lower case.
    pub(super) segments: Vec<String>,
    pub(super) query: HashMap<String, String>,
    /// Where the client thinks that we are.
    pub(super) base_url: String,
    pub(super) headers: HeaderMap,
    body: Bytes,
}

/// Audiences that mean Resource Manager, in all clouds.
const AUDIENCES: [&str; 6] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://management.core.chinacloudapi.cn",
];

impl<'a> Call<'a> {
    /// Reads the token and the rest.
    pub(super) fn read(backend: &'a Backend, request: &Parts, body: Bytes) -> Result<Self, ErrorReply> {
        let claims = caller(backend, request)?;
        let query = crate::form::fields(request.uri.query().unwrap_or_default().as_bytes());
        let query: HashMap<String, String> =
            query.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        if query.get("api-version").is_none_or(String::is_empty) {
            let text = "The api-version query parameter (?api-version=) is required for all requests.";
            return Err(ErrorReply::bad_request("MissingApiVersionParameter", text));
        }
        let path = crate::form::unescape_path(request.uri.path().trim_end_matches('/'));
        Ok(Self {
            backend,
            claims,
            method: request.method.clone(),
            segments: path.split('/').skip(1).map(str::to_ascii_lowercase).collect(),
            path,
            query,
            base_url: crate::entra::base_url(&request.headers),
            headers: request.headers.clone(),
            body,
        })
    }

    /// A segment of the path as it was written.
    pub(super) fn segment(&self, number: usize) -> &str {
        self.path.split('/').nth(number + 1).unwrap_or_default()
    }

    /// Scope and rest of a call to a provider that hangs below any scope; both as they were written.
    pub(super) fn extension(&self, namespace: &str) -> Option<(String, Vec<String>)> {
        let lower = self.path.to_ascii_lowercase();
        let marker = format!("/providers/{namespace}/");
        let at = lower.rfind(&marker)?;
        let rest = self.path[at + marker.len()..].split('/').map(str::to_owned).collect();
        Some((self.path[..at].to_owned(), rest))
    }

    /// The body, which must be JSON of that shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ErrorReply> {
        let read = serde_json::from_slice(&self.body).map(without_nulls).and_then(serde_json::from_value);
        read.map_err(|error| {
            let text = format!("The request content was invalid and could not be deserialized: '{error}'.");
            ErrorReply::bad_request("InvalidRequestContent", text)
        })
    }

    /// How Azure behaves here.
    pub(super) fn behaviour(&self) -> Behaviour {
        self.backend.state().behaviour.clone()
    }

    /// The client id of the caller, as `systemData` has it.
    pub(super) fn client(&self) -> String {
        self.claims.appid.to_string()
    }

    /// Refuses what was not assigned to the caller.
    pub(super) fn must(&self, action: &str, scope: &str) -> Result<(), ErrorReply> {
        if self.backend.state().may(self.claims.oid, action, scope, self.backend.now()) {
            return Ok(());
        }
        let text = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over \
             scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your \
             credentials.",
            self.claims.appid, self.claims.oid
        );
        Err(ErrorReply::new(StatusCode::FORBIDDEN, "AuthorizationFailed", text))
    }

    /// Whether anything was assigned to the caller there or below.
    pub(super) fn sees(&self, scope: &str) -> bool {
        self.backend.state().sees(self.claims.oid, scope, self.backend.now())
    }

    /// The subscription of the path, if there is one.
    pub(super) fn subscription(&self) -> Option<SubscriptionId> {
        if self.segments.first().is_some_and(|first| first == "subscriptions") {
            return self.segments.get(1)?.parse().ok();
        }
        None
    }
}

/// A member that is `null` is as good as absent.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(there.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

fn caller(backend: &Backend, request: &Parts) -> Result<Claims, ErrorReply> {
    let headers = &request.headers;
    let base_url = crate::entra::base_url(headers);
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = authorization.and_then(|value| value.strip_prefix("Bearer ")) else {
        let text = "Authentication failed. The 'Authorization' header is missing.";
        return Err(unauthorized(&authority(backend, request, &base_url)?, "AuthenticationFailed", text));
    };
    let claims = backend.token_key.read(token, backend.now()).ok_or_else(|| {
        unauthorized(&base_url, "InvalidAuthenticationToken", "The access token is invalid or has expired.")
    })?;
    let audience = claims.aud.trim_end_matches('/');
    if !crate::entra::is_own(audience, &base_url) && !AUDIENCES.contains(&audience) {
        let text = format!("The access token is for the audience '{}', which is another.", claims.aud);
        return Err(unauthorized(&base_url, "InvalidAuthenticationToken", &text));
    }
    Ok(claims)
}

/// Where to log in for a subscription, which a request without a token gets; one that does not exist
/// has no such place.
fn authority(backend: &Backend, request: &Parts, base_url: &str) -> Result<String, ErrorReply> {
    let mut segments = request.uri.path().split('/').skip(1);
    let id = match (segments.next(), segments.next()) {
        (Some(first), Some(id)) if first.eq_ignore_ascii_case("subscriptions") && !id.is_empty() => id,
        _ => return Ok(base_url.to_owned()),
    };
    let tenant = backend.state().subscription(id).map(|one| one.tenant);
    tenant.map(|tenant| format!("{base_url}/{tenant}")).ok_or_else(|| no_subscription(id))
}

/// There is no subscription of that id.
pub(super) fn no_subscription(id: &str) -> ErrorReply {
    let text = format!("The subscription '{id}' could not be found.");
    ErrorReply::new(StatusCode::NOT_FOUND, "SubscriptionNotFound", text)
}

fn unauthorized(base_url: &str, code: &str, text: &str) -> ErrorReply {
    let challenge = format!(
        "Bearer authorization_uri=\"{base_url}\", error=\"invalid_token\", error_description=\"{text}\""
    );
    ErrorReply::new(StatusCode::UNAUTHORIZED, code, text).challenge(challenge)
}
