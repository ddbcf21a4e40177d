//! `Microsoft.Communication` in Azure Resource Manager: services, domains, sender usernames.
//!
//! The published specification, api-version 2025-09-01; members that are not needed are left out.

use serde::{Deserialize, Serialize};

use crate::absent::or_default;

/// The version that the product speaks.
pub const API_VERSION: &str = "2025-09-01";
/// All stable versions that are known to have these shapes; SMTP usernames and suppression lists are in those from
/// 2025-09-01 on.
pub const API_VERSIONS: [&str; 4] = ["2023-04-01", "2025-05-01", "2025-09-01", "2026-03-18"];

/// A resource: what all of them have in common, and its own properties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource<P> {
    /// The ARM id. Its case changes from answer to answer.
    pub id: String,
    /// The last part of the id.
    pub name: String,
    /// The type. Its case and its form change, too; it is never compared.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    /// `Global`, where a resource has a location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What is its own.
    pub properties: P,
}

/// A communication service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommunicationService {
    /// `Succeeded`, and others on the way there.
    #[serde(default, deserialize_with = "or_default")]
    pub provisioning_state: String,
    /// The host of the data plane.
    #[serde(default, deserialize_with = "or_default")]
    pub host_name: String,
    /// `Europe` and the like.
    #[serde(default, deserialize_with = "or_default")]
    pub data_location: String,
    /// ARM ids of domains.
    #[serde(default, deserialize_with = "or_default")]
    pub linked_domains: Vec<String>,
    /// Whether access keys are switched off.
    #[serde(default, deserialize_with = "or_default")]
    pub disable_local_auth: bool,
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<String>,
}

/// An email service: what domains are part of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailService {
    /// `Succeeded`, and others on the way there.
    #[serde(default, deserialize_with = "or_default")]
    pub provisioning_state: String,
    /// `Europe` and the like.
    #[serde(default, deserialize_with = "or_default")]
    pub data_location: String,
}

/// A login for SMTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SmtpUsername {
    /// What is typed.
    pub username: String,
    /// The app whose secret is the password. Azure does not check it.
    pub entra_application_id: String,
    /// The app's directory.
    pub tenant_id: String,
}

/// An email domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// `Succeeded`, and others on the way there.
    #[serde(default, deserialize_with = "or_default")]
    pub provisioning_state: String,
    /// `AzureManaged` or `CustomerManaged`.
    #[serde(default, deserialize_with = "or_default")]
    pub domain_management: String,
    /// The domain of the author's address.
    #[serde(default, deserialize_with = "or_default")]
    pub from_sender_domain: String,
    /// `Europe` and the like.
    #[serde(default, deserialize_with = "or_default")]
    pub data_location: String,
    /// Whether opens and clicks are followed: `Enabled` or `Disabled`.
    #[serde(default, deserialize_with = "or_default")]
    pub user_engagement_tracking: String,
    /// How far its verification is.
    #[serde(default, deserialize_with = "or_default")]
    pub verification_states: VerificationStates,
    /// What has to stand in DNS. Empty for a domain of Azure's own.
    #[serde(default, deserialize_with = "or_default")]
    pub verification_records: VerificationRecords,
}

/// What has to stand in DNS for each part of a verification. Azure gives none for DMARC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationRecords {
    #[serde(rename = "Domain", default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<VerificationRecord>,
    /// Who may send.
    #[serde(rename = "SPF", default, skip_serializing_if = "Option::is_none")]
    pub spf: Option<VerificationRecord>,
    /// The first key.
    #[serde(rename = "DKIM", default, skip_serializing_if = "Option::is_none")]
    pub dkim: Option<VerificationRecord>,
    /// The second key.
    #[serde(rename = "DKIM2", default, skip_serializing_if = "Option::is_none")]
    pub dkim2: Option<VerificationRecord>,
}

/// A record that has to stand in DNS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationRecord {
    /// `TXT` or `CNAME`.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    /// Full for ownership and SPF; relative to the domain for keys, as far as it was seen.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub value: String,
    #[serde(default, deserialize_with = "or_default")]
    pub ttl: u32,
}

