//! Pages of lists. A cursor is the key of the last item that was seen, so that rows that come or go between two pages
//! make no other row appear twice or not at all.

use std::cmp::Ordering;

use api::page::{Page, PageQuery};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::ApiError;

/// In which order the items of a list come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The smallest key first.
    Ascending,
    /// The largest key first.
    Descending,
}

const LIMIT: usize = 100;
const MAX_LIMIT: usize = 1_000;

/// How many items are wanted.
pub(super) fn limit(query: &PageQuery) -> Result<usize, ApiError> {
    match query.limit {
        Some(0) => Err(ApiError::invalid("limit", format!("it is from 1 to {MAX_LIMIT}"))),
        limit => Ok(limit.unwrap_or(LIMIT).min(MAX_LIMIT)),
    }
}

/// The key behind the query's cursor.
pub(super) fn after(query: &PageQuery) -> Result<Option<String>, ApiError> {
    let garbled =
        || ApiError::invalid("cursor", "it is not a cursor of this list: use `next` of the page before");
    let key = |cursor: &String| {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| garbled())?;
        String::from_utf8(bytes).map_err(|_| garbled())
    };
    query.cursor.as_ref().map(key).transpose()
}

/// The cursor that goes on after the item with that key.
pub(super) fn cursor(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The page of a list that is in memory as a whole. Keys are unique.
pub(super) fn cut<T>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> String,
    order: Order,
    query: &PageQuery,
) -> Result<Page<T>, ApiError> {
    let (limit, after) = (limit(query)?, after(query)?);
    let compare = |one: &String, other: &String| match order {
        Order::Ascending => one.cmp(other),
        Order::Descending => other.cmp(one),
    };
    let mut keyed: Vec<(String, T)> = items.into_iter().map(|item| (key(&item), item)).collect();
    keyed.retain(|(key, _)| after.as_ref().is_none_or(|after| compare(key, after) == Ordering::Greater));
    keyed.sort_by(|(one, _), (other, _)| compare(one, other));
    let is_last = keyed.len() <= limit;
    keyed.truncate(limit);
    let next = keyed.last().filter(|_| !is_last).map(|(key, _)| cursor(key));
    Ok(Page { items: keyed.into_iter().map(|(_, item)| item).collect(), next })
}
