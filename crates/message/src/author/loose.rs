//! Broken From fields: the one address that can be meant, and the name in it.

use super::phrase;
use crate::address::Address;
use crate::header::Field;

/// What is found in a field without asking for its grammar.
#[derive(Default)]
struct Pieces {
    /// What stands in angle brackets, closed or not, blanks around it taken off.
    angles: Vec<String>,
    /// Words outside brackets and comments, quotation marks taken off.
    words: Vec<String>,
    comments: Vec<String>,
}

/// The address that broken From fields mean, if it can be no other: the only one in them, the only one in angle brackets
/// where words with an at sign stand before it (those become its name) or, where there is only a local part, the address
/// that `complete` makes of it (RFC 6409 section 4.2). `is_address` judges what is one.
pub fn repair(
    fields: &[Field<'_>],
    is_address: impl Fn(&str) -> bool,
    complete: impl Fn(&str) -> Option<String>,
) -> Option<Address> {
    if let [field] = fields
        && let Some(author) = super::unquoted(field)
    {
        return is_author(&author, is_address).then_some(author);
    }
    let (mut found, mut others): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for field in fields {
        let pieces = Pieces::of(&field.body());
        let in_words = pieces.words.iter().filter(|word| word.contains('@'));
        for text in pieces.angles.iter().chain(in_words) {
            let text = bare_address(text);
            match () {
                () if text.is_empty() => {}
                () if is_address(&text) && !text.contains(char::REPLACEMENT_CHARACTER) => found.push(text),
                () => others.push(text),
            }
        }
        if pieces.angles.is_empty() && pieces.words.len() == 1 && !pieces.words[0].contains('@') {
            others.push(pieces.words[0].clone());
        }
    }
    let is_one = |list: &[String]| list.iter().all(|other| other.eq_ignore_ascii_case(&list[0]));
    let address = match (found.first(), others.first()) {
        (Some(address), None) if is_one(&found) => address.clone(),
        // Bytes whose charset nobody named are no local part, even if the envelope holds the same character.
        (None, Some(local_part)) if is_one(&others) && is_text(local_part) => complete(local_part)?,
        _ => return None,
    };
    Some(Address { name: display_name(fields), address })
}

/// Whether an address whose name is about to be quoted is a whole one, and the name is text.
fn is_author(author: &Address, is_address: impl Fn(&str) -> bool) -> bool {
    is_address(&author.address) && is_text(&author.address) && author.name.as_deref().is_some_and(is_text)
}

/// The name of the author in From fields, whole or broken, decoded. None where there are several authors, and none of
/// bytes whose charset nobody named.
#[must_use]
pub fn display_name(fields: &[Field<'_>]) -> Option<String> {
    if let Ok(addresses) = super::read(fields) {
        let [author] = &addresses[..] else { return None };
        return author.name.clone().filter(|name| is_text(name));
    }
    let pieces = Pieces::of(&fields.first()?.body());
    let words: Vec<&str> =
        pieces.words.iter().filter(|word| !word.contains('@')).map(String::as_str).collect();
    // A word without an address beside it is a local part: `root (Cron Daemon)`.
    let is_local_part =
        words.len() == 1 && pieces.angles.is_empty() && !pieces.words.iter().any(|word| word.contains('@'));
    let name = if words.is_empty() || is_local_part { pieces.comments.join(" ") } else { words.join(" ") };
    let name = phrase::decoded(&name);
    let name = name.trim_matches([' ', ',', ';', ':', '\'']);
    (!name.is_empty() && is_text(name)).then(|| name.to_owned())
}

fn is_text(name: &str) -> bool {
    !name.contains(char::REPLACEMENT_CHARACTER)
}

/// An address without what clients put around it: blanks, the dot of a root name, a scheme, quotation marks.
#[must_use]
pub fn bare_address(text: &str) -> String {
    let text = text.trim();
    let text = match text.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
        _ => text,
    };
    let text = text.trim_matches(['\'', '"', ',', ' ']).trim_end_matches('.');
    match text.split_once('@') {
        Some((local_part, domain)) => format!("{}@{}", local_part.trim_end(), domain.trim_start()),
        None => text.to_owned(),
    }
}

impl Pieces {
    fn of(body: &str) -> Self {
        let mut pieces = Self::default();
        let mut rest = body;
        while let Some(first) = rest.chars().next() {
            let (end, skipped) = match first {
                '<' => end_of(rest, ['>', '<']),
                '(' => end_of(rest, [')', '<']),
                '"' => end_of(rest, ['"', '<']),
                _ => (rest.find(['<', '(', '"']).unwrap_or(rest.len()), 0),
            };
            let piece = &rest[..end];
            match first {
                '<' => pieces.angles.push(piece[1..].trim().to_owned()),
                '(' => pieces.comments.push(piece[1..].trim().to_owned()),
                _ => pieces.words.extend(words(piece)),
            }
            rest = &rest[end + skipped..];
        }
        pieces
    }
}

/// Where a bracket ends, and the bytes of the sign that ends it: none where another one begins, or nothing follows.
fn end_of(text: &str, [closing, other]: [char; 2]) -> (usize, usize) {
    match text[1..].find([closing, other]) {
        Some(place) if text[place + 1..].starts_with(closing) => (place + 1, 1),
        Some(place) => (place + 1, 0),
        None => (text.len(), 0),
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let word = |word: &str| word.replace('"', "");
    text.split_ascii_whitespace().map(word).filter(|word| !word.trim_matches([',', ';', '>']).is_empty())
}
