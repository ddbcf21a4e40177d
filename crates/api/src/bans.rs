//! `/v1/bans`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::PageQuery;

/// A login or a network that is locked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BanView {
    /// `login` or `network`.
    pub kind: String,
    /// The login, for one. Of a login that does not exist only the beginning is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The network; with a login, where it is locked although it worked there lately. Without one a login is locked
    /// wherever it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Different wrong guesses that brought it.
    pub guesses: usize,
    /// At how many logins, for a network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logins: Option<usize>,
    /// From how many networks, for a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<usize>,
}

/// What was lifted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LiftedView {
    /// The bans.
    pub lifted: Vec<BanView>,
}

/// Which of them, and which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListBans {
    /// `next` of the page before.
    pub cursor: Option<String>,
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lift {
    pub which: String,
}

impl ListBans {
    /// Which page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
