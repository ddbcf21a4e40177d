//! `/v1/accounts/{name}/export`.

use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Wanted {
    /// `bicep`, `terraform` or `csv`.
    pub form: String,
}
