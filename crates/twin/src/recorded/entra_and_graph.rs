//! Entra's documents, tokens and errors, and the secrets of Graph.

use serde_json::{Value, json};

use super::{Row, compare, source};
use crate::rehearsal::{Answer, Rehearsal};

const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
const CLIENT: &str = "33333333-cccc-4333-8333-333333333333";
const SECRET: &str = "twin8Q~Rehearsal.Only_Not-A-Real-Secret~";

const DOCUMENT: &str = "{token_endpoint token_endpoint_auth_methods_supported[] jwks_uri response_modes_supported[] \
    subject_types_supported[] id_token_signing_alg_values_supported[] response_types_supported[] scopes_supported[] \
    issuer request_uri_parameter_supported userinfo_endpoint authorization_endpoint device_authorization_endpoint \
    http_logout_supported frontchannel_logout_supported end_session_endpoint claims_supported[] kerberos_endpoint \
    tenant_region_scope cloud_instance_name cloud_graph_host_name msgraph_host rbac_url}";
const ERROR: &str = "{error error_description error_codes[] timestamp trace_id correlation_id error_uri}";
const OF_TOKENS: &[&str] = &[
    "cache-control",
    "pragma",
    "expires",
    "strict-transport-security",
    "x-content-type-options",
    "p3p",
    "x-ms-ests-server",
    "set-cookie",
];

async fn discover(rehearsal: &Rehearsal, tenant: &str) -> Answer {
    let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
    rehearsal.ask("GET", &path, &[], "".into()).await
}

async fn token(rehearsal: &Rehearsal, (client, secret): (&str, &str), resource: &str) -> Answer {
    let form = format!(
        "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope=https://{resource}/.default"
    );
    let headers = [("client-request-id", "11111111-2222-4333-8444-555555555555")];
    rehearsal.ask("POST", &format!("/{TENANT}/oauth2/v2.0/token"), &headers, form.into()).await
}

fn row(name: &'static str, source: [&'static str; 3], (status, shape): (u16, &'static str)) -> Row {
    let ask = ("", String::new(), Value::Null);
    Row { name, source, ask, status, shape, there: OF_TOKENS, absent: &[] }
}

#[tokio::test]
async fn discovery_has_all_members_in_their_order() {
    let rehearsal = Rehearsal::begin();
    let document = discover(&rehearsal, TENANT).await;
    let there: &[&str] = &["cache-control"];
    compare(&Row { there, ..row("discovery", source::PYTHON, (200, DOCUMENT)) }, &document);
    assert_eq!(document.headers["cache-control"], "max-age=86400, private");
    assert_eq!(document.body["issuer"], format!("https://localhost:8443/{TENANT}/v2.0"));
    assert_eq!(document.body.as_object().unwrap().len(), 23);
    let unknown = discover(&rehearsal, "99999999-aaaa-4111-8111-111111111111").await;
    let there: &[&str] = &["cache-control", "access-control-allow-origin"];
    compare(&Row { there, ..row("unknown tenant", source::JS_IDENTITY, (400, ERROR)) }, &unknown);
    assert_eq!(unknown.body["error"], "invalid_tenant");
    for (place, issuer) in [
        ("organizations", "{tenantid}"),
        ("common", "{tenantid}"),
        ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"),
    ] {
        let document = discover(&rehearsal, place).await;
        assert_eq!(document.status, 200, "{place}");
        assert_eq!(document.body["issuer"], format!("https://localhost:8443/{issuer}/v2.0"));
        let endpoint = format!("https://localhost:8443/{place}/oauth2/v2.0/token");
        assert_eq!(document.body["token_endpoint"], endpoint);
    }
}

#[tokio::test]
async fn tokens_and_refusals_have_their_members_and_headers() {
    let rehearsal = Rehearsal::begin();
    let good = (CLIENT, SECRET);
    let short = token(&rehearsal, good, "management.azure.com").await;
    let shape = "{token_type expires_in ext_expires_in access_token}";
    compare(&row("a token", source::PYTHON, (200, shape)), &short);
    assert_eq!(short.body["expires_in"], 3_599);
    for header in ["client-request-id", "x-ms-clitelem", "x-xss-protection"] {
        assert!(short.headers.contains_key(header), "{header}");
    }
    assert!(!short.headers.contains_key("x-ms-request-id"));
    rehearsal.backend.change_state(|state| state.behaviour.token_seconds = 86_399);
    let long = token(&rehearsal, good, "management.azure.com").await;
    let shape = "{token_type expires_in ext_expires_in refresh_in access_token}";
    compare(&row("a token of a day", source::PYTHON, (200, shape)), &long);
    assert_eq!(long.body["refresh_in"], 43_199);
    let stranger = "00000000-0000-4000-8000-000000000000";
    for (login, status) in [((CLIENT, "wrong"), 401), ((stranger, SECRET), 400)] {
        let refused = token(&rehearsal, login, "management.azure.com").await;
        compare(&row("a refusal", source::JS_IDENTITY, (status, ERROR)), &refused);
        assert_eq!(refused.headers["x-ms-request-id"], refused.body["trace_id"].as_str().unwrap());
    }
}

#[tokio::test]
async fn a_secret_is_told_once() {
    let rehearsal = Rehearsal::begin();
    let token = token(&rehearsal, (CLIENT, SECRET), "graph.microsoft.com").await;
    let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
    let path = format!("/v1.0/applications(appId='{CLIENT}')/addPassword").replace('\'', "%27");
    let body = json!({ "passwordCredential": { "displayName": "recorded" } }).to_string();
    let made = rehearsal.ask("POST", &path, &[("authorization", &bearer)], body.into()).await;
    let shape = "{@odata.context customKeyIdentifier=null displayName startDateTime endDateTime keyId hint secretText}";
    let there: &[&str] =
        &["location", "request-id", "odata-version", "x-ms-ags-diagnostic", "x-ms-resource-unit"];
    compare(&Row { there, ..row("addPassword", source::CLI_ROLE, (200, shape)) }, &made);
    assert_eq!(made.headers["location"], "https://graph.microsoft.com");
    assert!(!made.body["startDateTime"].as_str().unwrap().contains('.'));
}
