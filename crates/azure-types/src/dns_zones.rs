//! `Microsoft.Network/dnsZones`: zones and record sets.
//!
//! The published specification, api-version 2018-05-01; members that are not needed are left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::absent::or_default;
use crate::resource_id::ResourceId;

/// The version that the product speaks.
pub const API_VERSION: &str = "2018-05-01";

/// A DNS zone, as Resource Manager shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsZone {
    pub id: ResourceId,
    /// The domain name, without a dot at the end.
    pub name: String,
}

/// All values of a name and type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    /// The ARM id.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Relative to the zone; `@` for the zone itself.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `Microsoft.Network/dnszones/TXT` and the like.
    #[serde(
        rename = "type",
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub kind: String,
    /// Changes with every change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub properties: RecordSetProperties,
}

/// The values of a record set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSetProperties {
    #[serde(rename = "TTL", default, deserialize_with = "or_default")]
    pub ttl: u32,
    /// Words that somebody put beside it.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    #[serde(
        rename = "TXTRecords",
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub txt: Vec<TxtRecord>,
    /// The other name.
    #[serde(rename = "CNAMERecord", default, skip_serializing_if = "Option::is_none")]
    pub cname: Option<CnameRecord>,
}

/// A text, in strings of at most 255 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxtRecord {
    pub value: Vec<String>,
}

/// The target of a CNAME record set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CnameRecord {
    pub cname: String,
}

impl TxtRecord {
    /// A text, split as it has to be.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut value = vec![String::new()];
        for c in text.chars() {
            if value.last().is_some_and(|last| last.len() + c.len_utf8() > MAX_STRING) {
                value.push(String::new());
            }
            if let Some(last) = value.last_mut() {
                last.push(c);
            }
        }
        Self { value }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.value.concat()
    }
}

/// Bytes of one string (RFC 1035 section 3.3).
const MAX_STRING: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_split_and_put_together_again() {
        let text = "ä".repeat(300);
        let record = TxtRecord::of(&text);
        assert!(record.value.iter().all(|string| string.len() <= MAX_STRING));
        assert_eq!(record.text(), text);
        assert_eq!(TxtRecord::of("v=spf1 -all").value, ["v=spf1 -all"]);
    }
}
