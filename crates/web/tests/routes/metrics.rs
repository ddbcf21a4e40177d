//! `/metrics`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::app::{App, SENDER};

/// The metrics of an app that has queued one message.
async fn scraped() -> String {
    let app = App::start().await;
    let message = json!({ "from": SENDER, "to": ["a@example.com"] });
    assert_eq!(app.post("/v1/messages", &message).await.status, 202);
    // The list waits until the database has heard of what the journal holds.
    assert_eq!(app.get("/v1/queue").await.status, 200);
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    metrics.text
}

#[tokio::test]
async fn metrics_are_in_the_format_of_prometheus() {
    let text = scraped().await;
    for line in [
        "# TYPE postern_sends gauge",
        "postern_queue_sends{account=\"contoso\",lane=\"normal\"} 1",
        "postern_queue_sends{account=\"contoso\",lane=\"bulk\"} 0",
        "postern_queue_oldest_seconds{account=\"contoso\",lane=\"normal\"} 0",
        "postern_failing_since_timestamp_seconds{account=\"contoso\"} 0",
        "postern_build_info{version=\"0.1.0\"} 1",
        "postern_start_time_seconds 1800000000",
        "postern_sends{state=\"queued\"} 1",
        "postern_sends{state=\"failed\"} 0",
        "postern_account_enabled{account=\"contoso\"} 1",
        "postern_messages_queued_total{account=\"contoso\",lane=\"normal\",origin=\"operator\"} 1",
        "postern_direct_messages_total{result=\"accepted\"} 0",
        "postern_accept_duration_seconds_count 1",
        "postern_journal_batch_messages_sum 1",
        "postern_journal_sync_duration_seconds_count 1",
        "postern_quota_used{account=\"contoso\",kind=\"sends\",window=\"hour\"} 0",
        "postern_quota_limit{account=\"contoso\",kind=\"sends\",window=\"minute\"} 30",
        "postern_throttled_total{account=\"contoso\",kind=\"status_reads\"} 0",
        "postern_sessions 0",
        "postern_connections_total{result=\"turned_away\"} 0",
        "postern_logins_total{result=\"wrong\"} 0",
        "postern_certificate_expires_seconds{key=\"ecdsa\"} 65290118400",
        "# TYPE postern_repairs_total counter",
    ] {
        assert!(text.lines().any(|there| there == line), "{line:?} is not in {text}");
    }
}

/// What Prometheus refuses, or takes for another metric: samples without their family, and twice the same.
#[tokio::test]
async fn each_sample_is_of_the_family_above_it_and_there_once() {
    let text = scraped().await;
    let (mut family, mut seen, mut families) = (("", ""), BTreeSet::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split_once(' ').unwrap();
            assert_eq!(families.insert(family.0, family.1), None, "{} begins twice", family.0);
        } else if !line.starts_with('#') {
            let (sample, _) = line.rsplit_once(' ').unwrap();
            assert!(seen.insert(sample), "{sample} is there twice");
            let name = sample.split('{').next().unwrap();
            let suffix = name.strip_prefix(family.0).unwrap_or("of another family");
            let suffixes = if family.1 == "histogram" { &["_bucket", "_sum", "_count"][..] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line} below {family:?}");
        }
    }
    assert!(families.len() > 25, "{families:?}");
}

/// The metrics that a text names; parts of a histogram count as the histogram.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let words = text.split(|letter: char| !is_part(letter)).filter(|word| word.starts_with("postern_"));
    let whole = |word: &str| {
        let cut = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
        cut.unwrap_or(word).to_owned()
    };
    words.map(whole).collect()
}

#[tokio::test]
async fn dashboard_and_rules_name_metrics_that_there_are() {
    let text = scraped().await;
    let there: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let deploy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    for file in ["grafana/postern.json", "prometheus/postern.rules.yml"] {
        let content = std::fs::read_to_string(deploy.join(file)).unwrap();
        let named = named(&content);
        let unknown: Vec<_> = named.iter().filter(|name| !there.contains(name.as_str())).collect();
        assert_eq!(unknown, Vec::<&String>::new(), "{file} names what is not in {there:?}");
        assert!(named.len() > 10, "{file} names {named:?}");
    }
}
