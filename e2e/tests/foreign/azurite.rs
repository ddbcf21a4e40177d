//! Events pulled from a queue of Azurite, Microsoft's emulator of Azure Storage.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::Azurite =>
    events_are_pulled_with_a_token_of_the_accounts_app,
    events_are_pulled_with_a_shared_access_signature,
);

/// Azurite, until it is dropped.
struct Azurite {
    _child: Child,
    url: String,
}

/// Starts Azurite with the twin's certificate, which the account trusts.
async fn start(context: &Context) -> Azurite {
    let twin = Path::new(&context.world.twin.ready().ca).parent().unwrap();
    let file = |name: &str| twin.join(name).display().to_string();
    let (certificate, key) = (file("certificate.pem"), file("certificate.key"));
    let location = context.folder().join("azurite").display().to_string();
    let arguments = [
        ["--location", &location],
        ["--queuePort", "0"],
        ["--cert", &certificate],
        ["--key", &key],
        ["--oauth", "basic"],
    ];
    let mut child = context.begin(Client::Azurite, arguments.as_flattened());
    let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = loop {
        let line = log.next_line().await.unwrap().expect("Azurite ended");
        if let Some((_, url)) = line.split_once("listens on ") {
            break url.to_owned();
        }
    };
    // Nobody reads the rest, and a full pipe would stop it.
    tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    Azurite { _child: child, url }
}

async fn ask(context: &Context, azurite: &Azurite, act: &str, input: &str) -> String {
    let ca = &context.world.twin.ready().ca;
    let words = context.run(Client::AzuriteQueue, &[&azurite.url, ca, "events", act], input).await.expect(0);
    words.trim().to_owned()
}

/// An event as Event Grid puts it into a queue, of a message that was sent.
async fn event(context: &Context, id: &str) -> Value {
    let shown: Value = context.world.get(&format!("/v1/messages/{id}")).await;
    let data = json!({
        "sender": "scanner@contoso.example", "recipient": "ada@example.com",
        "messageId": shown["sends"][0]["operation_id"], "status": "Bounced",
        "deliveryStatusDetails": { "statusMessage": "550 5.1.1 no such user", "recipientMailServerHostName": "mx" },
        "deliveryAttemptTimestamp": "2099-11-11T21:17:05.36+00:00",
    });
    json!({
        "id": "1", "topic": "/subscriptions/s", "subject": "s", "data": data, "dataVersion": "1.0",
        "metadataVersion": "1", "eventTime": "2099-11-11T21:17:06Z",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
    })
}

async fn events_are_pulled_with_a_token_of_the_accounts_app(context: Context) {
    pulled(context, false).await;
}

async fn events_are_pulled_with_a_shared_access_signature(context: Context) {
    pulled(context, true).await;
}

async fn pulled(context: Context, is_signed: bool) {
    let (world, azurite) = (&context.world, start(&context).await);
    let id = world.submit(&["ada@example.com"], &e2e::message("s", "ada@example.com", "x")).await.to_string();
    world.until_taken(1).await;
    let events = format!("{}\nno event\n", event(&context, &id).await);
    let signature = ask(&context, &azurite, "put", &events).await;
    let mut line = format!("postern events queue {}/devstoreaccount1/events", azurite.url);
    if is_signed {
        line += &format!(" --signature-file {}", context.keep("signature", &signature).display());
    }
    let words = context.type_in(&line).await.expect(0);
    assert!(
        words.contains(if is_signed { "shared access signature" } else { "the account's app" }),
        "{words}"
    );
    let patience = tokio::time::timeout(Duration::from_secs(60), async {
        while ask(&context, &azurite, "count", "").await != "0" {}
    });
    patience.await.expect("the messages are not deleted");
    let shown: Value = world.get(&format!("/v1/messages/{id}")).await;
    let recipient = &shown["sends"][0]["recipients"][0];
    assert_eq!(
        (&recipient["state"], &recipient["text"]),
        (&json!("bounced"), &json!("550 5.1.1 no such user"))
    );
    let metrics = world.text("/metrics").await;
    for result in ["applied", "malformed"] {
        assert!(metrics.contains(&format!("postern_events_total{{result=\"{result}\"}} 1\n")), "{metrics}");
    }
}
