//! `/v1/messages`: sending one, and what happened to one.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use model::account::Account;
use model::credential::Lane;
use model::delivery::{SendState, Transport};
use model::id::QueueId;
use model::queued::{Cause, Origin};
use relay::problems::{ObservedAccount, Waiting, why_it_waits};
use relay::submission::{Message, submit};
use serde::{Deserialize, Serialize};
use smtp::address::Mailbox;
use store::StoreError;

use super::{Api, problems};
use crate::error::ApiError;

/// A message was accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptedView {
    /// Its queue id.
    pub id: String,
}

/// A message and all that happened to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MessageView {
    /// Its queue id.
    pub id: String,
    /// The account's name.
    pub account: String,
    /// `credential`, `network` (a credential that was chosen by the client's network, without login), `entra`,
    /// `operator` or `notice`.
    pub origin: String,
    /// The credential or login, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// How urgent it is.
    pub lane: String,
    /// Where failure notices go; absent when nobody is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_path: Option<String>,
    /// The author's address.
    pub from: String,
    /// Message-ID.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// What was changed in it on its way in.
    #[serde(default)]
    pub changes: Vec<ChangeView>,
    /// Bytes.
    pub size_bytes: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When delivery is given up.
    pub expires_at: Timestamp,
    /// The requests to Azure that carry it.
    pub sends: Vec<SendView>,
}

/// A change to a message on its way in, by a rule or a repair of the operator's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeView {
    /// `rule` or `repair`.
    pub cause: String,
    /// The repair's name: `line-ends`, `from` or `envelope`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    /// What it was, and what it is.
    pub text: String,
}

/// One request to Azure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendView {
    /// Where it stands.
    pub state: String,
    /// When it is tried or looked at next, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Under which id Azure has it.
    pub operation_id: String,
    /// To whom.
    pub recipients: Vec<RecipientView>,
    /// What was tried.
    pub attempts: Vec<AttemptView>,
    /// Why it waits, while it is `queued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<WaitView>,
}

/// Why a request to Azure waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaitView {
    /// The code of the problem that holds it up; `put_off` after an attempt that failed, `next` where nothing holds it
    /// up.
    pub code: String,
    /// The same in a sentence.
    pub message: String,
    /// The earliest time of the next attempt; absent where somebody has to act first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A recipient.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecipientView {
    /// The address.
    pub address: String,
}

/// One try.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttemptView {
    /// When it ended.
    pub at: Timestamp,
    /// `rest` or `smtp`, when it got that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// `accepted`, `deferred` or `failed`.
    pub result: String,
    /// What was done, why that way, and what was answered.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendMessage {
    #[serde(default)]
    account: Option<String>,
    from: String,
    to: Vec<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    text: Option<String>,
}

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/messages", post(send))
        .route("/v1/messages/{id}", get(show))
        .route("/v1/messages/{id}/content", get(content))
}

async fn send(
    State(api): State<Api>,
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
    let account = account_of(&api, body.account.as_deref(), &from)?;
    if !account.is_enabled() {
        let text = format!("{0} is disabled: postern account enable {0}", account.name);
        return Err(ApiError::invalid("account", text));
    }
    let bytes = compose(&from, &recipients, body.subject.as_deref(), body.text.as_deref());
    let message = Message { account, from, recipients, lane: Lane::Normal, bytes };
    let id = submit(&api.store, &api.settings, (&api.clock, &api.entropy), message).await?;
    Ok((StatusCode::ACCEPTED, Json(AcceptedView { id: id.to_string() })))
}

/// The account that is named, or the one that has the sender.
fn account_of(api: &Api, name: Option<&str>, from: &Mailbox) -> Result<Arc<Account>, ApiError> {
    let directory = api.store.directory();
    let has_sender = |account: &&Arc<Account>| directory.sender(account.id, from).is_some();
    if let Some(name) = name {
        let account =
            directory.account_named(name).ok_or_else(|| ApiError::missing(format!("account {name}")))?;
        if has_sender(&account) {
            return Ok(Arc::clone(account));
        }
        return Err(ApiError::invalid("from", format!("{from} is not a sender of account {name}")));
    }
    let found: Vec<&Arc<Account>> = directory.accounts().filter(has_sender).collect();
    match found[..] {
        [only] => Ok(Arc::clone(only)),
        [] => Err(ApiError::invalid("from", format!("{from} is not a sender of any account"))),
        _ => {
            let mut names: Vec<&str> = found.iter().map(|account| account.name.as_str()).collect();
            names.sort_unstable();
            let text = format!(
                "{from} is a sender of several: say which with --account NAME; there are {}",
                names.join(", ")
            );
            Err(ApiError::invalid("account", text))
        }
    }
}

