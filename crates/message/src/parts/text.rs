//! A text that readers are shown, in Unicode.

use super::{Loss, Parts, file};
use crate::charset;
use crate::mime::Entity;

/// Reads a text into its place. What readers might read differently stays out.
pub(super) fn read(entity: &Entity<'_>, parts: &mut Parts) {
    for name in entity.media.names() {
        let is_flowed = || entity.media.parameter("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
        match name {
            "charset" => {}
            "format" if is_flowed() => parts.losses.push(Loss::Flowed),
            "format" if entity.media.parameter("format") == Some("fixed") => {}
            _ => parts.losses.push(Loss::Parameter(name.to_owned())),
        }
    }
    if !entity.media.is_clear {
        return parts.losses.push(Loss::Structure);
    }
    let Some(bytes) = file::decoded(entity, parts) else { return };
    let declared = entity.media.parameter("charset");
    let name = || declared.unwrap_or("us-ascii").to_owned();
    // Devices often send UTF-8 and do not say so: where nothing is declared, what is UTF-8 is read as such.
    let clear = charset::decode(declared.unwrap_or("utf-8"), &bytes);
    let guessed = if clear.is_none() { charset::guess(declared, &bytes) } else { None };
    if guessed.is_some() {
        parts.losses.push(Loss::CharsetGuessed(name()));
    }
    match clear.or(guessed).filter(|text| !text.contains('\0')) {
        // A signature in the text itself (RFC 4880 section 7) is over its bytes.
        Some(text) if text.contains("-----BEGIN PGP ") => parts.losses.push(Loss::Signed),
        Some(text) if entity.media.kind == "text/html" => parts.html = Some(text),
        Some(text) => parts.text = Some(text),
        None => parts.losses.push(Loss::Charset(name())),
    }
}
