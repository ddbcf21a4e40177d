//! Parameters beyond ASCII (RFC 2231): each that needs it becomes an extended one. The type before them and the other
//! parameters are copied.

use std::fmt::Write as _;

use super::text::{encoded, labelled};

const MAX_PIECES: usize = 200;

/// Writes the body of Content-Type or Content-Disposition in ASCII where that can be.
pub(super) fn in_ascii(text: &str) -> String {
    let pieces = pieces(text);
    // More than any honest field has, and each is compared with all others.
    if pieces.len() > MAX_PIECES {
        return text.to_owned();
    }
    let names: Vec<String> = pieces.iter().filter_map(|piece| name_of(piece)).collect();
    let written: Vec<String> = pieces
        .iter()
        .enumerate()
        .map(|(number, piece)| match number {
            0 => (*piece).to_owned(),
            _ if piece.is_ascii() => (*piece).to_owned(),
            _ => parameter(piece, &names),
        })
        .collect();
    written.join(";")
}

/// What stands between semicolons outside quotes.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn name_of(piece: &str) -> Option<String> {
    Some(piece.split_once('=')?.0.trim().to_ascii_lowercase())
}

/// One `name=value`, its blanks and line ends kept.
fn parameter(piece: &str, names: &[String]) -> String {
    let body = piece.trim();
    let (before, behind) = piece.split_once(body).unwrap_or(("", ""));
    let Some((name, value)) = body.split_once('=') else { return piece.to_owned() };
    let (name, value) = (name.trim_end(), unquoted(value.trim_start()));
    let star = format!("{}*", name.to_ascii_lowercase());
    let written = if !name.is_ascii() {
        body.to_owned()
    } else if name.ends_with('*') {
        // The bytes of an extended value that somebody forgot to encode.
        format!("{name}={}", percent_encoded(value.as_bytes(), b"'%*"))
    } else if name.contains('*') || names.iter().any(|other| other.starts_with(&star)) {
        // Its place is taken, or it is a piece of a whole: the form that everybody reads, if not by the book.
        format!("{name}=\"{}\"", encoded(&value).replace("\r\n ", " "))
    } else {
        let (charset, bytes) = labelled(&value);
        format!("{name}*={charset}''{}", percent_encoded(&bytes, b""))
    };
    format!("{before}{written}{behind}")
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.replace("\r\n", "") };
    let inner = inner.strip_suffix('"').unwrap_or(inner).replace("\r\n", "");
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(quoted @ ('"' | '\\')) => text.push(quoted),
                // A path of Windows': the backslash is one.
                other => text.extend(std::iter::once('\\').chain(other)),
            },
            c => text.push(c),
        }
    }
    text
}

fn percent_encoded(bytes: &[u8], kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || kept.contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
