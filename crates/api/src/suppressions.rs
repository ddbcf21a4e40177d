//! `/v1/suppressions`: addresses that mail must not go to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::PageQuery;

/// An entry of the suppression list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SuppressionView {
    /// Later entries have larger ones.
    pub number: u64,
    /// As it was first written.
    pub address: String,
    /// The account whose mail it concerns; every account's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `all`, the author's domain, or the author's address.
    pub scope: String,
    /// `hard_bounce`, `complaint`, `unsubscribed`, `manual`, `imported` or `azure_managed`.
    pub reason: String,
    /// The queue id of the message that led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Enhanced status code such as `5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The words of the recipient's server, of Azure or of the operator.
    #[serde(default)]
    pub text: String,
    /// Who added it.
    #[serde(default)]
    pub by: String,
    pub added_at: Timestamp,
    /// When it was last reported.
    pub reported_at: Timestamp,
    /// How often it was reported.
    pub times: u32,
    /// When it ends by itself; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether it has ended.
    pub is_over: bool,
}

/// A new entry.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSuppression {
    pub address: String,
    /// The account whose mail it concerns; every account's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `all`, the author's domain, or the author's address; `all` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `manual` if absent, and `imported` in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it ends by itself; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Many new entries: all of them or none.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportSuppressions {
    /// Up to 5,000.
    pub rows: Vec<AddSuppression>,
}

/// What became of them.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportedSuppressions {
    /// Those that were not there before.
    pub new: usize,
    /// Those that were there already.
    pub known: usize,
}

/// Whether mail may go to an address, and why not.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SuppressionExplained {
    pub address: String,
    /// Whether mail of that account and author is kept back now.
    pub is_suppressed: bool,
    /// What there is to know, sentence by sentence.
    pub sentences: Vec<String>,
    /// Everything the list has of the address, the oldest first.
    pub entries: Vec<SuppressionView>,
}

/// Which of them, and which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListSuppressions {
    /// Only entries of this account.
    pub account: Option<String>,
    /// Only entries of this address.
    pub address: Option<String>,
    /// Only addresses at this domain.
    pub domain: Option<String>,
    /// Only entries with this reason.
    pub reason: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}

/// Which mail is meant.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExplainSuppression {
    /// The recipient's address.
    pub address: String,
    /// The account that sends.
    pub account: Option<String>,
    /// The author.
    pub from: Option<String>,
}

impl ListSuppressions {
    /// Which page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
