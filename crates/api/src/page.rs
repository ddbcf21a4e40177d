//! Lists: a page of items, and the cursor of the next one.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null after the last one. It is opaque.
    pub next: Option<String>,
}

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next` of the page before; the first page if absent.
    pub cursor: Option<String>,
    /// Items at most, from 1 to 1,000; 100 if absent.
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}
