//! Captured mail in a browser.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::view::{AttachmentView, MailDetail};
use crate::backend::Backend;
use crate::captured::{CapturedMail, DeliveryStatus, Field, Path as MailPath, SmtpFacts};

pub(super) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .route("/", get(list))
        .route("/mail/{number}", get(message))
        .route("/mail/{number}/html", get(html))
        .route("/mail/{number}/attachment/{index}", get(attachment))
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    rows: Vec<Row>,
    taken: u64,
    search: String,
    now: String,
}

struct Row {
    number: u64,
    time: String,
    subject: String,
    sender: String,
    recipients: String,
    path: &'static str,
    outcome: &'static str,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    number: u64,
    subject: String,
    sender: String,
    time: String,
    path: &'static str,
    service: String,
    operation_id: String,
    reverse_path: Option<String>,
    said: Option<String>,
    recipients: Vec<RecipientRow>,
    text: Option<String>,
    has_html: bool,
    attachments: Vec<AttachmentView>,
    headers: Vec<(String, String)>,
    size_bytes: usize,
}

struct RecipientRow {
    address: String,
    field: &'static str,
    outcome: &'static str,
    tone: &'static str,
    time: String,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    search: String,
}

const ROWS: usize = 200;

async fn list(Shared(backend): Shared<Arc<Backend>>, Query(Search { search }): Query<Search>) -> Response {
    let captured = backend.captured();
    let wanted = search.to_lowercase();
    let rows = captured.all().map(row).filter(|row| {
        wanted.is_empty()
            || [&row.subject, &row.sender, &row.recipients]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted))
    });
    render(&ListPage {
        rows: rows.take(ROWS).collect(),
        taken: captured.taken(),
        now: minute(backend.now()),
        search,
    })
}

async fn message(Shared(backend): Shared<Arc<Backend>>, Path(number): Path<u64>) -> Response {
    let captured = backend.captured();
    let Some(mail) = captured.mail(number) else { return StatusCode::NOT_FOUND.into_response() };
    let MailDetail { summary, text, html, headers, attachments } = MailDetail::from(mail);
    render(&MessagePage {
        number,
        subject: summary.subject,
        sender: sender(mail),
        time: minute(mail.at),
        path: path(mail.path),
        service: summary.service,
        operation_id: summary.operation_id,
        reverse_path: summary.reverse_path,
        said: summary.smtp.as_ref().map(said),
        recipients: mail
            .recipients
            .iter()
            .map(|recipient| RecipientRow {
                address: recipient.address.clone(),
                field: match recipient.field {
                    Field::To => "To",
                    Field::Cc => "Cc",
                    Field::Bcc => "Bcc",
                    Field::Envelope => "RCPT",
                },
                outcome: outcome(recipient.outcome),
                tone: tone(recipient.outcome),
                time: minute(recipient.decided_at),
            })
            .collect(),
        text,
        has_html: html.is_some(),
        attachments,
        headers,
        size_bytes: summary.size_bytes,
    })
}

/// The HTML text alone, for a frame that may do nothing but show it.
async fn html(Shared(backend): Shared<Arc<Backend>>, Path(number): Path<u64>) -> Response {
    let captured = backend.captured();
    let parts = captured.mail(number).map(CapturedMail::parts).unwrap_or_default();
    let Some(mut html) = parts.html else { return StatusCode::NOT_FOUND.into_response() };
    for (index, file) in parts.attachments.iter().enumerate() {
        if let Some(id) = &file.content_id {
            html = html.replace(&format!("cid:{id}"), &format!("/mail/{number}/attachment/{index}"));
        }
    }
    let policy = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

async fn attachment(
    Shared(backend): Shared<Arc<Backend>>,
    Path((number, index)): Path<(u64, usize)>,
) -> Response {
    let captured = backend.captured();
    let parts = captured.mail(number).map(CapturedMail::parts).unwrap_or_default();
    let Some(file) = parts.attachments.into_iter().nth(index) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_image = file.content_type.starts_with("image/") && file.content_type != "image/svg+xml";
    let content_type = if is_image { file.content_type } else { "application/octet-stream".to_owned() };
    let name: String = file
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .collect();
    let disposition = if is_image { "inline".to_owned() } else { format!("attachment; filename=\"{name}\"") };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, file.content).into_response()
}

fn row(mail: &CapturedMail) -> Row {
    let worst = mail.recipients.iter().map(|recipient| recipient.outcome);
    let worst =
        worst.max_by_key(|outcome| !matches!(outcome, DeliveryStatus::Delivered | DeliveryStatus::Delayed));
    let mut recipients: Vec<&str> = mail.recipients.iter().map(|one| one.address.as_str()).collect();
    let more = recipients.len().saturating_sub(2);
    recipients.truncate(2);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Row {
        number: mail.number,
        time: minute(mail.at),
        subject: mail.parts().subject,
        sender: sender(mail),
        recipients: format!("{}{more}", recipients.join(", ")),
        path: path(mail.path),
        outcome: outcome(worst.unwrap_or(DeliveryStatus::Delivered)),
        tone: tone(worst.unwrap_or(DeliveryStatus::Delivered)),
    }
}

fn sender(mail: &CapturedMail) -> String {
    match &mail.sender_name {
        Some(name) => format!("{name} <{}>", mail.sender),
        None => mail.sender.clone(),
    }
}

/// The parameters of MAIL, and how the message came.
fn said(facts: &SmtpFacts) -> String {
    let smtputf8 = if facts.smtputf8 { " SMTPUTF8" } else { "" };
    let verb = if facts.by_chunks { "BDAT" } else { "DATA" };
    format!("BODY={}{smtputf8}, by {verb}, as {}", facts.body, facts.login)
}

fn path(path: MailPath) -> &'static str {
    match path {
        MailPath::Rest => "REST",
        MailPath::Smtp => "SMTP",
    }
}

/// The colour of an outcome, a class of the style sheet.
fn tone(outcome: DeliveryStatus) -> &'static str {
    match outcome {
        DeliveryStatus::Delivered => "good",
        DeliveryStatus::Delayed | DeliveryStatus::Quarantined => "wait",
        DeliveryStatus::Bounced
        | DeliveryStatus::Suppressed
        | DeliveryStatus::FilteredSpam
        | DeliveryStatus::Failed
        | DeliveryStatus::Refused => "bad",
    }
}

fn outcome(outcome: DeliveryStatus) -> &'static str {
    match outcome {
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Delayed => "delayed",
        DeliveryStatus::Bounced => "bounced",
        DeliveryStatus::Suppressed => "suppressed",
        DeliveryStatus::Quarantined => "quarantined",
        DeliveryStatus::FilteredSpam => "filtered as spam",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Refused => "refused",
    }
}

fn minute(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn render(page: &impl Template) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = Html(html).into_response();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src 'self' data:; form-action 'self'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}
