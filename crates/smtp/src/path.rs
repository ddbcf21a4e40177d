//! The two paths of an envelope (RFC 5321 sections 2.3.1 and 4.1.2).

use std::fmt;

use crate::address::{AddressError, Mailbox};

/// Where failure notices go: the argument of MAIL FROM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReversePath {
    /// `<>`: nobody is told (RFC 5321 section 4.5.5). Notices themselves travel with this path.
    Null,
    /// A mailbox that wants to hear of failures.
    Mailbox(Mailbox),
}

/// Where the message goes: the argument of RCPT TO.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ForwardPath {
    /// `<Postmaster>` without a domain, which every server must know (RFC 5321 section 4.5.1).
    Postmaster,
    /// A mailbox.
    Mailbox(Mailbox),
}

impl ReversePath {
    /// The mailbox, unless the path is null.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }
}

impl ForwardPath {
    /// The mailbox, unless the path is the bare postmaster.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<Postmaster>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// Why a path was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathError {
    /// It is not written as a path at all.
    Syntax,
    /// The mailbox in it is not one.
    Address(AddressError),
}

/// Splits `text` behind `MAIL FROM:` into the reverse-path and the parameters.
pub(crate) fn reverse_path(text: &str) -> Result<(ReversePath, &str), PathError> {
    let (path, rest) = split(text)?;
    if path.is_empty() {
        return Ok((ReversePath::Null, rest));
    }
    Ok((ReversePath::Mailbox(path.parse().map_err(PathError::Address)?), rest))
}

/// Splits `text` behind `RCPT TO:` into the forward-path and the parameters.
pub(crate) fn forward_path(text: &str) -> Result<(ForwardPath, &str), PathError> {
    let (path, rest) = split(text)?;
    if path.eq_ignore_ascii_case("postmaster") {
        return Ok((ForwardPath::Postmaster, rest));
    }
    Ok((ForwardPath::Mailbox(path.parse().map_err(PathError::Address)?), rest))
}

/// The text between the angle brackets, and what follows them.
///
/// Devices write a space before the bracket or leave the brackets out; both are harmless and taken.
fn split(text: &str) -> Result<(&str, &str), PathError> {
    let text = text.trim_start_matches(' ');
    let Some(inner) = text.strip_prefix('<') else {
        let end = text.find(' ').unwrap_or(text.len());
        return if end == 0 { Err(PathError::Syntax) } else { Ok((&text[..end], &text[end..])) };
    };
    let end = closing_bracket(inner).ok_or(PathError::Syntax)?;
    let rest = &inner[end + 1..];
    if !rest.is_empty() && !rest.starts_with(' ') {
        return Err(PathError::Syntax);
    }
    Ok((without_source_route(&inner[..end]), rest))
}

fn closing_bracket(inner: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (position, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(position),
            _ => {}
        }
    }
    None
}

/// `@a,@b:user@c` means `user@c`: RFC 5321 section 4.1.1.3 has routes accepted and ignored.
fn without_source_route(path: &str) -> &str {
    match path.split_once(':') {
        Some((route, mailbox)) if route.starts_with('@') => mailbox,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(&str, &str), PathError>) {
        let parsed = reverse_path(text).map(|(path, rest)| (path.to_string(), rest));
        assert_eq!(
            parsed.as_ref().map(|(path, rest)| (path.as_str(), *rest)).map_err(|e| *e),
            expected,
            "{text}"
        );
    }

    #[test]
    fn paths_are_split_from_their_parameters() {
        check("<>", Ok(("<>", "")));
        check("<> SIZE=1", Ok(("<>", " SIZE=1")));
        check("<a@b.c>", Ok(("<a@b.c>", "")));
        check(" <a@b.c> BODY=7BIT", Ok(("<a@b.c>", " BODY=7BIT")));
        check("a@b.c SIZE=3", Ok(("<a@b.c>", " SIZE=3")));
        check("<\"x>y\"@b.c> SIZE=3", Ok(("<\"x>y\"@b.c>", " SIZE=3")));
        check("<@relay.example,@other.example:a@b.c>", Ok(("<a@b.c>", "")));
        check("<a@b.c>x", Err(PathError::Syntax));
        check("<a@b.c", Err(PathError::Syntax));
        check("", Err(PathError::Syntax));
        check("<a>", Err(PathError::Address(AddressError::NoAt)));
    }

    #[test]
    fn the_bare_postmaster_is_a_recipient_but_not_a_sender() {
        assert_eq!(forward_path("<PostMaster>"), Ok((ForwardPath::Postmaster, "")));
        assert!(reverse_path("<postmaster>").is_err());
        assert_eq!(forward_path("<>"), Err(PathError::Address(AddressError::NoAt)));
    }
}
