//! Who a message is from: the From field read by the grammar of RFC 5322 section 3.4, and what is wrong with one
//! that cannot be read so.
//!
//! [`read`] is strict, because the author that it names decides whether the message may be sent. [`repair`] tells the one address that
//! a broken field must mean; [`display_name`] finds a name in whatever is there; [`written`] writes a new field.

mod lexer;
mod loose;
mod phrase;

use crate::address::{Address, AddressList, MAX_FIELD_BYTES};
use crate::header::{self, Field};

pub use self::loose::{bare_address, display_name, repair};
pub use self::phrase::written;

use self::lexer::{Lexed, Token};

/// Why the author of a message cannot be told. Each says what is wrong in words for the client that wrote it; what is
/// quoted of the field is cut and printable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorFault {
    /// There is no From field.
    #[error("the message has no From field")]
    Missing,
    /// There is one with nothing in it.
    #[error("the From field is empty")]
    Empty,
    /// There is more than one (RFC 5322 section 3.6).
    #[error("the message has {0} From fields")]
    Repeated(usize),
    /// An address is a local part alone.
    #[error("the address \"{0}\" in From has no domain")]
    NoDomain(String),
    /// Nothing stands before the at sign.
    #[error("the address \"{0}\" in From has nothing before the @")]
    NoLocalPart(String),
    /// A name in the root form, which mail addresses do not have.
    #[error("the address \"{0}\" in From ends with a dot")]
    FinalDot(String),
    /// A blank outside quotation marks.
    #[error("the address \"{0}\" in From contains a blank")]
    Blank(String),
    /// More than one at sign outside quotation marks.
    #[error("the address \"{0}\" in From has more than one @")]
    ManyAts(String),
    /// It is no address for another reason.
    #[error("the address \"{0}\" in From is not valid: {1}")]
    Invalid(String, String),
    /// Bytes beyond ASCII that are not UTF-8 (RFC 6532 section 3.1).
    #[error("the address in From contains bytes that are not UTF-8")]
    NotUtf8,
    #[error("there is no address between < and > in From")]
    EmptyBrackets,
    /// A group without members.
    #[error("the From field contains no address")]
    NoAddress,
    /// `Kock, Arne <a@b>`.
    #[error("From has a comma outside quotation marks after \"{0}\", which is not an address")]
    Comma(String),
    #[error("From has two addresses without a comma between them")]
    NoComma,
    /// `A <a@b> B`.
    #[error("From has \"{0}\" behind the address")]
    Behind(String),
    #[error(
        "the address in From has to be in angle brackets, because there is more than an address: \"{0}\""
    )]
    NoBrackets(String),
    /// More than anybody writes on purpose.
    #[error("the From field is longer than {MAX_FIELD_BYTES} bytes")]
    TooLong,
    /// `boss@b <a@b>`: some readers take the first for the author, some the second.
    #[error(
        "From has \"{0}\" outside quotation marks before the address, which some programs show as the author"
    )]
    TwoAuthors(String),
    /// A quotation mark without its partner.
    #[error("a quotation mark in From is not closed")]
    OpenQuote,
    /// A parenthesis without its partner.
    #[error("a parenthesis in From is not closed")]
    OpenComment,
    /// An angle bracket without its partner.
    #[error("an angle bracket in From is not closed")]
    OpenBracket,
    /// A group that does not end.
    #[error("the colon in From begins a group, and no semicolon ends it")]
    OpenGroup,
    /// Readers differ about it.
    #[error("From can be read in more than one way")]
    Ambiguous,
}

/// Characters of a field that a fault quotes.
const EXCERPT: usize = 60;

