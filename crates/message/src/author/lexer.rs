//! The tokens of an address field (RFC 5322 sections 3.2 and 3.4).

use super::{AuthorFault, phrase};

/// A token, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lexed {
    pub(super) token: Token,
    pub(super) raw: String,
    /// Whether blanks stand before it.
    pub(super) is_spaced: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Anything without blanks and special characters, or an encoded word.
    Word,
    /// A quoted string, without quotation marks and backslashes.
    Quoted(String),
    /// A comment, without its parentheses and backslashes.
    Comment(String),
    /// What stands in angle brackets, as written.
    Angle(String),
    Comma,
    Colon,
    Semicolon,
}

impl Lexed {
    /// Whether it holds an address, or what should be one.
    pub(super) fn has_address(&self) -> bool {
        match &self.token {
            Token::Angle(_) => true,
            Token::Word => self.raw.contains('@'),
            _ => false,
        }
    }
}

/// Reads all of a field's body.
pub(super) fn tokens(body: &str) -> Result<Vec<Lexed>, AuthorFault> {
    let mut tokens = Vec::new();
    let mut rest = body;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let is_spaced = trimmed.len() < rest.len();
        let Some(first) = trimmed.chars().next() else { return Ok(tokens) };
        let (token, bytes) = match first {
            ',' => (Token::Comma, 1),
            ':' => (Token::Colon, 1),
            ';' => (Token::Semicolon, 1),
            '"' => {
                let (text, bytes) = quoted(trimmed).ok_or(AuthorFault::OpenQuote)?;
                (Token::Quoted(text), bytes)
            }
            '(' => {
                let (text, bytes) = comment(trimmed).ok_or(AuthorFault::OpenComment)?;
                (Token::Comment(text), bytes)
            }
            '<' => {
                let end = end_of_angle(trimmed)?;
                (Token::Angle(trimmed[1..end].to_owned()), end + 1)
            }
            _ => (Token::Word, word(trimmed)),
        };
        tokens.push(Lexed { token, raw: trimmed[..bytes].to_owned(), is_spaced });
        rest = &trimmed[bytes..];
    }
}

/// The words before an address as a name, encoded words decoded.
pub(super) fn phrase(words: &[&Lexed]) -> Option<String> {
    let mut written = String::new();
    for word in words {
        if !written.is_empty() && word.is_spaced {
            written.push(' ');
        }
        match &word.token {
            Token::Quoted(text) => written.push_str(text),
            _ => written.push_str(&word.raw),
        }
    }
    let name = phrase::decoded(&written);
    (!name.trim().is_empty()).then(|| name.trim().to_owned())
}

fn quoted(text: &str) -> Option<(String, usize)> {
    let mut plain = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return Some((plain, place + 1)),
            '\\' => plain.push(chars.next()?.1),
            c => plain.push(c),
        }
    }
    None
}

/// Comments may hold comments.
fn comment(text: &str) -> Option<(String, usize)> {
    let (mut plain, mut depth) = (String::new(), 0_u32);
    let mut chars = text.char_indices();
    while let Some((place, c)) = chars.next() {
        match c {
            '(' => {
                depth += 1;
                if depth > 1 {
                    plain.push(c);
                }
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some((plain, place + 1));
                }
                plain.push(c);
            }
            '\\' => plain.push(chars.next()?.1),
            c => plain.push(c),
        }
    }
    None
}

fn end_of_angle(text: &str) -> Result<usize, AuthorFault> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => return Ok(place),
            '<' if !is_quoted => return Err(AuthorFault::OpenBracket),
            _ => {}
        }
    }
    Err(if is_quoted { AuthorFault::OpenQuote } else { AuthorFault::OpenBracket })
}

/// Bytes of a word: up to a blank or a special character that begins another token. Within an encoded word and an
/// address literal these have no meaning.
fn word(text: &str) -> usize {
    if let Some(bytes) = encoded_word(text) {
        return bytes;
    }
    let mut in_literal = false;
    for (place, c) in text.char_indices() {
        match c {
            '[' => in_literal = true,
            ']' => in_literal = false,
            ' ' | '\t' | '\r' | '\n' | '"' | '(' | '<' | ',' | ';' => return place,
            ':' if !in_literal => return place,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of an encoded word (RFC 2047 section 2) at the start of `text`.
fn encoded_word(text: &str) -> Option<usize> {
    let mut bytes = text.strip_prefix("=?").map(|_| 2)?;
    // It holds no blank; looking further would cost the square of a long field.
    let text = &text[..text.find([' ', '\t', '\r', '\n']).unwrap_or(text.len())];
    for _ in 0..2 {
        bytes += text[bytes..].find('?')? + 1;
    }
    Some(bytes + text[bytes..].find("?=")? + 2)
}
