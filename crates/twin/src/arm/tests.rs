//! Resource Manager, as its clients see it.

use crate::rehearsal::{Answer, Rehearsal};
use crate::state::{Bucket, HiddenSubscription};
use azure_types::permission::Permission;
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(crate) const SUBSCRIPTION: &str = "/subscriptions/22222222-bbbb-4222-8222-222222222222";
const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
const FORM: &str = "grant_type=client_credentials&client_id=33333333-cccc-4333-8333-333333333333\
    &client_secret=twin8Q~Rehearsal.Only_Not-A-Real-Secret~&scope=https://";

pub(super) async fn ask(rehearsal: &Rehearsal, method: &str, path: &str) -> Answer {
    send(rehearsal, method, path, json!(null)).await
}

pub(super) async fn send(rehearsal: &Rehearsal, method: &str, path: &str, body: Value) -> Answer {
    send_with(rehearsal, method, path, body, &[]).await
}

pub(crate) async fn send_with(
    rehearsal: &Rehearsal,
    method: &str,
    path: &str,
    body: Value,
    others: &[(&str, &str)],
) -> Answer {
    let form = format!("{FORM}management.azure.com/.default");
    let token = rehearsal.ask("POST", &format!("/{TENANT}/oauth2/v2.0/token"), &[], form.into()).await;
    let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
    let version = if path.contains("Microsoft.Communication/") { "2025-09-01" } else { "2022-12-01" };
    let path = match path.contains("api-version=") {
        true => path.to_owned(),
        false => format!("{path}{}api-version={version}", if path.contains('?') { '&' } else { '?' }),
    };
    let path = path.replace(' ', "%20").replace('\'', "%27");
    let headers = [&[("authorization", bearer.as_str())], others].concat();
    rehearsal.ask(method, &path, &headers, body.to_string().into()).await
}

