//! The token endpoint: client credentials, by secret or by certificate.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_types::entra::{TokenForm, TokenResponse};
use azure_types::ids::{ClientId, PrincipalId, TenantId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::assertion;
use super::discovery::{base_url, is_plausible, shared};
use super::error::{self, EntraError};
use crate::backend::Backend;
use crate::fault_effects::answer_or_fail_with;
use crate::faults::Operation;
use crate::keys::{Claims, random_guid};
use crate::state::{App, SecretVerdict};

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) async fn token(
    Shared(backend): Shared<Arc<Backend>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let refuse = |status: StatusCode, code: String, text: String| {
        error::on_demand(status.as_u16(), &code, text).respond(&backend, &headers)
    };
    let mut response = answer_or_fail_with(&backend, Operation::Token, refuse, async {
        match issue(&backend, &tenant, &headers, &body) {
            Ok(token) => Json(token).into_response(),
            Err(error) => error.respond(&backend, &headers),
        }
    })
    .await;
    super::headers::of_token(&mut response, &headers);
    response
}

fn issue(
    backend: &Backend,
    tenant: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<TokenResponse, EntraError> {
    let form = read_form(headers, body);
    if shared(tenant).is_some() {
        return Err(error::no_tenant());
    }
    if !is_plausible(tenant) {
        return Err(error::malformed_tenant(tenant));
    }
    let state = backend.state();
    let directory = state.tenant(tenant).ok_or_else(|| error::unknown_tenant(tenant))?;
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
    let now = backend.now();
    let base_url = base_url(headers);
    let authentication = match (&form.client_assertion, &form.client_secret) {
        (Some(assertion), _) => {
            assertion::check(app, assertion, &format!("{base_url}/{tenant}"), now)?;
            "2"
        }
        (None, Some(secret)) => {
            match app.judge(secret, now) {
                SecretVerdict::Good => {}
                SecretVerdict::Expired => return Err(error::expired_secret(&client)),
                SecretVerdict::Wrong => return Err(error::wrong_secret(&client)),
            }
            "1"
        }
        (None, None) => return Err(error::no_secret()),
    };
    let principal = app.principal.ok_or_else(|| error::no_principal(&client, tenant))?;
    let audience = audience(&scope).ok_or_else(|| error::invalid_scope(&scope))?;
    if !is_known(audience, &base_url) {
        return Err(error::unknown_resource(audience, tenant));
    }
    let lifetime = state.behaviour.token_seconds;
    let wanted = Wanted { app, tenant: directory.id, principal, audience, authentication, lifetime };
    Ok(sign(backend, &base_url, wanted))
}

/// What a token is to say.
pub(super) struct Wanted<'a> {
    pub(super) app: &'a App,
    pub(super) tenant: TenantId,
    pub(super) principal: PrincipalId,
    pub(super) audience: &'a str,
    /// `1` for a secret, `2` for a certificate or the platform's own authentication.
    pub(super) authentication: &'a str,
    pub(super) lifetime: i64,
}

/// Seconds; of a token that is good for longer, Entra says when to get the next one ahead of time.
const LONG: u64 = 7_200;

/// Signs a token.
pub(super) fn sign(backend: &Backend, base_url: &str, wanted: Wanted<'_>) -> TokenResponse {
    let Wanted { app, tenant, principal, audience, authentication, lifetime } = wanted;
    let now = backend.now().as_second();
    let issuer = format!("https://sts.windows.net/{tenant}/");
    let is_graph = audience.contains("graph") || is_own(audience, base_url);
    let claims = Claims {
        aud: audience.to_owned(),
        idp: issuer.clone(),
        iss: issuer,
        iat: now,
        nbf: now,
        exp: now + lifetime,
        appid: app.client,
        appidacr: authentication.to_owned(),
        idtyp: "app".to_owned(),
        oid: principal,
        sub: principal,
        tid: tenant,
        roles: if is_graph { app.graph_roles.clone() } else { Vec::new() },
        uti: random_guid().to_string(),
        ver: "1.0".to_owned(),
    };
    let seconds = u64::try_from(lifetime).unwrap_or(0);
    TokenResponse {
        token_type: "Bearer".to_owned(),
        expires_in: seconds,
        ext_expires_in: seconds,
        refresh_in: (seconds > LONG).then_some(seconds / 2),
        access_token: backend.token_key.sign(&claims),
    }
}

/// The part of a scope before `/.default`: what the token is for. Two resources at once are none.
fn audience(scope: &str) -> Option<&str> {
    let audience = scope.trim().strip_suffix("/.default")?;
    (!audience.is_empty() && !audience.contains(' ')).then_some(audience)
}

/// Whether the resource is one of Azure's, in any of its clouds, or the twin itself.
fn is_known(audience: &str, base_url: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    let host = audience.strip_prefix("https://").unwrap_or_default();
    is_own(audience, base_url) || RESOURCES.contains(&host)
}

/// Whether an audience is the twin itself. Some clients leave the port out.
pub(crate) fn is_own(audience: &str, base_url: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    let without_port = base_url.rsplit_once(':').map_or(base_url, |(host, _)| host);
    audience == base_url || audience == without_port
}

/// Hosts of the resources that every tenant knows.
const RESOURCES: [&str; 14] = [
    "communication.azure.com",
    "communication.azure.us",
    "communication.azure.cn",
    "management.azure.com",
    "management.core.windows.net",
    "management.usgovcloudapi.net",
    "management.core.usgovcloudapi.net",
    "management.chinacloudapi.cn",
    "management.core.chinacloudapi.cn",
    "graph.microsoft.com",
    "graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
    "storage.azure.com",
    "eventgrid.azure.net",
];

