//! `/v1/accounts/{name}/domains`, what is below it, and `/v1/accounts/{name}/senders:import`.

use serde_json::json;

use crate::app::App;

const DOMAINS: &str = "/v1/accounts/contoso/domains";
const SENDERS: &str = "/v1/accounts/contoso/senders:import";
const SENDER: &str = "/v1/accounts/contoso/infrastructure/senders/noreply@fabrikam.example";

#[tokio::test]
async fn a_domain_and_its_senders_are_said_and_taken_back() {
    let app = App::start().await;
    let added = app
        .post(DOMAINS, &json!({ "name": "Fabrikam.example", "infrastructure": { "resource_group": "mail" } }))
        .await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert!(added.body["domain"]["fabrikam.example"].is_object(), "{}", added.text);
    let again = app.post(DOMAINS, &json!({ "name": "fabrikam.example" })).await;
    assert_eq!(again.status, 201, "it is said a second time: {}", again.text);
    let rows = json!({ "rows": [
        { "line": 1, "domain": "fabrikam.example", "username": "noreply", "display_name": "Fabrikam" },
        { "line": 2, "domain": "elsewhere.example", "username": "noreply" },
    ] });
    let results = app.post(SENDERS, &rows).await;
    assert_eq!(results.status, 200, "{}", results.text);
    assert_eq!(results.body[0], json!({ "line": 1, "address": "noreply@fabrikam.example" }));
    assert!(results.body[1]["problem"].is_string(), "{}", results.text);
    let forgotten = app.delete(SENDER).await;
    assert_eq!((forgotten.status, forgotten.text.as_str()), (204, ""));
    let missing = app.delete(SENDER).await;
    assert_eq!(missing.error(), (422, "invalid", Some("address")), "{}", missing.text);
}

#[tokio::test]
async fn domains_that_cannot_be() {
    let app = App::start().await;
    let garbled = app.post(DOMAINS, &json!({ "name": "not a domain" })).await;
    assert_eq!(garbled.error(), (422, "invalid", Some("domain")), "{}", garbled.text);
    let deep = app.post(DOMAINS, &json!({ "name": "a.example", "domain": { "colour": "red" } })).await;
    assert_eq!(deep.error(), (422, "invalid", Some("domain.colour")), "{}", deep.text);
    for path in ["/v1/accounts/fabrikam/domains", "/v1/accounts/fabrikam/domains/a.example"] {
        let missing = app.get(path).await;
        assert_eq!(missing.error(), (404, "missing", None), "{path}: {}", missing.text);
    }
    let missing = app.post("/v1/accounts/fabrikam/domains", &json!({ "name": "a.example" })).await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(app.changes().await, 0);
}
