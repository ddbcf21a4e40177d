//! Zones and tokens as a seed file says them.

use azure_types::ids::SubscriptionId;
use serde::Deserialize;

use super::super::directory::named;
use super::Zone;
use super::provider::{CloudflareToken, ZoneHost};

/// A zone without records.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::state) struct ZoneSeed {
    name: String,
    provider: Option<Provider>,
    #[serde(default = "resource_group")]
    resource_group: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Provider {
    Cloudflare,
    Azure,
}

/// A token of Cloudflare's interface.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::state) struct TokenSeed {
    value: String,
    /// All zones when absent.
    zones: Option<Vec<String>>,
    #[serde(default)]
    is_read_only: bool,
}

fn resource_group() -> String {
    "mail".to_owned()
}

impl ZoneSeed {
    pub(in crate::state) fn into_zone(self, subscription: SubscriptionId) -> Zone {
        let id = named(subscription.guid(), &format!("zone {}", self.name)).simple().to_string();
        let home = self.provider.map(|provider| match provider {
            Provider::Cloudflare => ZoneHost::Cloudflare,
            Provider::Azure => ZoneHost::Azure { subscription, resource_group: self.resource_group },
        });
        Zone { name: self.name, id, home, ..Zone::default() }
    }
}

impl TokenSeed {
    pub(in crate::state) fn into_token(self, subscription: SubscriptionId) -> CloudflareToken {
        CloudflareToken {
            id: named(subscription.guid(), &format!("token {}", self.value)).simple().to_string(),
            value: self.value,
            zones: self.zones,
            is_read_only: self.is_read_only,
        }
    }
}
