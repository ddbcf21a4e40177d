//! The token endpoint: client credentials, by secret.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use azure_types::entra::{TokenForm, TokenResponse};
use azure_types::ids::ClientId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::discovery::{is_plausible, origin};
use super::error::{self, EntraError};
use crate::email::befall;
use crate::faults::Operation;
use crate::keys::{Claims, random_guid};
use crate::state::State;
use crate::world::SecretVerdict;

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) async fn token(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    befall(&state, Operation::Token, async {
        match issue(&state, &tenant, &headers, &body) {
            Ok(token) => {
                let mut response = Json(token).into_response();
                let no_store = HeaderValue::from_static("no-store, no-cache");
                response.headers_mut().insert(header::CACHE_CONTROL, no_store);
                response
            }
            Err(error) => error.respond(&state, &headers),
        }
    })
    .await
}

fn issue(state: &State, tenant: &str, headers: &HeaderMap, body: &[u8]) -> Result<TokenResponse, EntraError> {
    let form = read_form(headers, body);
    if !is_plausible(tenant) {
        return Err(error::malformed_tenant(tenant));
    }
    let world = state.world();
    let directory = world.tenant(tenant).ok_or_else(|| error::unknown_tenant(tenant))?;
    let grant = form.grant_type.ok_or_else(|| error::missing_field("grant_type"))?;
    if grant != "client_credentials" {
        return Err(error::unsupported_grant(&grant));
    }
    let client = form.client_id.ok_or_else(|| error::missing_field("client_id"))?;
    let scope = form.scope.ok_or_else(|| error::missing_field("scope"))?;
    let app = client
        .parse::<ClientId>()
        .ok()
        .and_then(|id| directory.apps.iter().find(|app| app.client == id))
        .ok_or_else(|| error::unknown_app(&client, tenant))?;
    let secret = form.client_secret.ok_or_else(error::no_secret)?;
    let now = state.now();
    match app.judge(&secret, now) {
        SecretVerdict::Good => {}
        SecretVerdict::Expired => return Err(error::expired_secret(&client)),
        SecretVerdict::Wrong => return Err(error::wrong_secret(&client)),
    }
    let audience = audience(&scope).ok_or_else(|| error::invalid_scope(&scope))?;
    let lifetime = world.habits.token_seconds;
    let issuer = format!("https://sts.windows.net/{}/", directory.id);
    let is_graph = audience.contains("graph.microsoft.com")
        || origin(headers).starts_with(audience.trim_end_matches('/'));
    let claims = Claims {
        aud: audience.to_owned(),
        idp: issuer.clone(),
        iss: issuer,
        iat: now.as_second(),
        nbf: now.as_second(),
        exp: now.as_second() + lifetime,
        appid: app.client,
        appidacr: "1".to_owned(),
        idtyp: "app".to_owned(),
        oid: app.principal,
        sub: app.principal,
        tid: directory.id,
        roles: if is_graph { app.graph_roles.clone() } else { Vec::new() },
        uti: random_guid().to_string(),
        ver: "1.0".to_owned(),
    };
    let seconds = u64::try_from(lifetime).unwrap_or(0);
    Ok(TokenResponse {
        token_type: "Bearer".to_owned(),
        expires_in: seconds,
        ext_expires_in: seconds,
        access_token: state.token_key.sign(&claims),
    })
}

/// The part of a scope before `/.default`: what the token is for. Two resources at once are none.
fn audience(scope: &str) -> Option<&str> {
    let audience = scope.trim().strip_suffix("/.default")?;
    (!audience.is_empty() && !audience.contains(' ')).then_some(audience)
}

/// The form, with the client's id and secret from an `Authorization: Basic` header if they stand there.
fn read_form(headers: &HeaderMap, body: &[u8]) -> TokenForm {
    let mut form = TokenForm::default();
    for (name, value) in form_fields(body) {
        match name.as_str() {
            "grant_type" => form.grant_type = Some(value),
            "client_id" => form.client_id = Some(value),
            "client_secret" => form.client_secret = Some(value),
            "scope" => form.scope = Some(value),
            _ => {}
        }
    }
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = basic.and_then(|value| value.strip_prefix("Basic "));
    let decoded =
        basic.and_then(|value| STANDARD.decode(value).ok()).and_then(|octets| String::from_utf8(octets).ok());
    if let Some((client, secret)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
        form.client_id = Some(unescape(client));
        form.client_secret = Some(unescape(secret));
    }
    form
}

fn form_fields(body: &[u8]) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(body);
    body.split('&')
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (unescape(name), unescape(value)))
        .collect()
}

/// Takes off the escaping of `application/x-www-form-urlencoded`.
fn unescape(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        octets.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex =
                    [bytes.next(), bytes.next()].map(|digit| digit.and_then(|d| char::from(d).to_digit(16)));
                match hex {
                    [Some(high), Some(low)] => u8::try_from(high << 4 | low).unwrap_or(b'?'),
                    _ => b'?',
                }
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_unescaped() {
        let fields = form_fields(b"client_secret=a~b%2Bc%2F+d&scope=https%3A%2F%2Fx%2F.default&&odd");
        assert_eq!(fields[0], ("client_secret".into(), "a~b+c/ d".into()));
        assert_eq!(fields[1].1, "https://x/.default");
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn a_scope_names_one_resource() {
        assert_eq!(
            audience("https://communication.azure.com//.default"),
            Some("https://communication.azure.com/")
        );
        assert_eq!(
            audience("https://communication.azure.com/.default"),
            Some("https://communication.azure.com")
        );
        for scope in ["", "/.default", "Mail.Send", "https://a/.default https://b/.default"] {
            assert_eq!(audience(scope), None, "{scope}");
        }
    }
}
