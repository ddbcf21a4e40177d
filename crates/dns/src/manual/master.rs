//! Names and values as zone files and `nsupdate` read them (RFC 1035 section 5.1).

use dns_records::record::Data;

/// A name with the dot that makes it absolute.
pub(super) fn name(name: &str) -> String {
    format!("{}.", word(name))
}

/// A value: texts in quotes, names with their dot.
pub(super) fn value(data: &Data) -> String {
    match data {
        Data::Txt(text) => text.quoted(),
        Data::Cname(target) => name(target),
        Data::Other { kind, value } => {
            let is_name =
                |text: &str| matches!(kind.as_str(), "MX" | "NS" | "PTR" | "SRV") && text.contains('.');
            let words = value.split(' ').map(|text| {
                let dot = if is_name(text) && text != "." { "." } else { "" };
                format!("{}{dot}", word(text))
            });
            words.collect::<Vec<_>>().join(" ")
        }
    }
}

/// Names come from anywhere: nothing in one may end a word, or begin a line of its own. Escapes that are there stay.
pub(super) fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*@:/".contains(&byte);
    let mut escaped = String::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let taken = if *first == b'\\' { escape_bytes(behind) } else { 0 };
        if taken > 0 {
            escaped.extend(rest[..=taken].iter().map(|byte| char::from(*byte)));
        } else if is_plain(*first) {
            escaped.push(char::from(*first));
        } else {
            escaped.push_str(&format!("\\{first:03}"));
        }
        rest = &behind[taken..];
    }
    escaped
}

/// How many bytes behind a backslash belong to it: three digits up to 255, or one printable character. Zero if it
/// begins no escape.
fn escape_bytes(behind: &[u8]) -> usize {
    let digits = behind.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    match behind.first() {
        Some(b'0'..=b'9') if digits.is_some_and(|text| is_number(text) && text.parse::<u8>().is_ok()) => 3,
        Some(byte) if byte.is_ascii_graphic() && !byte.is_ascii_digit() => 1,
        _ => 0,
    }
}

/// A comment of one line, whatever stands in it.
pub(super) fn comment(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_control() || c.is_whitespace()).collect();
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let ascii =
        words.chars().map(|c| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() });
    format!("; {}\n", ascii.collect::<String>())
}