/// A plain message.
fn compose(from: &Mailbox, to: &[Mailbox], subject: Option<&str>, text: Option<&str>) -> Vec<u8> {
    let to: Vec<String> = to.iter().map(ToString::to_string).collect();
    let one_line = |text: &str| text.replace(['\r', '\n'], " ");
    let text = text.unwrap_or("This is a test message.").replace("\r\n", "\n").replace(['\r', '\n'], "\r\n");
    let message = format!(
        "From: {from}\r\nTo: {}\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n",
        to.join(",\r\n "),
        one_line(subject.unwrap_or("Test message")),
    );
    // Addresses beyond ASCII stay as they are; everything else fits into seven bits.
    message::seven_bit::encode(message.as_bytes(), message::seven_bit::Takes::SevenBits).bytes
}

async fn show(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<MessageView>, ApiError> {
    let id: QueueId = id.parse().map_err(|error| ApiError::invalid("id", error))?;
    let message =
        api.store.queue().view(id).await?.ok_or_else(|| ApiError::missing(format!("message {id}")))?;
    let directory = api.store.directory();
    let account = directory.account(message.account).map(|a| a.name.to_string()).unwrap_or_default();
    let observed = observed(&api, &message).await?;
    let now = api.clock.now();
    let (origin, login) = match message.origin {
        Origin::Credential(login) => ("credential", Some(login)),
        Origin::Network(login) => ("network", Some(login)),
        Origin::Entra(login) => ("entra", Some(login)),
        Origin::Operator => ("operator", None),
        Origin::Notice => ("notice", None),
    };
    Ok(Json(MessageView {
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
        sends: message.sends.into_iter().map(|send| send_view(send, observed.as_ref(), now)).collect(),
    }))
}

/// The message itself, as long as it is still needed.
async fn content(State(api): State<Api>, Path(id): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let id: QueueId = id.parse().map_err(|error| ApiError::invalid("id", error))?;
    let bytes = api.store.queue().body_of(id).await?;
    Ok(([(CONTENT_TYPE, "message/rfc822")], bytes))
}

/// The account of a message, as far as that matters to what waits.
async fn observed(api: &Api, message: &store::MessageView) -> Result<Option<ObservedAccount>, StoreError> {
    let directory = api.store.directory();
    let waits = message.sends.iter().any(|send| send.state == SendState::Queued);
    let Some(account) = directory.account(message.account).filter(|_| waits) else { return Ok(None) };
    let accounts = problems::observed(api).await?.accounts;
    Ok(accounts.into_iter().find(|observed| observed.name == account.name.as_str()))
}

/// Why each of a message's waiting sends waits.
pub(super) async fn waits(api: &Api, message: &store::MessageView) -> Result<Vec<WaitView>, StoreError> {
    let Some(account) = observed(api, message).await? else { return Ok(Vec::new()) };
    let waiting = message.sends.iter().filter(|send| send.state == SendState::Queued);
    Ok(waiting.map(|send| wait_view(send, &account, api.clock.now())).collect())
}

fn wait_view(send: &store::SendView, account: &ObservedAccount, now: Timestamp) -> WaitView {
    let waiting = Waiting { due_at: send.due_at, attempts: &send.attempts };
    let wait = why_it_waits(account, waiting, now);
    WaitView { code: wait.code.to_owned(), message: wait.message, until: wait.until }
}

fn change_view(change: model::queued::Change) -> ChangeView {
    let (cause, repair) = match change.cause {
        Cause::Rule => ("rule", None),
        Cause::Repair(repair) => ("repair", Some(repair.to_string())),
    };
    ChangeView { cause: cause.to_owned(), repair, text: change.text }
}

fn send_view(send: store::SendView, account: Option<&ObservedAccount>, now: Timestamp) -> SendView {
    let account = account.filter(|_| send.state == SendState::Queued);
    SendView {
        waits: account.map(|account| wait_view(&send, account, now)),
        state: send.state.to_string(),
        due_at: (!send.state.is_final()).then_some(send.due_at),
        operation_id: send.operation.to_string(),
        recipients: send
            .recipients
            .iter()
            .map(|recipient| RecipientView { address: recipient.mailbox.to_string() })
            .collect(),
        attempts: send
            .attempts
            .into_iter()
            .map(|attempt| AttemptView {
                at: attempt.at,
                transport: attempt.transport.map(Transport::as_str).map(str::to_owned),
                result: attempt.result.as_str().to_owned(),
                text: attempt.text,
            })
            .collect(),
    }
}
