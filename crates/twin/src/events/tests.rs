//! Event Grid with a real end point.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use azure_types::event_grid::NewEventSubscription;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::faults::{Effect, InjectedFault, Operation};
use crate::rehearsal::Rehearsal;
use crate::state::SystemData;
use crate::state::event_grid::{EventSubscription, Handshake};

/// An end point that keeps what it gets.
struct EndPoint {
    url: String,
    got: Arc<Got>,
}

struct Got {
    requests: Mutex<Vec<(HeaderMap, Value)>>,
    count: watch::Sender<usize>,
    /// What it answers to events, and whether it agrees to get them.
    answers: Mutex<(StatusCode, bool)>,
}

impl EndPoint {
    async fn open() -> Self {
        let got = Arc::new(Got {
            requests: Mutex::default(),
            count: watch::Sender::new(0),
            answers: Mutex::new((StatusCode::OK, true)),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&got));
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}/events?key=1", listener.local_addr().unwrap());
        tokio::spawn(crate::endpoints::serve_http(listener, router, CancellationToken::new()));
        Self { url, got }
    }

    /// The requests, once there are so many.
    async fn requests(&self, count: usize) -> Vec<(HeaderMap, Value)> {
        self.got.count.subscribe().wait_for(|got| *got >= count).await.unwrap();
        self.got.requests.lock().unwrap().clone()
    }
}

async fn answer(Shared(got): Shared<Arc<Got>>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, agrees) = *got.answers.lock().unwrap();
    got.requests.lock().unwrap().push((headers, body.clone()));
    got.count.send_modify(|count| *count += 1);
    let code = &body[0]["data"]["validationCode"];
    match (method == Method::OPTIONS, code.is_null(), agrees) {
        (true, _, true) => (StatusCode::OK, [("webhook-allowed-origin", "*")]).into_response(),
        (_, false, true) => axum::Json(json!({ "validationResponse": code })).into_response(),
        (_, false, false) => StatusCode::OK.into_response(),
        _ => status.into_response(),
    }
}

struct Setup {
    rehearsal: Rehearsal,
    end_point: EndPoint,
    id: Uuid,
}

/// A twin with a subscription of that form whose end point has not been asked yet.
async fn subscribed(properties: Value) -> Setup {
    let (rehearsal, end_point) = (Rehearsal::begin(), EndPoint::open().await);
    let mut body = json!({ "properties": { "destination": {
        "endpointType": "WebHook", "properties": { "endpointUrl": end_point.url } } } });
    for (name, value) in properties.as_object().unwrap() {
        body["properties"][name] = value.clone();
    }
    let written: NewEventSubscription = serde_json::from_value(body).unwrap();
    let now = rehearsal.backend.now();
    let id = Uuid::from_u128(7);
    rehearsal.backend.change_state(|state| {
        state.behaviour.events.takes_http = true;
        let source = state.services[0].resource_id();
        let handshake =
            Handshake::Asking { code: Uuid::from_u128(9), is_change: false, attempts: 0, next_at: now };
        state.events.subscriptions.push(EventSubscription {
            id,
            name: "reports".to_owned(),
            scope: source.clone(),
            source,
            properties: written.properties,
            system_data: SystemData::made("a", now),
            handshake,
            operation: Uuid::nil(),
            ready_at: now,
            base_url: "https://localhost:8443".to_owned(),
            gone_at: None,
        });
    });
    tokio::spawn(super::run(Arc::clone(&rehearsal.backend), CancellationToken::new()));
    Setup { rehearsal, end_point, id }
}

impl Setup {
    async fn until_agreed(&self) {
        self.end_point.requests(1).await;
        while self.handshake() != Handshake::Agreed {
            tokio::task::yield_now().await;
        }
    }

    fn handshake(&self) -> Handshake {
        self.rehearsal.backend.state().events.subscription(self.id).unwrap().handshake.clone()
    }

    /// Has a mail taken to those recipients.
    fn mail(&self, recipients: &[&str]) {
        let backend = &self.rehearsal.backend;
        let now = backend.now();
        let kept = backend.keep(captured(recipients, now)).unwrap();
        super::note(backend, &kept);
        backend.advance(SignedDuration::from_secs(4));
    }
}

fn captured(recipients: &[&str], now: Timestamp) -> crate::captured::CapturedMail {
    use crate::captured::{CapturedMail, CapturedRecipient, Field, Path};
    CapturedMail {
        number: 0,
        operation: azure_types::ids::OperationId::new(Uuid::from_u128(5)),
        at: now,
        path: Path::Rest,
        service: "contoso-mail".to_owned(),
        sender: "scanner@contoso.example".to_owned(),
        sender_name: None,
        reverse_path: None,
        smtp: None,
        internet_message_id: Some("<1@contoso.example>".to_owned()),
        recipients: recipients.iter().map(|one| CapturedRecipient::new(one, Field::To, now)).collect(),
        raw: Vec::new(),
    }
}

