//! Two writers at once: no change of either is lost, and nothing is made twice.

use std::sync::{Arc, Barrier};

use serde_json::{Value, json};

use super::super::tests::{SUBSCRIPTION, ask, send};
use crate::rehearsal::{Answer, Rehearsal};

/// How often both write at the same moment.
const ROUNDS: usize = 40;

/// One request.
#[derive(Clone)]
struct Write {
    method: &'static str,
    path: String,
    body: Value,
}

fn below(path: &str) -> String {
    format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/{path}")
}

fn write(method: &'static str, path: &str, body: Value) -> Write {
    Write { method, path: below(path), body }
}

/// Sends both at the same moment, each from a thread of its own.
fn at_once(rehearsal: &Arc<Rehearsal>, writes: [Write; 2]) -> [Answer; 2] {
    let barrier = Arc::new(Barrier::new(2));
    let threads = writes.map(|Write { method, path, body }| {
        let (rehearsal, barrier) = (Arc::clone(rehearsal), Arc::clone(&barrier));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            barrier.wait();
            runtime.block_on(send(&rehearsal, method, &path, body))
        })
    });
    threads.map(|thread| thread.join().unwrap())
}

#[tokio::test]
async fn what_is_written_by_two_at_once_is_kept_of_both() {
    let rehearsal = Arc::new(Rehearsal::begin());
    let (service, domain) =
        ("communicationServices/contoso-mail", "emailServices/contoso-email/domains/contoso.example");
    for round in 0..ROUNDS {
        rehearsal.state.throttle.clear();
        let tags = json!({ "tags": { "round": round.to_string() } });
        let (is_even, word) = (round % 2 == 0, if round % 2 == 0 { "Enabled" } else { "Disabled" });
        let local = json!({ "properties": { "disableLocalAuth": is_even } });
        at_once(&rehearsal, [write("PATCH", service, tags.clone()), write("PATCH", service, local)]);
        let shown = ask(&rehearsal, "GET", &below(service)).await.body;
        assert_eq!(shown["tags"], tags["tags"], "{shown:#}");
        assert_eq!(shown["properties"]["disableLocalAuth"], is_even, "{shown:#}");

        let tracking = json!({ "properties": { "userEngagementTracking": word } });
        at_once(&rehearsal, [write("PATCH", domain, tags.clone()), write("PATCH", domain, tracking)]);
        let shown = ask(&rehearsal, "GET", &below(domain)).await.body;
        assert_eq!(shown["tags"], tags["tags"], "{shown:#}");
        assert_eq!(shown["properties"]["userEngagementTracking"], word, "{shown:#}");
    }
}

#[tokio::test]
async fn what_two_make_at_once_is_made_by_one_of_them() {
    let rehearsal = Arc::new(Rehearsal::begin());
    for round in 0..ROUNDS {
        rehearsal.state.throttle.clear();
        let located = |properties: Value| json!({ "location": "global", "properties": properties });
        let data = located(json!({ "dataLocation": "Europe" }));
        let managed = located(json!({ "domainManagement": "CustomerManaged" }));
        for (path, body) in [
            (format!("communicationServices/service-{round}"), data.clone()),
            (format!("emailServices/service-{round}"), data),
            (format!("emailServices/contoso-email/domains/d{round}.example"), managed),
        ] {
            let one = write("PUT", &path, body);
            let answers = at_once(&rehearsal, [one.clone(), one]);
            let mut codes = answers.map(|answer| answer.status);
            codes.sort_unstable();
            assert_eq!(codes, [200, 201], "{path}");
            let list = path.rsplit_once('/').map(|(list, _)| below(list)).unwrap();
            let shown = ask(&rehearsal, "GET", &list).await.body;
            let suffix = path.to_lowercase();
            let is_it = |one: &&Value| one["id"].as_str().unwrap().to_lowercase().ends_with(&suffix);
            assert_eq!(shown["value"].as_array().unwrap().iter().filter(is_it).count(), 1, "{path}");
        }
    }
}