pub(super) fn assign(rehearsal: &Rehearsal, scope: &str, actions: &[&str]) {
    rehearsal.backend.change_state(|state| {
        let principal = state.tenants[0].apps[0].principal.unwrap();
        state.assignments.clear();
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        state.grant(principal, scope, Permission { actions, ..Permission::default() });
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
    rehearsal.backend.change_state(|state| state.assignments.clear());
    assert_eq!(ask(&rehearsal, "GET", "/subscriptions").await.body["value"], json!([]));
    let one = async || ask(&rehearsal, "GET", SUBSCRIPTION).await;
    assert_eq!(one().await.body["error"]["code"], "AuthorizationFailed");
    rehearsal
        .backend
        .change_state(|state| state.behaviour.hidden_subscription = HiddenSubscription::NotFound);
    assert_eq!(
        (one().await.status, &one().await.body["error"]["code"]),
        (404, &json!("SubscriptionNotFound"))
    );
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
    rehearsal.backend.advance(SignedDuration::from_mins(2));
    assert_eq!(state("GET", &provider).await, "Registered");
}

#[tokio::test]
async fn a_call_without_the_right_token_or_version_is_refused() {
    let rehearsal = Rehearsal::begin();
    let code = |answer: Answer| (answer.status, answer.body["error"]["code"].as_str().unwrap().to_owned());
    let nobody = rehearsal.ask("GET", "/subscriptions?api-version=2022-12-01", &[], "".into()).await;
    assert!(nobody.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer authorization_uri="));
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

#[tokio::test]
async fn a_group_goes_with_all_that_is_in_it_and_takes_its_time() {
    let rehearsal = Rehearsal::begin();
    let group = format!("{SUBSCRIPTION}/resourcegroups/new");
    let body = json!({ "location": "West Europe" });
    assert_eq!(send(&rehearsal, "PUT", &group, json!({})).await.body["error"]["code"], "LocationRequired");
    assert_eq!(send(&rehearsal, "PUT", &group, body.clone()).await.status, 201);
    assert_eq!(send(&rehearsal, "PUT", &group, body).await.status, 200);
    let moved = send(&rehearsal, "PUT", &group, json!({ "location": "eastus" })).await;
    assert_eq!((moved.status, &moved.body["error"]["code"]), (409, &json!("InvalidResourceGroupLocation")));
    let mail = format!("{SUBSCRIPTION}/resourcegroups/MAIL");
    assert_eq!(ask(&rehearsal, "HEAD", &mail).await.status, 204);
    let services = format!(
        "{SUBSCRIPTION}/resources?$filter=resourceType eq 'microsoft.communication/communicationservices'"
    );
    assert_eq!(ask(&rehearsal, "GET", &services).await.body["value"].as_array().unwrap().len(), 1);

    let begun = ask(&rehearsal, "DELETE", &mail).await;
    assert_eq!((begun.status, &begun.headers["retry-after"]), (202, &"1".parse().unwrap()));
    let location =
        begun.headers["location"].to_str().unwrap().strip_prefix("https://localhost:8443").unwrap();
    let poll = location.split('?').next().unwrap();
    assert_eq!(ask(&rehearsal, "GET", poll).await.status, 202);
    rehearsal.backend.advance(SignedDuration::from_mins(1));
    assert_eq!(ask(&rehearsal, "GET", poll).await.status, 200);
    assert_eq!(ask(&rehearsal, "HEAD", &mail).await.status, 404);
    assert_eq!(ask(&rehearsal, "GET", &services).await.body["value"], json!([]));
}

#[tokio::test]
async fn a_role_counts_where_it_was_assigned_once_everybody_knows() {
    let rehearsal = Rehearsal::begin();
    let (role, assignment) = ("aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002");
    let principal = rehearsal.backend.state().tenants[0].apps[0].principal.unwrap();
    let path = |kind: &str, id: &str| format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/{kind}/{id}");
    let definition = json!({ "properties": {
        "roleName": "Sender", "assignableScopes": [SUBSCRIPTION],
        "permissions": [{ "actions": ["Microsoft.Storage/*"], "notActions": [] }],
    } });
    for _ in 0..2 {
        assert_eq!(
            send(&rehearsal, "PUT", &path("roleDefinitions", role), definition.clone()).await.status,
            201
        );
    }
    let by_name = format!(
        "{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName eq 'sender'"
    );
    assert_eq!(ask(&rehearsal, "GET", &by_name).await.body["value"][0]["name"], role);
    let owner = json!({ "properties": { "roleDefinitionId": path("roleDefinitions", role), "principalId": principal } });
    let given = send(&rehearsal, "PUT", &path("roleAssignments", assignment), owner.clone()).await;
    assert_eq!((given.status, &given.body["properties"]["scope"]), (201, &json!(SUBSCRIPTION)));
    assert_eq!(
        send(&rehearsal, "PUT", &path("roleAssignments", assignment), owner.clone()).await.status,
        200
    );
    let again = send(&rehearsal, "PUT", &path("roleAssignments", role), owner).await;
    assert_eq!((again.status, &again.body["error"]["code"]), (409, &json!("RoleAssignmentExists")));
    let state =
        || rehearsal.backend.state().permissions(principal, SUBSCRIPTION, rehearsal.backend.now()).count();
    assert_eq!(state(), 1);
    rehearsal.backend.advance(SignedDuration::from_mins(1));
    assert_eq!(state(), 2);
    assert_eq!(ask(&rehearsal, "DELETE", &path("roleDefinitions", role)).await.status, 400);
    assert_eq!(ask(&rehearsal, "DELETE", &path("roleAssignments", assignment)).await.status, 200);
    assert_eq!(ask(&rehearsal, "DELETE", &path("roleAssignments", assignment)).await.status, 204);
    assert_eq!(ask(&rehearsal, "DELETE", &path("roleDefinitions", role)).await.status, 200);
}

#[tokio::test]
async fn whoever_asks_too_much_is_told_to_wait() {
    let rehearsal = Rehearsal::begin();
    rehearsal.backend.change_state(|state| state.behaviour.arm_reads = Bucket { size: 2, per_second: 1 });
    let first = ask(&rehearsal, "GET", SUBSCRIPTION).await;
    assert_eq!(first.headers["x-ms-ratelimit-remaining-subscription-reads"], "1");
    ask(&rehearsal, "GET", SUBSCRIPTION).await;
    let third = ask(&rehearsal, "GET", SUBSCRIPTION).await;
    assert_eq!((third.status, &third.headers["retry-after"]), (429, &"1".parse().unwrap()));
    rehearsal.backend.advance(SignedDuration::from_secs(1));
    assert_eq!(ask(&rehearsal, "GET", SUBSCRIPTION).await.status, 200);
}

#[tokio::test]
async fn what_has_to_be_registered_first_is_refused() {
    let rehearsal = Rehearsal::begin();
    rehearsal.backend.change_state(|state| state.subscriptions[0].registrations.clear());
    let services = format!("{SUBSCRIPTION}/providers/Microsoft.Communication/communicationServices");
    let refused = ask(&rehearsal, "GET", &services).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (409, &json!("MissingSubscriptionRegistration"))
    );
    let provider = format!("{SUBSCRIPTION}/providers/Microsoft.Communication/register");
    assert_eq!(ask(&rehearsal, "POST", &provider).await.status, 200);
    rehearsal.backend.advance(SignedDuration::from_mins(2));
    let service = ask(&rehearsal, "GET", &services).await.body["value"][0].clone();
    let domain = ask(&rehearsal, "GET", service["properties"]["linkedDomains"][0].as_str().unwrap()).await;
    assert_eq!(domain.body["properties"]["verificationStates"]["DKIM2"]["status"], "Verified");
    let senders = format!("{}/senderUsernames", domain.body["id"].as_str().unwrap());
    assert_eq!(ask(&rehearsal, "GET", &senders).await.body["value"][1]["properties"]["username"], "scanner");
}
