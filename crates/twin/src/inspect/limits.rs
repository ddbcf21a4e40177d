//! What a subscription may send, changed as Microsoft changes it on request: while mail flows.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use azure_types::ids::SubscriptionId;
use serde_json::json;

use crate::backend::Backend;
use crate::state::{Limits, Subscription};

pub(super) fn routes() -> Router<Arc<Backend>> {
    Router::new().route("/api/limits/{subscription}", get(show).put(change).delete(forget))
}

/// The limits of a subscription; null where they follow from the kind of the sender's domain.
async fn show(Shared(backend): Shared<Arc<Backend>>, Path(id): Path<SubscriptionId>) -> Response {
    with(&backend, id, |_| ())
}

async fn change(
    Shared(backend): Shared<Arc<Backend>>,
    Path(id): Path<SubscriptionId>,
    Json(limits): Json<Limits>,
) -> Response {
    with(&backend, id, |subscription| subscription.limits = Some(limits))
}

async fn forget(Shared(backend): Shared<Arc<Backend>>, Path(id): Path<SubscriptionId>) -> Response {
    with(&backend, id, |subscription| subscription.limits = None)
}

fn with(backend: &Backend, id: SubscriptionId, act: impl FnOnce(&mut Subscription)) -> Response {
    let limits = backend.change_state(|state| {
        let subscription = state.subscriptions.iter_mut().find(|subscription| subscription.id == id)?;
        act(subscription);
        Some(subscription.limits)
    });
    match limits {
        Some(limits) => Json(limits).into_response(),
        None => {
            let text = format!("there is no subscription {id}");
            (StatusCode::NOT_FOUND, Json(json!({ "error": text }))).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::rehearsal::Rehearsal;

    #[tokio::test]
    async fn limits_change_while_the_twin_runs() {
        let rehearsal = Rehearsal::begin();
        let id = rehearsal.backend.state().subscriptions[0].id;
        let ask = async |method: &str, path: &str, body: Value| {
            let headers = [("content-type", "application/json")];
            let answer = rehearsal.ask(method, path, &headers, body.to_string().into()).await;
            (answer.status, answer.body)
        };
        let path = format!("/api/limits/{id}");
        assert_eq!(ask("GET", &path, json!(null)).await, (200, json!(null)));
        let expected = json!({
            "sends_per_minute": 500, "sends_per_hour": 2_000,
            "status_reads_per_minute": 1_000, "status_reads_per_hour": 4_000,
        });
        assert_eq!(ask("PUT", &path, json!({ "step": 3 })).await, (200, expected.clone()));
        assert_eq!(ask("GET", &path, json!(null)).await, (200, expected));
        assert_eq!(ask("PUT", &path, json!({ "step": 13 })).await.0, 422);
        assert_eq!(ask("DELETE", &path, json!(null)).await, (200, json!(null)));
        let other = "/api/limits/00000000-0000-4000-8000-000000000000";
        assert_eq!(ask("PUT", other, json!({ "step": 3 })).await.0, 404);
    }
}
