//! Text that others wrote, as it may be shown on a terminal and in a log.
//!
//! A subject, a display name, an answer of Azure's or a TXT record may hold characters that move a cursor, begin a
//! line, change a colour or turn the direction of what follows. They are shown as escapes, `\u{1b}` for ESC.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text in which every character takes up room and none acts: the others are written as escapes.
///
/// Doing it twice changes nothing more.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if acts(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A JSON document in which no such character stands as it is, and which means the same: the format itself escapes C0
/// alone (RFC 8259 section 7). Outside of strings a document has none but line feeds.
#[must_use]
pub fn visible_json(document: &str) -> Cow<'_, str> {
    let hidden = |c: char| acts(c) && c != '\n';
    if !document.contains(hidden) {
        return Cow::Borrowed(document);
    }
    let mut shown = String::with_capacity(document.len() + 8);
    for c in document.chars() {
        if hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A String takes everything.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character does something where it is printed, or hides: C0, DEL and C1 (ECMA-48), the ends of lines and
/// paragraphs, the controls of direction (UAX #9), and what takes up no room and joins no letters.
#[must_use]
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown_and_the_rest_stays() {
        for (text, shown) in [
            ("", ""),
            ("Grüße aus Zürich 👩\u{200d}🔧", "Grüße aus Zürich 👩\u{200d}🔧"),
            ("\u{1b}[2J\u{7}\u{0}", "\\u{1b}[2J\\u{7}\\u{0}"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{7f}\u{9b}31m\u{85}", "\\u{7f}\\u{9b}31m\\u{85}"),
            ("x\u{202e}y\u{2066}z\u{200f}", "x\\u{202e}y\\u{2066}z\\u{200f}"),
            ("a\u{2028}b\u{2029}c\u{feff}\u{e0041}", "a\\u{2028}b\\u{2029}c\\u{feff}\\u{e0041}"),
        ] {
            assert_eq!(visible(text), shown);
            assert_eq!(visible(&visible(text)), shown, "twice");
        }
    }

    #[test]
    fn json_keeps_its_meaning() {
        for (document, shown) in [
            ("{\n  \"a\": \"\\u001b\"\n}", "{\n  \"a\": \"\\u001b\"\n}"),
            ("\"\u{7f}\u{9b}\u{202e}\"", "\"\\u007f\\u009b\\u202e\""),
            ("\"\u{e0041}\"", "\"\\udb40\\udc41\""),
        ] {
            assert_eq!(visible_json(document), shown);
        }
    }
}
