//! Reads and writes the examples of Azure's published specifications, where a copy lies beside the
//! project in `../shared/azure/spec`. Elsewhere there is nothing to compare with: the test is ignored, and
//! `cargo xtask test` asks for it where `../shared` is.

#![allow(clippy::unwrap_used, reason = "an example that cannot be read fails the test")]

use std::path::{Path, PathBuf};

use azure_types::email::{EmailMessage, EmailSendResult};
use serde_json::Value;

fn examples() -> Vec<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = workspace.join("../shared/azure/spec/email-data-plane/2025-09-01/examples");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let examples: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!examples.is_empty(), "{} holds no examples", folder.display());
    examples
}

/// Reads `value` as `T` and writes it again: nothing may be lost but letter case of GUIDs.
fn check<T: serde::de::DeserializeOwned + serde::Serialize>(value: &Value, path: &Path) {
    let read: T = serde_json::from_value(value.clone()).unwrap();
    let written = serde_json::to_value(read).unwrap();
    let mut expected = value.clone();
    if let (Some(expected), Some(written)) = (expected.as_object_mut(), written.as_object()) {
        // Both forms of "no error" are the same.
        if !expected.contains_key("error") && written.get("error") == Some(&Value::Null) {
            expected.insert("error".to_owned(), Value::Null);
        }
        if let Some(Value::String(id)) = expected.get_mut("id") {
            id.make_ascii_lowercase();
        }
    }
    assert_eq!(written, expected, "{}", path.display());
}

#[test]
#[ignore = "needs Azure's specifications in ../shared/azure/spec"]
fn examples_of_the_email_data_plane_survive() {
    for path in examples() {
        let example: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if let Some(message) = example["parameters"].get("emailMessage") {
            check::<EmailMessage>(message, &path);
        }
        for response in example["responses"].as_object().unwrap().values() {
            if let Some(body) = response.get("body") {
                check::<EmailSendResult>(body, &path);
            }
        }
    }
}
