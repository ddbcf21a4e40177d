//! Metrics, alert rules and their tests in Prometheus' own tool.

use std::path::Path;

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::Promtool =>
    metrics_are_as_prometheus_wants_them,
    a_metric_that_is_not_is_noticed,
    alert_rules_are_valid_and_fire_when_they_should,
);

/// Mail that goes out, one message that does not, and a login that is refused.
async fn busy(context: &Context) -> String {
    let world = &context.world;
    for to in ["a@example.com", "b@example.com"] {
        world.submit(&[to], &e2e::message("s", to, "x")).await;
    }
    world.until_taken(2).await;
    world.text("/metrics").await
}

async fn metrics_are_as_prometheus_wants_them(context: Context) {
    let metrics = busy(&context).await;
    let words = context.run(Client::Promtool, &["check", "metrics"], &metrics).await.expect(0);
    assert_eq!(words.trim(), "", "promtool has something to say");
    for wanted in [
        "postern_send_attempts_total{account=\"contoso\",transport=\"rest\",result=\"accepted\"} 2",
        "postern_send_duration_seconds_count{transport=\"rest\"} 2",
        "postern_delivery_duration_seconds_count 2",
        "postern_quota_used{account=\"contoso\",kind=\"sends\",window=\"hour\"} 2",
        "postern_messages_queued_total{account=\"contoso\",lane=\"normal\",origin=\"credential\"} 2",
        "postern_logins_total{result=\"accepted\"} 2",
        "postern_connections_total{result=\"admitted\"} 2",
    ] {
        assert!(metrics.lines().any(|line| line == wanted), "{wanted} is not in\n{metrics}");
    }
}

async fn a_metric_that_is_not_is_noticed(context: Context) {
    let metrics = busy(&context).await.replace("postern_logins_total", "postern_logins");
    let words = context.run(Client::Promtool, &["check", "metrics"], &metrics).await.expect(3);
    assert!(words.contains("postern_logins"), "{words}");
}

async fn alert_rules_are_valid_and_fire_when_they_should(context: Context) {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus");
    let file = |name: &str| deploy.join(name).display().to_string();
    let checked = context.run(Client::Promtool, &["check", "rules", &file("postern.rules.yml")], "").await;
    assert!(checked.expect(0).contains("12 rules found"));
    context.run(Client::Promtool, &["test", "rules", &file("postern.test.yml")], "").await.expect(0);
}
