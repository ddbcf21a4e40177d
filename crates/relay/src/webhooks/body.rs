//! The id and the body of a request. Both follow from its events alone, so that each try has the same.

use api::webhook_events::{MessageEventData, ServerEventData, WebhookData, WebhookPayload};
use aws_lc_rs::digest::{SHA256, digest};
use model::id::{AccountId, WebhookId};
use model::upstream::Transport;
use model::webhook::{MessageNews, ServerNews, WebhookEvent, WebhookForm, WebhookSubject};
use store::Directory;

/// Longest text of another server in an event, in characters.
const MOST_TEXT: usize = 1_000;

/// The `webhook-id`: that of the event, or one that no other list of events has.
pub(super) fn id(form: WebhookForm, events: &[WebhookEvent]) -> String {
    match (form, events) {
        (WebhookForm::Single, [event]) => format!("msg_{}", event.id),
        _ => {
            let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
            let hash = digest(&SHA256, ids.join("\n").as_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&hash.as_ref()[..16]);
            // The letters of our own ids.
            format!("msg_{}", WebhookId::from_bytes(bytes))
        }
    }
}

/// The body: an event, or an array of events.
pub(super) fn body(form: WebhookForm, events: &[WebhookEvent], directory: &Directory) -> Vec<u8> {
    let payloads: Vec<WebhookPayload> = events.iter().map(|event| payload(event, directory)).collect();
    let json = match (form, &payloads[..]) {
        (WebhookForm::Single, [one]) => serde_json::to_vec(one),
        _ => serde_json::to_vec(&payloads),
    };
    json.unwrap_or_default()
}

fn payload(event: &WebhookEvent, directory: &Directory) -> WebhookPayload {
    let data = match &event.about {
        WebhookSubject::Message(news) => WebhookData::Message(message(&event.id, news, directory)),
        WebhookSubject::Server(news) => WebhookData::Server(server(&event.id, news)),
    };
    WebhookPayload { kind: event.kind.as_str().to_owned(), timestamp: event.at, data }
}

fn message(event_id: &str, news: &MessageNews, directory: &Directory) -> MessageEventData {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    MessageEventData {
        event_id: event_id.to_owned(),
        account: account(news.account, directory),
        queue_id: news.queue_id.to_string(),
        message_id: some(&news.message_id),
        sender: news.reverse_path.mailbox().map(ToString::to_string).unwrap_or_default(),
        from: news.header_from.clone(),
        recipients: news.recipients.clone(),
        state: news.state.as_str().to_owned(),
        subject: some(&news.subject),
        transport: news.transport.map(|transport| Transport::as_str(transport).to_owned()),
        reason: news.reason.map(|reason| reason.as_str().to_owned()),
        status: news.status.clone(),
        text: some(&news.text.chars().take(MOST_TEXT).collect::<String>()),
    }
}

fn account(id: AccountId, directory: &Directory) -> String {
    directory.account(id).map_or_else(|| id.to_string(), |account| account.name.to_string())
}

fn server(event_id: &str, news: &ServerNews) -> ServerEventData {
    let (code, state) = match news.code.strip_suffix("_ended") {
        Some(code) => (code, "ended"),
        None if matches!(news.code.as_str(), "account_recovered" | "domain_ready") => {
            (news.code.as_str(), "ended")
        }
        None => (news.code.as_str(), "began"),
    };
    ServerEventData {
        event_id: event_id.to_owned(),
        account: news.account.clone(),
        code: code.to_owned(),
        state: state.to_owned(),
        message: news.message.clone(),
    }
}
