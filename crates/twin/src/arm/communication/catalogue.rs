//! What there is: kinds of resources, the api-versions that know them, and what may be done with each.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::arm::COMMUNICATION_NAMESPACE;
use azure_types::communication::API_VERSIONS;
use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use crate::error_reply::ErrorReply;

/// A kind of resource.
struct Kind {
    name: &'static str,
    since: Since,
}

/// The versions that know a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    /// All that are played here, previews included.
    Always,
    /// A preview, and what is stable from 2025-09-01 on.
    Preview(&'static str),
}

const PREVIEWS: [&str; 2] = ["2023-06-01-preview", "2024-09-01-preview"];
/// Older ones, which scripts and templates go on carrying. They have the same shapes as far as they are played.
const OLDER: [&str; 7] = [
    "2020-08-20",
    "2021-10-01-preview",
    "2022-07-01-preview",
    "2023-03-01-preview",
    "2023-03-31",
    "2023-04-01-preview",
    "2025-05-01-preview",
];
/// The first stable version with SMTP usernames and suppression lists.
const COMPLETE: &str = "2025-09-01";

const KINDS: [Kind; 7] = [
    Kind { name: "CommunicationServices", since: Since::Always },
    Kind { name: "CommunicationServices/smtpUsernames", since: Since::Preview(PREVIEWS[1]) },
    Kind { name: "EmailServices", since: Since::Always },
    Kind { name: "EmailServices/Domains", since: Since::Always },
    Kind { name: "EmailServices/Domains/senderUsernames", since: Since::Always },
    Kind { name: "EmailServices/Domains/suppressionLists", since: Since::Preview(PREVIEWS[0]) },
    Kind {
        name: "EmailServices/Domains/suppressionLists/suppressionListAddresses",
        since: Since::Preview(PREVIEWS[0]),
    },
];

/// All kinds with their versions, the newest first, as clients expect that pick one.
pub(in super::super) fn kinds() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    KINDS.iter().map(|kind| (kind.name, kind.since.versions()))
}

/// Domains that are verified in Exchange Online, which nobody has here.
pub(super) fn exchange_online_domains(call: &Call<'_>) -> Answer {
    let scope = super::parent(&call.path, 3);
    call.must(
        &format!("{COMMUNICATION_NAMESPACE}/EmailServices/verifiedExchangeOnlineDomains/action"),
        &scope,
    )?;
    Ok(Json(json!([])).into_response())
}

/// Refuses what the api-version of a call does not know. `rest` is what lies below the provider, in lower case.
pub(super) fn check(call: &Call<'_>, rest: &[&str]) -> Result<(), ErrorReply> {
    let asked = call.query.get("api-version").map(String::as_str).unwrap_or_default();
    // Where to ask about an operation was said by the twin itself.
    if rest.first() == Some(&"locations") {
        return Ok(());
    }
    let is_action = call.method == "POST" || rest == ["operations"];
    let below = if is_action { &rest[..rest.len().saturating_sub(1)] } else { rest };
    let wanted = below.iter().step_by(2).copied().collect::<Vec<_>>().join("/");
    if wanted.is_empty() {
        return if Since::Always.versions().contains(&asked) {
            Ok(())
        } else {
            Err(no_type(rest[0], asked, &Since::Always.versions()))
        };
    }
    let Some(kind) = KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(&wanted)) else {
        return Err(no_type(&wanted, asked, &[]));
    };
    let versions = kind.since.versions();
    if versions.contains(&asked) {
        return Ok(());
    }
    // What has a location is looked for where it is; what belongs to it is looked for by its type.
    Err(match kind.name {
        "CommunicationServices" | "EmailServices" | "EmailServices/Domains" => {
            no_provider(kind.name, asked, &versions)
        }
        other => no_type(other, asked, &versions),
    })
}

fn no_provider(kind: &str, asked: &str, versions: &[&str]) -> ErrorReply {
    let text = format!(
        "No registered resource provider found for location 'global' and API version '{asked}' for type '{kind}'. \
         The supported api-versions are '{}'. The supported locations are 'global'.",
        versions.join(", ")
    );
    ErrorReply::bad_request("NoRegisteredProviderFound", text)
}

fn no_type(kind: &str, asked: &str, versions: &[&str]) -> ErrorReply {
    let text = format!(
        "The resource type '{kind}' could not be found in the namespace '{COMMUNICATION_NAMESPACE}' for api version \
         '{asked}'. The supported api-versions are '{}'.",
        versions.join(",")
    );
    ErrorReply::new(StatusCode::NOT_FOUND, "InvalidResourceType", text)
}

impl Since {
    /// The newest first.
    fn versions(self) -> Vec<&'static str> {
        let mut all = match self {
            Self::Always => [&API_VERSIONS[..], &PREVIEWS[..], &OLDER[..]].concat(),
            Self::Preview(preview) => {
                let stable = API_VERSIONS.into_iter().filter(|version| *version >= COMPLETE);
                stable.chain([preview]).collect()
            }
        };
        all.sort_unstable_by(|one, other| other.cmp(one));
        all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::tests::{SUBSCRIPTION, ask, send};
    use crate::rehearsal::Rehearsal;

