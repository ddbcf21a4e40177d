//! `/v1/messages`: sending one, and what happened to one.

use api::messages::{AcceptedView, AttemptView, ChangeView, RecipientView, SendMessage, SendView, WaitView};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use control::Control;
use control::reads::{self, StoredMessage};
use message::compose::Composer;
use message::submission::TimingFields;
use model::delivery::Attempt;
use model::id::QueueId;
use model::queued::{Cause, Origin, Recipient};
use model::tracking::RecipientOutcome;
use model::upstream::Transport;
use relay::intake::{Accepted, Envelope, WholeMessage};
use smtp::address::Mailbox;
use smtp::path::ReversePath;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::waiting::Waits;
use super::{Api, Calling, story};
use crate::error::ApiError;
use crate::extract::Path;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(send)).routes(routes!(show)).routes(routes!(content))
}

/// Send a message.
#[utoipa::path(
    post, path = "/v1/messages", operation_id = "send_message", tag = "messages",
    request_body = SendMessage,
    responses((status = 202, description = "The message is stored and will be delivered", body = AcceptedView)),
    extensions(("x-problems" = json!(["missing", "account_disabled", "conflict", "too_fast", "busy", "upstream"]))),
)]
async fn send(
    State(api): State<Api>,
    Calling(control): Calling,
    body: Result<Json<SendMessage>, JsonRejection>,
) -> Result<(StatusCode, Json<AcceptedView>), ApiError> {
    let Json(body) = body?;
    let from: Mailbox = body.from.trim().parse().map_err(|error| ApiError::invalid("from", error))?;
    let parse = |text: &String| {
        text.trim().parse().map_err(|error| ApiError::invalid("to", format!("{text}: {error}")))
    };
    let recipients: Vec<Mailbox> = body.to.iter().map(parse).collect::<Result<_, _>>()?;
    if recipients.is_empty() {
        return Err(ApiError::invalid("to", "there is no recipient"));
    }
    let account = control.account_to_send(body.account.as_deref(), &from)?;
    let bytes = compose(&from, &recipients, body.subject.as_deref(), body.text.as_deref());
    let detail = format!("from {from}, {} recipients", recipients.len());
    control.enter_message(account.name.as_str(), detail).await?;
    let message = WholeMessage {
        envelope: Envelope {
            timing: TimingFields { lane: body.lane, deadline: body.deadline, send_at: body.send_at },
            ..Envelope::internal(ReversePath::Mailbox(from))
        },
        recipients: recipients.into_iter().map(Into::into).collect(),
        bytes,
    };
    let id = match api.relay.submit(account, message).await? {
        Accepted::Queued(id) | Accepted::Repeated(id) => id.to_string(),
        Accepted::Sent(operation) | Accepted::SentToSome(operation) => operation.to_string(),
    };
    Ok((StatusCode::ACCEPTED, Json(AcceptedView { id })))
}

/// A plain message.
fn compose(from: &Mailbox, to: &[Mailbox], subject: Option<&str>, text: Option<&str>) -> Vec<u8> {
    let to: Vec<String> = to.iter().map(ToString::to_string).collect();
    // Addresses that are not ASCII stay as they are; everything else fits into seven bits.
    Composer::default()
        .field("From", &from.to_string())
        .field("To", &to.join(", "))
        .field("Subject", subject.unwrap_or("Test message"))
        .text(text.unwrap_or("This is a test message."))
}

