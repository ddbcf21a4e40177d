//! What software that counts bounces reads in our notices: flufl.bounce, Mailman's bounce runner, Python's email package
//! and Perl's Mail::DeliveryStatus::BounceParser. The messages that they are about come from smtplib, with the parameters of
//! DSN.

use std::time::Duration;

use control::{NewAccess, PublicNetworks};
use e2e::{Setup, World};
use postern::config::raw::Mode;
use serde_json::{Value, json};
use twin::state::Behaviour;
use twin::{Effect, InjectedFault, Operation};

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::Bounces =>
    a_refused_recipient_is_found_by_all,
    a_suppressed_recipient_is_found_by_all,
    a_recipient_beyond_ascii_is_found_by_all,
    a_delay_is_temporary,
    a_success_is_no_bounce,
    mailman_counts_bounces_that_come_to_verp_addresses,
);

const SECOND: Duration = Duration::from_secs(1);
const SENDER: &str = "scanner@contoso.example";

/// A world whose clock can be moved, with a credential for clients of this machine.
async fn world(behaviour: Behaviour) -> World {
    let world = World::start_with(Setup { apps_may_log_in: false, behaviour, ..Setup::default() }).await;
    world
        .add_credential("hall", |new| {
            new.access = NewAccess::Network(PublicNetworks::Refused);
            new.networks = vec!["127.0.0.0/8".to_owned()];
        })
        .await;
    world
}

/// Has smtplib submit a message.
async fn submit(context: &Context, world: &World, words: &[&str]) {
    let port = world.port(Mode::Plain).to_string();
    let words = [&[port.as_str()], words].concat();
    context.run(Client::Notices, &words, "").await.expect(0);
}

/// Moves the clock step by step until there is mail for an address.
async fn until_somebody_got_mail(world: &World, address: &str, step: Duration) {
    for _ in 0..1_000 {
        if !world.captured_for(address).is_empty() {
            return;
        }
        world.pass(step).await;
    }
    panic!("nothing came to {address}");
}

/// The first notice, in a file, once it has come.
async fn notice(context: &Context, world: &World) -> String {
    until_somebody_got_mail(world, SENDER, SECOND).await;
    let raw = world.captured_for(SENDER).remove(0).raw;
    let path = context.folder().join("notice.eml");
    std::fs::write(&path, raw).unwrap();
    path.display().to_string()
}

/// What each of them reads in a notice.
async fn judged(context: &Context, path: &str) -> Value {
    let folder = context.tools().bounce_parser().display().to_string();
    let words = context.run(Client::Bounces, &[&folder, path], "").await.expect(0);
    let judged: Value = serde_json::from_str(&words).unwrap();
    let email = &judged["email"];
    assert_eq!(
        (&email["type"], &email["report_type"]),
        (&json!("multipart/report"), &json!("delivery-status"))
    );
    assert_eq!(email["defects"], json!([]), "{judged:#}");
    judged
}

async fn a_refused_recipient_is_found_by_all(context: Context) {
    let world = world(Behaviour::default()).await;
    let recipients = [
        "refuse@example.com NOTIFY=FAILURE ORCPT=rfc822;original@example.com",
        "refuse@example.org NOTIFY=NEVER",
    ];
    submit(&context, &world, &[&["octets", "RET=HDRS ENVID=QQ+2B1"][..], &recipients].concat()).await;
    let judged = judged(&context, &notice(&context, &world).await).await;
    assert_eq!(judged["flufl"], json!({ "temporary": [], "permanent": ["original@example.com"] }));
    assert_eq!(judged["perl"]["is_bounce"], true);
    assert_eq!(judged["perl"]["reports"][0][0], "original@example.com", "{judged:#}");
    let email = &judged["email"];
    assert_eq!(email["message"]["Original-Envelope-Id"], "QQ+1");
    assert_eq!(email["recipients"].as_array().unwrap().len(), 1, "{judged:#}");
    assert_eq!(email["recipients"][0]["Final-Recipient"], "rfc822; refuse@example.com");
    assert_eq!(email["parts"][2], "text/rfc822-headers", "{judged:#}");
    world.finish().await;
}

