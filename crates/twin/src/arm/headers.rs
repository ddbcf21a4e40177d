//! Headers of Resource Manager's answers, as they were recorded from September 2023 to January 2026.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error_reply::FAILURE_CAUSE;
use crate::keys::{Claims, random_guid};

/// Put into a response's extensions, it says which operation the request has begun: its id is the request's.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestId(pub(super) Uuid);

/// What of a request its answer repeats.
pub(super) struct Asked {
    correlation: Option<HeaderValue>,
    /// The client's own id, if it asked to have it back.
    client: Option<HeaderValue>,
    /// Whether the answer is a resource provider's and not Resource Manager's own.
    is_of_provider: bool,
    /// The provider's list of actions has no id of its request.
    is_list_of_actions: bool,
}

const REGION: &str = "WESTEUROPE";

impl Asked {
    /// Reads it from the headers and the path of a request.
    pub(super) fn of(headers: &HeaderMap, path: &str) -> Self {
        let wants = headers.get("x-ms-return-client-request-id");
        let wants = wants.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        let client = headers.get("x-ms-client-request-id").filter(|_| wants);
        let path = path.to_ascii_lowercase();
        Self {
            correlation: headers.get("x-ms-correlation-request-id").cloned(),
            client: client.cloned(),
            is_of_provider: path.contains("/providers/microsoft.communication/"),
            is_list_of_actions: path.ends_with("/providers/microsoft.communication/operations"),
        }
    }

    /// Adds what Azure's answers carry.
    pub(super) fn dress(self, response: &mut Response, claims: Option<&Claims>, now: Timestamp) {
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        let request = response.extensions().get::<RequestId>().map_or_else(random_guid, |id| id.0);
        let headers = response.headers_mut();
        // Resource Manager names no code outside of the document.
        headers.remove("x-ms-error-code");
        if is_error && !headers.contains_key(FAILURE_CAUSE) {
            headers.insert(FAILURE_CAUSE, HeaderValue::from_static("gateway"));
        }
        let by_gateway = headers.get(FAILURE_CAUSE).is_some_and(|cause| cause == "gateway");
        if headers.contains_key(header::CONTENT_TYPE) {
            let kind = if by_gateway { "application/json" } else { "application/json; charset=utf-8" };
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in CONSTANT {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let correlation = self.correlation.unwrap_or_else(|| value(&random_guid().to_string()));
        headers.insert("x-ms-correlation-request-id", correlation);
        if !self.is_list_of_actions {
            headers.insert("x-ms-request-id", value(&request.to_string()));
        }
        let stamp = now.strftime("%Y%m%dT%H%M%SZ");
        headers.insert("x-ms-routing-request-id", value(&format!("{REGION}:{stamp}:{}", random_guid())));
        headers.insert("x-msedge-ref", value(&edge_reference(now)));
        if let Some(client) = self.client {
            headers.insert("x-ms-client-request-id", client);
        }
        if self.is_of_provider && !by_gateway {
            by_provider(headers, claims);
        }
    }
}

const CONSTANT: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-cache"),
    (header::PRAGMA, "no-cache"),
    (header::EXPIRES, "-1"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-cache"), "CONFIG_NOCACHE"),
];

/// What the provider adds.
fn by_provider(headers: &mut HeaderMap, claims: Option<&Claims>) {
    headers.insert("x-ms-providerhub-traffic", HeaderValue::from_static("True"));
    headers.insert("request-context", HeaderValue::from_static("appId="));
    let id = format!("{}.0", STANDARD.encode(random_guid().as_bytes()));
    headers.insert("ms-cv", value(&id));
    // A GUID until 2024, base64 in 2026.
    headers.insert("mise-correlation-id", value(&format!("{}.0", STANDARD.encode(random_guid().as_bytes()))));
    if let Some(claims) = claims {
        let text = format!(
            "appId={},tenantId={},objectId={}/westeurope/{}",
            claims.appid,
            claims.tid,
            claims.oid,
            random_guid()
        );
        headers.insert("x-ms-operation-identifier", value(&text));
    }
}

fn edge_reference(now: Timestamp) -> String {
    let part = || random_guid().simple().to_string().to_uppercase();
    format!("Ref A: {} Ref B: {} Ref C: {}", part(), &part()[..15], now.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"))
}
