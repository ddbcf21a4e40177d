//! Address lists, read strictly (RFC 5322 section 3.4): a list that two readers may read differently is none.

use crate::address::{Address, AddressList};
use crate::words;

/// Reads the body of an address field, unfolded.
pub(super) fn read(text: &str) -> Option<AddressList> {
    let mut list = AddressList::default();
    let mut rest = text.trim();
    if rest.is_empty() {
        return Some(list);
    }
    loop {
        rest = entry(rest, &mut list)?;
        match rest.strip_prefix(',') {
            Some(behind) => rest = behind.trim_start(),
            None => return rest.is_empty().then_some(list),
        }
    }
}

/// Reads one mailbox or group; gives what follows.
fn entry<'t>(text: &'t str, list: &mut AddressList) -> Option<&'t str> {
    let (words, rest) = phrase(text)?;
    if let Some(mut inside) = rest.strip_prefix(':') {
        // A group in a group does not exist.
        if words.is_empty() || list.has_groups && !list.addresses.is_empty() {
            return None;
        }
        list.has_groups = true;
        inside = inside.trim_start();
        while !inside.starts_with(';') {
            inside = mailbox(inside, list)?;
            inside = inside.strip_prefix(',').map_or(inside, str::trim_start);
        }
        return Some(inside[1..].trim_start());
    }
    mailbox(text, list)
}

fn mailbox<'t>(text: &'t str, list: &mut AddressList) -> Option<&'t str> {
    let (words, rest) = phrase(text)?;
    let (name, address, rest) = match rest.strip_prefix('<') {
        Some(inside) => {
            let (address, behind) = address(inside)?;
            (name(&words)?, address, behind.strip_prefix('>')?)
        }
        None => {
            let (address, behind) = address(text)?;
            (None, address, behind)
        }
    };
    list.addresses.push(Address { name, address: address.to_owned() });
    Some(rest.trim_start())
}

enum Word<'t> {
    Atom(&'t str),
    Quoted(String),
}

/// The words before a bracket, a colon, or an `@`.
fn phrase(text: &str) -> Option<(Vec<Word<'_>>, &str)> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (value, behind) = quoted_string(quoted)?;
            words.push(Word::Quoted(value));
            rest = behind;
        } else {
            let end = rest.find(|c: char| !is_in_phrase(c)).unwrap_or(rest.len());
            if end == 0 {
                return Some((words, rest));
            }
            words.push(Word::Atom(&rest[..end]));
            rest = &rest[end..];
        }
        // Only single blanks: readers fold others, or do not.
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
}

/// The name that words make: one quoted string, or atoms and encoded words.
fn name(words: &[Word<'_>]) -> Option<Option<String>> {
    let text = match words {
        [] => return Some(None),
        [Word::Quoted(text)] if !text.contains("=?") => text.trim().to_owned(),
        words => {
            let atom = |word: &Word<'_>| match word {
                Word::Atom(atom) => Some((*atom).to_owned()),
                Word::Quoted(_) => None,
            };
            words::decode(&words.iter().map(atom).collect::<Option<Vec<_>>>()?.join(" "))?
        }
    };
    (!text.chars().any(char::is_control)).then(|| (!text.is_empty()).then_some(text))
}

/// `local-part@domain`, and what follows it.
fn address(text: &str) -> Option<(&str, &str)> {
    let local_end = match text.strip_prefix('"') {
        Some(quoted) => text.len() - quoted_string(quoted)?.1.len(),
        None => text.find(|c: char| !is_in_atom(c) && c != '.')?,
    };
    let domain = text[local_end..].strip_prefix('@')?;
    let domain_end = match domain.strip_prefix('[') {
        Some(literal) => literal.find(']')? + 2,
        None => domain.find(|c: char| !is_in_atom(c) && c != '.').unwrap_or(domain.len()),
    };
    let end = local_end + 1 + domain_end;
    (local_end > 0 && domain_end > 0).then(|| text.split_at(end))
}

/// The text of a quoted string behind its first quote, and what follows it.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

/// RFC 5322 section 3.2.3, and RFC 6532 section 3.2.
fn is_in_atom(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_graphic() && !"()<>[]:;@\\,.\"".contains(c)
}

/// Initials have dots (RFC 5322 section 4.1).
fn is_in_phrase(c: char) -> bool {
    is_in_atom(c) || c == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: Option<&str>, address: &str) -> Option<Vec<Address>> {
        Some(vec![Address { name: name.map(str::to_owned), address: address.to_owned() }])
    }

    fn of(text: &str) -> Option<Vec<Address>> {
        read(text).map(|list| list.addresses)
    }

    #[test]
    fn clear_lists_are_read() {
        assert_eq!(of("a@b.c"), one(None, "a@b.c"));
        assert_eq!(of("<a@b.c>"), one(None, "a@b.c"));
        assert_eq!(of("J. R. Doe <a@b.c>"), one(Some("J. R. Doe"), "a@b.c"));
        assert_eq!(of("\"Doe, \\\"J\\\"\" <a@b.c>"), one(Some("Doe, \"J\""), "a@b.c"));
        assert_eq!(of("=?utf-8?Q?J=C3=BCrgen?= X <a@b.c>"), one(Some("J\u{fc}rgen X"), "a@b.c"));
        assert_eq!(of("J\u{fc}rgen <a@b.c>"), one(Some("J\u{fc}rgen"), "a@b.c"));
        assert_eq!(of("\"a b\"@c.d"), one(None, "\"a b\"@c.d"));
        assert_eq!(of("a@[192.0.2.1]"), one(None, "a@[192.0.2.1]"));
        assert_eq!(of("a@b.c, D <d@e.f>").map(|list| list.len()), Some(2));
        assert_eq!(of(""), Some(Vec::new()));
    }

    #[test]
    fn groups_are_flattened_and_noticed() {
        let list = read("Team: a@b.c, D <d@e.f>;").unwrap();
        assert_eq!((list.addresses.len(), list.has_groups), (2, true));
        let list = read("undisclosed-recipients:;").unwrap();
        assert_eq!((list.addresses.len(), list.has_groups), (0, true));
    }

    #[test]
    fn what_readers_read_differently_is_refused() {
        for text in [
            "a@b.c (Comment)",
            "root (Cron Daemon)",
            "Anacron <root>",
            "Doe, John <a@b.c>",
            "\"open <a@b.c>",
            "<>",
            "<a@b.c",
            "a@b.c,, d@e.f",
            "a@b.c;",
            "x@y.z <a@b.c>",
            "\"=?utf-8?q?x?=\" <a@b.c>",
            "\"A\" B <a@b.c>",
            "A  B <a@b.c>",
            "<@relay:a@b.c>",
            "=?utf-8*de?q?x?= <a@b.c>",
            "=?utf-8?q?=0D=0ABcc=3A_x?= <a@b.c>",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