/// Reads all From fields of a header section. There is at least one address when it succeeds, and each has a local
/// part and a domain.
///
/// # Errors
/// When the author is missing or uncertain.
pub fn read(fields: &[Field<'_>]) -> Result<Vec<Address>, AuthorFault> {
    let field = match fields {
        [] => return Err(AuthorFault::Missing),
        [field] => field,
        more => return Err(AuthorFault::Repeated(more.len())),
    };
    if field.raw().len() > MAX_FIELD_BYTES {
        return Err(AuthorFault::TooLong);
    }
    if field.body().is_empty() {
        return Err(AuthorFault::Empty);
    }
    let mut addresses = Vec::new();
    list(&lexer::tokens(&field.body())?, &mut addresses)?;
    if addresses.is_empty() {
        return Err(AuthorFault::NoAddress);
    }
    // The Email API gets what another reader found: nobody may be checked who is not also sent.
    let other = AddressList::read(field).map_err(|_| AuthorFault::Ambiguous)?;
    let theirs = other.addresses.iter().map(|one| one.address.as_str());
    if theirs.eq(addresses.iter().map(|one| one.address.as_str())) {
        Ok(addresses)
    } else {
        Err(AuthorFault::Ambiguous)
    }
}

/// `address-list` (RFC 5322 section 3.4), with the empty members of section 4.4.
fn list(tokens: &[Lexed], addresses: &mut Vec<Address>) -> Result<(), AuthorFault> {
    let mut rest = tokens;
    while !rest.is_empty() {
        let end = rest.iter().position(|one| matches!(one.token, Token::Comma | Token::Colon));
        let (member, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind.get(1..).unwrap_or_default();
        if behind.first().is_some_and(|one| one.token == Token::Colon) {
            let end = rest.iter().position(|one| one.token == Token::Semicolon);
            let end = end.ok_or(AuthorFault::OpenGroup)?;
            list(&rest[..end], addresses)?;
            rest = &rest[end + 1..];
            continue;
        }
        match mailbox(member) {
            Ok(Some(address)) => addresses.push(address),
            Ok(None) => {}
            // `Kock, Arne <a@b>`: the comma is what is wrong, not the missing domain.
            Err(AuthorFault::NoDomain(text)) if rest.iter().any(Lexed::has_address) => {
                return Err(AuthorFault::Comma(text));
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// `mailbox`: a name and an address in angle brackets, or an address alone.
fn mailbox(member: &[Lexed]) -> Result<Option<Address>, AuthorFault> {
    let comment = member.iter().rev().find_map(|one| match &one.token {
        Token::Comment(text) => Some(text.as_str()),
        _ => None,
    });
    let words: Vec<&Lexed> = member.iter().filter(|one| !matches!(one.token, Token::Comment(_))).collect();
    if words.is_empty() {
        return Ok(None);
    }
    let place = words.iter().position(|one| matches!(one.token, Token::Angle(_)));
    let (address, name) = match place.map(|place| (&words[place].token, &words[..place], &words[place + 1..]))
    {
        Some((Token::Angle(address), before, behind)) => {
            if behind.iter().any(|one| one.has_address()) {
                return Err(AuthorFault::NoComma);
            }
            if !behind.is_empty() {
                return Err(AuthorFault::Behind(excerpt(&joined(behind))));
            }
            if let Some(other) = other_author(before, address.trim()) {
                return Err(AuthorFault::TwoAuthors(excerpt(&other.raw)));
            }
            (address.trim().to_owned(), lexer::phrase(before))
        }
        _ => (alone(&words)?, None),
    };
    if address.is_empty() {
        return Err(AuthorFault::EmptyBrackets);
    }
    check(&address)?;
    let name = name.or_else(|| comment.map(phrase::decoded)).filter(|name| !name.trim().is_empty());
    Ok(Some(Address { name, address }))
}

/// A word before the angle brackets that some reader takes for the author.
fn other_author<'a>(before: &[&'a Lexed], address: &str) -> Option<&'a Lexed> {
    let place = before.iter().enumerate().position(|(place, one)| {
        let behind = before.get(place + 1).map_or("", |next| next.raw.as_str());
        one.has_address()
            && !one.raw.starts_with("=?")
            && !one.raw.eq_ignore_ascii_case(address)
            && !is_half_a_character(&one.raw, behind)
    })?;
    Some(before[place])
}

/// Whether each at sign of a word is the second byte of a character in a charset that nobody named, as Shift_JIS, GBK
/// and Big5 have them: bytes that are not UTF-8 stand before it, and no domain behind it.
fn is_half_a_character(word: &str, behind: &str) -> bool {
    let mut parts = word.split('@').peekable();
    while let Some(part) = parts.next() {
        let Some(next) = parts.peek() else { break };
        let domain = if next.is_empty() { behind } else { next };
        if !part.ends_with(char::REPLACEMENT_CHARACTER) || domain.contains('.') {
            return false;
        }
    }
    true
}

/// The address in a field that would have one author if what stands before it stood in quotation marks:
/// `boss@b <a@b>`, and nothing beside it.
fn unquoted(field: &Field<'_>) -> Option<Address> {
    if field.raw().len() > MAX_FIELD_BYTES {
        return None;
    }
    let tokens = lexer::tokens(&field.body()).ok()?;
    if tokens.iter().any(|one| matches!(one.token, Token::Comma | Token::Colon | Token::Semicolon)) {
        return None;
    }
    let Err(AuthorFault::TwoAuthors(_)) = mailbox(&tokens) else { return None };
    let words: Vec<&Lexed> = tokens.iter().filter(|one| !matches!(one.token, Token::Comment(_))).collect();
    let [before @ .., Lexed { token: Token::Angle(address), .. }] = &words[..] else { return None };
    let author = Address { name: lexer::phrase(before), address: address.trim().to_owned() };
    // What is written of it has to have one author for every reader.
    let raw = format!("From: {}\r\n", written(author.name.as_deref(), &author.address));
    let again = read(&[header::fields(raw.as_bytes()).next()?.ok()?]).ok()?;
    (again.len() == 1 && again[0].address == author.address).then_some(author)
}

/// An address without angle brackets.
fn alone(words: &[&Lexed]) -> Result<String, AuthorFault> {
    let text = joined(words);
    let is_one = words.iter().skip(1).all(|one| !one.is_spaced);
    match words.iter().filter(|one| one.has_address()).count() {
        _ if is_one => Ok(text),
        0 => Err(AuthorFault::NoDomain(excerpt(&text))),
        1 => Err(AuthorFault::NoBrackets(excerpt(&text))),
        _ => Err(AuthorFault::NoComma),
    }
}

/// What can be said of an address without knowing which local parts and domains there are.
fn check(address: &str) -> Result<(), AuthorFault> {
    let quoted = || excerpt(address);
    if address.contains(char::REPLACEMENT_CHARACTER) {
        return Err(AuthorFault::NotUtf8);
    }
    // Within quotation marks everything may stand.
    let tail = match address.strip_prefix('"') {
        Some(inner) => &inner[inner.rfind('"').map_or(0, |end| end + 1)..],
        None => address,
    };
    let Some((local_part, domain)) = tail.split_once('@') else {
        return Err(AuthorFault::NoDomain(quoted()));
    };
    if local_part.is_empty() && !address.starts_with('"') {
        return Err(AuthorFault::NoLocalPart(quoted()));
    }
    if domain.is_empty() {
        return Err(AuthorFault::NoDomain(quoted()));
    }
    if tail.contains([' ', '\t']) {
        return Err(AuthorFault::Blank(quoted()));
    }
    if domain.contains('@') {
        return Err(AuthorFault::ManyAts(quoted()));
    }
    if domain.ends_with('.') {
        return Err(AuthorFault::FinalDot(quoted()));
    }
    Ok(())
}

fn joined(words: &[&Lexed]) -> String {
    let mut text = String::new();
    for word in words {
        if word.is_spaced && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word.raw);
    }
    text
}

/// Something of the field, for a reply or a story: printable, and not too long.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let is_shown = |c: char| c == ' ' || c.is_ascii_graphic();
    let mut shown: String = text.chars().take(EXCERPT).map(|c| if is_shown(c) { c } else { '?' }).collect();
    if text.chars().count() > EXCERPT {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests;
