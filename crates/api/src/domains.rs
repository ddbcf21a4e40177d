//! `/v1/accounts/{name}/domains`, and the senders of domains.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::infrastructure::manifest::{DomainManifest, Manifest};
use crate::verification::ActionOwner;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDomain {
    pub name: String,
    #[serde(default)]
    pub domain: DomainManifest,
    /// Where the infrastructure's parts are, if nobody has said yet.
    #[serde(default)]
    pub infrastructure: Manifest,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSenders {
    pub rows: Vec<SenderRow>,
    /// Whether one row that cannot be refuses them all.
    #[serde(default)]
    pub strict: bool,
}

/// The SPF record as it is now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RestoredSpfView {
    /// The domain.
    pub domain: String,
    /// The record.
    pub spf: String,
}

/// One domain.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DomainStatus {
    /// The account.
    pub account: String,
    /// The domain.
    pub domain: String,
    /// How far it is.
    pub state: DomainState,
    /// Who writes its records.
    pub dns: String,
    /// The zone that it is in, if one was found.
    pub zone: Option<String>,
    /// The DNS provider, as far as its name servers tell.
    pub dns_provider: Option<String>,
    /// Required records, beside the actual ones.
    pub rows: Vec<RecordRow>,
    /// The records to be written by hand, and those that are right: one row each.
    pub records: Vec<RecordToWrite>,
    /// What has to be written, as lines of a zone file.
    pub bind: String,
    /// What has to be written, as a script for `nsupdate`.
    pub nsupdate: String,
    /// The verification state of each part at Azure.
    pub parts: Vec<PartState>,
    /// How many senders Azure has.
    pub senders: usize,
    /// What it means, in sentences.
    pub messages: Vec<String>,
    /// Who has to act, while it is not ready.
    pub owner: Option<ActionOwner>,
    /// What to type.
    pub commands: Vec<String>,
}

/// How far a domain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DomainState {
    /// Nobody has asked Azure yet.
    Desired,
    /// Azure has it, or is making it.
    Created,
    /// Its records are not right.
    DnsNeeded,
    /// Azure looks at its records.
    Verifying,
    /// Azure has verified it, and it is not linked.
    Verified,
    /// It is linked, and something is still to be done.
    Linked,
    /// Mail can be sent.
    Ready,
    /// A step came to nothing.
    Failed,
}

/// What a person has to do about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordAction {
    /// Add the record beside what is there.
    Add,
    /// Put the record in the place of others.
    Replace,
    /// Nothing: it is there.
    Keep,
    /// Add it if you like: Azure does not ask for it.
    Recommended,
    /// Something is in the way, and a person has to decide about it first.
    Decide,
}

impl RecordAction {
    /// The words for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Keep => "nothing to do",
            Self::Recommended => "recommended",
            Self::Decide => "decide first",
        }
    }
}

/// A record that has to be there, beside what is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordRow {
    /// What it is for.
    pub part: String,
    /// The full name.
    pub name: String,
    /// `TXT` and the like.
    pub kind: String,
    /// What has to be there.
    pub required: String,
    /// What is there.
    pub actual: Vec<String>,
    /// `right`, `missing`, `wrong`, `conflict` or `advice`.
    pub verdict: String,
    /// A word for programs.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// What should be written instead.
    pub proposal: Option<String>,
    /// For how many seconds others may still believe the old answer.
    pub wait_seconds: Option<u32>,
}

/// The verification state of a part at Azure.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartState {
    /// `Domain`, `SPF`, `DKIM`, `DKIM2`.
    pub part: String,
    /// Azure's word.
    pub state: String,
    /// Azure's error.
    pub error: Option<String>,
}

impl DomainState {
    /// The word for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Desired => "desired",
            Self::Created => "created",
            Self::DnsNeeded => "DNS needed",
            Self::Verifying => "verifying",
            Self::Verified => "verified",
            Self::Linked => "linked",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

/// A record that a domain needs, once, beside what is there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordToWrite {
    /// What is wrong with it, if something is; the worst where it is several things.
    #[serde(flatten)]
    pub finding: RecordRow,
    /// What to do.
    pub action: RecordAction,
    /// The name without the zone, `@` for the zone itself.
    pub relative: String,
    /// The value as zone files have it: a text in quotes, a name with its dot.
    pub value: String,
    /// The value alone, for pages that add quotes and dots.
    pub plain: String,
    /// Seconds. All records of a name and type have one.
    pub ttl: u32,
    /// The values whose place it takes, as zone files have them.
    pub replaces: Vec<String>,
}

/// A sender that is to be there, as a line of a file has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SenderRow {
    /// The line.
    #[serde(default)]
    pub line: u64,
    /// The domain.
    pub domain: String,
    /// The part before the `@`.
    pub username: String,
    /// The name beside the address.
    #[serde(default)]
    pub display_name: Option<String>,
    /// A login that is made with it, if one is wanted.
    #[serde(default)]
    pub credential: Option<String>,
}

/// What became of a line.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SenderRowResult {
    /// The line.
    pub line: u64,
    /// The address.
    pub address: String,
    /// What is wrong with it; it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
