//! The text of a header field, and what of it can be written as encoded words (RFC 2047).

use crate::{charset, words};

/// Bytes of an unknown character set are carried through text as characters that nobody uses: those of Unicode's
/// private area whose last byte is theirs.
const UNKNOWN: u32 = 0xf_f700;

/// The body of a field as text.
pub(super) fn text(body: &[u8], charset: Option<&str>) -> String {
    if let Ok(text) = std::str::from_utf8(body) {
        return text.to_owned();
    }
    let in_charset = charset.filter(|label| !charset::is_ascii_label(label));
    if let Some(text) = in_charset.and_then(|label| charset::decode(label, body)) {
        return text;
    }
    let carried = |byte: &u8| match byte {
        0x80.. => char::from_u32(UNKNOWN + u32::from(*byte)).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from(*byte),
    };
    body.iter().map(carried).collect()
}

fn unknown_byte(c: char) -> Option<u8> {
    u32::from(c).checked_sub(UNKNOWN).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| *byte >= 0x80)
}

/// Text as bytes; those that were carried through are themselves again.
pub(super) fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match unknown_byte(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// Encoded words for a text, in UTF-8 or as bytes of an unknown character set.
pub(super) fn encoded(text: &str) -> String {
    if text.chars().any(|c| unknown_byte(c).is_some()) {
        words::encode_unknown(&bytes_of(text))
    } else {
        words::encode(text)
    }
}

/// The bytes that an extended parameter holds, and the character set that it names.
pub(super) fn labelled(text: &str) -> (&'static str, Vec<u8>) {
    let is_unknown = text.chars().any(|c| unknown_byte(c).is_some());
    (if is_unknown { "unknown-8bit" } else { "utf-8" }, bytes_of(text))
}

/// Encodes the words that need it. Words side by side become one run, because blanks between encoded words vanish.
pub(super) fn unstructured(text: &str) -> String {
    let pieces = pieces(text);
    let needs = |piece: &str| !piece.is_ascii();
    let mut written = String::with_capacity(text.len() * 2);
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        if !needs(piece) {
            written.push_str(piece);
            at += 1;
            continue;
        }
        let mut last = at;
        // Blanks and words alternate, so that the next word is two pieces on.
        while pieces.get(last + 2).is_some_and(|next| needs(next)) {
            last += 2;
        }
        let mut run: String = pieces[at..=last].concat().replace("\r\n", "");
        if at >= 2 && words::looks_encoded(pieces[at - 2]) {
            run.insert_str(0, &pieces[at - 1].replace("\r\n", ""));
        }
        if pieces.get(last + 2).is_some_and(|next| words::looks_encoded(next)) {
            run.push_str(&pieces[last + 1].replace("\r\n", ""));
        }
        written.push_str(&encoded(&run));
        at = last + 1;
    }
    written
}

/// Words and blanks in turn, line ends among the blanks.
fn pieces(text: &str) -> Vec<&str> {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_blank(c) != is_blank(first)).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
