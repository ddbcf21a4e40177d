//! What an email domain looks like: next to nothing while it is being made, and then how far its verification is.

use serde::{Serialize, Serializer};

use super::super::call::Call;
use super::provisioning_state;
use super::shape::{Document, Tracked};
use crate::state::dns::{DKIM, SPF_INCLUDE};
use crate::state::{Domain, Management, Part, State, normalised};

/// What is a domain's own.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Properties<'a> {
    /// While it is being made.
    Accepted { domain_management: &'static str, provisioning_state: &'static str },
    Whole {
        provisioning_state: &'static str,
        data_location: String,
        from_sender_domain: &'a str,
        mail_from_sender_domain: &'a str,
        domain_management: &'static str,
        user_engagement_tracking: &'static str,
        verification_states: Members<PartState>,
        verification_records: Members<Record>,
    },
}

/// An object whose members are parts of a verification, in their order.
struct Members<T>(Vec<(Part, T)>);

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(part, value)| (part.as_str(), value)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartState {
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
}

/// A record that has to stand in DNS.
#[derive(Serialize)]
struct Record {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: String,
    ttl: u32,
}

pub(super) fn shown(call: &Call<'_>, state: &State, domain: &Domain) -> Document {
    let now = call.backend.now();
    let provisioning_state = provisioning_state(domain.ready_at, domain.has_failed, now);
    let domain_management = management(domain);
    let properties = if domain.ready_at > now {
        Properties::Accepted { domain_management, provisioning_state }
    } else {
        Properties::Whole {
            provisioning_state,
            data_location: normalised(&domain.data_location),
            from_sender_domain: &domain.name,
            mail_from_sender_domain: &domain.name,
            domain_management,
            user_engagement_tracking: if domain.engagement_tracking { "Enabled" } else { "Disabled" },
            verification_states: states(state, domain),
            verification_records: records(domain),
        }
    };
    Document::of(&Tracked {
        id: domain.resource_id(),
        name: domain.resource_name(),
        kind: "microsoft.communication/emailservices/domains",
        location: &domain.location,
        tags: &domain.tags,
        identity: None,
        system_data: &domain.stamp.system_data,
        properties,
    })
}

/// How far each part is. An error code is there, and empty, while a part is under way and once it is done; not before,
/// and not where Azure has verified a domain of its own.
fn states(state: &State, domain: &Domain) -> Members<PartState> {
    let is_own = domain.management == Management::AzureManaged;
    let shown = |part| {
        let progress = domain.verification.of(part);
        let is_plain = is_own || progress.status == "NotStarted";
        let empty = || (state.behaviour.empty_error_codes && !is_plain).then(String::new);
        (part, PartState { error_code: progress.error.or_else(empty), status: progress.status })
    };
    Members(Part::ALL.into_iter().map(shown).collect())
}

/// What has to stand in DNS. Nothing is said about DMARC, and nothing about Azure's own domains.
fn records(domain: &Domain) -> Members<Record> {
    if domain.management == Management::AzureManaged {
        return Members(Vec::new());
    }
    let record = |kind, name: &str, value| Record { kind, name: name.to_owned(), value, ttl: 3_600 };
    let mut records = vec![
        (Part::Domain, record("TXT", &domain.name, domain.ownership_record())),
        (Part::Spf, record("TXT", &domain.name, format!("v=spf1 {SPF_INCLUDE} -all"))),
    ];
    let keys = DKIM.into_iter().map(|(part, name, target)| (part, record("CNAME", name, target.to_owned())));
    records.extend(keys);
    Members(records)
}

fn management(domain: &Domain) -> &'static str {
    match domain.management {
        Management::AzureManaged => "AzureManaged",
        Management::CustomerManaged => "CustomerManaged",
        Management::CustomerManagedInExchangeOnline => "CustomerManagedInExchangeOnline",
    }
}
