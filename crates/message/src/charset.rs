//! Bytes to Unicode, and only where every reader of mail reads the same (RFC 2978 names).
//!
//! A label that readers take for different character sets, or bytes that its set does not define, give
//! nothing: the caller has to carry the bytes as they are.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
};

/// Names of US-ASCII in IANA's registry; `ANSI_X3.4-1968` is what C programs print without a locale.
const ASCII: [&str; 11] = [
    "us-ascii",
    "ascii",
    "ansi_x3.4-1968",
    "ansi_x3.4-1986",
    "iso_646.irv:1991",
    "iso646-us",
    "iso-ir-6",
    "us",
    "ibm367",
    "cp367",
    "csascii",
];

/// Single-byte sets that have letters from 0x80 to 0x9F. All others that mail uses have none there.
const WITH_LETTERS_IN_C1: [&str; 8] = ["windows", "cp12", "x-cp12", "koi", "cskoi", "mac", "ibm866", "cp866"];

/// Characters that JIS X 0208 and Microsoft's tables map differently: wave dash, minus, cent and kin.
const JAPANESE: [char; 11] = [
    '\u{a6}', '\u{2014}', '\u{2015}', '\u{2225}', '\u{ff0d}', '\u{ff3c}', '\u{ff5e}', '\u{ffe0}', '\u{ffe1}',
    '\u{ffe2}', '\u{ffe4}',
];
/// The same for GB 2312 and GBK.
const CHINESE: [char; 3] = ['\u{b7}', '\u{2014}', '\u{20ac}'];

/// Sets in which bytes below 0x80 are not, or not always, ASCII.
const NO_ASCII: [&str; 16] = [
    "utf-7",
    "utf7",
    "unicode",
    "hz",
    "iso-2022",
    "utf-16",
    "utf16",
    "utf-32",
    "utf32",
    "ucs",
    "iso-10646",
    "scsu",
    "bocu",
    "ebcdic",
    "ibm",
    "cp037",
];

/// Whether a label says US-ASCII, by any of its names.
pub(crate) fn is_ascii_label(label: &str) -> bool {
    ASCII.iter().any(|name| label.trim().eq_ignore_ascii_case(name))
}

/// The text, if every byte means something, and the same to everybody.
pub(crate) fn decode(label: &str, bytes: &[u8]) -> Option<String> {
    let label = label.trim();
    if is_ascii_label(label) {
        return bytes.is_ascii().then(|| String::from_utf8_lossy(bytes).into_owned());
    }
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    if encoding == UTF_16BE || encoding == UTF_16LE {
        return None;
    }
    // The WHATWG reads ISO 8859-1, -9 and -11 as larger sets: bytes that only those have are not the label's.
    let in_c1 = |byte: &u8| (0x80..=0x9f).contains(byte);
    if encoding.is_single_byte() && !has_letters_in_c1(label) && bytes.iter().any(in_c1) {
        return None;
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let is_clear = encoding == UTF_8 || !text.chars().any(|c| is_doubtful(encoding, c));
    is_clear.then(|| text.into_owned())
}

/// What bytes most likely say that do not keep to their label: UTF-8 if they are that, else what browsers read.
pub(crate) fn guess(label: Option<&str>, bytes: &[u8]) -> Option<String> {
    let is_no_ascii = |label: &str| {
        let label = label.trim().to_ascii_lowercase();
        NO_ASCII.iter().any(|name| label.starts_with(name))
    };
    if label.is_some_and(is_no_ascii) {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let encoding = Encoding::for_label_no_replacement(label?.trim().as_bytes())?;
    let is_ascii = label.is_some_and(is_ascii_label);
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.filter(|_| !is_ascii).map(std::borrow::Cow::into_owned)
}

fn has_letters_in_c1(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    label == "866" || label == "csmacintosh" || WITH_LETTERS_IN_C1.iter().any(|name| label.starts_with(name))
}

fn is_doubtful(encoding: &'static Encoding, c: char) -> bool {
    let is_undefined = ('\u{80}'..='\u{9f}').contains(&c) || ('\u{e000}'..='\u{f8ff}').contains(&c);
    is_undefined
        || if [SHIFT_JIS, EUC_JP, ISO_2022_JP].contains(&encoding) {
            JAPANESE.contains(&c)
        } else if encoding == GBK || encoding == GB18030 {
            CHINESE.contains(&c)
        } else if encoding == BIG5 {
            !is_plain_in_big5(c)
        } else {
            // Hangul beyond KS X 1001 is only in Microsoft's extension.
            encoding == EUC_KR && c == '\u{20ac}'
        }
}

/// Big5 has a dozen extensions, which differ in everything but ideographs and common punctuation.
fn is_plain_in_big5(c: char) -> bool {
    c.is_ascii()
        || ('\u{4e00}'..='\u{9fff}').contains(&c)
        || ('\u{3000}'..='\u{3002}').contains(&c)
        || ('\u{3008}'..='\u{3011}').contains(&c)
        || ('\u{ff01}'..='\u{ff5d}').contains(&c) && !['\u{ff0f}', '\u{ff3c}'].contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_reads_alike_is_decoded() {
        for (label, bytes, text) in [
            ("us-ascii", &b"plain"[..], "plain"),
            ("UTF-8", "Gr\u{fc}\u{df}e".as_bytes(), "Gr\u{fc}\u{df}e"),
            ("iso-8859-1", b"Gr\xfc\xdfe", "Gr\u{fc}\u{df}e"),
            ("ISO-8859-15", b"10 \xa4", "10 \u{20ac}"),
            ("windows-1252", b"\x84Hallo\x93", "\u{201e}Hallo\u{201c}"),
            ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
            ("shift_jis", b"\x93\xfa\x96\x7b", "\u{65e5}\u{672c}"),
            ("iso-2022-jp", b"\x1b$BF|K\\\x1b(B", "\u{65e5}\u{672c}"),
            ("gb2312", b"\xd6\xd0\xce\xc4", "\u{4e2d}\u{6587}"),
            ("big5", b"\xa4\xa4\xa4\xe5", "\u{4e2d}\u{6587}"),
            ("euc-kr", b"\xc7\xd1\xb1\xdb", "\u{d55c}\u{ae00}"),
        ] {
            assert_eq!(decode(label, bytes).as_deref(), Some(text), "{label}");
        }
    }

    #[test]
    fn what_readers_may_read_differently_is_not() {
        for (label, bytes) in [
            ("ANSI_X3.4-1968", "\u{fc}".as_bytes()),
            ("ascii", b"\xfc"),
            ("iso-8859-1", b"\x84Hallo\x93"),
            ("windows-1252", b"\x81"),
            ("utf-8", b"\xfc"),
            ("utf-16", b"\0a"),
            ("utf-7", b"+APw-"),
            ("klingon", b"a"),
            ("shift_jis", b"\x81\x60"),
            ("gb2312", b"\xa1\xaa"),
            ("big5", b"\xc6\xe7"),
        ] {
            assert_eq!(decode(label, bytes), None, "{label}");
        }
    }
}
