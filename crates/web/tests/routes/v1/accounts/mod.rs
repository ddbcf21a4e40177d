//! `/v1/accounts` and below.

mod changes;
mod domains;
mod export;
mod infrastructure;
mod quota_report;
mod rotation;
mod verification;

use serde_json::{Value, json};

/// An account that can be added. Nothing of its Azure can be reached.
fn account() -> Value {
    let nowhere = "https://localhost:1";
    json!({
        "name": "fabrikam",
        "tenant_id": "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "client_id": "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "subscription_id": "44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "access_key": "c2VjcmV0IHRoYXQgb3BlbnMgbm90aGluZyBhdCBhbGw=",
        "service": "fabrikam-mail",
        "endpoint": nowhere,
        "cloud": {
            "authority": nowhere,
            "resource_manager": nowhere,
            "graph": nowhere,
            "smtp_host": "localhost",
            "smtp_port": 1,
        },
    })
}

/// With other members.
fn with(mut body: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}
