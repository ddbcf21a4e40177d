//! From what stands behind `MAIL FROM:` and `RCPT TO:` to a path and the text of its parameters.
//!
//! Devices leave the angle brackets out or put blanks inside them. Where only one meaning is possible it is
//! taken; where there is none, the refusal says what is wrong with the text that the client wrote.

use super::{ForwardPath, OfferedPath, ReversePath};
use crate::address::{AddressError, Mailbox};
use crate::reply::Refusal;

/// What is wrong with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathError {
    /// There is nothing.
    Missing,
    /// The octets are no UTF-8.
    NotUtf8,
    /// An angle bracket has no partner.
    Brackets,
    /// There is a display name beside the address.
    Named,
    /// There are several addresses.
    Several,
    /// It is not a mailbox.
    Address(AddressError),
}

const REVERSE_SYNTAX: Refusal = Refusal::permanent(501, (5, 4), "Write MAIL FROM:<address>");
const FORWARD_SYNTAX: Refusal = Refusal::permanent(501, (5, 4), "Write RCPT TO:<address>");
/// RFC 3463 section 3.2: X.1.7 is the sender's address, X.1.3 the recipient's.
const REVERSE_ADDRESS: Refusal = Refusal::permanent(501, (1, 7), "");
const FORWARD_ADDRESS: Refusal = Refusal::permanent(501, (1, 3), "");

/// As much of an unreadable path as is kept.
const MAX_KEPT_OCTETS: usize = 256;
/// As much of it as a reply shows.
const MAX_SHOWN_OCTETS: usize = 80;

/// Reads what stands behind `MAIL FROM:`; gives the path and the text of the parameters.
pub(crate) fn reverse_path(argument: &[u8]) -> (OfferedPath, &str) {
    let (read, text, parameters) = read(argument);
    let path = match read {
        Ok("") => Ok(ReversePath::Null),
        Ok(address) => mailbox(address).map(ReversePath::Mailbox),
        Err(error) => Err(error),
    };
    let refusal = |error| match error {
        PathError::Missing => REVERSE_SYNTAX,
        error => REVERSE_ADDRESS.with_text(format!("Sender refused: {}", error.explain(text))),
    };
    (offered(path, text, refusal), parameters)
}

/// Reads what stands behind `RCPT TO:`; gives the path and the text of the parameters.
pub(crate) fn forward_path(argument: &[u8]) -> (OfferedPath<ForwardPath>, &str) {
    let (read, text, parameters) = read(argument);
    let path = match read {
        Ok(address) if address.eq_ignore_ascii_case("postmaster") => Ok(ForwardPath::Postmaster),
        Ok(address) => mailbox(address).map(ForwardPath::Mailbox),
        Err(error) => Err(error),
    };
    let refusal = |error| match error {
        PathError::Missing => FORWARD_SYNTAX,
        error => FORWARD_ADDRESS.with_text(format!("Recipient refused: {}", error.explain(text))),
    };
    (offered(path, text, refusal), parameters)
}

/// What the service is asked with; `refusal` is for what is no path.
fn offered<P>(
    path: Result<P, PathError>,
    text: &[u8],
    refusal: impl FnOnce(PathError) -> Refusal,
) -> OfferedPath<P> {
    path.map_or_else(
        |error| OfferedPath::Unreadable { text: bounded(text, MAX_KEPT_OCTETS), refusal: refusal(error) },
        OfferedPath::Path,
    )
}

fn mailbox(address: &str) -> Result<Mailbox, PathError> {
    address.parse().map_err(|error| {
        let bare = without_quoted(address);
        match error {
            _ if bare.matches('@').count() > 1 && bare.contains([',', ';', ' ']) => PathError::Several,
            _ if bare.contains('<') => PathError::Named,
            _ if bare.contains('>') => PathError::Brackets,
            error => PathError::Address(error),
        }
    })
}

