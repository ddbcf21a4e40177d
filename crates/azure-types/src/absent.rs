//! Members that Azure writes as `null`: as good as absent.

use serde::{Deserialize, Deserializer};

/// The member's default where it is `null`. Beside `#[serde(default)]`, which covers a member that is not there.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