/// How far a domain's verification is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationStates {
    #[serde(rename = "Domain", default, deserialize_with = "or_default")]
    pub domain: VerificationState,
    /// Who may send.
    #[serde(rename = "SPF", default, deserialize_with = "or_default")]
    pub spf: VerificationState,
    /// The first key.
    #[serde(rename = "DKIM", default, deserialize_with = "or_default")]
    pub dkim: VerificationState,
    /// The second key.
    #[serde(rename = "DKIM2", default, deserialize_with = "or_default")]
    pub dkim2: VerificationState,
}

/// How far one of them is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerificationState {
    /// `NotStarted`, `VerificationRequested`, `VerificationInProgress`, `VerificationFailed`, `Verified` or
    /// `CancellationRequested`.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    /// Free text, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
}

/// A sender username.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SenderUsername {
    /// The local part.
    pub username: String,
    /// The name beside the address; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// A list of addresses that nothing is sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressionList {
    /// The sender username that it is for; all of them when empty.
    #[serde(default, deserialize_with = "or_default")]
    pub list_name: String,
}

/// An address on a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressedAddress {
    pub email: String,
}

/// Whether two geographies are the same. Services write them as they were chosen (`United States`), domains without
/// blanks and in lower case (`unitedstates`).
#[must_use]
pub fn is_same_location(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    plain(one) == plain(other)
}

impl VerificationState {
    /// Whether this part is done.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status == "Verified"
    }
}

impl VerificationStates {
    /// The parts, by the names that the portal uses.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, &VerificationState); 4] {
        [("Domain", &self.domain), ("SPF", &self.spf), ("DKIM", &self.dkim), ("DKIM2", &self.dkim2)]
    }

    /// What is not verified yet, by the names that the portal uses.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        self.parts().into_iter().filter(|(_, state)| !state.is_verified()).map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_says_what_is_missing() {
        let json = r#"{"id":"/subscriptions/s/resourcegroups/g/providers/microsoft.communication/emailservices/e/domains/d",
            "name":"d","type":"microsoft.communication/emailservices/domains","location":"global","tags":{},
            "properties":{"domainManagement":"CustomerManaged","provisioningState":"Succeeded",
            "verificationStates":{"Domain":{"status":"Verified","errorCode":""},"SPF":{"status":"NotStarted"},
            "DKIM":{"status":"Verified"},"DMARC":{"status":"NotStarted"}}}}"#;
        let domain: Resource<Domain> = serde_json::from_str(json).unwrap();
        assert_eq!(domain.properties.verification_states.missing().collect::<Vec<_>>(), ["SPF", "DKIM2"]);
    }

    #[test]
    fn a_member_that_is_null_is_absent() {
        let json = r#"{"id":"/s","name":"s","type":null,"location":null,"properties":{"provisioningState":"Succeeded",
            "hostName":null,"dataLocation":null,"linkedDomains":null,"disableLocalAuth":null,"publicNetworkAccess":null}}"#;
        let service: Resource<CommunicationService> = serde_json::from_str(json).unwrap();
        let expected = CommunicationService {
            provisioning_state: "Succeeded".to_owned(),
            ..CommunicationService::default()
        };
        assert_eq!((service.kind.as_str(), service.properties), ("", expected));
        let json = r#"{"id":"/d","name":"d","properties":{"provisioningState":null,"userEngagementTracking":null,
            "verificationStates":{"Domain":{"status":null,"errorCode":null},"SPF":null},"verificationRecords":null}}"#;
        let domain: Resource<Domain> = serde_json::from_str(json).unwrap();
        assert_eq!(domain.properties, Domain::default());
        let json = r#"{"id":"/n","name":"n","properties":{"username":"n","displayName":null}}"#;
        assert!(serde_json::from_str::<Resource<SenderUsername>>(json).is_ok());
    }

    #[test]
    fn a_geography_is_the_same_with_and_without_blanks() {
        assert!(is_same_location("United States", "unitedstates"));
        assert!(is_same_location("ASIA PACIFIC", "asiapacific"));
        assert!(!is_same_location("Europe", "United States"));
    }
}