#[tokio::test]
async fn each_recipient_has_its_report() {
    let setup = subscribed(json!({})).await;
    setup.until_agreed().await;
    setup.mail(&["a@example.com", "bounce@example.com"]);
    let requests = setup.end_point.requests(3).await;
    assert_eq!(requests[0].0["aeg-event-type"], "SubscriptionValidation");
    let (headers, body) = &requests[1];
    assert_eq!(
        (&headers["aeg-event-type"], &headers["aeg-delivery-count"]),
        (&"Notification".parse().unwrap(), &"0".parse().unwrap())
    );
    let event = &body[0];
    assert_eq!(event["data"]["recipient"], "a@example.com");
    assert_eq!(event["data"]["internetMessageId"], "<1@contoso.example>");
    assert!(event["data"]["deliveryAttemptTimestamp"].as_str().unwrap().ends_with("+00:00"));
    assert!(
        event["topic"]
            .as_str()
            .unwrap()
            .contains("/providers/microsoft.communication/communicationservices/")
    );
    assert_eq!(event["subject"], format!("sender/scanner@contoso.example/message/{}", Uuid::from_u128(5)));
    assert_eq!(requests[2].1[0]["data"]["status"], "Bounced");
}

#[tokio::test]
async fn an_event_that_is_refused_is_tried_again_until_it_is_given_up() {
    let policy = json!({ "retryPolicy": { "maxDeliveryAttempts": 2 } });
    let setup = subscribed(policy).await;
    setup.until_agreed().await;
    setup.end_point.got.answers.lock().unwrap().0 = StatusCode::SERVICE_UNAVAILABLE;
    setup.mail(&["a@example.com"]);
    setup.end_point.requests(2).await;
    while setup.rehearsal.backend.events.outbox().waiting() == 0 {
        tokio::task::yield_now().await;
    }
    setup.rehearsal.backend.advance(SignedDuration::from_secs(10));
    let requests = setup.end_point.requests(3).await;
    assert_eq!(requests[2].0["aeg-delivery-count"], "1");
    assert_eq!(requests[1].1[0]["id"], requests[2].1[0]["id"]);
    let outcome =
        || setup.rehearsal.backend.events.outbox().seen().next().map(|seen| (seen.outcome, seen.attempts));
    while outcome().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(outcome(), Some((crate::outbox::Outcome::Dropped, 2)));
}

#[tokio::test]
async fn cloud_events_are_agreed_to_by_options() {
    let setup = subscribed(json!({ "eventDeliverySchema": "CloudEventSchemaV1_0" })).await;
    setup.until_agreed().await;
    setup.mail(&["a@example.com"]);
    let requests = setup.end_point.requests(2).await;
    assert_eq!(requests[0].0["webhook-request-origin"], "eventgrid.azure.net");
    let (headers, event) = &requests[1];
    assert_eq!(headers["content-type"], "application/cloudevents+json; charset=utf-8");
    assert_eq!((&event["specversion"], &event["data"]["status"]), (&json!("1.0"), &json!("Delivered")));
}

#[tokio::test]
async fn who_does_not_answer_the_handshake_may_follow_its_link() {
    let setup = subscribed(json!({})).await;
    setup.end_point.got.answers.lock().unwrap().1 = false;
    let requests = setup.end_point.requests(1).await;
    while !matches!(setup.handshake(), Handshake::Manual { .. }) {
        tokio::task::yield_now().await;
    }
    let link = requests[0].1[0]["data"]["validationUrl"].as_str().unwrap();
    let path = link.strip_prefix("https://localhost:8443").unwrap();
    assert_eq!(setup.rehearsal.ask("GET", path, &[], "".into()).await.status, 200);
    assert_eq!(setup.handshake(), Handshake::Agreed);
    assert_eq!(setup.rehearsal.ask("GET", path, &[], "".into()).await.status, 400, "once is enough");
}

#[tokio::test]
async fn an_event_comes_twice_or_never_where_a_fault_says_so() {
    let setup = subscribed(json!({})).await;
    setup.until_agreed().await;
    for effect in [Effect::Hang, Effect::DoneButUnanswered] {
        let fault = InjectedFault { operation: Operation::Event, effect, times: Some(1), one_in: None };
        setup.rehearsal.backend.arm(fault);
    }
    setup.mail(&["a@example.com", "b@example.com"]);
    let requests = setup.end_point.requests(3).await;
    assert_eq!(requests[1].1[0]["data"]["recipient"], "b@example.com");
    assert_eq!(requests[1].1[0]["id"], requests[2].1[0]["id"]);
}
