//! `/v1/accounts/{name}/infrastructure` and its verbs, with an Azure and with one that cannot be
//! reached.

use serde_json::{Value, json};

use super::{account, with};
use crate::app::App;
use crate::azure::WithAzure;

const INFRASTRUCTURE: &str = "/v1/accounts/contoso/infrastructure";

#[tokio::test]
async fn the_desired_state_is_replaced_and_shown() {
    let app = App::start().await;
    let desired =
        json!({ "resource_group": "mail", "domain": { "fabrikam.example": { "senders": ["noreply"] } } });
    let set = app.ask("PUT", INFRASTRUCTURE, &desired).await;
    assert_eq!(set.status, 200, "{}", set.text);
    assert_eq!(set.body["domain"]["fabrikam.example"]["senders"], json!(["noreply"]), "{}", set.text);
    let shown = app.get(INFRASTRUCTURE).await;
    assert_eq!((shown.status, &shown.body), (200, &set.body));
    assert_eq!(app.changes().await, 1);
}

#[tokio::test]
async fn desired_states_that_cannot_be() {
    let app = App::start().await;
    for (body, field) in [
        (json!({ "colour": "red" }), "colour"),
        (json!({ "access": "yes" }), "access"),
        (json!({ "domain": { "a.example": { "colour": "red" } } }), "domain.a.example.colour"),
    ] {
        let refused = app.ask("PUT", INFRASTRUCTURE, &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{body}: {}", refused.text);
    }
    let garbled = app.ask("PUT", INFRASTRUCTURE, &json!({ "domain": { "no domain": {} } })).await;
    assert_eq!(garbled.error().0, 422, "{}", garbled.text);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn plans_and_approvals_that_cannot_be() {
    let app = App::start().await;
    for (verb, body, field) in [
        ("plan", json!({ "targets": "all" }), "targets"),
        ("plan", json!({ "colour": "red" }), "colour"),
        ("apply", json!({}), "plan"),
        ("apply", json!({ "plan": 1 }), "plan"),
        ("apply", json!({ "plan": "x", "colour": "red" }), "colour"),
    ] {
        let refused = app.post(&format!("{INFRASTRUCTURE}:{verb}"), &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{verb} {body}: {}", refused.text);
    }
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn an_azure_that_cannot_be_reached_is_named() {
    let app = App::start().await;
    let secret = json!({ "access_key": null, "client_secret": "abc8Q~a.secret.that.opens.nothing.at.all0" });
    assert_eq!(app.post("/v1/accounts", &with(account(), &secret)).await.status, 201);
    let domain = json!({ "name": "fabrikam.example", "infrastructure": { "resource_group": "mail" } });
    assert_eq!(app.post("/v1/accounts/fabrikam/domains", &domain).await.status, 201);
    let before = app.changes().await;
    let mut codes = Vec::new();
    for (verb, body) in [
        ("infrastructure:plan", json!({})),
        ("infrastructure:apply", json!({ "plan": "x" })),
        ("infrastructure:adopt", json!({})),
        ("infrastructure:adopt", json!({ "scope": "senders" })),
    ] {
        let failed = app.post(&format!("/v1/accounts/fabrikam/{verb}"), &body).await;
        let (status, code, _) = failed.error();
        assert_eq!(failed.header("retry-after"), Some("60"), "{verb}: {}", failed.text);
        codes.push((verb, status, code.to_owned()));
    }
    let upstream = |verb| (verb, 503, "upstream".to_owned());
    let verbs =
        ["infrastructure:plan", "infrastructure:apply", "infrastructure:adopt", "infrastructure:adopt"];
    assert_eq!(codes, verbs.map(upstream));
    assert_eq!(app.changes().await, before, "nothing was changed");
}

#[tokio::test]
async fn the_infrastructure_of_accounts_that_are_not_there() {
    let app = App::start().await;
    let path = |verb: &str| format!("/v1/accounts/fabrikam/infrastructure{verb}");
    for (method, verb, body) in [
        ("GET", "", Value::Null),
        ("PUT", "", json!({})),
        ("POST", ":plan", json!({})),
        ("POST", ":apply", json!({ "plan": "x" })),
        ("POST", ":adopt", json!({})),
    ] {
        let (kind, text) =
            if body.is_null() { ("", String::new()) } else { ("application/json", body.to_string()) };
        let missing = app.send(method, &path(verb), kind, &text).await;
        assert_eq!(missing.error(), (404, "missing", None), "{method} {verb}: {}", missing.text);
    }
    assert_eq!(app.changes().await, 0);
}

fn at_azure(verb: &str) -> String {
    format!("/v1/accounts/northwind/infrastructure:{verb}")
}

/// The lines of an apply that goes to its end.
async fn apply(app: &WithAzure, body: Value) -> Vec<Value> {
    let applied = app.drive(app.post(&at_azure("apply"), &body)).await;
    assert_eq!(applied.status, 200, "{}", applied.text);
    assert_eq!(applied.header("content-type"), Some("application/x-ndjson"));
    applied.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_plan_is_shown_approved_and_applied_line_by_line() {
    let app = WithAzure::start().await;
    app.desire_domain("northwind.example").await;
    let plan = app.post(&at_azure("plan"), &json!({})).await;
    assert_eq!((plan.status, &plan.body["problems"]), (200, &json!([])), "{}", plan.text);
    let keys = |steps: &Value| -> Vec<Value> {
        steps.as_array().unwrap().iter().map(|step| step["key"].clone()).collect()
    };
    let planned = keys(&plan.body["steps"]);
    assert!(planned.contains(&json!("dns/northwind.example")), "{planned:?}");
    assert_eq!(
        app.post(&at_azure("plan"), &json!({})).await.body["id"],
        plan.body["id"],
        "it is the same plan"
    );

    let changed = app.post(&at_azure("apply"), &json!({ "plan": "another" })).await;
    assert_eq!(changed.error(), (409, "plan_changed", None), "{}", changed.text);
    assert_eq!(changed.body["details"]["id"], plan.body["id"], "the plan as it is now: {}", changed.text);
    assert!(!app.domains().contains(&"northwind.example".to_owned()), "nobody has approved it");

    let lines = apply(&app, json!({ "plan": plan.body["id"] })).await;
    assert_eq!((&lines[0]["event"], &lines[0]["plan"]["id"]), (&json!("planned"), &plan.body["id"]));
    let ended: Vec<&Value> = lines.iter().filter(|line| line["event"] == "ended").collect();
    assert_eq!(ended.len(), planned.len());
    assert!(ended.iter().all(|line| line["outcome"] == "done"), "{ended:?}");
    let applied = json!({ "done": planned.len(), "open": [], "problems": [] });
    assert_eq!(lines.last().unwrap(), &json!({ "event": "done", "applied": applied }));
    assert!(app.domains().contains(&"northwind.example".to_owned()));
    let after = app.post(&at_azure("plan"), &json!({})).await;
    assert_eq!(after.body["steps"], json!([]), "{}", after.text);
    let ready = app.get("/v1/accounts/northwind/domains/northwind.example").await;
    assert_eq!((ready.status, &ready.body["state"]), (200, &json!("ready")), "{}", ready.text);
}

#[tokio::test]
async fn what_was_made_is_destroyed_by_another_plan() {
    let app = WithAzure::start().await;
    app.desire_domain("northwind.example").await;
    let plan = app.plan(&json!({})).await;
    apply(&app, json!({ "plan": plan })).await;
    let missing = app.post(&at_azure("plan"), &json!({ "destroy": true, "targets": ["b.example"] })).await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    let targets = json!(["northwind.example"]);
    let plan = app.plan(&json!({ "destroy": true, "targets": targets })).await;
    let other = app.post(&at_azure("apply"), &json!({ "plan": plan })).await;
    assert_eq!(other.error(), (409, "plan_changed", None), "an approval is of one plan: {}", other.text);
    let lines = apply(&app, json!({ "plan": plan, "destroy": true, "targets": targets })).await;
    assert_eq!(lines.last().unwrap()["applied"]["open"], json!([]), "{lines:?}");
    assert!(!app.domains().contains(&"northwind.example".to_owned()));
    let shown = app.get("/v1/accounts/northwind/infrastructure").await;
    assert!(shown.body.get("domain").is_none(), "{}", shown.text);
}

#[tokio::test]
async fn what_azure_has_is_adopted() {
    let app = WithAzure::start().await;
    let adopted = app.drive(app.post(&at_azure("adopt"), &json!({}))).await;
    assert_eq!(adopted.status, 200, "{}", adopted.text);
    assert_eq!((&adopted.body["domains"], &adopted.body["senders"]), (&json!(2), &json!(2)));
    let manifest = app.get("/v1/accounts/northwind/infrastructure").await.body;
    assert!(manifest["domain"]["contoso.example"].is_object(), "{manifest:#}");
    assert_eq!(manifest["resource_group"], "mail", "{manifest:#}");
    let plan = app.post(&at_azure("plan"), &json!({})).await;
    assert_eq!(plan.body["steps"], json!([]), "what was adopted is there: {}", plan.text);
    let senders = app.get("/v1/senders?account=northwind").await.body["items"].clone();
    assert!(senders.to_string().contains("scanner@contoso.example"), "{senders}");
}

#[tokio::test]
async fn an_account_with_an_access_key_has_nothing_to_adopt_with() {
    let app = App::start().await;
    assert_eq!(app.post("/v1/accounts", &account()).await.status, 201);
    let before = app.changes().await;
    for scope in ["desired_state", "senders"] {
        let failed = app.post("/v1/accounts/fabrikam/infrastructure:adopt", &json!({ "scope": scope })).await;
        assert_eq!(failed.error(), (409, "account_unusable", None), "{}", failed.text);
    }
    assert_eq!(app.changes().await, before, "nothing was changed");
}

#[tokio::test]
async fn what_is_adopted_is_named_as_it_is() {
    let app = WithAzure::start().await;
    let before = app.changes().await;
    for (body, field) in [
        (json!({ "domains": "all" }), "domains"),
        (json!({ "scope": "all" }), "scope"),
        (json!({ "colour": "red" }), "colour"),
        (json!({ "service": "fabrikam-mail" }), "service"),
        (json!({ "service": "fabrikam-mail", "scope": "senders" }), "service"),
        (json!({ "domains": ["unlinked.example"] }), "domains"),
        (json!({ "domains": ["unlinked.example"], "scope": "senders" }), "domains"),
    ] {
        let refused = app.drive(app.post(&at_azure("adopt"), &body)).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{body}: {}", refused.text);
    }
    assert_eq!(app.changes().await, before, "nothing was changed");
}

#[tokio::test]
async fn senders_of_linked_domains_are_imported_alone() {
    let app = WithAzure::start().await;
    let body = |domain: &str| json!({ "domains": [domain], "scope": "senders" });
    let imported = app.drive(app.post(&at_azure("adopt"), &body("Contoso.example"))).await;
    let senders = json!(["DoNotReply@contoso.example", "scanner@contoso.example", "noreply@contoso.example"]);
    let expected = json!({
        "service": "contoso-mail", "manifest": {}, "added": senders, "there": [], "domains": 1, "senders": 3, "notes": [],
    });
    assert_eq!((imported.status, &imported.body), (200, &expected), "{}", imported.text);
    let again = app.drive(app.post(&at_azure("adopt"), &body("contoso.example"))).await;
    assert_eq!((&again.body["added"], &again.body["there"]), (&json!([]), &senders), "{}", again.text);
    let shown = app.get("/v1/accounts/northwind/infrastructure").await;
    assert_eq!(shown.error(), (422, "invalid", Some("account")), "no state is desired: {}", shown.text);
}

#[tokio::test]
async fn a_named_domain_is_adopted_and_what_is_desired_of_others_stays() {
    let app = WithAzure::start().await;
    let adopt = async |domain: &str| {
        let adopted = app.drive(app.post(&at_azure("adopt"), &json!({ "domains": [domain] }))).await;
        assert_eq!(adopted.status, 200, "{}", adopted.text);
        let mut domains: Vec<String> =
            adopted.body["manifest"]["domain"].as_object().unwrap().keys().cloned().collect();
        domains.sort();
        (domains, adopted.body["notes"].clone())
    };
    assert_eq!(adopt("contoso.example").await, (vec!["contoso.example".to_owned()], json!([])));
    let both = vec!["azure".to_owned(), "contoso.example".to_owned()];
    assert_eq!(adopt("azure").await, (both, json!([])));
}
