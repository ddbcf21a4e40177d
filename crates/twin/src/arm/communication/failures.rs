//! Failures on demand, armed as a person arms them and met as a client meets them.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::tests::{SUBSCRIPTION, ask, send};
use crate::rehearsal::{Answer, Rehearsal};

const GROUP: &str = "/subscriptions/22222222-bbbb-4222-8222-222222222222/resourceGroups/mail/providers\
    /Microsoft.Communication";

async fn arm(rehearsal: &Rehearsal, operation: &str, effect: Value, times: Option<u32>) {
    let fault = json!({ "operation": operation, "effect": effect, "times": times }).to_string();
    let json = [("content-type", "application/json")];
    assert_eq!(rehearsal.ask("POST", "/api/faults", &json, fault.into()).await.status, 201);
}

fn wait(rehearsal: &Rehearsal) {
    rehearsal.backend.advance(SignedDuration::from_mins(5));
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default())
}

/// A resource of each kind that takes a while, and what makes it.
fn tracked() -> [(String, Value); 3] {
    let europe = json!({ "location": "global", "properties": { "dataLocation": "Europe" } });
    let custom = json!({ "location": "global", "properties": { "domainManagement": "CustomerManaged" } });
    [
        (format!("{GROUP}/communicationServices/new"), europe.clone()),
        (format!("{GROUP}/emailServices/new"), europe),
        (format!("{GROUP}/emailServices/contoso-email/domains/new.example"), custom),
    ]
}

/// Where the operation of a write is asked about, as the answer says it.
async fn operation(rehearsal: &Rehearsal, answer: &Answer) -> Value {
    let url = answer.headers["azure-asyncoperation"].to_str().unwrap();
    ask(rehearsal, "GET", url.strip_prefix("https://localhost:8443").unwrap()).await.body
}

async fn state(rehearsal: &Rehearsal, path: &str) -> Value {
    ask(rehearsal, "GET", path).await.body["properties"]["provisioningState"].clone()
}

#[tokio::test]
async fn a_write_is_taken_and_comes_to_nothing() {
    let rehearsal = Rehearsal::begin();
    let effect = json!({ "fail": { "code": "ServiceUnavailable", "message": "Try again later." } });
    for (path, body) in tracked() {
        arm(&rehearsal, "arm.provisioning", effect.clone(), Some(1)).await;
        let made = send(&rehearsal, "PUT", &path, body.clone()).await;
        assert_eq!((made.status, &made.body["properties"]["provisioningState"]), (201, &json!("Accepted")));
        assert_eq!(operation(&rehearsal, &made).await["status"], "Accepted");
        wait(&rehearsal);
        let ended = operation(&rehearsal, &made).await;
        assert_eq!((&ended["status"], &ended["error"]["code"]), (&json!("Failed"), &effect["fail"]["code"]));
        assert_eq!(state(&rehearsal, &path).await, "Failed", "{path}");
        // Who writes it again gets what was wanted.
        let again = send(&rehearsal, "PUT", &path, body).await;
        assert_eq!(again.status, 200, "{:?}", again.body);
        wait(&rehearsal);
        assert_eq!(operation(&rehearsal, &again).await["status"], "Succeeded");
        assert_eq!(state(&rehearsal, &path).await, "Succeeded", "{path}");
    }
}

#[tokio::test]
async fn a_write_is_late_or_never_done() {
    let rehearsal = Rehearsal::begin();
    for (path, body) in tracked() {
        arm(&rehearsal, "arm.provisioning", json!({ "late": 600_000 }), Some(1)).await;
        let late = send(&rehearsal, "PUT", &path, body.clone()).await;
        wait(&rehearsal);
        assert_eq!(operation(&rehearsal, &late).await["status"], "Accepted");
        wait(&rehearsal);
        wait(&rehearsal);
        assert_eq!(state(&rehearsal, &path).await, "Succeeded", "{path}");
        arm(&rehearsal, "arm.provisioning", json!("hang"), Some(1)).await;
        let stuck = send(&rehearsal, "PUT", &path, body).await;
        wait(&rehearsal);
        assert_eq!(operation(&rehearsal, &stuck).await["status"], "Accepted");
        assert_eq!(state(&rehearsal, &path).await, "Accepted", "{path}");
    }
}

/// A domain with all its records in DNS, and nothing verified.
async fn domain(rehearsal: &Rehearsal) -> String {
    rehearsal.backend.change_state(|state| state.domains[0].set_verified(false));
    format!("{GROUP}/emailServices/contoso-email/domains/contoso.example")
}

async fn act(rehearsal: &Rehearsal, domain: &str, action: &str) -> Answer {
    send(rehearsal, "POST", &format!("{domain}/{action}"), json!({ "verificationType": "Domain" })).await
}

/// How far the verification of the domain's ownership is, and why not further.
async fn progress(rehearsal: &Rehearsal, domain: &str) -> (String, String) {
    let shown =
        ask(rehearsal, "GET", domain).await.body["properties"]["verificationStates"]["Domain"].clone();
    let word = |member: &str| shown[member].as_str().unwrap_or_default().to_owned();
    (word("status"), word("errorCode"))
}

fn said(status: &str, word: &str) -> (String, String) {
    (status.to_owned(), word.to_owned())
}

