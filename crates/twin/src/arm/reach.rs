//! How far a role reaches, and what a path means however it is written.

use serde_json::{Value, json};

use super::tests::{SUBSCRIPTION, ask, assign, send};
use crate::rehearsal::Rehearsal;
use crate::state::roles::READER;
use crate::state::{Assignment, State};

fn service() -> String {
    format!(
        "{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/communicationServices/contoso-mail"
    )
}

/// Takes all roles away and gives the app one of Azure's own at one place.
fn give(state: &mut State, role: uuid::Uuid, scope: &str) {
    let principal = state.tenants[0].apps[0].principal.unwrap();
    let at = jiff::Timestamp::UNIX_EPOCH;
    let scope = scope.to_owned();
    state.assignments = vec![Assignment { id: role, principal, scope, role, created_at: at, active_at: at }];
}

#[tokio::test]
async fn a_role_on_one_resource_reads_that_resource_and_nothing_else() {
    let rehearsal = Rehearsal::begin();
    for scope in [service(), service().to_uppercase()] {
        rehearsal.backend.change_state(|state| give(state, READER, &scope));
        assert_eq!(ask(&rehearsal, "GET", &service()).await.status, 200);
        let listed = ask(&rehearsal, "GET", "/subscriptions").await;
        assert_eq!(listed.body["value"].as_array().unwrap().len(), 1, "the subscription is seen");
        assert_eq!(ask(&rehearsal, "GET", SUBSCRIPTION).await.status, 200);
        // What the Azure CLI asks before it shows a resource.
        let provider = format!("{SUBSCRIPTION}/providers/Microsoft.Communication");
        assert_eq!(ask(&rehearsal, "GET", &provider).await.status, 200);
        let resources = ask(&rehearsal, "GET", &format!("{SUBSCRIPTION}/resources")).await;
        let names: Vec<&Value> =
            resources.body["value"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(names, [&json!("contoso-mail")]);
    }
}

#[tokio::test]
async fn a_refusal_names_the_action_and_the_place_that_were_asked_for() {
    let rehearsal = Rehearsal::begin();
    let group = format!("{SUBSCRIPTION}/resourceGroups/mail");
    let email = format!("{group}/providers/Microsoft.Communication/emailServices/contoso-email");
    let check = format!("{SUBSCRIPTION}/providers/Microsoft.Communication/checkNameAvailability");
    let zone = format!("{group}/providers/Microsoft.Network/dnsZones/northwind.example");
    rehearsal.backend.change_state(|state| state.assignments.clear());
    for (method, path, action, scope) in [
        ("GET", service(), "Microsoft.Communication/CommunicationServices/read", service()),
        ("PUT", service(), "Microsoft.Communication/CommunicationServices/write", service()),
        (
            "POST",
            format!("{}/listKeys", service()),
            "Microsoft.Communication/CommunicationServices/listKeys/action",
            service(),
        ),
        (
            "GET",
            format!("{email}/domains"),
            "Microsoft.Communication/EmailServices/Domains/read",
            email.clone(),
        ),
        (
            "GET",
            format!("{group}/providers/Microsoft.Communication/emailServices"),
            "Microsoft.Communication/EmailServices/read",
            group.clone(),
        ),
        ("POST", check, "Microsoft.Communication/CheckNameAvailability/action", SUBSCRIPTION.to_owned()),
        ("GET", zone.clone(), "Microsoft.Network/dnsZones/read", zone),
        ("GET", group.clone(), "Microsoft.Resources/subscriptions/resourceGroups/read", group),
        ("GET", SUBSCRIPTION.to_owned(), "Microsoft.Resources/subscriptions/read", SUBSCRIPTION.to_owned()),
    ] {
        let refused = send(&rehearsal, method, &path, json!({})).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (403, &json!("AuthorizationFailed")),
            "{path}"
        );
        let text = refused.body["error"]["message"].as_str().unwrap();
        let expected = format!("to perform action '{action}' over scope '{scope}'");
        assert!(text.contains(&expected), "{text} should contain {expected}");
    }
}

#[tokio::test]
async fn a_path_means_the_same_in_any_case() {
    let rehearsal = Rehearsal::begin();
    let domain = format!(
        "{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/emailServices/contoso-email/domains\
         /contoso.example"
    );
    let zone =
        format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Network/dnsZones/northwind.example");
    for path in [
        "/subscriptions".to_owned(),
        "/tenants".to_owned(),
        "/providers/Microsoft.Communication/operations".to_owned(),
        SUBSCRIPTION.to_owned(),
        format!("{SUBSCRIPTION}/locations"),
        format!("{SUBSCRIPTION}/providers/Microsoft.Communication"),
        format!("{SUBSCRIPTION}/resourceGroups"),
        format!("{SUBSCRIPTION}/resourceGroups/mail"),
        format!("{SUBSCRIPTION}/resourceGroups/mail/resources"),
        service(),
        format!("{}/smtpUsernames", service()),
        domain.clone(),
        format!("{domain}/senderUsernames/scanner"),
        zone.clone(),
        format!("{zone}/recordsets"),
        format!("{}/providers/Microsoft.Authorization/permissions", service()),
        format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}"),
    ] {
        let version = "2025-09-01";
        let as_is = ask(&rehearsal, "GET", &format!("{path}?api-version={version}")).await;
        assert_eq!(as_is.status, 200, "{path}: {}", as_is.text);
        for written in [path.to_uppercase(), path.to_lowercase()] {
            let other = ask(&rehearsal, "GET", &format!("{written}?api-version={version}")).await;
            assert_eq!(other.status, 200, "{written}: {}", other.text);
            let (one, other) = (as_is.text.to_lowercase(), other.text.to_lowercase());
            assert_eq!(one, other, "{written}");
        }
    }
    // What is written there is the same thing, too.
    let upper = service().to_uppercase();
    let body = json!({ "tags": { "case": "none" } });
    assert_eq!(send(&rehearsal, "PATCH", &format!("{upper}?api-version=2025-09-01"), body).await.status, 200);
    assert_eq!(ask(&rehearsal, "GET", &service()).await.body["tags"]["case"], "none");
}

#[tokio::test]
async fn a_new_principal_of_another_tenant_sees_no_subscription() {
    let rehearsal = Rehearsal::begin();
    assign(&rehearsal, SUBSCRIPTION, &["*"]);
    let stranger = "44444444-dddd-4444-8444-444444444444".parse().unwrap();
    rehearsal.backend.change_state(|state| state.subscriptions[0].tenant = stranger);
    let refused = ask(&rehearsal, "GET", &service()).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (404, &json!("SubscriptionNotFound")));
}
