//! Azure Resource Manager: subscriptions, resource providers, and what a caller may do.
//!
//! Paths have no case, so that requests are told apart by their segments in lower case. Every call is judged
//! by the same rules as a send: who the token says, and what was assigned to them.

mod caller;
mod permissions;
mod providers;
mod subscriptions;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::Deserialize;

use self::caller::Caller;
use crate::email::befall;
use crate::faults::Operation;
use crate::keys::random_guid;
use crate::refusal::Refusal;
use crate::state::State;

/// The routes of `management.azure.com`.
pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/subscriptions", any(answer))
        .route("/subscriptions/{*path}", any(answer))
        .route("/tenants", any(answer))
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
}

async fn answer(
    Shared(state): Shared<Arc<State>>,
    Query(version): Query<Version>,
    request: Request,
) -> Response {
    // No call here has a body that matters.
    let (request, _) = request.into_parts();
    let given = request.headers.get("x-ms-correlation-request-id").cloned();
    let mut response = befall(&state, Operation::Arm, async {
        dispatch(&state, &version, &request).unwrap_or_else(IntoResponse::into_response)
    })
    .await;
    let id = HeaderValue::from_str(&random_guid().to_string()).unwrap_or(HeaderValue::from_static("-"));
    let headers = response.headers_mut();
    headers.insert("x-ms-correlation-request-id", given.unwrap_or_else(|| id.clone()));
    headers.insert("x-ms-request-id", id);
    response
}

