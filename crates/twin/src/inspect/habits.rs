//! Habits at run time: read, and changed in part.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::state::State;
use crate::world::Habits;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new().route("/api/habits", get(show).patch(change))
}

async fn show(Shared(state): Shared<Arc<State>>) -> Json<Habits> {
    Json(state.world().habits.clone())
}

/// Changes the members that are named and leaves the others; objects are changed member by member, lists as a whole.
async fn change(Shared(state): Shared<Arc<State>>, Json(wanted): Json<Map<String, Value>>) -> Response {
    let changed = state.change_world(|world| {
        let mut habits = serde_json::to_value(&world.habits)?;
        merge(&mut habits, Value::Object(wanted));
        world.habits = serde_json::from_value(habits)?;
        serde_json::Result::Ok(world.habits.clone())
    });
    match changed {
        Ok(habits) => Json(habits).into_response(),
        Err(error) => {
            let text = format!("these are no habits: {error}");
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
    use crate::world::{Habits, Stage};

    #[tokio::test]
    async fn habits_change_one_by_one() {
        let rehearsal = Rehearsal::begin();
        let change = async |body: serde_json::Value| {
            let headers = [("content-type", "application/json")];
            rehearsal.ask("PATCH", "/api/habits", &headers, body.to_string().into()).await
        };
        let wanted = json!({
            "operation_seconds": 9,
            "smtp": { "sender_stage": "mail", "replies": { "not_linked": "550 5.1.7 No" } },
            "email": { "refuses": [{ "when": "no_text" }] },
            "retirement": { "from": "2028-09-30T00:00:00Z" },
        });
        let answer = change(wanted).await;
        assert_eq!((answer.status, &answer.body["operation_seconds"]), (200, &json!(9)));
        let habits = rehearsal.state.world().habits.clone();
        assert_eq!(
            (habits.smtp.sender_stage, habits.poll_seconds),
            (Stage::Mail, Habits::default().poll_seconds)
        );
        assert_eq!(habits.smtp.replies.not_linked.refusal().reply().code(), 550);
        assert_eq!((habits.email.refuses.len(), habits.retirement.is_some()), (1, true));
        assert_eq!(change(json!({ "retirement": null })).await.status, 200);
        assert!(rehearsal.state.world().habits.retirement.is_none());
        for wrong in [
            json!({ "colour": "red" }),
            json!({ "smtp": { "rate_stage": "never" } }),
            json!({ "smtp": { "replies": { "too_fast": "250 OK" } } }),
            json!({ "email": { "refuses": [{ "when": "windy" }] } }),
            json!([]),
        ] {
            assert!((400..500).contains(&change(wrong.clone()).await.status), "{wrong}");
        }
        let shown = rehearsal.ask("GET", "/api/habits", &[], "".into()).await;
        assert_eq!(shown.body["smtp"]["replies"]["login_failed"], "535 5.7.3 Authentication unsuccessful");
        assert_eq!(shown.body["operation_seconds"], 9);
    }
}
