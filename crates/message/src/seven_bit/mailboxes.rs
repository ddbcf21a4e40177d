//! Mailbox lists beyond ASCII: names become encoded words, domains their A-labels (RFC 5890). Nothing is parsed that
//! need not be, because what devices write into these fields is often no list at all.

use super::text::{encoded, unstructured};

/// Writes the body of a field in ASCII where that can be.
pub(super) fn in_ascii(text: &str) -> String {
    let mut written = String::with_capacity(text.len() * 2);
    for piece in pieces(text) {
        if piece.is_ascii() {
            written.push_str(piece);
        } else {
            written.push_str(&entry(piece));
        }
    }
    written
}

/// Entries and what divides them, in turn: commas, colons and semicolons outside quotes, comments and brackets.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut scan = Scan::default();
    for (at, c) in text.char_indices() {
        if scan.is_outside() && matches!(c, ',' | ';' | ':') {
            pieces.extend([&text[start..at], &text[at..=at]]);
            start = at + 1;
        }
        scan.step(c);
    }
    pieces.push(&text[start..]);
    pieces
}

/// One entry: a name and an address in brackets, an address, or a scrap of a broken one.
fn entry(text: &str) -> String {
    let body = text.trim();
    let (before, behind) = text.split_once(body).unwrap_or(("", ""));
    let written = match bracket(body) {
        Some(at) => {
            let (name, rest) = body.split_at(at);
            let gap = &name[name.trim_end().len()..];
            format!("{}{gap}{}", phrase(name.trim_end()), with_ascii_domain(rest))
        }
        None if body.contains('@') => with_ascii_domain(body),
        None => phrase(body),
    };
    format!("{before}{written}{behind}")
}

/// Where the bracket of an address opens.
fn bracket(text: &str) -> Option<usize> {
    let mut scan = Scan::default();
    for (at, c) in text.char_indices() {
        if c == '<' && scan.is_outside() {
            return Some(at);
        }
        scan.step(c);
    }
    None
}

/// A name, without its quotes where it has to be encoded.
fn phrase(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    if text.contains('(') {
        return comments(text);
    }
    let mut name = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {}
            '\\' => name.extend(chars.next()),
            c => name.push(c),
        }
    }
    let name = name.replace("\r\n", "");
    encoded(name.trim())
}

/// A name with comments: each word alone, the brackets outside.
fn comments(text: &str) -> String {
    let spaced = |piece: &str| {
        let inner = piece.trim_end_matches(['(', ')']);
        format!("{}{}", unstructured(inner), &piece[inner.len()..])
    };
    text.split_inclusive(['(', ')']).map(spaced).collect()
}

/// An address whose domain is in A-labels; a local part beyond ASCII stays, because nothing else can be said.
fn with_ascii_domain(text: &str) -> String {
    let Some(at) = text.rfind('@') else { return text.to_owned() };
    let (local, domain) = text.split_at(at + 1);
    let end = domain.find(['>', ' ', '(', '\r', '\t']).unwrap_or(domain.len());
    let (domain, behind) = domain.split_at(end);
    match idna::domain_to_ascii(domain) {
        Ok(ascii) if !domain.is_ascii() => format!("{local}{ascii}{}", comment_behind(behind)),
        _ => format!("{local}{domain}{}", comment_behind(behind)),
    }
}

fn comment_behind(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { comments(text) }
}

/// Whether a place is outside quotes, comments and brackets.
#[derive(Default)]
struct Scan {
    quoted: bool,
    escaped: bool,
    comment: usize,
    bracket: bool,
}

impl Scan {
    fn is_outside(&self) -> bool {
        !self.quoted && self.comment == 0 && !self.bracket
    }

    fn step(&mut self, c: char) {
        match c {
            _ if self.escaped => self.escaped = false,
            '\\' => self.escaped = self.quoted || self.comment > 0,
            '"' if self.comment == 0 => self.quoted = !self.quoted,
            _ if self.quoted => {}
            '(' => self.comment += 1,
            ')' => self.comment = self.comment.saturating_sub(1),
            '<' if self.comment == 0 => self.bracket = true,
            '>' if self.comment == 0 => self.bracket = false,
            _ => {}
        }
    }
}
