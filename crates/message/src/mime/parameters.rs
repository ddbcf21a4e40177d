//! Parameters that were cut into pieces or percent-encoded, put together (RFC 2231 sections 3 and 4).

use super::encoding::hex;
use crate::{charset, words};

/// One `name=value` as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Name in lower case, `filename*0*` and the like included.
    pub(super) name: String,
    /// Value without its quotes.
    pub(super) value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Name in lower case.
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Parameter {
    /// Whether readers agree about its characters. Only names of files are checked beyond ASCII.
    pub(super) fn is_plain(&self) -> bool {
        let may_be_any = matches!(self.name.as_str(), "name" | "filename");
        !self.value.chars().any(char::is_control) && (may_be_any || self.value.is_ascii())
    }
}

/// The parameters that pieces make, and whether all of them are clear.
pub(super) fn assemble(pieces: &[Piece]) -> (Vec<Parameter>, bool) {
    let (mut parameters, mut is_clear) = (Vec::<Parameter>::new(), true);
    for piece in pieces {
        let name = base(&piece.name);
        if parameters.iter().any(|parameter| parameter.name == name) {
            continue;
        }
        match value(name, pieces) {
            Some(value) => parameters.push(Parameter { name: name.to_owned(), value }),
            None => is_clear = false,
        }
    }
    (parameters, is_clear)
}

fn base(name: &str) -> &str {
    name.split('*').next().unwrap_or(name)
}

/// The value of a parameter, if all ways in which it is given agree.
fn value(name: &str, pieces: &[Piece]) -> Option<String> {
    let of = |wanted: &str| pieces.iter().filter(move |piece| piece.name == wanted).collect::<Vec<_>>();
    let (plain, extended) = (of(name), of(&format!("{name}*")));
    let mut values = Vec::new();
    values.extend(plain.iter().map(|piece| plain_value(&piece.value)));
    values.extend(extended.iter().map(|piece| extended_value(&[(&piece.value, true)])));
    let pieced: Vec<&Piece> = pieces
        .iter()
        .filter(|piece| base(&piece.name) == name && piece.name.len() > name.len() + 1)
        .collect();
    if !pieced.is_empty() {
        values.push(continued_value(name, &pieced));
    }
    if plain.len() > 1 || extended.len() > 1 {
        return None;
    }
    let first = values.first()?.clone()?;
    values.iter().all(|value| value.as_ref() == Some(&first)).then_some(first)
}

/// A value in quotes may hold encoded words, which RFC 2047 does not allow and everybody reads.
fn plain_value(value: &str) -> Option<String> {
    words::decode(value)
}

fn continued_value(name: &str, pieces: &[&Piece]) -> Option<String> {
    let mut segments = Vec::with_capacity(pieces.len());
    for number in 0..pieces.len() {
        let (plain, extended) = (format!("{name}*{number}"), format!("{name}*{number}*"));
        let mut found = pieces.iter().filter(|piece| piece.name == plain || piece.name == extended);
        let piece = found.next()?;
        if found.next().is_some() {
            return None;
        }
        segments.push((piece.value.as_str(), piece.name == extended));
    }
    if segments.iter().any(|(_, is_extended)| *is_extended) {
        extended_value(&segments)
    } else {
        plain_value(&segments.iter().map(|(value, _)| *value).collect::<String>())
    }
}

/// `charset'language'percent-encoded`, of which only the first segment has the first two.
fn extended_value<S: AsRef<str>>(segments: &[(S, bool)]) -> Option<String> {
    let (first, is_extended) = segments.first()?;
    if !is_extended {
        return None;
    }
    let (label, rest) = first.as_ref().split_once('\'')?;
    // A language has no place in a file's name anywhere else.
    let first = rest.strip_prefix('\'')?;
    let mut bytes = percent_decoded(first)?;
    for (segment, is_extended) in &segments[1..] {
        if *is_extended {
            bytes.extend(percent_decoded(segment.as_ref())?);
        } else {
            bytes.extend_from_slice(segment.as_ref().as_bytes());
        }
    }
    charset::decode(if label.is_empty() { "us-ascii" } else { label }, &bytes)
}

/// Bytes without their percent signs; a percent sign without two digits gives nothing.
pub(crate) fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                bytes.push(hex(*high)? << 4 | hex(*low)?);
                behind
            }
            (b'%', _) => return None,
            _ => {
                bytes.push(*first);
                behind
            }
        };
    }
    Some(bytes)
}
