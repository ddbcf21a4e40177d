//! Every answer about `Microsoft.Communication`, held against Azure's published specification, where a copy lies beside
//! the project in `../shared/azure/spec`. Elsewhere there is nothing to compare with: the test is ignored, and
//! `cargo xtask test` asks for it where `../shared` is.
//!
//! Azure itself does not keep to all of it: where traffic was recorded that differs, the twin follows the recording, and
//! [`DEVIATIONS`] says so. One that does not occur any more fails the test, too.

mod spec;
mod steps;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::Value;

use self::spec::{Operation, Spec};
use super::super::tests::{SUBSCRIPTION, send};
use crate::rehearsal::{Answer, Rehearsal};

/// Kinds without a location.
const PROXIES: &[&str] =
    &["senderUsernames", "smtpUsernames", "suppressionLists", "suppressionListAddresses"];

/// Where the twin departs from the specification, the kinds of resources that do, and what was recorded.
const DEVIATIONS: [(&str, &[&str], &str); 7] = [
    (
        "provisioningState is Accepted",
        &["communicationServices", "emailServices", "domains"],
        "recorded on every 201, and in the specification's own examples, but not in its list of states",
    ),
    (
        "type in lower case",
        &[
            "communicationServices",
            "emailServices",
            "domains",
            "senderUsernames",
            "smtpUsernames",
            "suppressionLists",
            "suppressionListAddresses",
        ],
        "recorded where a resource was written, and of what has a location also where it was read",
    ),
    (
        "type without its provider",
        PROXIES,
        "recorded where one was read, which differs from what was written",
    ),
    ("200 for what was made", PROXIES, "recorded; 201 is what it should be"),
    ("204 for what was there", &["smtpUsernames"], "recorded; 204 is for what was not"),
    (
        "null where there is no body",
        &[
            "communicationServices",
            "emailServices",
            "domains",
            "senderUsernames",
            "suppressionLists",
            "suppressionListAddresses",
        ],
        "recorded: four characters of JSON, of a type that the specification does not name",
    ),
    ("properties in the list of actions", &[""], "recorded: each action has one more member, which is null"),
];

struct Walk {
    rehearsal: Rehearsal,
    spec: Spec,
    visited: BTreeSet<(String, String)>,
    seen: BTreeSet<&'static str>,
}

impl Walk {
    /// Asks, and compares the answer with what is specified.
    async fn ask(&mut self, method: &str, path: &str, body: Value) -> Answer {
        // Nearly everything lies in the subscription.
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{SUBSCRIPTION}/{path}") };
        let version = format!("{path}?api-version=2026-03-18");
        let answer = send(&self.rehearsal, method, &version, body).await;
        let operation = self.spec.find(method, &path);
        let what = format!("{method} {path}: {} {:#}", answer.status, answer.body);
        self.compare(&operation, &answer, &what);
        if answer.status < 400 {
            self.visited.insert((operation.method, operation.path));
        }
        answer
    }

    /// Writes what was not there.
    async fn make(&mut self, path: &str, body: Value) {
        let made = self.ask("PUT", path, body).await;
        if made.status != 201 {
            assert_eq!(made.status, 200, "{path}: {:#}", made.body);
            self.deviate("200 for what was made", kind(path), path);
        }
    }

    /// Deletes what was there; a second time it deletes nothing.
    async fn delete(&mut self, path: &str) {
        let gone = self.ask("DELETE", path, Value::Null).await;
        if ![200, 202].contains(&gone.status) {
            assert_eq!(gone.status, 204, "{path}: {:#}", gone.body);
            self.deviate("204 for what was there", kind(path), path);
        }
        assert_eq!(self.ask("DELETE", path, Value::Null).await.status, 204, "{path}");
        assert_eq!(self.ask("GET", path, Value::Null).await.status, 404, "{path}");
    }

    async fn get(&mut self, path: &str) -> Value {
        let shown = self.ask("GET", path, Value::Null).await;
        assert_eq!(shown.status, 200, "{path}: {:#}", shown.body);
        shown.body
    }

