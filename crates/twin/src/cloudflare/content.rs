//! What stands in `content`: a TXT value in quotes, everything else as in a zone file.

use crate::state::dns::Record;

/// Bytes in one string.
const STRING: usize = 255;

/// As it is answered. The preference of an MX record stands beside it.
pub(super) fn shown(record: &Record) -> String {
    if record.kind == "TXT" { quoted(&record.value) } else { bare(record) }
}

/// The same without quotes.
pub(super) fn bare(record: &Record) -> String {
    let parts = record.value.split_once(' ').filter(|_| record.kind == "MX");
    parts.map_or_else(|| record.value.clone(), |(_, host)| host.to_owned())
}

/// The preference of an MX record.
pub(super) fn priority(record: &Record) -> Option<u16> {
    let (number, _) = record.value.split_once(' ').filter(|_| record.kind == "MX")?;
    number.parse().ok()
}

/// A text in strings of at most 255 bytes.
fn quoted(text: &str) -> String {
    let mut strings: Vec<String> = vec![String::new()];
    let mut bytes = 0;
    for c in text.chars() {
        if bytes + c.len_utf8() > STRING {
            strings.push(String::new());
            bytes = 0;
        }
        bytes += c.len_utf8();
        if let Some(last) = strings.last_mut() {
            if ['"', '\\'].contains(&c) {
                last.push('\\');
            }
            last.push(c);
        }
    }
    strings.iter().map(|string| format!("\"{string}\"")).collect::<Vec<_>>().join(" ")
}

/// The text that somebody means who may have quoted it; none if a quote is left open.
pub(super) fn unquoted(content: &str) -> Option<String> {
    let content = content.trim();
    if !content.starts_with('"') {
        return Some(content.to_owned());
    }
    let (mut text, mut is_inside) = (String::new(), false);
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => is_inside = !is_inside,
            '\\' if is_inside => text.push(chars.next()?),
            _ if is_inside => text.push(c),
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    (!is_inside).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_unquoted() {
        let long = "k".repeat(300);
        for (written, meant) in [
            ("v=spf1 -all", "v=spf1 -all"),
            ("\"v=spf1 -all\"", "v=spf1 -all"),
            ("\"v=spf1 \" \"-all\"", "v=spf1 -all"),
            (r#""a \"b\" \\""#, r#"a "b" \"#),
            (&long, &long),
        ] {
            let text = unquoted(written).unwrap();
            assert_eq!(text, meant);
            assert_eq!(unquoted(&quoted(&text)).as_ref(), Some(&text));
        }
        assert_eq!(quoted(&long).len(), 300 + 5);
        assert_eq!(unquoted("\"open"), None);
        assert_eq!(unquoted("\"a\" b"), None);
    }
}