/// The address between the brackets or why there is none, all that was written, and the parameters.
fn read(argument: &[u8]) -> (Result<&str, PathError>, &[u8], &str) {
    let argument = argument.trim_ascii_start();
    let tail = parameters_start(argument);
    let (whole, parameters) = (argument[..tail].trim_ascii_end(), ascii(&argument[tail..]));
    let Ok(text) = std::str::from_utf8(argument) else { return (Err(PathError::NotUtf8), whole, parameters) };
    let Some(inner) = text.strip_prefix('<') else {
        let end = first_outside_quotes(text, b' ').unwrap_or(text.len());
        if text.is_empty() {
            return (Err(PathError::Missing), whole, parameters);
        }
        // An address with parameters behind it, known or not, or else a text that is none as a whole.
        return match text[..end].parse::<Mailbox>() {
            Ok(_) => (Ok(&text[..end]), &argument[..end], &text[end..]),
            Err(_) => (Ok(text[..tail].trim_end()), whole, parameters),
        };
    };
    let Some(end) = first_outside_quotes(inner, b'>').or_else(|| inner.find('>')) else {
        return (Err(PathError::Brackets), whole, parameters);
    };
    let rest = &inner[end + 1..];
    let address = without_source_route(inner[..end].trim());
    match rest.trim_start().bytes().next() {
        Some(b'>') if address.contains('<') => (Err(PathError::Named), whole, parameters),
        Some(b'<' | b'>') => (Err(PathError::Brackets), whole, parameters),
        Some(b',' | b';') => (Err(PathError::Several), whole, parameters),
        _ => (Ok(address), address.as_bytes(), rest),
    }
}

/// Where the words at the end begin that look like parameters: `SIZE=3`, `SMTPUTF8`.
fn parameters_start(argument: &[u8]) -> usize {
    let mut start = argument.len();
    while let Some(blank) = argument[..start].iter().rposition(|octet| *octet == b' ') {
        let word = argument[blank + 1..start].trim_ascii_end();
        let keyword = word.split(|octet| *octet == b'=').next().unwrap_or_default();
        let is_parameter = word.is_ascii()
            && !keyword.is_empty()
            && keyword.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
            && (keyword.len() < word.len() || keyword.eq_ignore_ascii_case(b"SMTPUTF8"));
        if !is_parameter && !word.is_empty() {
            break;
        }
        start = blank;
    }
    start
}

/// Text that [`parameters_start`] found to be ASCII.
fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

fn first_outside_quotes(text: &str, wanted: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (position, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if octet == wanted && !quoted => return Some(position),
            _ => {}
        }
    }
    None
}

/// The address without a quoted local part.
fn without_quoted(address: &str) -> &str {
    match address.strip_prefix('"').and_then(|rest| rest.rsplit_once('"')) {
        Some((_, rest)) => rest,
        None => address,
    }
}

/// `@a,@b:user@c` means `user@c`: RFC 5321 section 4.1.1.3 has routes accepted and ignored.
fn without_source_route(path: &str) -> &str {
    match path.split_once(':') {
        Some((route, mailbox)) if route.starts_with('@') => mailbox.trim_start(),
        _ => path,
    }
}

/// The beginning of the text, control characters replaced.
fn bounded(text: &[u8], max_octets: usize) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(max_octets)]);
    let mut bounded: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let end = (0..=max_octets.min(bounded.len())).rev().find(|end| bounded.is_char_boundary(*end));
    bounded.truncate(end.unwrap_or(0));
    bounded
}

impl PathError {
    /// What is wrong with `text`, as the end of a sentence.
    fn explain(self, text: &[u8]) -> String {
        // Replies are ASCII, and one `?` stands for one character.
        let mut shown = bounded(text, MAX_SHOWN_OCTETS).replace(|c: char| !c.is_ascii(), "?");
        if text.len() > MAX_SHOWN_OCTETS {
            shown.push_str("...");
        }
        match self {
            Self::Missing => "there is no address".to_owned(),
            Self::NotUtf8 => format!("the address `{shown}` is not UTF-8"),
            Self::Brackets => format!("the angle brackets around `{shown}` do not match"),
            Self::Named => format!("`{shown}` has a name beside the address"),
            Self::Several => format!("`{shown}` is more than one address"),
            Self::Address(error) => explain_address(error, &String::from_utf8_lossy(text), &shown),
        }
    }
}

