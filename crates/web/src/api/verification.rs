//! `/v1/accounts/{name}/verify`: looking at an account, told line by line while it goes on.

use api::verification::{
    ActionOwner, Check, Finding, Import, ImportedView, Outcome, Report, Verdict, VerificationLine, Verify,
};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use control::verify::{Event, Manner, Patience, Repair};
use model::delivery::Transport;
use relay::TestOutcome;
use smtp::address::Mailbox;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::lines::streamed;
use super::{Api, Operator};
use crate::error::ApiError;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/accounts/{name}/verify", post(verify))
        .route("/v1/accounts/{name}/verification", get(last))
        .route("/v1/accounts/{name}/import", post(import))
}

async fn verify(
    State(api): State<Api>,
    Operator(control): Operator,
    Path(name): Path<String>,
    body: Result<Json<Verify>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body?;
    let account = control.account(&name)?;
    let test = match &body.send_to {
        Some(to) => Some(test_addresses(&api, account.id, to, body.send_from.as_deref())?),
        None => None,
    };
    let repair = if body.fix { Repair::Register } else { Repair::Nothing };
    let patience = if body.no_wait { Patience::AtOnce } else { Patience::Waits };
    let manner = Manner { repair, patience };
    let (events, heard) = unbounded_channel();
    let (lines, answer) = unbounded_channel();
    // Whoever looks away does not end it.
    tokio::spawn(async move {
        let forwarded = tokio::spawn(forward(heard, lines.clone()));
        let mut verified = control.verify(&name, manner, Some(events)).await;
        let _ = forwarded.await;
        if let (Ok(report), Some((from, to))) = (&mut verified, test) {
            let tell = |line| drop(lines.send(line));
            report.findings.extend(deliver(&api, &name, (&from, &to), tell).await);
            report.verdict = Verdict::of(&report.findings);
            if let Err(error) = control.keep_report(&name, report).await {
                verified = Err(error);
            }
        }
        let last = match verified {
            Ok(report) => VerificationLine::Done { report: Box::new(report) },
            Err(error) => VerificationLine::Failed { error: ApiError::from(error).into_text() },
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

/// Sender and recipient of a test message.
fn test_addresses(
    api: &Api,
    account: model::id::AccountId,
    to: &str,
    from: Option<&str>,
) -> Result<(Mailbox, Mailbox), ApiError> {
    let to = to.trim().parse().map_err(|error| ApiError::invalid("send_to", error))?;
    let directory = api.store.directory();
    let from = match from {
        Some(text) => {
            let mailbox = text.trim().parse().map_err(|error| ApiError::invalid("send_from", error))?;
            directory.sender(account, &mailbox).map(|_| mailbox)
        }
        None => directory
            .senders(account)
            .map(|sender| sender.mailbox.clone())
            .min_by_key(|mailbox| mailbox.to_string().to_lowercase()),
    };
    let missing =
        || ApiError::invalid("send_from", "the account has no such sender: add or import one first");
    Ok((from.ok_or_else(missing)?, to))
}

/// A test message by each transport that the account may use.
async fn deliver(
    api: &Api,
    name: &str,
    (from, to): (&Mailbox, &Mailbox),
    tell: impl Fn(VerificationLine),
) -> Vec<Finding> {
    let check = Check::Delivery;
    tell(VerificationLine::Began { check });
    let mut findings = Vec::new();
    for transport in [Transport::Rest, Transport::Smtp] {
        let Ok(account) = api.control.account(name) else { break };
        if !account.may_use(transport) {
            continue;
        }
        let store = (&api.store, &*api.upstreams);
        let source = (&api.clock, &api.entropy);
        let outcome = relay::send_test_message(store, source, &account, (from, to), transport).await;
        let finding = delivery_finding(transport, (from, to), outcome);
        tell(VerificationLine::Found { finding: finding.clone() });
        findings.push(finding);
    }
    tell(VerificationLine::Ended { check });
    findings
}

fn delivery_finding(transport: Transport, (from, to): (&Mailbox, &Mailbox), outcome: TestOutcome) -> Finding {
    let way = transport.as_str();
    let (word, outcome, message) = match outcome {
        TestOutcome::Accepted(text) => {
            ("taken", Outcome::Passed, format!("A test message from {from} to {to} left by {way}: {text}."))
        }
        TestOutcome::Refused(text) => (
            "refused",
            Outcome::Failed,
            format!("A test message from {from} was not taken by {way}: {text}."),
        ),
        TestOutcome::RateLimited(at) => {
            let text = format!(
                "No test message by {way}: the quota is used up until {}.",
                at.strftime("%H:%M:%S UTC")
            );
            ("no_room", Outcome::Warning, text)
        }
    };
    let owner = match outcome {
        Outcome::Failed => Some(ActionOwner::You),
        Outcome::Warning => Some(ActionOwner::Wait),
        Outcome::Passed | Outcome::Skipped => None,
    };
    let code = format!("delivery.{way}_{word}");
    Finding { check: Check::Delivery, code, outcome, message, owner, fix: None }
}

async fn last(State(api): State<Api>, Path(name): Path<String>) -> Result<Json<Report>, ApiError> {
    let account = api.control.account(&name)?;
    let report = api.control.last_report(&account).await?;
    report.map(Json).ok_or_else(|| ApiError::missing(format!("a verification of account {name}")))
}

async fn import(
    Operator(control): Operator,
    Path(name): Path<String>,
    body: Result<Json<Import>, JsonRejection>,
) -> Result<Json<ImportedView>, ApiError> {
    let Json(body) = body?;
    let imported = control.import(&name, body.service.as_deref(), &body.domains).await?;
    Ok(Json(ImportedView { service: imported.service, added: imported.added, there: imported.there }))
}
