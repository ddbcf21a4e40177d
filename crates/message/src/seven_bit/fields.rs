//! Header fields beyond ASCII, as encoded words (RFC 2047) and extended parameters (RFC 2231).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::NotInSevenBits;
use crate::address::{Address, AddressList};
use crate::header::Field;

/// Octets of text in one encoded word, so that it keeps to 75 characters (RFC 2047 section 2).
const WORD_OCTETS: usize = 42;

/// Writes a field, changed only if it has to be.
pub(super) fn write(field: &Field<'_>, output: &mut Vec<u8>) -> Result<(), NotInSevenBits> {
    let is_short =
        field.raw().split(|octet| *octet == b'\n').all(|line| line.len() <= super::MAX_LINE_OCTETS);
    if field.raw().is_ascii() && is_short {
        output.extend_from_slice(field.raw());
        if !field.raw().ends_with(b"\r\n") {
            output.extend_from_slice(b"\r\n");
        }
        return Ok(());
    }
    let name = field.name();
    let body = match name.to_ascii_lowercase().as_str() {
        "from" | "to" | "cc" | "reply-to" | "sender" | "resent-from" | "resent-to" | "resent-cc"
        | "resent-sender" => addresses(field)?,
        "content-type" | "content-disposition" => with_parameters(&field.body()),
        _ => words(&field.decoded()),
    };
    output.extend_from_slice(format!("{name}: {body}\r\n").as_bytes());
    Ok(())
}

fn addresses(field: &Field<'_>) -> Result<String, NotInSevenBits> {
    let list = AddressList::read(field).map_err(|_| NotInSevenBits::Structure)?;
    let mut written = Vec::new();
    for Address { name, address } in &list.addresses {
        if !address.is_ascii() {
            return Err(NotInSevenBits::Address);
        }
        written.push(match name {
            None => address.clone(),
            Some(name) => format!("{} <{address}>", words(name)),
        });
    }
    Ok(written.join(",\r\n "))
}

/// Encodes a whole text, a line for each word.
fn words(text: &str) -> String {
    let mut written = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(WORD_OCTETS);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, behind) = rest.split_at(end);
        let divider = if written.is_empty() { "" } else { "\r\n " };
        let _ = write!(written, "{divider}=?utf-8?B?{}?=", STANDARD.encode(word));
        rest = behind;
    }
    written
}

/// `value; name*=utf-8''percent-encoded` for the parameters that need it.
fn with_parameters(body: &str) -> String {
    let parsed = mailparse::parse_content_disposition(body);
    let value = body.split(';').next().unwrap_or_default().trim();
    let mut written: String = value.chars().filter(char::is_ascii).collect();
    for (name, value) in &parsed.params {
        let name: String = name.chars().filter(char::is_ascii).collect();
        if value.is_ascii() {
            let _ = write!(written, ";\r\n {name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
            continue;
        }
        let _ = write!(written, ";\r\n {name}*=utf-8''");
        for octet in value.bytes() {
            if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
                written.push(char::from(octet));
            } else {
                let _ = write!(written, "%{octet:02X}");
            }
        }
    }
    written
}