    fn compare(&mut self, operation: &Operation, answer: &Answer, what: &str) {
        let is_error = answer.status >= 400;
        let status = answer.status.to_string();
        let response = &operation.responses[if is_error { "default" } else { &status }];
        assert!(response.is_object(), "this status is not specified: {what}");
        for header in response["headers"].as_object().into_iter().flatten() {
            assert!(answer.headers.contains_key(header.0.as_str()), "{} is missing: {what}", header.0);
        }
        let kind = kind(&operation.path);
        let Some(schema) = response.get("schema") else {
            if answer.headers.contains_key("content-type") {
                assert_eq!(answer.body, Value::Null, "{what}");
                self.deviate("null where there is no body", kind, what);
            }
            return;
        };
        let mut body = answer.body.clone();
        if !is_error {
            for one in resources(&mut body) {
                self.judge(one, &operation.path, what);
            }
        }
        if operation.path.ends_with("/operations") {
            self.strip_actions(&mut body, what);
        }
        let schema = self.spec.schema(schema);
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{what}");
    }

    /// What a schema does not say, or what it says and Azure does not do.
    fn judge(&mut self, resource: &mut Value, path: &str, what: &str) {
        let expected = path.rsplit_once("/providers/").map(|(_, rest)| rest).unwrap_or_default();
        let (provider, names) = expected.split_once('/').unwrap();
        let names: Vec<&str> = names.split('/').step_by(2).collect();
        let (kind, short) = (kind(path), names.join("/"));
        let full = format!("{provider}/{short}");
        let own = resource["type"].as_str().unwrap();
        if own.eq_ignore_ascii_case(&short) {
            self.deviate("type without its provider", kind, what);
        } else {
            assert!(own.eq_ignore_ascii_case(&full), "{own} is not {full}: {what}");
            if own == full.to_ascii_lowercase() {
                self.deviate("type in lower case", kind, what);
            }
        }
        if resource["properties"]["provisioningState"] == "Accepted" {
            self.deviate("provisioningState is Accepted", kind, what);
            resource["properties"]["provisioningState"] = "Creating".into();
        }
    }

    fn strip_actions(&mut self, body: &mut Value, what: &str) {
        for action in body["value"].as_array_mut().unwrap() {
            assert_eq!(action.as_object_mut().unwrap().remove("properties"), Some(Value::Null), "{what}");
        }
        self.deviate("properties in the list of actions", "", what);
    }

    fn deviate(&mut self, name: &'static str, kind: &str, what: &str) {
        let known = DEVIATIONS.iter().find(|(known, kinds, _)| *known == name && kinds.contains(&kind));
        assert!(known.is_some(), "{name}: {what}");
        self.seen.insert(name);
    }

    fn wait(&self) {
        self.rehearsal.backend.advance(SignedDuration::from_mins(5));
    }
}

/// The kind of resource that a path ends in, actions left out.
fn kind(path: &str) -> &str {
    let below = path.rsplit_once("/Microsoft.Communication/").map(|(_, rest)| rest).unwrap_or_default();
    let segments: Vec<&str> = below.split('/').collect();
    let is_kind = |segment: &&&str| segment.ends_with('s') && !segment.starts_with("list");
    segments.iter().step_by(2).rfind(is_kind).copied().unwrap_or_default()
}

/// The resources in an answer: one, or those of a list.
fn resources(body: &mut Value) -> Vec<&mut Value> {
    if body.get("type").is_some() {
        return vec![body];
    }
    let all = body.get_mut("value").and_then(Value::as_array_mut).into_iter().flatten();
    all.filter(|one| one.get("type").is_some()).collect()
}

#[tokio::test]
#[ignore = "needs Azure's specifications in ../shared/azure/spec"]
async fn every_answer_is_as_published() {
    let (visited, seen) = (BTreeSet::new(), BTreeSet::new());
    let mut walk = Walk { rehearsal: Rehearsal::begin(), spec: Spec::read(), visited, seen };
    steps::all(&mut walk).await;
    for operation in walk.spec.operations() {
        let key = (operation.method, operation.path);
        assert!(walk.visited.contains(&key), "nothing was asked of {} {}", key.0, key.1);
    }
    for (name, _, _) in DEVIATIONS {
        assert!(walk.seen.contains(name), "{name} does not occur any more");
    }
}
