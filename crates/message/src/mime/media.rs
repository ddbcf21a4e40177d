//! Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183 section 2), read strictly.

use super::parameters::{Parameter, Piece, assemble};
use crate::header::Field;

/// A value with parameters: `text/plain; charset=utf-8`, `attachment; filename=a.pdf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Media {
    /// What stands before the first semicolon, in lower case.
    pub(crate) kind: String,
    parameters: Vec<Parameter>,
    /// All of it, as written.
    text: String,
    /// Whether every reader reads the same: no comment, nothing unquoted that has to be quoted, nothing twice.
    pub(crate) is_clear: bool,
}

/// More parameters than any honest field has: each is compared with all others.
const MAX_PIECES: usize = 200;

impl Media {
    /// Reads a field. Bytes that are not UTF-8 could be anything.
    pub(crate) fn of(field: &Field<'_>) -> Self {
        let mut media = Self::read(&field.body());
        media.is_clear &= std::str::from_utf8(field.raw()).is_ok();
        media
    }

    /// Reads the body of a field, unfolded. What is not clear is left out.
    pub(crate) fn read(text: &str) -> Self {
        let (kind, rest) = text.split_once(';').unwrap_or((text, ""));
        let kind = kind.trim().to_ascii_lowercase();
        let (pieces, follows_the_grammar) = pieces(rest);
        let (parameters, agrees) = assemble(&pieces);
        let is_clear = follows_the_grammar && agrees && parameters.iter().all(Parameter::is_plain);
        let mut media = Self { kind, parameters, text: text.to_owned(), is_clear };
        media.is_clear &= media.has_plain_kind();
        media
    }

    /// A type without parameters.
    pub(crate) fn of_kind(kind: &str) -> Self {
        Self { kind: kind.to_owned(), parameters: Vec::new(), text: String::new(), is_clear: true }
    }

    /// A parameter's value.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|one| one.value.as_str())
    }

    /// What a parameter most likely is, where the field is not clear.
    pub(crate) fn likely(&self, name: &str) -> Option<String> {
        let lower = self.text.to_ascii_lowercase();
        let is_start = |at: &usize| lower[..*at].trim_end().ends_with(';');
        let (start, _) = lower.match_indices(name).find(|(at, _)| is_start(at))?;
        let value = self.text[start + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => value.split(';').next(),
        };
        let value = value?.trim();
        // Encoded words may hold what may not stand in a name any more than beside them.
        let decoded = crate::words::decode(value).unwrap_or_else(|| value.to_owned());
        Some(decoded.chars().filter(|c| !c.is_control()).collect()).filter(|value: &String| !value.is_empty())
    }

    /// The names of all parameters, in lower case.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|parameter| parameter.name.as_str())
    }

    /// Whether this is no type, but some readers take it for a multipart or a message: `multipart / mixed`,
    /// `(c) multipart/mixed`, `multipart`.
    pub(crate) fn may_be_composite(&self) -> bool {
        let is_type = self.kind.split_once('/').is_some_and(|(main, sub)| {
            [main, sub].iter().all(|token| !token.is_empty() && token.chars().all(is_token))
        });
        !is_type && ["multipart", "message"].iter().any(|name| self.kind.contains(name))
    }

    /// Whether the type or disposition itself is a plain word, whatever is behind it.
    pub(crate) fn has_plain_kind(&self) -> bool {
        self.kind.split('/').all(|token| !token.is_empty() && token.chars().all(is_token))
    }

    /// `multipart` of `multipart/mixed`.
    pub(crate) fn main_type(&self) -> &str {
        self.kind.split('/').next().unwrap_or_default()
    }
}