/// The form, with the client's id and secret from an `Authorization: Basic` header if they stand there.
fn read_form(headers: &HeaderMap, body: &[u8]) -> TokenForm {
    let mut form = TokenForm::default();
    for (name, value) in crate::form::fields(body) {
        match name.as_str() {
            "grant_type" => form.grant_type = Some(value),
            "client_id" => form.client_id = Some(value),
            "client_secret" => form.client_secret = Some(value),
            "client_assertion" => form.client_assertion = Some(value),
            "scope" => form.scope = Some(value),
            _ => {}
        }
    }
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = basic.and_then(|value| value.strip_prefix("Basic "));
    let decoded =
        basic.and_then(|value| STANDARD.decode(value).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((client, secret)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
        form.client_id = Some(crate::form::unescape(client));
        form.client_secret = Some(crate::form::unescape(secret));
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{Effect, InjectedFault};
    use crate::rehearsal::Rehearsal;
    use jiff::SignedDuration;

    const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
    const CLIENT: &str = "33333333-cccc-4333-8333-333333333333";
    const SECRET: &str = "twin8Q~Rehearsal.Only_Not-A-Real-Secret~";
    const SCOPE: &str = "https://communication.azure.com/.default";

    async fn ask(rehearsal: &Rehearsal, tenant: &str, form: &[(&str, &str)]) -> (u16, String, u64) {
        let form: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let path = format!("/{tenant}/oauth2/v2.0/token");
        let answer = rehearsal.ask("POST", &path, &[], form.join("&").into()).await;
        let error = answer.body["error"].as_str().unwrap_or("none").to_owned();
        let code = answer.body["error_codes"][0].as_u64().unwrap_or(0);
        if code != 0 {
            let text = answer.body["error_description"].as_str().unwrap();
            assert!(text.starts_with(&format!("AADSTS{code}: ")) && text.contains(" Trace ID: "), "{text}");
            assert_eq!(answer.body["trace_id"], answer.headers["x-ms-request-id"].to_str().unwrap());
        }
        (answer.status, error, code)
    }

    #[tokio::test]
    async fn every_refusal_has_entras_status_word_and_number() {
        let rehearsal = Rehearsal::begin();
        let grant = ("grant_type", "client_credentials");
        let (client, secret, scope) = (("client_id", CLIENT), ("client_secret", SECRET), ("scope", SCOPE));
        let stranger = ("client_id", "00000000-0000-4000-8000-000000000000");
        let unknown = "99999999-aaaa-4111-8111-111111111111";
        for (tenant, form, expected) in [
            (TENANT, vec![grant, client, secret, scope], (200, "none", 0)),
            ("contoso.example", vec![grant, client, secret, scope], (200, "none", 0)),
            (TENANT, vec![grant, client, ("client_secret", "x"), scope], (401, "invalid_client", 7_000_215)),
            (TENANT, vec![grant, stranger, secret, scope], (400, "unauthorized_client", 700_016)),
            (unknown, vec![grant, client, secret, scope], (400, "invalid_request", 90_002)),
            ("nonsense", vec![grant, client, secret, scope], (400, "invalid_request", 900_023)),
            ("organizations", vec![grant, client, secret, scope], (400, "invalid_request", 50_059)),
            (TENANT, vec![client, secret, scope], (400, "invalid_request", 900_144)),
            (TENANT, vec![grant, secret, scope], (400, "invalid_request", 900_144)),
            (TENANT, vec![grant, client, secret], (400, "invalid_request", 900_144)),
            (TENANT, vec![grant, client, scope], (401, "invalid_client", 7_000_218)),
            (TENANT, vec![grant, client, secret, ("scope", "Mail.Send")], (400, "invalid_scope", 70_011)),
            (
                TENANT,
                vec![grant, client, secret, ("scope", "https://x.example/.default")],
                (400, "invalid_resource", 500_011),
            ),
            (
                TENANT,
                vec![("grant_type", "password"), client, secret, scope],
                (400, "unsupported_grant_type", 70_003),
            ),
        ] {
            let (status, error, code) = ask(&rehearsal, tenant, &form).await;
            assert_eq!((status, error.as_str(), code), expected, "{form:?}");
        }
        rehearsal.backend.advance(SignedDuration::from_hours(24 * 800));
        let late = ask(&rehearsal, TENANT, &[grant, client, secret, scope]).await;
        assert_eq!(late, (401, "invalid_client".to_owned(), 7_000_222));
    }

    #[tokio::test]
    async fn a_failure_on_demand_has_entras_form() {
        let rehearsal = Rehearsal::begin();
        for (status, expected) in
            [(429, (429, "temporarily_unavailable", 50_196)), (503, (503, "temporarily_unavailable", 90_033))]
        {
            let effect =
                Effect::Answer { status, code: String::new(), message: "Busy.".into(), retry_after: Some(9) };
            rehearsal.backend.arm(InjectedFault {
                operation: Operation::Token,
                effect,
                times: Some(1),
                one_in: None,
            });
            let (status, error, code) = ask(&rehearsal, TENANT, &[]).await;
            assert_eq!((status, error.as_str(), code), expected);
        }
    }

    #[tokio::test]
    async fn a_secret_may_stand_in_the_authorization_header() {
        let rehearsal = Rehearsal::begin();
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace('~', "%7E"))));
        let form = format!("grant_type=client_credentials&scope={SCOPE}");
        let path = format!("/{TENANT}/oauth2/v2.0/token");
        let answer = rehearsal.ask("POST", &path, &[("authorization", &basic)], form.into()).await;
        assert_eq!((answer.status, &answer.body["token_type"]), (200, &"Bearer".into()));
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
