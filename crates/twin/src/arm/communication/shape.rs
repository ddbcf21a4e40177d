//! What resources look like: their members in the order in which Azure writes them, and no member that it leaves out.

use std::collections::BTreeMap;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use crate::state::SystemData;

/// A resource with a location.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tracked<'a, P> {
    pub(super) id: String,
    pub(super) name: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) location: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identity: Option<Value>,
    pub(super) system_data: &'a SystemData,
    pub(super) properties: P,
}

/// A resource that belongs to another one. Who wrote it is said only where it was written just now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proxy<'a, P> {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_data: Option<&'a SystemData>,
    pub(super) properties: P,
}

/// A document as it goes over the wire, its members in their order.
#[derive(Clone, Debug)]
pub(super) struct Document(Vec<u8>);

impl Document {
    pub(super) fn of(value: &impl Serialize) -> Self {
        // Strings, numbers and maps with keys of text can always be written.
        Self(serde_json::to_vec(value).unwrap_or_default())
    }

    /// A list with all of them: `{"value":[...]}` and nothing else.
    pub(super) fn list(all: impl IntoIterator<Item = Self>) -> Self {
        let mut text = br#"{"value":["#.to_vec();
        for (number, one) in all.into_iter().enumerate() {
            if number > 0 {
                text.push(b',');
            }
            text.extend(one.0);
        }
        text.extend(b"]}");
        Self(text)
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_exactly_its_values() {
        assert_eq!(Document::list([]).0, br#"{"value":[]}"#);
        assert_eq!(Document::list([Document::of(&1), Document::of(&"a")]).0, br#"{"value":[1,"a"]}"#);
    }
}