/// Everything behind the type, and whether it follows the grammar.
fn pieces(text: &str) -> (Vec<Piece>, bool) {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    // A semicolon at the very end is common and means nothing.
    while !rest.is_empty() {
        if pieces.len() == MAX_PIECES {
            return (pieces, false);
        }
        let Some((piece, behind)) = piece(rest) else { return (pieces, false) };
        pieces.push(piece);
        rest = match behind.trim_start().strip_prefix(';') {
            Some(behind) => behind.trim_start(),
            None if behind.trim_start().is_empty() => "",
            None => return (pieces, false),
        };
    }
    (pieces, true)
}

fn piece(text: &str) -> Option<(Piece, &str)> {
    let (name, rest) = text.split_once('=')?;
    let name = name.trim_end();
    if name.is_empty() || !name.chars().all(is_token) {
        return None;
    }
    let rest = rest.trim_start();
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None => bare(rest)?,
    };
    Some((Piece { name: name.to_ascii_lowercase(), value }, rest))
}

/// What stands before the closing quote, and what behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            // Old Windows programs write paths in quotes: readers differ about their backslashes.
            '\\' => match chars.next()?.1 {
                quoted @ ('"' | '\\') => value.push(quoted),
                _ => return None,
            },
            _ => value.push(c),
        }
    }
    None
}

/// A value without quotes. RFC 2045 wants quotes around some of these characters, and no reader minds.
fn bare(text: &str) -> Option<(String, &str)> {
    let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
    let (value, rest) = text.split_at(end);
    let is_plain = value.chars().all(|c| c.is_ascii_graphic() && !"\"(),<>\\".contains(c));
    (is_plain && !value.is_empty() && !value.contains("=?")).then(|| (value.to_owned(), rest))
}

/// RFC 2045 section 5.1, and the star of RFC 2231.
fn is_token(c: char) -> bool {
    c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(text: &str, name: &str) -> Option<String> {
        let media = Media::read(text);
        media.is_clear.then(|| media.parameter(name).map(str::to_owned))?
    }

    #[test]
    fn parameters_are_read_in_every_clear_form() {
        for (text, name) in [
            ("a/b; filename=x.pdf", "x.pdf"),
            ("a/b;filename=\"x y.pdf\";", "x y.pdf"),
            ("a/b ; FileName = \"a\\\"b\"", "a\"b"),
            ("a/b; filename==_x:y", "=_x:y"),
            ("attachment; filename*=utf-8''%C3%BC.pdf", "\u{fc}.pdf"),
            ("attachment; filename=\"=?utf-8?B?w7wucGRm?=\"", "\u{fc}.pdf"),
            ("attachment; filename*0*=iso-8859-1''%FC; filename*1=\".p\"; filename*2=df", "\u{fc}.pdf"),
            ("attachment; filename*1=b; filename*0=a", "ab"),
            ("attachment; filename=\"\u{fc}.pdf\"; filename*=utf-8''%c3%bc.pdf", "\u{fc}.pdf"),
        ] {
            assert_eq!(parameter(text, "filename").as_deref(), Some(name), "{text}");
        }
        assert!(Media::read("text/plain").is_clear);
        assert_eq!(Media::read("Text/HTML; charset=x").kind, "text/html");
    }

    #[test]
    fn what_readers_read_differently_is_not_clear() {
        for text in [
            "a/b; filename=x y.pdf",
            "a/b; filename=scan(1).pdf",
            "a/b (comment); filename=x",
            "a/b; filename=x; filename=y",
            "a/b; filename=\"x",
            "a/b; filename=\"C:\\new\\x.pdf\"",
            "a/b; filename==?utf-8?q?x?=",
            "a/b; filename=\"=?utf-8*de?q?x?=\"",
            "a/b; filename=plain.pdf; filename*=utf-8''other.pdf",
            "a/b; filename*=utf-8'de'x",
            "a/b; filename*=utf-8''%C3",
            "a/b; filename*0=a; filename*2=b",
            "a/b; filename",
            "a/b; filename=\"a\tb\"",
            "text",
        ] {
            let media = Media::read(text);
            assert!(!media.is_clear || !media.kind.contains('/'), "{text}: {media:?}");
        }
    }
}
