//! `/v1/senders`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::PageQuery;

/// A sender address.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SenderView {
    /// The account's name.
    pub account: String,
    /// The address.
    pub address: String,
    /// The name that Azure puts beside it.
    pub display_name: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSender {
    pub account: String,
    pub address: String,
    #[serde(default)]
    pub display_name: Option<String>,
}

/// Which of them, and which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListSenders {
    pub account: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}

impl ListSenders {
    /// Which page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
