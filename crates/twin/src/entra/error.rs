//! Errors in Entra's own form.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use azure_types::entra::{TokenError, code};

use crate::backend::Backend;
use crate::keys::random_guid;

/// An error before its ids and its time.
#[derive(Clone, Debug)]
pub(super) struct EntraError {
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) code: u32,
    /// What stands behind `AADSTS<code>: `.
    pub(super) text: String,
}

impl EntraError {
    pub(super) fn respond(&self, backend: &Backend, request: &HeaderMap) -> Response {
        let trace_id = random_guid().to_string();
        let asked = request.get("client-request-id").and_then(|id| id.to_str().ok());
        let correlation_id = asked.map_or_else(|| random_guid().to_string(), str::to_owned);
        let timestamp = backend.now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = TokenError {
            error: self.error.to_owned(),
            error_description: format!(
                "AADSTS{}: {} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
                self.code, self.text
            ),
            error_codes: vec![self.code],
            timestamp,
            correlation_id,
            error_uri: format!("https://login.microsoftonline.com/error?code={}", self.code),
            trace_id: trace_id.clone(),
        };
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        if let Ok(trace_id) = HeaderValue::from_str(&trace_id) {
            response.headers_mut().insert("x-ms-request-id", trace_id);
        }
        response
    }
}

pub(super) fn unknown_tenant(tenant: &str) -> EntraError {
    EntraError {
        status: 400,
        error: "invalid_request",
        code: code::UNKNOWN_TENANT,
        text: format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing \
             into the correct cloud. Check with your subscription administrator, this may happen if there are \
             no active subscriptions for the tenant."
        ),
    }
}

pub(super) fn malformed_tenant(tenant: &str) -> EntraError {
    EntraError {
        status: 400,
        error: "invalid_request",
        code: code::MALFORMED_TENANT,
        text: format!(
            "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
        ),
    }
}

pub(super) fn missing_field(field: &str) -> EntraError {
    EntraError {
        status: 400,
        error: "invalid_request",
        code: code::MISSING_FIELD,
        text: format!("The request body must contain the following parameter: '{field}'."),
    }
}

pub(super) fn unknown_app(client: &str, tenant: &str) -> EntraError {
    EntraError {
        status: 400,
        error: "unauthorized_client",
        code: code::UNKNOWN_APP,
        text: format!(
            "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen \
             if the application has not been installed by the administrator of the tenant or consented to by \
             any user in the tenant. You may have sent your authentication request to the wrong tenant."
        ),
    }
}

pub(super) fn no_secret() -> EntraError {
    EntraError {
        status: 401,
        error: "invalid_client",
        code: code::NO_SECRET,
        text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            .to_owned(),
    }
}

pub(super) fn no_principal(client: &str, tenant: &str) -> EntraError {
    EntraError {
        status: 401,
        error: "invalid_client",
        code: code::NO_PRINCIPAL,
        text: format!(
            "The client application {client} is missing service principal in the tenant {tenant}. See \
             instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
        ),
    }
}

pub(super) fn unknown_certificate(why: &str) -> EntraError {
    EntraError {
        status: 401,
        error: "invalid_client",
        code: code::UNKNOWN_CERTIFICATE,
        text: format!(
            "The certificate with identifier used to sign the client assertion is not registered on \
             application. [Reason - {why}]"
        ),
    }
}

pub(super) fn assertion_expired() -> EntraError {
    EntraError {
        status: 401,
        error: "invalid_client",
        code: code::ASSERTION_EXPIRED,
        text: "Client assertion is not within its valid time range.".to_owned(),
    }
}

pub(super) fn wrong_secret(client: &str) -> EntraError {
    EntraError {
        status: 401,
        error: "invalid_client",
        code: code::INVALID_SECRET,
        text: format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
             value, not the client secret ID, for a secret added to app '{client}'."
        ),
    }
}

/// An app cannot log in where no tenant is named. The text is the documented one; it was not recorded.
pub(super) fn no_tenant() -> EntraError {
    EntraError {
        status: 400,
        error: "invalid_request",
        code: code::NO_TENANT,
        text: "No tenant-identifying information found in either the request or implied by any provided \
               credentials."
            .to_owned(),
    }
}

pub(super) fn expired_secret(client: &str) -> EntraError {
    EntraError {
        status: 401,
        error: "invalid_client",
        code: code::EXPIRED_SECRET,
        text: format!(
            "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create \
             new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials \
             for added security: https://aka.ms/certCreds."
        ),
    }
}

pub(super) fn invalid_scope(scope: &str) -> EntraError {
    EntraError {
        status: 400,
        error: "invalid_scope",
        code: code::INVALID_SCOPE,
        text: format!(
            "The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid: \
             client credential flows need a scope that is a resource identifier with '/.default' behind it."
        ),
    }
}

pub(super) fn unknown_resource(resource: &str, tenant: &str) -> EntraError {
    EntraError {
        status: 400,
        error: "invalid_resource",
        code: code::UNKNOWN_RESOURCE,
        text: format!(
            "The resource principal named {resource} was not found in the tenant named {tenant}. This can \
             happen if the application has not been installed by the administrator of the tenant or consented \
             to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
        ),
    }
}

/// A failure that somebody asked for. `word` may hold the number of another error.
pub(super) fn on_demand(status: u16, word: &str, text: String) -> EntraError {
    let (error, default) = match status {
        429 => ("temporarily_unavailable", code::THROTTLED),
        500 => ("server_error", code::TRANSIENT),
        501.. => ("temporarily_unavailable", code::TRANSIENT),
        401 => ("invalid_client", code::INVALID_SECRET),
        _ => ("invalid_request", code::MISSING_FIELD),
    };
    let number = word.trim_start_matches("AADSTS").parse().unwrap_or(default);
    EntraError { status, error, code: number, text }
}

pub(super) fn unsupported_grant(grant: &str) -> EntraError {
    EntraError {
        status: 400,
        error: "unsupported_grant_type",
        code: code::UNSUPPORTED_GRANT,
        text: format!("The app requested an unsupported grant type '{grant}'."),
    }
}
