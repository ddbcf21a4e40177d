//! Who calls, by the token, and whether they may.

use axum::http::{HeaderMap, StatusCode, header};

use crate::keys::Claims;
use crate::refusal::Refusal;
use crate::state::State;

/// A caller with a good token.
pub(super) struct Caller(pub(super) Claims);

/// Audiences that mean Resource Manager, in all clouds.
const AUDIENCES: [&str; 6] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://management.core.chinacloudapi.cn",
];

impl Caller {
    /// Reads the token.
    pub(super) fn of(state: &State, headers: &HeaderMap) -> Result<Self, Refusal> {
        let origin = crate::entra::origin(headers);
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = authorization.and_then(|value| value.strip_prefix("Bearer ")) else {
            let text = "Authentication failed. The 'Authorization' header is missing.";
            return Err(unauthorized(&origin, "AuthenticationFailed", text));
        };
        let claims = state.token_key.read(token, state.now()).ok_or_else(|| {
            unauthorized(&origin, "InvalidAuthenticationToken", "The access token is invalid or has expired.")
        })?;
        let audience = claims.aud.trim_end_matches('/');
        if audience != origin && !AUDIENCES.contains(&audience) {
            let text = format!("The access token is for the audience '{}', which is another.", claims.aud);
            return Err(unauthorized(&origin, "InvalidAuthenticationToken", &text));
        }
        Ok(Self(claims))
    }

    /// Refuses what was not assigned to the caller.
    pub(super) fn must(&self, state: &State, action: &str, scope: &str) -> Result<(), Refusal> {
        if state.world().may(self.0.oid, action, scope) {
            return Ok(());
        }
        let text = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over \
             scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your \
             credentials.",
            self.0.appid, self.0.oid
        );
        Err(Refusal::new(StatusCode::FORBIDDEN, "AuthorizationFailed", text))
    }

    /// Whether anything was assigned to the caller there or below.
    pub(super) fn sees(&self, state: &State, scope: &str) -> bool {
        state.world().sees(self.0.oid, scope)
    }
}

fn unauthorized(origin: &str, code: &str, text: &str) -> Refusal {
    let challenge = format!(
        "Bearer authorization_uri=\"{origin}/\", error=\"invalid_token\", error_description=\"{text}\""
    );
    Refusal::new(StatusCode::UNAUTHORIZED, code, text).challenge(challenge)
}
