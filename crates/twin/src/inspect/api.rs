//! The inspection API: JSON for programs.

use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use azure_types::ids::ClientId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::view::{MailDetail, MailSummary};
use crate::backend::Backend;
use crate::captured::{Kind, Path as MailPath};
use crate::faults::InjectedFault;

pub(super) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .route("/api/status", get(status))
        .route("/api/mail", get(list).delete(forget))
        .route("/api/mail/{number}", get(detail))
        .route("/api/mail/{number}/raw", get(raw))
        .route("/api/clock", get(clock).post(move_clock))
        .route("/api/faults", get(faults).post(arm).delete(disarm))
        .route("/api/events", get(events))
        .route("/api/reset", post(reset))
        .route("/api/apps/{client}/secrets/revoke", post(revoke))
}

async fn status(Shared(backend): Shared<Arc<Backend>>) -> Response {
    let captured = backend.captured();
    let meters: Vec<_> = captured
        .meters()
        .map(|((subscription, kind), meter)| {
            let kind = match kind {
                Kind::Sends => "sends",
                Kind::SmtpSends => "smtp_sends",
                Kind::StatusReads => "status_reads",
            };
            json!({ "subscription": subscription, "kind": kind, "requests": meter.total, "throttled": meter.throttled })
        })
        .collect();
    Json(json!({ "mail_taken": captured.taken(), "meters": meters, "now": backend.now() })).into_response()
}

#[derive(Deserialize)]
struct ListQuery {
    /// Only mail to that address.
    to: Option<String>,
    /// Only mail with that Message-ID.
    message_id: Option<String>,
    limit: Option<usize>,
}

async fn list(
    Shared(backend): Shared<Arc<Backend>>,
    Query(query): Query<ListQuery>,
) -> Json<Vec<MailSummary>> {
    let captured = backend.captured();
    let wanted = captured
        .all()
        .filter(|mail| {
            query
                .to
                .as_ref()
                .is_none_or(|to| mail.recipients.iter().any(|one| one.address.eq_ignore_ascii_case(to)))
        })
        .filter(|mail| query.message_id.is_none() || mail.message_id() == query.message_id);
    Json(wanted.take(query.limit.unwrap_or(100)).map(|mail| MailDetail::from(mail).summary).collect())
}

async fn detail(Shared(backend): Shared<Arc<Backend>>, Path(number): Path<u64>) -> Response {
    match backend.captured().mail(number) {
        Some(mail) => Json(MailDetail::from(mail)).into_response(),
        None => unknown(number),
    }
}

async fn raw(Shared(backend): Shared<Arc<Backend>>, Path(number): Path<u64>) -> Response {
    match backend.captured().mail(number) {
        Some(mail) => {
            let kind = match mail.path {
                MailPath::Smtp => "message/rfc822",
                MailPath::Rest => "application/json",
            };
            ([(header::CONTENT_TYPE, kind)], mail.raw.clone()).into_response()
        }
        None => unknown(number),
    }
}

async fn forget(Shared(backend): Shared<Arc<Backend>>) -> StatusCode {
    backend.captured().clear();
    backend.persistence.forget_mail();
    StatusCode::NO_CONTENT
}

#[derive(Serialize)]
struct ClockView {
    now: Timestamp,
}

/// How to move the clock: by seconds, or to a time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Move {
    AdvanceSeconds(i64),
    Set(Timestamp),
}

async fn clock(Shared(backend): Shared<Arc<Backend>>) -> Json<ClockView> {
    Json(ClockView { now: backend.now() })
}

async fn move_clock(Shared(backend): Shared<Arc<Backend>>, Json(change): Json<Move>) -> Json<ClockView> {
    backend.advance(match change {
        Move::AdvanceSeconds(seconds) => SignedDuration::from_secs(seconds),
        Move::Set(time) => time.duration_since(backend.now()),
    });
    Json(ClockView { now: backend.now() })
}

async fn faults(Shared(backend): Shared<Arc<Backend>>) -> Json<Vec<InjectedFault>> {
    Json(backend.faults.waiting())
}

async fn arm(Shared(backend): Shared<Arc<Backend>>, Json(fault): Json<InjectedFault>) -> StatusCode {
    backend.arm(fault);
    StatusCode::CREATED
}

async fn disarm(Shared(backend): Shared<Arc<Backend>>) -> StatusCode {
    backend.disarm();
    StatusCode::NO_CONTENT
}

/// What became of events, newest first, and how many wait.
async fn events(Shared(backend): Shared<Arc<Backend>>) -> Response {
    let outbox = backend.events.outbox();
    let seen: Vec<_> = outbox.seen().take(1_000).collect();
    Json(json!({ "waiting": outbox.waiting(), "events": seen })).into_response()
}

async fn reset(Shared(backend): Shared<Arc<Backend>>) -> StatusCode {
    backend.reset();
    StatusCode::NO_CONTENT
}

/// Takes all secrets from an app, as somebody in the portal would.
async fn revoke(Shared(backend): Shared<Arc<Backend>>, Path(client): Path<ClientId>) -> Response {
    let revoked =
        backend.change_state(|state| state.app_mut(client).map(|app| app.secrets.drain(..).count()));
    match revoked {
        Some(count) => Json(json!({ "revoked": count })).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": format!("there is no app {client}") })))
            .into_response(),
    }
}

fn unknown(number: u64) -> Response {
    let text = format!("there is no mail {number}; the newest 50,000 are kept");
    (StatusCode::NOT_FOUND, Json(json!({ "error": text }))).into_response()
}

#[cfg(test)]
mod tests {
    use crate::rehearsal::Rehearsal;

    async fn post(rehearsal: &Rehearsal, path: &str, body: &'static str) -> u16 {
        rehearsal.ask("POST", path, &[("content-type", "application/json")], body.into()).await.status
    }

    #[tokio::test]
    async fn a_reset_leads_back_to_the_first_start() {
        let rehearsal = Rehearsal::begin();
        let began = rehearsal.backend.now();
        let fault = r#"{"operation": "email.send", "effect": {"late": 5}}"#;
        assert_eq!(post(&rehearsal, "/api/faults", fault).await, 201);
        assert_eq!(post(&rehearsal, "/api/clock", r#"{"advance_seconds": 60}"#).await, 200);
        let app = rehearsal.backend.state().tenants[0].apps[0].client;
        assert_eq!(post(&rehearsal, &format!("/api/apps/{app}/secrets/revoke"), "").await, 200);
        assert_eq!(post(&rehearsal, "/api/reset", "").await, 204);
        assert_eq!(rehearsal.backend.now(), began);
        assert!(!rehearsal.backend.state().tenants[0].apps[0].secrets.is_empty());
        let faults = rehearsal.ask("GET", "/api/faults", &[], "".into()).await;
        assert_eq!(faults.body, serde_json::json!([]));
    }

    #[tokio::test]
    async fn wrong_levers_are_refused() {
        let rehearsal = Rehearsal::begin();
        for (path, body) in [
            ("/api/clock", r#"{"advance": 60}"#),
            ("/api/clock", "x"),
            ("/api/faults", r#"{"operation": "email.lose", "effect": "hang"}"#),
        ] {
            assert!((400..500).contains(&post(&rehearsal, path, body).await), "{path} {body}");
        }
        let nobody = "/api/apps/00000000-0000-4000-8000-000000000000/secrets/revoke";
        assert_eq!(post(&rehearsal, nobody, "").await, 404);
        assert_eq!(rehearsal.ask("GET", "/api/mail/7", &[], "".into()).await.status, 404);
    }
}