#[tokio::test]
async fn a_verification_is_stuck_until_it_is_cancelled() {
    let rehearsal = Rehearsal::begin();
    let domain = domain(&rehearsal).await;
    arm(&rehearsal, "arm.verification", json!("hang"), Some(1)).await;
    assert_eq!(act(&rehearsal, &domain, "initiateVerification").await.status, 202);
    rehearsal.backend.advance(SignedDuration::from_hours(48));
    assert_eq!(progress(&rehearsal, &domain).await, said("VerificationInProgress", ""));
    assert_eq!(code(&act(&rehearsal, &domain, "initiateVerification").await), (409, "Conflict"));
    rehearsal.backend.change_state(|state| state.behaviour.shows_cancellation = true);
    assert_eq!(act(&rehearsal, &domain, "cancelVerification").await.status, 202);
    assert_eq!(progress(&rehearsal, &domain).await.0, "CancellationRequested");
    wait(&rehearsal);
    assert_eq!(progress(&rehearsal, &domain).await, said("NotStarted", ""));
    assert_eq!(act(&rehearsal, &domain, "initiateVerification").await.status, 202);
    wait(&rehearsal);
    assert_eq!(progress(&rehearsal, &domain).await, said("Verified", ""));
}

#[tokio::test]
async fn a_verification_fails_for_a_reason_that_dns_does_not_know() {
    let rehearsal = Rehearsal::begin();
    let domain = domain(&rehearsal).await;
    arm(&rehearsal, "arm.verification", json!({ "fail": { "code": "UnableToVerify" } }), Some(1)).await;
    act(&rehearsal, &domain, "initiateVerification").await;
    assert_eq!(progress(&rehearsal, &domain).await, said("NotStarted", ""), "its operation is not over");
    rehearsal.backend.advance(SignedDuration::from_secs(1));
    assert_eq!(progress(&rehearsal, &domain).await, said("VerificationInProgress", ""));
    wait(&rehearsal);
    assert_eq!(progress(&rehearsal, &domain).await, said("VerificationFailed", "UnableToVerify"));
    arm(&rehearsal, "arm.verification", json!({ "late": 400_000 }), Some(1)).await;
    act(&rehearsal, &domain, "initiateVerification").await;
    wait(&rehearsal);
    assert_eq!(progress(&rehearsal, &domain).await.0, "VerificationInProgress");
    wait(&rehearsal);
    assert_eq!(progress(&rehearsal, &domain).await, said("Verified", ""));
}

#[tokio::test]
async fn a_name_is_somebody_elses() {
    let rehearsal = Rehearsal::begin();
    arm(&rehearsal, "arm.name", json!("hang"), Some(2)).await;
    let check = format!("{SUBSCRIPTION}/providers/Microsoft.Communication/checkNameAvailability");
    let name = json!({ "name": "new", "type": "Microsoft.Communication/CommunicationServices" });
    assert_eq!(send(&rehearsal, "POST", &check, name.clone()).await.body["reason"], "AlreadyExists");
    let [(service, body), ..] = tracked();
    let refused = send(&rehearsal, "PUT", &service, body.clone()).await;
    assert_eq!(code(&refused), (409, "NameAlreadyExists"));
    assert_eq!(send(&rehearsal, "POST", &check, name).await.body["nameAvailable"], true);
    // In words of somebody else's choice.
    arm(&rehearsal, "arm.name", json!({ "fail": { "code": "NameReserved" } }), Some(1)).await;
    assert_eq!(code(&send(&rehearsal, "PUT", &service, body.clone()).await), (409, "NameReserved"));
    assert_eq!(send(&rehearsal, "PUT", &service, body).await.status, 201);
}

#[tokio::test]
async fn an_email_service_has_so_many_domains_and_no_more() {
    let rehearsal = Rehearsal::begin();
    rehearsal
        .backend
        .change_state(|state| state.behaviour.domains_per_email_service = state.domains.len() + 1);
    let [.., (domain, body)] = tracked();
    assert_eq!(send(&rehearsal, "PUT", &domain, body.clone()).await.status, 201);
    assert_eq!(send(&rehearsal, "PUT", &domain, body.clone()).await.status, 200, "it is there already");
    let other = domain.replace("new.example", "other.example");
    assert_eq!(code(&send(&rehearsal, "PUT", &other, body.clone()).await), (409, "QuotaExceeded"));
    assert_eq!(ask(&rehearsal, "DELETE", &domain).await.status, 202);
    assert_eq!(send(&rehearsal, "PUT", &other, body).await.status, 201);
}

#[tokio::test]
async fn calls_are_refused_or_slow_and_reads_may_go_on() {
    let rehearsal = Rehearsal::begin();
    let [_, (path, body), _] = tracked();
    let answer = |status: u16, code: &str, retry_after: Option<u64>| json!({ "answer": { "status": status, "code": code, "retry_after": retry_after } });
    let conflict = answer(409, "AnotherOperationInProgress", None);
    for (effect, retry_after) in [
        (conflict, None),
        (answer(429, "TooManyRequests", Some(17)), Some("17")),
        (answer(429, "TooManyRequests", None), None),
    ] {
        arm(&rehearsal, "arm.write", effect.clone(), Some(1)).await;
        assert_eq!(ask(&rehearsal, "GET", &path).await.status, 404, "reads are not meant");
        let refused = send(&rehearsal, "PUT", &path, body.clone()).await;
        assert_eq!(json!(refused.status), effect["answer"]["status"]);
        assert_eq!(json!(code(&refused).1), effect["answer"]["code"]);
        assert_eq!(refused.headers.get("retry-after").map(|value| value.to_str().unwrap()), retry_after);
    }
    arm(&rehearsal, "arm.read", json!({ "fail": { "code": "InternalServerError" } }), None).await;
    assert_eq!(ask(&rehearsal, "GET", &path).await.status, 500);
    assert_eq!(ask(&rehearsal, "GET", SUBSCRIPTION).await.status, 500, "for as long as it is armed");
    arm(&rehearsal, "arm", json!({ "late": 1 }), Some(1)).await;
    assert_eq!(send(&rehearsal, "PUT", &path, body).await.status, 201);
    rehearsal.backend.disarm();
    assert_eq!(ask(&rehearsal, "GET", &path).await.status, 200);
}