    const SERVICE: &str =
        "resourceGroups/mail/providers/Microsoft.Communication/communicationServices/contoso-mail";
    const EMAIL: &str = "resourceGroups/mail/providers/Microsoft.Communication/emailServices/contoso-email";

    #[tokio::test]
    async fn every_kind_is_there_in_the_versions_that_know_it() {
        let rehearsal = Rehearsal::begin();
        let domain = format!("{EMAIL}/domains/contoso.example");
        let (good, no_provider, no_type) = ("", "NoRegisteredProviderFound", "InvalidResourceType");
        for (path, version, code) in [
            (SERVICE.to_owned(), "2023-04-01", good),
            (SERVICE.to_owned(), "2024-09-01-preview", good),
            (SERVICE.to_owned(), "2020-08-20", good),
            (domain.clone(), "2023-04-01-preview", good),
            (SERVICE.to_owned(), "2026-03-18", good),
            (SERVICE.to_owned(), "2019-10-10", no_provider),
            (domain.clone(), "2022-12-01", no_provider),
            (format!("{domain}/senderUsernames"), "2025-05-01", good),
            (format!("{domain}/senderUsernames"), "2022-12-01", no_type),
            (format!("{SERVICE}/smtpUsernames"), "2025-09-01", good),
            (format!("{SERVICE}/smtpUsernames"), "2024-09-01-preview", good),
            (format!("{SERVICE}/smtpUsernames"), "2025-05-01", no_type),
            (format!("{SERVICE}/smtpUsernames"), "2023-06-01-preview", no_type),
            (format!("{domain}/suppressionLists"), "2023-06-01-preview", good),
            (format!("{domain}/suppressionLists"), "2023-04-01", no_type),
            (format!("{domain}/suppressionLists/x/suppressionListAddresses"), "2025-05-01", no_type),
            (format!("{domain}/postmasters"), "2025-09-01", no_type),
        ] {
            let shown = ask(&rehearsal, "GET", &format!("{SUBSCRIPTION}/{path}?api-version={version}")).await;
            assert_eq!(shown.body["error"]["code"].as_str().unwrap_or_default(), code, "{path} {version}");
            let status = if code == no_type { 404 } else { 400 };
            assert_eq!(shown.status, if code.is_empty() { 200 } else { status }, "{path} {version}");
        }
        let path = format!("{SUBSCRIPTION}/{SERVICE}/smtpUsernames?api-version=2025-05-01");
        let text = ask(&rehearsal, "GET", &path).await.body["error"]["message"].to_string();
        assert!(text.contains("'2026-03-18,2025-09-01,2024-09-01-preview'"), "{text}");
    }

    #[tokio::test]
    async fn a_provider_names_its_newest_version_first() {
        let rehearsal = Rehearsal::begin();
        let shown =
            ask(&rehearsal, "GET", &format!("{SUBSCRIPTION}/providers/Microsoft.Communication")).await;
        let types = shown.body["resourceTypes"].as_array().unwrap();
        assert_eq!(types.len(), 7);
        assert!(types.iter().all(|one| one["apiVersions"][0] == "2026-03-18"), "{types:#?}");
    }

    #[tokio::test]
    async fn what_belongs_to_no_domain_is_there_too() {
        let rehearsal = Rehearsal::begin();
        let operations = ask(&rehearsal, "GET", "/providers/Microsoft.Communication/operations").await;
        let is_named = |name: &str| {
            let all = operations.body["value"].as_array().unwrap();
            all.iter().any(|one| one["name"] == format!("Microsoft.Communication/{name}"))
        };
        assert!(is_named("CommunicationServices/ListKeys/action") && is_named("EmailServices/Domains/write"));
        let old = "/providers/Microsoft.Communication/operations?api-version=2015-01-01";
        assert_eq!(ask(&rehearsal, "GET", old).await.body["error"]["code"], "InvalidResourceType");

        let path =
            format!("{SUBSCRIPTION}/providers/Microsoft.Communication/listVerifiedExchangeOnlineDomains");
        let domains = send(&rehearsal, "POST", &path, Value::Null).await;
        assert_eq!((domains.status, domains.body), (200, json!([])));

        let hub = "/subscriptions/x/resourceGroups/g/providers/Microsoft.NotificationHubs/namespaces/n/notificationHubs/h";
        let body = json!({ "resourceId": hub, "connectionString": "Endpoint=sb://n/;SharedAccessKey=a" });
        let path = format!("{SUBSCRIPTION}/{SERVICE}");
        let linked = send(&rehearsal, "POST", &format!("{path}/linkNotificationHub"), body).await;
        assert_eq!((linked.status, &linked.body["resourceId"]), (200, &json!(hub)));
        assert_eq!(ask(&rehearsal, "GET", &path).await.body["properties"]["notificationHubId"], hub);
    }
}
