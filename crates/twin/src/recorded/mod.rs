//! The twin's answers beside what was recorded of Azure: status, members in their order, what is absent and what is
//! `null`, headers. Every row names where and when the traffic was recorded; values that were recorded are compared
//! one by one in [`values`].

mod entra_and_graph;
mod resource_manager;
mod shape;
mod values;

use jiff::SignedDuration;
use serde_json::Value;

use crate::arm::tests::{SUBSCRIPTION, send_with};
use crate::rehearsal::{Answer, Rehearsal};

/// Recordings of Microsoft's SDKs and tools, by where they are published and when the traffic was recorded.
mod source {
    const ASSETS: &str = "Azure/azure-sdk-assets";
    pub(super) const NET: [&str; 3] = [ASSETS, "net, communication services and domains", "2023-09"];
    pub(super) const NET_PRE: [&str; 3] = [ASSETS, "net, suppression lists, pre-production", "2023-11"];
    pub(super) const PYTHON: [&str; 3] =
        [ASSETS, "python, azure-mgmt-communication, list_operations", "2023-12"];
    pub(super) const GO: [&str; 3] = [ASSETS, "go, armcommunication", "2026-01"];
    pub(super) const JS: [&str; 3] = [ASSETS, "js, arm-communication", "2026-01"];
    pub(super) const GO_DNS: [&str; 3] = [ASSETS, "go, armdns, TestDnsTestSuite", "2023-12"];
    const CLI_REPOSITORY: &str = "Azure/azure-cli-extensions, azext_communication";
    pub(super) const CLI: [&str; 3] =
        [CLI_REPOSITORY, "test_communication_smtpusername_scenarios", "2025-03"];
    pub(super) const CLI_DOMAIN: [&str; 3] =
        [CLI_REPOSITORY, "test_communication_email_domain_scenarios", "2025-03"];
    pub(super) const POWERSHELL: [&str; 3] = ["Azure/azure-powershell", "src/Communication", "2024-07"];
    pub(super) const CLI_DNS: [&str; 3] = ["Azure/azure-cli", "network, test_dns", "2021-02"];
    pub(super) const CLI_ROLE: [&str; 3] = ["Azure/azure-cli", "role, test_app_credential", "2022-05"];
    pub(super) const JS_IDENTITY: [&str; 3] = ["Azure/azure-sdk-for-js", "identity, errors", "2021"];
}

/// What is asked, and what was recorded of the answer.
struct Row {
    name: &'static str,
    /// Repository, recording, month.
    source: [&'static str; 3],
    ask: (&'static str, String, Value),
    status: u16,
    /// As [`shape::of`] writes it.
    shape: &'static str,
    /// Headers that are there.
    there: &'static [&'static str],
    /// Headers that are not.
    absent: &'static [&'static str],
}

/// What every answer of a resource provider carries.
const OF_PROVIDER: &[&str] = &[
    "mise-correlation-id",
    "request-context",
    "x-ms-providerhub-traffic",
    "x-ms-operation-identifier",
    "x-ms-request-id",
    "x-ms-correlation-request-id",
    "x-ms-routing-request-id",
    "strict-transport-security",
    "x-content-type-options",
    "x-cache",
    "x-msedge-ref",
    "pragma",
    "expires",
];

/// A twin at Azure's own pace, where nothing is said about when to come again.
fn azure() -> Rehearsal {
    let rehearsal = Rehearsal::begin();
    rehearsal.backend.change_state(|state| {
        state.behaviour.provisioning_seconds = 66;
        state.behaviour.communication_retry_after = None;
    });
    rehearsal
}

fn provider() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication")
}

async fn ask(rehearsal: &Rehearsal, (method, path, body): &(&str, String, Value)) -> Answer {
    send_with(rehearsal, method, path, body.clone(), &[]).await
}

/// Asks and compares.
async fn check(rehearsal: &Rehearsal, row: Row) -> Answer {
    let answer = ask(rehearsal, &row.ask).await;
    compare(&row, &answer);
    answer
}

fn compare(row: &Row, answer: &Answer) {
    let what = format!("{} ({}): {}", row.name, row.source.join("; "), answer.text);
    assert_eq!(answer.status, row.status, "{what}");
    assert_eq!(shape::of(&answer.text), row.shape, "{what}");
    for header in row.there {
        assert!(answer.headers.contains_key(*header), "{header} is missing: {what} {:#?}", answer.headers);
    }
    for header in row.absent {
        assert!(!answer.headers.contains_key(*header), "{header} is there: {what}");
    }
}

fn pass(rehearsal: &Rehearsal, seconds: i64) {
    rehearsal.backend.advance(SignedDuration::from_secs(seconds));
}

/// Where an answer says that its operation is asked about.
fn place(answer: &Answer, header: &str) -> String {
    let url = answer.headers[header].to_str().unwrap();
    url.strip_prefix("https://localhost:8443").unwrap().to_owned()
}