fn explain_address(error: AddressError, address: &str, shown: &str) -> String {
    let (local_part, domain) = address.split_once('@').unwrap_or((address, ""));
    match error {
        AddressError::TooLong => format!("the address {error}"),
        AddressError::NoAt if address.contains('"') => {
            format!("the quotes in the address `{shown}` do not match")
        }
        AddressError::NoAt if address.is_empty() => "there is no address in the brackets".to_owned(),
        AddressError::NoAt => format!("the address `{shown}` has no domain"),
        AddressError::LocalPart if local_part.is_empty() => {
            format!("the address `{shown}` has nothing before the @")
        }
        AddressError::LocalPart if local_part.contains(' ') => {
            format!("the address `{shown}` has a blank before the @")
        }
        AddressError::LocalPart if local_part.split('.').any(str::is_empty) => {
            format!("the part before the @ in `{shown}` begins or ends with a dot, or has two in a row")
        }
        AddressError::LocalPart => {
            format!("the part before the @ in `{shown}` has a character that needs quotes")
        }
        AddressError::Domain if domain.is_empty() => format!("the address `{shown}` has no domain"),
        AddressError::Domain if domain.contains('@') => format!("the address `{shown}` has more than one @"),
        AddressError::Domain if domain.ends_with('.') => {
            format!("the domain of the address `{shown}` ends with a dot")
        }
        AddressError::Domain => format!("the domain of the address `{shown}` is not valid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reverse(text: &str) -> (Result<String, String>, &str) {
        let (path, parameters) = reverse_path(text.as_bytes());
        let read = path.readable().map(ToString::to_string);
        (read.map_err(|refusal| refusal.reply().text().to_owned()), parameters.trim())
    }

    #[test]
    fn paths_are_split_from_their_parameters() {
        for (text, path, parameters) in [
            ("<>", "<>", ""),
            (" <> SIZE=1", "<>", "SIZE=1"),
            ("< >", "<>", ""),
            ("<a@b.c>", "<a@b.c>", ""),
            ("  <a@b.c>  BODY=7BIT", "<a@b.c>", "BODY=7BIT"),
            ("<a@b.c>SIZE=3", "<a@b.c>", "SIZE=3"),
            ("< a@b.c\t> SIZE=3", "<a@b.c>", "SIZE=3"),
            ("a@b.c SIZE=3 SMTPUTF8", "<a@b.c>", "SIZE=3 SMTPUTF8"),
            ("a@b.c BANANA", "<a@b.c>", "BANANA"),
            ("\"a b\"@c.d SIZE=3", "<\"a b\"@c.d>", "SIZE=3"),
            ("<\"x>y\"@b.c> SIZE=3", "<\"x>y\"@b.c>", "SIZE=3"),
            ("<@relay.example,@other.example:a@b.c>", "<a@b.c>", ""),
            ("<a@b.c> x", "<a@b.c>", "x"),
        ] {
            assert_eq!(reverse(text), (Ok(path.to_owned()), parameters), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_says_why() {
        for (text, reason, parameters) in [
            ("", "Write MAIL FROM:<address>", ""),
            (" ", "Write MAIL FROM:<address>", ""),
            ("<root>", "the address `root` has no domain", ""),
            ("root SIZE=3", "the address `root` has no domain", "SIZE=3"),
            ("<root@>", "the address `root@` has no domain", ""),
            ("<a@b.>", "the domain of the address `a@b.` ends with a dot", ""),
            ("<a@b..c>", "the domain of the address `a@b..c` is not valid", ""),
            ("<a@b@c>", "the address `a@b@c` has more than one @", ""),
            ("<@b>", "the address `@b` has nothing before the @", ""),
            ("<a b@c>", "the address `a b@c` has a blank before the @", ""),
            ("<.a@c>", "the part before the @ in `.a@c` begins or ends with a dot, or has two in a row", ""),
            ("<a:b@c>", "the part before the @ in `a:b@c` has a character that needs quotes", ""),
            ("<\"a@b.c>", "the quotes in the address `\"a@b.c` do not match", ""),
            ("<a@b.c SIZE=3", "the angle brackets around `<a@b.c` do not match", "SIZE=3"),
            ("a@b.c> SIZE=3", "the angle brackets around `a@b.c>` do not match", "SIZE=3"),
            ("<a@b.c>> SIZE=3", "the angle brackets around `<a@b.c>>` do not match", "SIZE=3"),
            ("<Scanner <a@b.c>>", "`<Scanner <a@b.c>>` has a name beside the address", ""),
            ("Scanner <a@b.c> SIZE=3", "`Scanner <a@b.c>` has a name beside the address", "SIZE=3"),
            ("<a@b.c>,<d@e.f>", "`<a@b.c>,<d@e.f>` is more than one address", ""),
            ("<a@b.c;d@e.f>", "`a@b.c;d@e.f` is more than one address", ""),
        ] {
            let (read, rest) = reverse(text);
            let said = read.unwrap_err();
            assert_eq!(said.strip_prefix("Sender refused: ").unwrap_or(&said), reason, "{text}");
            assert_eq!(rest, parameters, "{text}");
        }
        let (path, parameters) = reverse_path(b"<m\xfcller@b.c> SIZE=3");
        assert_eq!(path.to_string(), "<m\u{fffd}ller@b.c>");
        assert_eq!(parameters.trim(), "SIZE=3");
        let long = format!("<{}>", "x".repeat(1_000));
        let (path, _) = reverse_path(long.as_bytes());
        assert_eq!(path.to_string().len(), MAX_KEPT_OCTETS);
    }

    #[test]
    fn recipients_are_read_with_the_same_patience() {
        let read = |text: &str| {
            let (path, _) = forward_path(text.as_bytes());
            path.readable().map(ToString::to_string).map_err(|refusal| refusal.to_string())
        };
        assert_eq!(read(" < a@b.c >"), Ok("<a@b.c>".to_owned()));
        assert_eq!(read("<PostMaster>"), Ok("<Postmaster>".to_owned()));
        assert_eq!(read(""), Err("501 5.5.4 Write RCPT TO:<address>".to_owned()));
        assert_eq!(
            read("<>"),
            Err("501 5.1.3 Recipient refused: there is no address in the brackets".to_owned())
        );
        assert_eq!(
            read("<postmaster>> x"),
            Err("501 5.1.3 Recipient refused: the angle brackets around `<postmaster>> x` do not match"
                .to_owned())
        );
        assert!(reverse("<postmaster>").0.is_err(), "only a recipient may be the bare postmaster");
    }

    proptest! {
        #[test]
        fn no_argument_panics(argument in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = (reverse_path(&argument), forward_path(&argument));
        }

        #[test]
        fn every_mailbox_is_read_from_its_path(
            local in "[a-z \"\\\\@.>é]{1,12}", blank in " {0,2}", size in proptest::option::of(0_u32..9),
        ) {
            let quoted = format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""));
            let mailbox: Mailbox = format!("{quoted}@b.example").parse().unwrap();
            let parameters = size.map_or(String::new(), |size| format!(" SIZE={size}"));
            let argument = format!("{blank}<{blank}{mailbox}{blank}>{parameters}");
            let (path, rest) = reverse_path(argument.as_bytes());
            prop_assert_eq!(path, OfferedPath::Path(ReversePath::Mailbox(mailbox)));
            prop_assert_eq!(rest, parameters);
        }
    }
}