/// Show a message and all that happened to it.
#[utoipa::path(
    get, path = "/v1/messages/{id}", operation_id = "show_message", tag = "messages",
    params(("id" = String, Path, description = "The queue id")),
    responses((status = 200, description = "The message", body = api::messages::MessageView)),
)]
async fn show(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(id): Path<String>,
) -> Result<Json<api::messages::MessageView>, ApiError> {
    let id: QueueId = id.parse().map_err(|error| ApiError::invalid("id", error))?;
    let message = control.message(id).await?;
    let account = control.name_of(message.account);
    let waits = Waits::of_message(&api, &message).await?;
    let view = |send: &reads::StoredSend| send_view(send, waits.of_stored(&control, &message, send));
    let sends = message.sends.iter().map(view).collect();
    let (origin, login) = origin(message.origin);
    Ok(Json(api::messages::MessageView {
        id: id.to_string(),
        account,
        origin: origin.to_owned(),
        login,
        lane: message.lane.to_string(),
        reverse_path: message.reverse_path.mailbox().map(ToString::to_string),
        from: message.header.from,
        message_id: message.header.message_id,
        subject: message.header.subject,
        changes: message.changes.into_iter().map(change_view).collect(),
        size_bytes: message.size_bytes,
        accepted_at: message.accepted_at,
        expires_at: message.expires_at,
        deadline: message.deadline,
        send_at: message.send_at,
        sends,
    }))
}

/// Who brought a message: the word, and the login if there was one.
pub(super) fn origin(origin: Origin) -> (&'static str, Option<String>) {
    match origin {
        Origin::Credential(login) => ("credential", Some(login)),
        Origin::Network(login) => ("network", Some(login)),
        Origin::Entra(login) => ("entra", Some(login)),
        Origin::Operator => ("operator", None),
        Origin::Dsn => ("dsn", None),
    }
}

/// Show the message as it was accepted, as long as it is stored.
#[utoipa::path(
    get, path = "/v1/messages/{id}/content", operation_id = "show_content", tag = "messages",
    params(("id" = String, Path, description = "The queue id")),
    responses((status = 200, description = "The message", content_type = "message/rfc822", body = String)),
)]
async fn content(Calling(control): Calling, Path(id): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let id: QueueId = id.parse().map_err(|error| ApiError::invalid("id", error))?;
    let bytes = control.message_content(id).await?;
    Ok(([(CONTENT_TYPE, "message/rfc822")], bytes))
}

/// Why each of a message's waiting sends waits.
pub(super) async fn waits(
    api: &Api,
    control: &Control,
    message: &StoredMessage,
) -> Result<Vec<WaitView>, ApiError> {
    let waits = Waits::of_message(api, message).await?;
    Ok(message.sends.iter().filter_map(|send| waits.of_stored(control, message, send)).collect())
}

fn change_view(change: model::queued::Change) -> ChangeView {
    let (cause, repair) = match change.cause {
        Cause::Rule => ("rule", None),
        Cause::Repair(repair) => ("repair", Some(repair.to_string())),
    };
    ChangeView { cause: cause.to_owned(), repair, text: change.text }
}

fn send_view(send: &reads::StoredSend, waits: Option<WaitView>) -> SendView {
    let leaves_at = waits.as_ref().map(|wait| wait.until);
    let attempt = |attempt: &Attempt| AttemptView {
        at: attempt.at,
        transport: attempt.transport.map(Transport::as_str).map(str::to_owned),
        result: attempt.result.as_str().to_owned(),
        text: attempt.text.clone(),
    };
    SendView {
        state: send.state.to_string(),
        due_at: leaves_at.unwrap_or((!send.state.is_final()).then_some(send.due_at)),
        operation_id: send.operation.to_string(),
        recipients: recipients(send),
        events: story::events(send),
        attempts: send.attempts.iter().map(attempt).collect(),
        waits,
    }
}

fn recipients(send: &reads::StoredSend) -> Vec<RecipientView> {
    let pairs = send.recipients.iter().zip(&send.outcomes);
    let view = |(recipient, outcome): (&Recipient, &RecipientOutcome)| RecipientView {
        address: recipient.mailbox.to_string(),
        state: outcome.state.as_str().to_owned(),
        at: outcome.at,
        status: outcome.status.clone(),
        text: outcome.text.clone(),
    };
    pairs.map(view).collect()
}