fn dispatch(state: &State, version: &Version, request: &Parts) -> Result<Response, Refusal> {
    let caller = Caller::of(state, &request.headers)?;
    if version.api_version.as_deref().unwrap_or_default().is_empty() {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(Refusal::bad_request("MissingApiVersionParameter", text));
    }
    let path = request.uri.path().trim_end_matches('/').to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let is_get = request.method == Method::GET;
    match segments[..] {
        ["subscriptions"] if is_get => Ok(subscriptions::list(state, &caller)),
        ["tenants"] if is_get => Ok(subscriptions::tenants(state, &caller)),
        ["subscriptions", id] if is_get => subscriptions::show(state, &caller, id),
        ["subscriptions", .., "providers", "microsoft.authorization", "permissions"] if is_get => {
            let scope = path.trim_end_matches("/providers/microsoft.authorization/permissions");
            permissions::list(state, &caller, scope)
        }
        ["subscriptions", id, "providers", namespace] if is_get => {
            providers::show(state, &caller, id, namespace)
        }
        ["subscriptions", id, "providers", namespace, "register"] if request.method == Method::POST => {
            providers::register(state, &caller, id, namespace)
        }
        _ => {
            let text = format!("The twin does not play {} {path}.", request.method);
            Err(Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", text))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rehearsal::{Answer, Rehearsal};
    use crate::world::Assignment;
    use serde_json::json;

    const SUBSCRIPTION: &str = "/subscriptions/22222222-bbbb-4222-8222-222222222222";
    const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
    const FORM: &str = "grant_type=client_credentials&client_id=33333333-cccc-4333-8333-333333333333\
        &client_secret=twin8Q~Rehearsal.Only_Not-A-Real-Secret~&scope=https://";

    async fn ask(rehearsal: &Rehearsal, method: &str, path: &str) -> Answer {
        let form = format!("{FORM}management.azure.com/.default");
        let token = rehearsal.ask("POST", &format!("/{TENANT}/oauth2/v2.0/token"), &[], form.into()).await;
        let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
        let path = format!("{path}?api-version=2022-12-01");
        rehearsal.ask(method, &path, &[("authorization", &bearer)], "".into()).await
    }

    fn assign(rehearsal: &Rehearsal, scope: &str, actions: &[&str]) {
        rehearsal.state.change_world(|world| {
            let principal = world.tenants[0].apps[0].principal;
            let actions = actions.iter().map(|action| (*action).to_owned()).collect();
            let scope = scope.to_owned();
            world.assignments = vec![Assignment { principal, scope, actions, not_actions: Vec::new() }];
        });
    }

    #[tokio::test]
    async fn an_owner_sees_its_subscription_in_any_case() {
        let rehearsal = Rehearsal::begin();
        let list = ask(&rehearsal, "GET", "/subscriptions").await;
        assert_eq!(list.body["value"][0]["state"], "Enabled");
        let one = ask(&rehearsal, "GET", &SUBSCRIPTION.replace("bbbb", "BBBB")).await;
        assert_eq!((one.status, &one.body["displayName"]), (200, &json!("Contoso Production")));
        assert!(one.headers.contains_key("x-ms-correlation-request-id"));
        let tenants = ask(&rehearsal, "GET", "/tenants").await;
        assert_eq!(tenants.body["value"][0]["tenantId"], TENANT);
    }

    #[tokio::test]
    async fn whoever_was_assigned_nothing_sees_nothing() {
        let rehearsal = Rehearsal::begin();
        rehearsal.state.change_world(|world| world.assignments.clear());
        assert_eq!(ask(&rehearsal, "GET", "/subscriptions").await.body["value"], json!([]));
        let one = ask(&rehearsal, "GET", SUBSCRIPTION).await;
        assert_eq!((one.status, &one.body["error"]["code"]), (404, &json!("SubscriptionNotFound")));
        let register =
            ask(&rehearsal, "POST", &format!("{SUBSCRIPTION}/providers/Microsoft.Storage/register")).await;
        assert_eq!((register.status, &register.body["error"]["code"]), (403, &json!("AuthorizationFailed")));
    }

    #[tokio::test]
    async fn permissions_are_those_of_the_scope_and_above() {
        let rehearsal = Rehearsal::begin();
        let group = format!("{SUBSCRIPTION}/resourceGroups/mail");
        assign(&rehearsal, &group, &["Microsoft.Communication/*"]);
        let permissions = |scope: &str| format!("{scope}/providers/Microsoft.Authorization/permissions");
        let service = format!("{group}/providers/Microsoft.Communication/communicationServices/contoso-mail");
        for (scope, expected) in [(SUBSCRIPTION, json!([])), (&group, json!(["Microsoft.Communication/*"]))] {
            let answer = ask(&rehearsal, "GET", &permissions(scope)).await;
            let actions = answer.body["value"].as_array().unwrap().first().map(|one| one["actions"].clone());
            assert_eq!(actions.unwrap_or(json!([])), expected, "{scope}");
        }
        let below = ask(&rehearsal, "GET", &permissions(&service)).await;
        assert_eq!(below.body["value"][0]["notActions"], json!([]));
    }

    #[tokio::test]
    async fn a_registration_takes_its_time() {
        let rehearsal = Rehearsal::begin();
        let provider = format!("{SUBSCRIPTION}/providers/Microsoft.EventGrid");
        let state = async |method: &str, path: &str| {
            ask(&rehearsal, method, path).await.body["registrationState"].as_str().unwrap().to_owned()
        };
        assert_eq!(
            state("GET", &format!("{SUBSCRIPTION}/providers/Microsoft.Communication")).await,
            "Registered"
        );
        assert_eq!(state("GET", &provider).await, "NotRegistered");
        assert_eq!(state("POST", &format!("{provider}/register")).await, "Registering");
        assert_eq!(state("POST", &format!("{provider}/register")).await, "Registering");
        rehearsal.state.advance(jiff::SignedDuration::from_mins(2));
        assert_eq!(state("GET", &provider).await, "Registered");
    }

    #[tokio::test]
    async fn a_call_without_the_right_token_or_version_is_refused() {
        let rehearsal = Rehearsal::begin();
        let code =
            |answer: Answer| (answer.status, answer.body["error"]["code"].as_str().unwrap().to_owned());
        let nobody = rehearsal.ask("GET", "/subscriptions?api-version=2022-12-01", &[], "".into()).await;
        assert!(
            nobody.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer authorization_uri=")
        );
        assert_eq!(code(nobody), (401, "AuthenticationFailed".to_owned()));
        let form = format!("{FORM}communication.azure.com/.default");
        let token = rehearsal.ask("POST", &format!("/{TENANT}/oauth2/v2.0/token"), &[], form.into()).await;
        let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
        let headers = [("authorization", bearer.as_str())];
        let other = rehearsal.ask("GET", "/subscriptions?api-version=2022-12-01", &headers, "".into()).await;
        assert_eq!(code(other), (401, "InvalidAuthenticationToken".to_owned()));
        let unknown = ask(&rehearsal, "DELETE", SUBSCRIPTION).await;
        assert_eq!(code(unknown), (404, "ResourceNotFound".to_owned()));
    }
}
