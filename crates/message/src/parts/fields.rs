//! The header section, sorted into the parts' members. A field that is not known here is a custom field, if it can
//! be one, and a loss otherwise.

use std::collections::HashSet;

use super::{Loss, Parts, addresses};
use crate::header::Field;
use crate::mime::{Entity, field_text};
use crate::words;

/// Fields that every carrier writes itself, whose loss is no loss.
const CARRIERS_OWN: [&str; 2] = ["Received", "MIME-Version"];

/// Signatures over the message as it stands, and the chains that vouch for them.
const SIGNATURES: [&str; 5] = [
    "DKIM-Signature",
    "DomainKey-Signature",
    "ARC-Seal",
    "ARC-Message-Signature",
    "ARC-Authentication-Results",
];

/// Fields of the envelope and of others' handling, which mean something only where they stand.
const NOT_CUSTOM: [&str; 6] = ["Sender", "Return-Path", "Delivered-To", "Bcc", "Apparently-To", "Encrypted"];

/// The longest value of a custom field, in bytes, that Azure is expected to take.
const MAX_VALUE_BYTES: usize = 8_192;

/// Whether the header section had a field of that name before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occurrence {
    First,
    Again,
}

pub(super) fn read(message: &Entity<'_>, charset: Option<&str>, parts: &mut Parts) {
    let mut seen = HashSet::new();
    for field in &message.fields {
        let is_first = seen.insert(field.name().to_ascii_lowercase());
        let occurrence = if is_first { Occurrence::First } else { Occurrence::Again };
        if occurrence == Occurrence::Again && !field.is("Received") && !is_signature(field) {
            parts.losses.push(Loss::RepeatedField(field.name().to_owned()));
        }
        sort(field, occurrence, charset, parts);
    }
    if message.field("Subject").is_none() {
        parts.losses.push(Loss::NoSubject);
    }
}

fn sort(field: &Field<'_>, occurrence: Occurrence, charset: Option<&str>, parts: &mut Parts) {
    let is_any = |names: &[&str]| names.iter().any(|name| field.is(name));
    if field.is("Subject") {
        if occurrence == Occurrence::First {
            subject(field, charset, parts);
        }
    } else if is_any(&["From", "To", "Cc", "Reply-To"]) {
        addresses(field, charset, parts);
    } else if field.is("Date") {
        parts.date = Some(field.body().into_owned());
    } else if field.is("MIME-Version") && field.body() != "1.0" {
        parts.losses.push(Loss::Field(field.name().to_owned()));
    } else if is_any(&CARRIERS_OWN) || is_any(&["Content-Type", "Content-Transfer-Encoding"]) {
        // The structure says the same.
    } else if is_signature(field) {
        if !parts.losses.contains(&Loss::Signed) {
            parts.losses.push(Loss::Signed);
        }
    } else if has_prefix(field, "Content-") {
        // A disposition, an id and the like of the only part are its own.
    } else if is_any(&NOT_CUSTOM) || has_prefix(field, "Resent-") || !is_plain(field) {
        parts.losses.push(Loss::Field(field.name().to_owned()));
    } else if occurrence == Occurrence::First {
        parts.headers.push((field.name().to_owned(), field.body().into_owned()));
    }
}

fn is_signature(field: &Field<'_>) -> bool {
    SIGNATURES.iter().any(|name| field.is(name))
}

/// Whether a value means the same in a JSON string: ASCII, no control characters, and an id that is one.
fn is_plain(field: &Field<'_>) -> bool {
    let body = field.body();
    let is_id = || {
        let inner = body.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or_default();
        let is_part = |part: &str| !part.is_empty() && !part.contains(['<', '>', '@', ' ', '"']);
        inner.split_once('@').is_some_and(|(left, right)| is_part(left) && is_part(right))
    };
    !body.is_empty()
        && body.len() <= MAX_VALUE_BYTES
        && body.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && (!field.is("Message-ID") || is_id())
}

fn subject(field: &Field<'_>, charset: Option<&str>, parts: &mut Parts) {
    let text = field_text(field, charset).and_then(|text| words::decode(&text));
    match text.filter(|text| !text.chars().any(char::is_control)) {
        Some(text) => parts.subject = text,
        None => {
            parts.subject = field.decoded().chars().filter(|c| !c.is_control()).collect();
            parts.losses.push(Loss::Field(field.name().to_owned()));
        }
    }
}

fn addresses(field: &Field<'_>, charset: Option<&str>, parts: &mut Parts) {
    let read = field_text(field, charset).and_then(|text| addresses::read(&text));
    let Some(list) = read else {
        return unclear(field, parts);
    };
    // A group without members, `undisclosed-recipients:;`, says nothing that would be missed.
    if list.has_groups && !list.addresses.is_empty() {
        parts.losses.push(Loss::Group);
    }
    if field.is("To") {
        parts.to.addresses.extend(list.addresses);
        parts.to.has_groups |= list.has_groups;
    } else if field.is("Cc") {
        parts.cc.addresses.extend(list.addresses);
        parts.cc.has_groups |= list.has_groups;
    } else if field.is("Reply-To") {
        parts.reply_to.extend(list.addresses);
    } else {
        author(list.addresses, parts);
    }
}

/// A list that readers may read differently. Who the author is was settled when the message was accepted; only what
/// stands beside the address is in doubt.
fn unclear(field: &Field<'_>, parts: &mut Parts) {
    let authors = field.is("From").then(|| crate::author::read(std::slice::from_ref(field)));
    let loss = match authors {
        Some(Ok(authors)) if authors.len() == 1 => {
            parts.from = parts.from.take().or_else(|| authors.into_iter().next());
            Loss::BesideAuthor
        }
        _ => Loss::Field(field.name().to_owned()),
    };
    parts.losses.push(loss);
}

fn author(addresses: Vec<crate::address::Address>, parts: &mut Parts) {
    let mut authors = addresses.into_iter();
    let Some(first) = authors.next() else { return parts.losses.push(Loss::Field("From".to_owned())) };
    if let Some(name) = &first.name {
        parts.losses.push(Loss::DisplayName(name.clone()));
    }
    parts.from.get_or_insert(first);
    if authors.next().is_some() {
        parts.losses.push(Loss::Field("From".to_owned()));
    }
}

fn has_prefix(field: &Field<'_>, prefix: &str) -> bool {
    field.name().get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}
