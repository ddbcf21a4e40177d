//! Cloudflare's JSON.

use serde::Deserialize;

use super::CloudflareZone;
use crate::change::Held;
use dns_records::name::normal;
use dns_records::record::Record;

/// What every answer is wrapped in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Envelope {
    #[serde(default)]
    pub(super) success: bool,
    #[serde(default)]
    pub(super) errors: Vec<WireError>,
    #[serde(default)]
    pub(super) result: serde_json::Value,
    #[serde(default)]
    pub(super) result_info: Option<Info>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireError {
    #[serde(default)]
    pub(super) code: u64,
    #[serde(default)]
    pub(super) message: String,
    /// What was wrong in particular.
    #[serde(default)]
    pub(super) error_chain: Vec<WireError>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Info {
    #[serde(default)]
    pub(super) total_pages: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireZone {
    id: String,
    pub(super) name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    name_servers: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireRecord {
    pub(super) id: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    ttl: u32,
    /// Of MX records, whose content is the name alone.
    #[serde(default)]
    priority: Option<u16>,
    #[serde(default)]
    proxied: Option<bool>,
    #[serde(default)]
    comment: Option<String>,
}

impl From<WireZone> for CloudflareZone {
    fn from(zone: WireZone) -> Self {
        Self {
            name: normal(&zone.name),
            is_active: zone.status == "active",
            name_servers: zone.name_servers.unwrap_or_default(),
            id: zone.id,
        }
    }
}

impl From<WireRecord> for Held {
    fn from(wire: WireRecord) -> Self {
        let content = match wire.priority.filter(|_| wire.kind == "MX") {
            Some(priority) => format!("{priority} {}", wire.content),
            None => wire.content,
        };
        Self {
            record: Record::read(&wire.name, &wire.kind, &content, wire.ttl),
            id: wire.id,
            is_proxied: wire.proxied.unwrap_or_default(),
            comment: wire.comment.filter(|comment| !comment.is_empty()),
        }
    }
}
