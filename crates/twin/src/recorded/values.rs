//! Values that were recorded, and not only shapes.

use serde_json::{Value, json};

use super::{ask, azure, pass, provider};
use crate::arm::tests::{SUBSCRIPTION, send_with};

#[tokio::test]
async fn buckets_are_those_of_january_2026() {
    let azure = azure();
    let path = format!("{}/communicationServices/contoso-mail", provider());
    let sizes = [
        ("GET", Value::Null, [("subscription-reads", "249"), ("subscription-global-reads", "3749")]),
        ("PATCH", json!({}), [("subscription-writes", "199"), ("subscription-global-writes", "2999")]),
        ("DELETE", Value::Null, [("subscription-deletes", "199"), ("subscription-global-deletes", "2999")]),
    ];
    for (method, body, counters) in sizes {
        let answer = ask(&azure, &(method, path.clone(), body)).await;
        for (name, left) in counters {
            let header = format!("x-ms-ratelimit-remaining-{name}");
            assert_eq!(answer.headers[header.as_str()], left, "{method}");
        }
    }
}

#[tokio::test]
async fn names_types_and_places_have_the_case_that_was_recorded() {
    let azure = azure();
    let service = format!("{}/communicationServices/Recorded-2026", provider());
    let body = json!({ "location": "Global", "properties": { "dataLocation": "United States" } });
    ask(&azure, &("PUT", service.clone(), body.clone())).await;
    let email = format!("{}/emailServices/Recorded", provider());
    ask(&azure, &("PUT", email.clone(), body)).await;
    pass(&azure, 66);
    let domain = format!("{email}/domains/Recorded.Example");
    let body = json!({ "location": "global", "properties": { "domainManagement": "CustomerManaged" } });
    ask(&azure, &("PUT", domain.clone(), body)).await;
    pass(&azure, 66);
    let shown = async |path: &String| ask(&azure, &("GET", path.clone(), Value::Null)).await.body;
    for (path, kind, location, data_location) in [
        (&service, "microsoft.communication/communicationservices", "Global", "United States"),
        (&email, "microsoft.communication/emailservices", "Global", "United States"),
        (&domain, "microsoft.communication/emailservices/domains", "global", "unitedstates"),
    ] {
        let shown = shown(path).await;
        assert_eq!(shown["type"], kind);
        assert_eq!(shown["location"], location, "it comes back as it was sent");
        assert_eq!(shown["properties"]["dataLocation"], data_location);
        assert_eq!(shown["systemData"]["createdByType"], "Application");
    }
    assert_eq!(shown(&domain).await["name"], "Recorded.Example");
    let verification =
        ("POST", format!("{domain}/initiateVerification"), json!({ "verificationType": "Domain" }));
    ask(&azure, &verification).await;
    let before = shown(&domain).await;
    assert_eq!(before["properties"]["verificationStates"]["Domain"], json!({ "status": "NotStarted" }));
    pass(&azure, 1);
    let after = shown(&domain).await;
    let state = &after["properties"]["verificationStates"]["Domain"];
    assert_eq!(*state, json!({ "status": "VerificationInProgress", "errorCode": "" }));
    let by = |of: &Value| of["systemData"]["lastModifiedBy"].clone();
    assert_ne!(by(&after), by(&before), "the provider's own app writes it");
}

/// By its real name, Resource Manager tells the real name of a service: with a label for its geography.
#[tokio::test]
async fn a_host_name_has_the_label_of_its_geography() {
    let azure = azure();
    let path = format!("{}/communicationServices/contoso-mail", provider());
    let host = async || {
        let real = [("host", "management.azure.com")];
        let shown = send_with(&azure, "GET", &path, Value::Null, &real).await;
        shown.body["properties"]["hostName"].clone()
    };
    assert_eq!(host().await, "contoso-mail.europe.communication.azure.com");
    azure.backend.change_state(|state| state.services[0].data_location = "Asia Pacific".to_owned());
    assert_eq!(host().await, "contoso-mail.asiapacific.communication.azure.com");
    azure.backend.change_state(|state| state.behaviour.host_label = false);
    assert_eq!(host().await, "contoso-mail.communication.azure.com");
}

#[tokio::test]
async fn a_client_hears_its_own_id_if_it_asks_to() {
    let azure = azure();
    let path = format!("{SUBSCRIPTION}/resourcegroups");
    let id = ("x-ms-client-request-id", "11111111-2222-4333-8444-555555555555");
    let heard = async |others: &[(&str, &str)]| {
        let answer = send_with(&azure, "GET", &path, Value::Null, others).await;
        answer.headers.get("x-ms-client-request-id").cloned()
    };
    assert_eq!(heard(&[id]).await, None);
    assert_eq!(heard(&[id, ("x-ms-return-client-request-id", "true")]).await.unwrap(), id.1);
}
