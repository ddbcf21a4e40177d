//! `/v1/accounts/{name}/export`.

use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// `bicep`, `terraform` or `csv`.
    pub form: String,
}
