//! Encoded words (RFC 2047): read strictly, written in UTF-8.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::charset;
use crate::mime::encoding;

/// Bytes of text in one encoded word, so that it keeps to 75 characters (RFC 2047 section 2).
const WORD_BYTES: usize = 42;

/// A text with its encoded words decoded; `None` where readers may differ about one of them.
///
/// An encoded word has to stand alone between blanks (RFC 2047 section 5), in a known character set, without a
/// language (RFC 2231 section 5), and each has to hold whole characters.
pub(crate) fn decode(text: &str) -> Option<String> {
    if !text.contains("=?") {
        return Some(text.to_owned());
    }
    let mut decoded = String::with_capacity(text.len());
    let mut blanks = "";
    let mut follows_a_word = false;
    for piece in pieces(text) {
        if piece.starts_with(is_blank) {
            blanks = piece;
            continue;
        }
        let word = if piece.contains("=?") { Some(one(piece)?) } else { None };
        // Blanks between two encoded words only divide them (RFC 2047 section 6.2).
        if !(follows_a_word && word.is_some()) {
            decoded.push_str(blanks);
        }
        decoded.push_str(word.as_deref().unwrap_or(piece));
        (blanks, follows_a_word) = ("", word.is_some());
    }
    decoded.push_str(blanks);
    Some(decoded)
}

/// Whether a word looks like an encoded one, which a neighbour's blanks would be lost beside.
pub(crate) fn looks_encoded(word: &str) -> bool {
    word.starts_with("=?") && word.ends_with("?=") && word.len() > 6
}

/// Encodes a text, a line for each word.
pub(crate) fn encode(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(WORD_BYTES);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, behind) = rest.split_at(end);
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = behind;
    }
    words.join("\r\n ")
}

/// Encodes bytes whose character set nobody gave (RFC 1428).
pub(crate) fn encode_unknown(bytes: &[u8]) -> String {
    let word = |bytes: &[u8]| format!("=?unknown-8bit?B?{}?=", STANDARD.encode(bytes));
    bytes.chunks(WORD_BYTES - 6).map(word).collect::<Vec<_>>().join("\r\n ")
}

fn one(word: &str) -> Option<String> {
    let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let mut parts = inner.split('?');
    let (label, kind, text) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || label.contains('*') || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let bytes = match kind {
        "B" | "b" => STANDARD.decode(text).ok()?,
        "Q" | "q" => encoding::decode_quoted(text.replace('_', " ").as_bytes())?,
        _ => return None,
    };
    charset::decode(label, &bytes)
}

/// Words and the blanks between them, in turn.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|c| is_blank(c) != is_blank(first)).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        Some(piece)
    })
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_decoded_and_blanks_between_them_dropped() {
        for (text, decoded) in [
            ("plain  text", "plain  text"),
            ("=?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle", "Gr\u{fc}\u{df}e an alle"),
            ("=?utf-8?Q?a_b?= =?iso-8859-1?B?/A==?=\t=?utf-8?q?c?=", "a b\u{fc}c"),
            ("x =?utf-8?q?y?=", "x y"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(decoded), "{text}");
        }
    }

    #[test]
    fn doubtful_words_are_not() {
        for text in [
            "(=?utf-8?q?x?=)",
            "=?utf-8?q?x?=y",
            "=?utf-8*de?q?x?=",
            "=?utf-8?q?a b?=",
            "=?klingon?q?x?=",
            "=?utf-8?B?w7?=",
            "=?utf-8?B?ww==?= =?utf-8?B?vA==?=",
            "=?utf-8?x?x?=",
            "price =? 5",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "[ -<>-~\u{e9}\u{65e5}]{1,200}") {
            let unfolded = encode(&text).replace("\r\n", "");
            prop_assert_eq!(decode(&unfolded), Some(text));
        }
    }
}