async fn a_suppressed_recipient_is_found_by_all(context: Context) {
    let world = world(Behaviour::default()).await;
    submit(&context, &world, &["plain", "", "suppressed@example.com"]).await;
    let judged = judged(&context, &notice(&context, &world).await).await;
    assert_eq!(judged["flufl"]["permanent"], json!(["suppressed@example.com"]));
    assert_eq!(judged["perl"]["reports"], json!([["suppressed@example.com", "user_unknown", "failed"]]));
    assert_eq!(judged["email"]["recipients"][0]["Status"], "5.1.1");
    world.finish().await;
}

async fn a_recipient_beyond_ascii_is_found_by_all(context: Context) {
    let world = world(Behaviour::default()).await;
    let effect =
        Effect::Answer { status: 550, code: "5.1.1".into(), message: "no".into(), retry_after: None };
    let fault = InjectedFault { operation: Operation::SmtpMessage, effect, times: Some(1), one_in: None };
    world.twin.backend().arm(fault);
    submit(&context, &world, &["plain", "SMTPUTF8", "jürgen@example.com"]).await;
    let judged = judged(&context, &notice(&context, &world).await).await;
    let escaped = r"j\x{FC}rgen@example.com";
    assert_eq!(judged["flufl"]["permanent"], json!([escaped]), "{judged:#}");
    assert_eq!(judged["perl"]["reports"][0][0], escaped, "{judged:#}");
    assert_eq!(judged["email"]["recipients"][0]["Final-Recipient"], format!("utf-8; {escaped}"));
    world.finish().await;
}

async fn a_delay_is_temporary(context: Context) {
    let world = world(Behaviour::default()).await;
    let effect =
        Effect::Answer { status: 503, code: String::new(), message: "busy".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault { operation: Operation::Send, effect, times: None, one_in: None });
    submit(&context, &world, &["plain", "", "a@example.com NOTIFY=DELAY"]).await;
    world.pass(Duration::from_secs(4 * 3_600 + 120)).await;
    let path = notice(&context, &world).await;
    let judged = judged(&context, &path).await;
    assert_eq!(judged["flufl"], json!({ "temporary": ["a@example.com"], "permanent": [] }));
    assert_eq!(judged["perl"]["is_bounce"], false);
    world.twin.backend().disarm();
    until_somebody_got_mail(&world, "a@example.com", Duration::from_secs(600)).await;
    world.finish().await;
}

async fn a_success_is_no_bounce(context: Context) {
    let world = world(Behaviour::default()).await;
    submit(&context, &world, &["plain", "RET=FULL", "a@example.com NOTIFY=SUCCESS"]).await;
    let judged = judged(&context, &notice(&context, &world).await).await;
    assert_eq!(judged["flufl"], json!({ "temporary": [], "permanent": [] }));
    assert_eq!(judged["perl"]["is_bounce"], false);
    assert_eq!(judged["email"]["recipients"][0]["Action"], "relayed");
    world.finish().await;
}

async fn mailman_counts_bounces_that_come_to_verp_addresses(context: Context) {
    for recipient in ["refuse@example.com", "suppressed@example.com"] {
        let world = world(Behaviour::default()).await;
        submit(&context, &world, &["plain", "", recipient]).await;
        let path = notice(&context, &world).await;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().display().to_string();
        let words = context.run(Client::Mailman, &[&folder, &path, "member@example.net"], "").await.expect(0);
        let counted =
            r#"{"list": "news.contoso.example", "email": "member@example.net", "context": "normal"}"#;
        assert!(words.lines().any(|line| line == counted), "{words}");
        world.finish().await;
    }
}
