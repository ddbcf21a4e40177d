//! The text of a TXT record: one value for people, character-strings on the wire (RFC 1035 section 3.3.14).
//!
//! Two records that say the same and are split differently are two records for a name server, which compares them byte
//! for byte (RFC 2136 section 2.4.2, RFC 2136 section 2.5.4). So the splits are kept.

use serde::{Deserialize, Serialize};

/// What one character-string holds (RFC 1035 section 3.3).
const STRING_BYTES: usize = 255;

/// A text. Two are equal if they are split alike, too; [`Text::says_the_same`] does not look at that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Text {
    joined: String,
    strings: Vec<Vec<u8>>,
}

impl Text {
    /// A text, split where it has to be: after 255 bytes.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::of_strings(text.as_bytes().chunks(STRING_BYTES).map(<[u8]>::to_vec).collect())
    }

    /// A text that is split as it was found. No string may be longer than 255 bytes; one that is gets split.
    #[must_use]
    pub fn of_strings(strings: Vec<Vec<u8>>) -> Self {
        let mut fitting: Vec<Vec<u8>> = Vec::new();
        for string in strings {
            if string.len() <= STRING_BYTES {
                fitting.push(string);
            } else {
                fitting.extend(string.chunks(STRING_BYTES).map(<[u8]>::to_vec));
            }
        }
        // A TXT record has one string at least.
        if fitting.is_empty() {
            fitting.push(Vec::new());
        }
        Self { joined: String::from_utf8_lossy(&fitting.concat()).into_owned(), strings: fitting }
    }

    /// Its strings put together without spaces (RFC 7208 section 3.3). What is not UTF-8 is shown as U+FFFD.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.joined
    }

    /// Whether both are the same once they are put together.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.strings.iter().flatten().eq(other.strings.iter().flatten())
    }

    /// The text as zone files have it: each string in quotes, with escapes (RFC 1035 section 5.1). All of it is ASCII.
    #[must_use]
    pub fn quoted(&self) -> String {
        let quoted = |string: &Vec<u8>| {
            let escaped: String = string.iter().map(|byte| escaped(*byte)).collect();
            format!("\"{escaped}\"")
        };
        self.strings.iter().map(quoted).collect::<Vec<_>>().join(" ")
    }

    /// Reads what people and providers write: with or without quotes. What is not well quoted is taken word for word.
    #[must_use]
    pub fn read(value: &str) -> Self {
        let trimmed = value.trim();
        let strings = if trimmed.starts_with('"') { read_strings(trimmed.as_bytes()) } else { None };
        strings.map_or_else(|| Self::new(value), Self::of_strings)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.joined
    }
}

fn escaped(byte: u8) -> String {
    match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03}"),
    }
}

fn read_strings(mut rest: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    while let Some((first, inside)) = rest.split_first() {
        if *first != b'"' {
            return None;
        }
        let mut string = Vec::new();
        rest = read_string(inside, &mut string)?.trim_ascii_start();
        strings.push(string);
    }
    Some(strings)
}

/// Reads up to the quote that ends a string, and gives what comes behind it.
fn read_string<'a>(mut rest: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, behind) = rest.split_first()?;
        rest = behind;
        match byte {
            b'"' => return Some(rest),
            b'\\' => {
                let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit));
                let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u8>().ok());
                let taken = if number.is_some() { 3 } else { 1 };
                text.push(number.or_else(|| rest.first().copied())?);
                rest = &rest[taken..];
            }
            _ => text.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn splits_are_kept_and_do_not_matter_to_people() {
        let (one, two) = (Text::read("\"v=spf1 -all\""), Text::read("\"v=spf1\" \" -all\""));
        assert_eq!((one.as_str(), two.as_str()), ("v=spf1 -all", "v=spf1 -all"));
        assert!(one.says_the_same(&two) && one != two);
        assert_eq!(two.quoted(), "\"v=spf1\" \" -all\"");
        assert_eq!(Text::read("\"\" \"a\"").quoted(), "\"\" \"a\"");
    }

    #[test]
    fn strings_have_255_bytes_at_most() {
        for (bytes, strings) in [(0, 1), (255, 1), (256, 2), (510, 2), (511, 3)] {
            let text = Text::new(&"k".repeat(bytes));
            assert_eq!(text.strings.len(), strings, "{bytes}");
            assert!(text.strings.iter().all(|string| string.len() <= 255));
            assert_eq!(Text::of_strings(vec![vec![b'k'; bytes]]), text);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_told_apart() {
        let (one, two) = (Text::of_strings(vec![vec![0xff]]), Text::of_strings(vec![vec![0xfe]]));
        assert_eq!(one.as_str(), two.as_str());
        assert!(!one.says_the_same(&two));
        assert_eq!(one.quoted(), "\"\\255\"");
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(strings in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..4)) {
            let text = Text::of_strings(strings);
            let zone_file = text.quoted();
            prop_assert!(zone_file.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(Text::read(&zone_file), text);
        }

        #[test]
        fn plain_texts_are_taken_word_for_word(text in "[^\"].{0,600}") {
            let read = Text::read(&text);
            prop_assert_eq!(read.as_str(), &text);
            prop_assert_eq!(Text::read(&read.quoted()), read);
        }
    }
}
