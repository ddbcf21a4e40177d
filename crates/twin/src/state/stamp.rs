//! Who wrote a resource, and when; and its version.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a tracked resource carries beside what is its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Who made it and who changed it last.
    pub system_data: SystemData,
    /// Its version, in quotes as the header has it. Another one after each change.
    pub etag: String,
}

/// `systemData` of a resource (common-types `systemData`), in the order in which Azure writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemData {
    /// Client id of the app that made it.
    pub created_by: String,
    pub created_by_type: String,
    pub created_at: Timestamp,
    /// Client id of the app that changed it last.
    pub last_modified_by: String,
    pub last_modified_by_type: String,
    pub last_modified_at: Timestamp,
}

/// The resource provider's own app, which writes what becomes of a verification. This id is made up.
pub const PROVIDER_APP: &str = "00000000-0000-4000-8000-00000000ac50";

impl SystemData {
    /// Made by an app, and not changed since.
    #[must_use]
    pub fn made(by: &str, at: Timestamp) -> Self {
        Self {
            created_by: by.to_owned(),
            created_by_type: "Application".to_owned(),
            created_at: at,
            ..Self::default()
        }
        .changed(by, at)
    }

    /// The same, changed by an app.
    #[must_use]
    pub fn changed(self, by: &str, at: Timestamp) -> Self {
        Self {
            last_modified_by: by.to_owned(),
            last_modified_by_type: "Application".to_owned(),
            last_modified_at: at,
            ..self
        }
    }
}

impl Stamp {
    /// Of a resource that an app has just made. `random` makes its etag another than all others.
    #[must_use]
    pub fn made(by: &str, at: Timestamp, random: u128) -> Self {
        Self { system_data: SystemData::made(by, at), etag: etag(random) }
    }

    /// Notes a change by an app.
    pub fn change(&mut self, by: &str, at: Timestamp, random: u128) {
        self.system_data = std::mem::take(&mut self.system_data).changed(by, at);
        self.etag = etag(random);
    }
}

/// An etag of the form that Azure's have: `"8hex-0000-4hex-0000-8hex0000"`.
fn etag(random: u128) -> String {
    let hex = format!("{random:032x}");
    format!("\"{}-0000-{}-0000-{}0000\"", &hex[..8], &hex[8..12], &hex[12..20])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_who_made_it() {
        let (first, second) = (Timestamp::from_second(1).unwrap(), Timestamp::from_second(2).unwrap());
        let mut stamp = Stamp::made("a", first, 1);
        let etag = stamp.etag.clone();
        stamp.change("b", second, u128::MAX);
        assert_eq!((stamp.system_data.created_by.as_str(), stamp.system_data.created_at), ("a", first));
        assert_eq!(
            (stamp.system_data.last_modified_by.as_str(), stamp.system_data.last_modified_at),
            ("b", second)
        );
        assert_ne!(stamp.etag, etag);
        assert_eq!(stamp.etag, "\"ffffffff-0000-ffff-0000-ffffffff0000\"");
    }
}
