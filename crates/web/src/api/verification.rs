//! `/v1/accounts/{name}/verification`: looking at an account, told line by line while it goes on.

use api::verification::{Check, Finding, Report, VerificationLine, Verify};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use control::Control;
use control::verify::{Event, Manner, Patience, Repair, delivery_finding};
use model::account::Account;
use model::upstream::Transport;
use relay::TestMessage;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lines::streamed;
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(verify, last))
}

/// Verify that an account can send, and report each finding at once.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/verification", operation_id = "verify_account", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = Verify,
    responses((status = 200, description = "One line of JSON for each event; the last is `done` or `failed`", content_type = "application/x-ndjson", body = VerificationLine)),
    extensions(("x-problems" = json!(["account_disabled"]))),
)]
async fn verify(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Verify>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body?;
    let account = control.account_to_change(&name)?;
    let test = test_message(&control, &account, &body)?;
    if let Some(detail) = besides_looking(&body, test.as_ref()) {
        control.enter_verification(&name, detail).await?;
    }
    let repair = if body.fix { Repair::Register } else { Repair::Nothing };
    let patience = if body.no_wait { Patience::AtOnce } else { Patience::Waits };
    let manner = Manner { repair, patience };
    let (events, heard) = unbounded_channel();
    let (lines, answer) = unbounded_channel();
    // A client that disconnects does not end it.
    tokio::spawn(async move {
        let forwarded = tokio::spawn(forward(heard, lines.clone()));
        let mut verified = control.verify(&name, manner, Some(events)).await;
        let _ = forwarded.await;
        if let (Ok(report), Some(test)) = (&mut verified, test) {
            let tell = |line| drop(lines.send(line));
            let findings = deliver(Deliverer { api: &api, control: &control }, &name, &test, tell).await;
            if let Err(error) = control.add_findings(&name, report, findings).await {
                verified = Err(error);
            }
        }
        let last = match verified {
            Ok(report) => VerificationLine::Done { report: Box::new(report) },
            Err(error) => VerificationLine::Failed { error: ApiError::from(error).into_problem() },
        };
        let _ = lines.send(last);
    });
    Ok(streamed(answer, ()))
}

async fn forward(mut heard: UnboundedReceiver<Event>, lines: UnboundedSender<VerificationLine>) {
    while let Some(event) = heard.recv().await {
        let line = match event {
            Event::Began(check) => VerificationLine::Began { check },
            Event::Found(finding) => VerificationLine::Found { finding },
            Event::Waits(check, message) => VerificationLine::Waits { check, message },
            Event::Ended(check) => VerificationLine::Ended { check },
        };
        let _ = lines.send(line);
    }
}

/// What a verification is asked to change, for the audit log.
fn besides_looking(body: &Verify, test: Option<&TestMessage>) -> Option<String> {
    let registers = body.fix.then(|| "registers resource providers that are missing".to_owned());
    let sends = test.map(|TestMessage { from, to }| format!("sends a test message from {from} to {to}"));
    let parts: Vec<String> = registers.into_iter().chain(sends).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A test message through an account.
fn test_message(
    control: &Control,
    account: &Account,
    body: &Verify,
) -> Result<Option<TestMessage>, ApiError> {
    let Some(to) = &body.send_to else { return Ok(None) };
    let to = to.trim().parse().map_err(|error| ApiError::invalid("send_to", error))?;
    let from = body.send_from.as_ref().map(|text| text.trim().parse());
    let from = from.transpose().map_err(|error| ApiError::invalid("send_from", error))?;
    Ok(Some(TestMessage { from: control.test_sender(account, from)?, to }))
}

/// Who sends a test message: the relay, as far as the caller may use the account.
struct Deliverer<'a> {
    api: &'a Api,
    control: &'a Control,
}

/// A test message by each transport that the account may use.
async fn deliver(
    Deliverer { api, control }: Deliverer<'_>,
    name: &str,
    test: &TestMessage,
    tell: impl Fn(VerificationLine),
) -> Vec<Finding> {
    let check = Check::Delivery;
    tell(VerificationLine::Began { check });
    let mut findings = Vec::new();
    for transport in [Transport::Rest, Transport::Smtp] {
        let Ok(account) = control.account(name) else { break };
        if !account.may_use(transport) {
            continue;
        }
        let outcome = api.relay.send_test_message(&account, test, transport).await;
        let finding = delivery_finding(transport, &test.from, &test.to, outcome);
        tell(VerificationLine::Found { finding: finding.clone() });
        findings.push(finding);
    }
    tell(VerificationLine::Ended { check });
    findings
}

/// Show the last verification of an account.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/verification", operation_id = "show_verification", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "The report", body = Report)),
)]
async fn last(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<Report>, ApiError> {
    let account = control.account(&name)?;
    let report = control.last_report(&account).await?;
    report.map(Json).ok_or_else(|| {
        ApiError::not_found(format!(
            "account {name} has not been verified yet: `postern account verify {name}` verifies it"
        ))
    })
}
