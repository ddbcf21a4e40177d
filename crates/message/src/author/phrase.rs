//! Names beside addresses: encoded words read and written (RFC 2047), quoted strings written.

use crate::{header, words};

/// Characters of a name that is written. No device has a longer one on purpose.
const MAX_NAME: usize = 128;

/// The body of a From field: a name, if there is one, and an address.
#[must_use]
pub fn written(name: Option<&str>, address: &str) -> String {
    let name: String = name.unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let name = name.trim();
    if name.is_empty() {
        return address.to_owned();
    }
    if name.is_ascii() {
        return format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    format!("{}\r\n <{address}>", words::encode(name))
}

/// A text with its encoded words decoded.
pub(super) fn decoded(text: &str) -> String {
    header::decoded(format!("X: {}", text.replace(['\r', '\n'], " ")).as_bytes())
}
