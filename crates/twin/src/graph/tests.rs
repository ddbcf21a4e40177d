//! Registrations and their secrets, as clients of Graph see them.

use crate::rehearsal::{Answer, Rehearsal};
use jiff::SignedDuration;
use serde_json::{Value, json};

const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
const CLIENT: &str = "33333333-cccc-4333-8333-333333333333";
const SECRET: &str = "twin8Q~Rehearsal.Only_Not-A-Real-Secret~";

async fn log_in(rehearsal: &Rehearsal, secret: &str) -> Answer {
    let form = format!(
        "grant_type=client_credentials&client_id={CLIENT}&client_secret={secret}\
         &scope=https://graph.microsoft.com/.default"
    );
    rehearsal.ask("POST", &format!("/{TENANT}/oauth2/v2.0/token"), &[], form.into()).await
}

async fn ask(rehearsal: &Rehearsal, method: &str, path: &str, body: Value) -> Answer {
    let token = log_in(rehearsal, SECRET).await.body["access_token"].as_str().unwrap().to_owned();
    let path = format!("/v1.0/{path}").replace(' ', "%20").replace('\'', "%27");
    let bearer = format!("Bearer {token}");
    rehearsal.ask(method, &path, &[("authorization", &bearer)], body.to_string().into()).await
}

fn roles(rehearsal: &Rehearsal, roles: &[&str]) {
    rehearsal.backend.change_state(|state| {
        state.tenants[0].apps[0].graph_roles = roles.iter().map(|role| (*role).to_owned()).collect();
    });
}

#[tokio::test]
async fn a_new_secret_is_told_once_and_known_after_a_while() {
    let rehearsal = Rehearsal::begin();
    let key = format!("applications(appId='{CLIENT}')");
    let request = json!({ "passwordCredential": { "displayName": "rotated" } });
    let made = ask(&rehearsal, "POST", &format!("{key}/addPassword"), request).await;
    let text = made.body["secretText"].as_str().unwrap();
    assert_eq!((made.status, &made.body["displayName"]), (200, &json!("rotated")));
    assert_eq!(made.body["hint"], json!(text[..3]));
    assert_eq!(log_in(&rehearsal, text).await.status, 401);
    rehearsal.backend.advance(SignedDuration::from_mins(1));
    assert_eq!(log_in(&rehearsal, text).await.status, 200);
    assert_eq!(log_in(&rehearsal, SECRET).await.status, 200);

    let app = ask(&rehearsal, "GET", &key, json!(null)).await;
    let secrets = app.body["passwordCredentials"].as_array().unwrap();
    assert_eq!((secrets.len(), &secrets[1]["secretText"]), (2, &json!(null)));
    let remove = json!({ "keyId": made.body["keyId"] });
    assert_eq!(ask(&rehearsal, "POST", &format!("{key}/removePassword"), remove.clone()).await.status, 204);
    assert_eq!(log_in(&rehearsal, text).await.body["error_codes"][0], 7_000_215);
    assert_eq!(ask(&rehearsal, "POST", &format!("{key}/removePassword"), remove).await.status, 400);
}

#[tokio::test]
async fn an_app_may_change_only_what_its_roles_and_owners_allow() {
    let rehearsal = Rehearsal::begin();
    let add = format!("applications(appId='{CLIENT}')/addPassword");
    roles(&rehearsal, &[]);
    let refused = ask(&rehearsal, "POST", &add, json!({})).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (403, &json!("Authorization_RequestDenied"))
    );
    assert_eq!(ask(&rehearsal, "GET", "applications", json!(null)).await.status, 403);
    roles(&rehearsal, &["Application.ReadWrite.OwnedBy"]);
    assert_eq!(ask(&rehearsal, "POST", &add, json!({})).await.status, 403);
    rehearsal.backend.change_state(|state| {
        let app = &mut state.tenants[0].apps[0];
        app.owners = app.principal.into_iter().collect();
    });
    assert_eq!(ask(&rehearsal, "POST", &add, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_registration_becomes_a_principal_with_a_role() {
    let rehearsal = Rehearsal::begin();
    let app =
        ask(&rehearsal, "POST", "applications", json!({ "displayName": "Mail", "keyCredentials": [] })).await;
    assert_eq!(app.status, 201);
    let client = app.body["appId"].as_str().unwrap();
    let by_name = "applications?$filter=startswith(displayName,'mai')&$select=appId";
    assert_eq!(
        ask(&rehearsal, "GET", by_name, json!(null)).await.body["value"],
        json!([{ "appId": client }])
    );
    let new = json!({ "appId": client, "accountEnabled": true });
    let principal = ask(&rehearsal, "POST", "servicePrincipals", new.clone()).await;
    assert_eq!(principal.status, 201);
    assert_eq!(ask(&rehearsal, "POST", "servicePrincipals", new).await.status, 409);
    let by_client = format!("servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{client}')");
    let found = ask(&rehearsal, "GET", &by_client, json!(null)).await;
    assert_eq!(found.body["value"][0]["id"], principal.body["id"]);

    let graph = "servicePrincipals?$filter=appId eq '00000003-0000-0000-c000-000000000000'";
    let graph = ask(&rehearsal, "GET", graph, json!(null)).await.body["value"][0].clone();
    let id = principal.body["id"].as_str().unwrap();
    let consent =
        json!({ "principalId": id, "resourceId": graph["id"], "appRoleId": graph["appRoles"][0]["id"] });
    let path = format!("servicePrincipals/{id}/appRoleAssignments");
    let given = ask(&rehearsal, "POST", &path, consent.clone()).await;
    assert_eq!(given.status, 201, "{} {consent}", given.body);
    assert_eq!(ask(&rehearsal, "POST", &path, consent).await.status, 400);
    let given = ask(&rehearsal, "GET", &path, json!(null)).await;
    assert_eq!(given.body["value"][0]["resourceDisplayName"], "Microsoft Graph");
    let owner = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") });
    let path = format!("applications/{}/owners", app.body["id"].as_str().unwrap());
    assert_eq!(ask(&rehearsal, "POST", &format!("{path}/$ref"), owner).await.status, 204);
    assert_eq!(ask(&rehearsal, "GET", &path, json!(null)).await.body["value"].as_array().unwrap().len(), 2);
}

/// The Azure CLI sends the base64 of a PEM file with the line breaks of the file.
#[tokio::test]
async fn a_certificate_is_taken_with_line_breaks_and_not_if_it_is_none() {
    let rehearsal = Rehearsal::begin();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let pem = certificate.pem();
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with("---")).collect();
    let app = format!("applications(appId='{CLIENT}')");
    let id = ask(&rehearsal, "GET", &app, json!(null)).await.body["id"].as_str().unwrap().to_owned();
    let write = async |text: String| {
        let body =
            json!({ "keyCredentials": [{ "key": text, "usage": "Verify", "type": "AsymmetricX509Cert" }] });
        ask(&rehearsal, "PATCH", &format!("applications/{id}"), body).await
    };
    for text in [lines.join("\n"), lines.join("\r\n"), lines.concat()] {
        assert_eq!(write(text).await.status, 204);
        let kept = rehearsal.backend.state().tenants[0].apps[0].certificates[0].bytes();
        assert_eq!(kept.as_deref(), Some(certificate.der().as_ref()));
    }
    for text in [String::new(), "no base64!".to_owned(), "bm8gY2VydGlmaWNhdGU=".to_owned()] {
        assert_eq!(write(text.clone()).await.status, 400, "{text:?}");
    }
    assert_eq!(rehearsal.backend.state().tenants[0].apps[0].certificates.len(), 1, "what was there stays");
}
