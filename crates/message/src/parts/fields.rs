//! The header section, sorted into the parts' members.

use super::{Loss, Parts};
use crate::address::AddressList;
use crate::header::{self, Field};

/// Fields that the carrier writes itself, or that describe what the parts say otherwise.
const CARRIERS_OWN: [&str; 8] =
    ["Received", "Return-Path", "Delivered-To", "Date", "MIME-Version", "Bcc", "Resent-Bcc", "Subject"];

/// Signatures over the message as it stands, and the chains that vouch for them.
const SIGNATURES: [&str; 5] = [
    "DKIM-Signature",
    "DomainKey-Signature",
    "ARC-Seal",
    "ARC-Message-Signature",
    "ARC-Authentication-Results",
];

pub(super) fn read(header: &[u8], parts: &mut Parts) {
    for field in header::fields(header) {
        match field {
            Ok(field) => sort(&field, parts),
            Err(_) => parts.losses.push(Loss::Structure),
        }
    }
}

fn sort(field: &Field<'_>, parts: &mut Parts) {
    let is_any = |names: &[&str]| names.iter().any(|name| field.is(name));
    if field.is("Subject") {
        parts.subject = field.decoded();
        if parts.subject.contains(char::REPLACEMENT_CHARACTER) {
            parts.losses.push(Loss::Field("Subject".to_owned()));
        }
    } else if is_any(&CARRIERS_OWN) || has_prefix(field, "Content-") {
        // Read with the structure, or not ours to say.
    } else if is_any(&["From", "To", "Cc", "Reply-To"]) {
        addresses(field, parts);
    } else if is_any(&SIGNATURES) {
        if !parts.losses.contains(&Loss::Signed) {
            parts.losses.push(Loss::Signed);
        }
    } else if field.is("Sender") || has_prefix(field, "Resent-") {
        parts.losses.push(Loss::Field(field.name().to_owned()));
    } else if parts.headers.iter().any(|(name, _)| field.is(name)) {
        parts.losses.push(Loss::RepeatedField(field.name().to_owned()));
    } else {
        parts.headers.push((field.name().to_owned(), field.body().into_owned()));
    }
}

fn addresses(field: &Field<'_>, parts: &mut Parts) {
    let Ok(list) = AddressList::read(field) else {
        return parts.losses.push(Loss::Field(field.name().to_owned()));
    };
    // A group without members, `undisclosed-recipients:;`, says nothing that would be missed.
    if list.has_groups && !list.addresses.is_empty() {
        parts.losses.push(Loss::Group);
    }
    if field.is("To") {
        parts.to = list;
    } else if field.is("Cc") {
        parts.cc = list;
    } else if field.is("Reply-To") {
        parts.reply_to = list.addresses;
    } else {
        let mut authors = list.addresses.into_iter();
        parts.from = authors.next();
        if let Some(name) = parts.from.as_ref().and_then(|author| author.name.clone()) {
            parts.losses.push(Loss::DisplayName(name));
        }
        if authors.next().is_some() {
            parts.losses.push(Loss::Field("From".to_owned()));
        }
    }
}

fn has_prefix(field: &Field<'_>, prefix: &str) -> bool {
    field.name().get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}
