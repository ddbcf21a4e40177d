//! The libraries of Standard Webhooks, for Python and for JavaScript: they verify what Postern signs.

use e2e::{Receiver, message};
use serde_json::json;

use crate::context::{Context, client_tests};
use crate::tools::Client;

pub(crate) mod python {
    use super::*;

    client_tests!(Client::StandardWebhooks => signatures_are_verified_and_what_was_altered_is_not);

    async fn signatures_are_verified_and_what_was_altered_is_not(context: Context) {
        verified(context, Client::StandardWebhooks).await;
    }
}

pub(crate) mod javascript {
    use super::*;

    client_tests!(Client::StandardWebhooksJs => signatures_are_verified_and_what_was_altered_is_not);

    async fn signatures_are_verified_and_what_was_altered_is_not(context: Context) {
        verified(context, Client::StandardWebhooksJs).await;
    }
}

/// Requests with one event and with several, with one signature and with two; the client alters each.
async fn verified(context: Context, client: Client) {
    let world = &context.world;
    let receiver = Receiver::start().await;
    let old = world.add_webhook(&receiver, json!({ "name": "single" })).await;
    let batch = world.add_webhook(&receiver, json!({ "name": "batch", "batch": 10 })).await;
    let (_, rotated) = world.request("POST", "/v1/webhooks/single/secret:rotate", json!({})).await;
    let new = rotated["secret"].as_str().unwrap().to_owned();
    world.submit(&["a@example.com"], &message("Grüße", "a@example.com", "x")).await;
    receiver.until_told(4).await;
    let requests: Vec<_> = receiver
        .heard()
        .iter()
        .map(|heard| {
            let is_batch = heard.body.starts_with('[');
            let secrets = if is_batch { vec![&batch] } else { vec![&old, &new] };
            let headers: serde_json::Map<String, serde_json::Value> =
                heard.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({ "headers": headers, "body": heard.body, "secrets": secrets })
        })
        .collect();
    let count = requests.len();
    let file = context.keep("requests.json", &json!(requests).to_string()).display().to_string();
    let words = context.run(client, &[&file], "").await.expect(0);
    assert!(words.contains(&format!("{count} requests verified")), "{words}");
}
