//! Behaviour at run time: read, and changed in part.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::backend::Backend;
use crate::state::Behaviour;

pub(super) fn routes() -> Router<Arc<Backend>> {
    let setting = get(show).patch(change);
    // Scripts may still use the former name.
    Router::new().route("/api/behaviour", setting.clone()).route("/api/habits", setting)
}

async fn show(Shared(backend): Shared<Arc<Backend>>) -> Json<Behaviour> {
    Json(backend.state().behaviour.clone())
}

/// Changes the members that are named and leaves the others; objects are changed member by member, lists as a whole.
async fn change(Shared(backend): Shared<Arc<Backend>>, Json(wanted): Json<Map<String, Value>>) -> Response {
    let changed = backend.change_state(|state| {
        let mut behaviour = serde_json::to_value(&state.behaviour)?;
        merge(&mut behaviour, Value::Object(wanted));
        state.behaviour = serde_json::from_value(behaviour)?;
        serde_json::Result::Ok(state.behaviour.clone())
    });
    match changed {
        Ok(behaviour) => Json(behaviour).into_response(),
        Err(error) => {
            let text = format!("these are not settings of behaviour: {error}");
            (StatusCode::BAD_REQUEST, Json(json!({ "error": text }))).into_response()
        }
    }
}

fn merge(there: &mut Value, wanted: Value) {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            for (name, value) in wanted {
                merge(there.entry(name).or_insert(Value::Null), value);
            }
        }
        (there, wanted) => *there = wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rehearsal::Rehearsal;
    use crate::state::{Behaviour, Stage};

    #[tokio::test]
    async fn settings_change_one_by_one() {
        let rehearsal = Rehearsal::begin();
        let change = async |body: serde_json::Value| {
            let headers = [("content-type", "application/json")];
            rehearsal.ask("PATCH", "/api/behaviour", &headers, body.to_string().into()).await
        };
        let wanted = json!({
            "operation_seconds": 9,
            "smtp": { "sender_stage": "mail", "replies": { "not_linked": "550 5.1.7 No" } },
            "email": { "refuses": [{ "when": "no_text" }] },
            "retirement": { "from": "2028-09-30T00:00:00Z" },
        });
        let answer = change(wanted).await;
        assert_eq!((answer.status, &answer.body["operation_seconds"]), (200, &json!(9)));
        let behaviour = rehearsal.backend.state().behaviour.clone();
        assert_eq!(
            (behaviour.smtp.sender_stage, behaviour.poll_seconds),
            (Stage::Mail, Behaviour::default().poll_seconds)
        );
        assert_eq!(behaviour.smtp.replies.not_linked.refusal().reply().code(), 550);
        assert_eq!((behaviour.email.refuses.len(), behaviour.retirement.is_some()), (1, true));
        assert_eq!(change(json!({ "retirement": null })).await.status, 200);
        assert!(rehearsal.backend.state().behaviour.retirement.is_none());
        for wrong in [
            json!({ "colour": "red" }),
            json!({ "smtp": { "rate_stage": "never" } }),
            json!({ "smtp": { "replies": { "too_fast": "250 OK" } } }),
            json!({ "email": { "refuses": [{ "when": "windy" }] } }),
            json!([]),
        ] {
            assert!((400..500).contains(&change(wrong.clone()).await.status), "{wrong}");
        }
        let shown = rehearsal.ask("GET", "/api/behaviour", &[], "".into()).await;
        assert_eq!(shown.body["smtp"]["replies"]["login_failed"], "535 5.7.3 Authentication unsuccessful");
        assert_eq!(shown.body["operation_seconds"], 9);
        let former = rehearsal.ask("GET", "/api/habits", &[], "".into()).await;
        assert_eq!(former.body, shown.body);
    }
}
