//! Commands of a client (RFC 5321 section 4.1.1 and the extensions).

use std::fmt;

use crate::path::{self, ForwardPath, OfferedPath};

/// One command line, read. Parameters stay text until it is known which extensions are offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// EHLO, RFC 5321 section 4.1.1.1.
    Ehlo(ClientName),
    /// HELO, the same without extensions.
    Helo(ClientName),
    /// MAIL FROM with its unread parameters, section 4.1.1.2.
    Mail(OfferedPath, &'a str),
    /// RCPT TO with its unread parameters, section 4.1.1.3.
    Recipient(OfferedPath<ForwardPath>, &'a str),
    /// DATA, section 4.1.1.4.
    Data,
    /// BDAT, RFC 3030 section 2.
    Chunk {
        /// Octets that follow the command line.
        octets: u64,
        /// Whether the message ends with this chunk.
        last: bool,
    },
    /// RSET, RFC 5321 section 4.1.1.5.
    Reset,
    /// NOOP, section 4.1.1.9.
    Noop,
    /// QUIT, section 4.1.1.10.
    Quit,
    /// VRFY, section 4.1.1.6.
    Verify,
    /// EXPN, section 4.1.1.7.
    Expand,
    /// HELP, section 4.1.1.8.
    Help,
    /// STARTTLS, RFC 3207.
    StartTls,
    /// AUTH, RFC 4954.
    Auth {
        /// The mechanism's name as written.
        mechanism: &'a str,
        /// The initial response, still in base64.
        initial: Option<&'a str>,
    },
}

/// The name that a client gives itself in EHLO, empty if it gave none. It proves nothing; it is kept for the
/// trace field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName(String);

/// Why a line is not a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// The verb is unknown: 500.
    Unknown,
    /// A verb of HTTP: somebody tricks a browser or a proxy into talking to us.
    Http,
    /// The arguments do not fit the verb: 501.
    Syntax(&'static str),
}

/// RFC 1035 section 2.3.4; no honest client has a longer name.
const MAX_CLIENT_NAME_OCTETS: usize = 255;

impl<'a> Command<'a> {
    /// Reads a line without its CRLF.
    ///
    /// # Errors
    /// When the verb is unknown or its arguments are malformed.
    pub fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let end = line.iter().position(|octet| is_blank(*octet)).unwrap_or(line.len());
        let (verb, arguments) = (&line[..end], line[end..].trim_ascii_start());
        let verb = String::from_utf8_lossy(verb).to_ascii_uppercase();
        // Names and paths may be in any charset; of other arguments nothing but ASCII has a meaning.
        match verb.as_str() {
            "EHLO" => return Ok(Self::Ehlo(ClientName::read(arguments))),
            "HELO" => return Ok(Self::Helo(ClientName::read(arguments))),
            "MAIL" => return mail(arguments),
            "RCPT" => return recipient(arguments),
            "NOOP" => return Ok(Self::Noop),
            "VRFY" => return Ok(Self::Verify),
            "EXPN" => return Ok(Self::Expand),
            "HELP" => return Ok(Self::Help),
            _ => {}
        }
        let arguments = std::str::from_utf8(arguments);
        let arguments = arguments.map_err(|_| CommandError::Syntax("The command is not UTF-8"))?;
        match verb.as_str() {
            "DATA" => nothing_more(Self::Data, arguments),
            "BDAT" => chunk(arguments),
            "RSET" => nothing_more(Self::Reset, arguments),
            "QUIT" => nothing_more(Self::Quit, arguments),
            "STARTTLS" => nothing_more(Self::StartTls, arguments),
            "AUTH" => auth(arguments),
            verb if is_http(verb) => Err(CommandError::Http),
            _ => Err(CommandError::Unknown),
        }
    }
}

impl ClientName {
    /// Devices call themselves what they like, in any charset, and nothing depends on it. What is too long
    /// is cut, and control characters are replaced.
    fn read(argument: &[u8]) -> Self {
        let argument = argument.trim_ascii_end();
        let name = String::from_utf8_lossy(&argument[..argument.len().min(MAX_CLIENT_NAME_OCTETS)]);
        Self(name.replace(char::is_control, "?"))
    }

    /// The command's verb.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn mail(arguments: &[u8]) -> Result<Command<'_>, CommandError> {
    let argument = behind(arguments, b"FROM").ok_or(CommandError::Syntax("Write MAIL FROM:<address>"))?;
    let (path, parameters) = path::reverse_path(argument);
    Ok(Command::Mail(path, parameters))
}

fn recipient(arguments: &[u8]) -> Result<Command<'_>, CommandError> {
    let argument = behind(arguments, b"TO").ok_or(CommandError::Syntax("Write RCPT TO:<address>"))?;
    let (path, parameters) = path::forward_path(argument);
    Ok(Command::Recipient(path, parameters))
}

/// What follows `FROM:` or `TO:`. Devices write a blank before the colon, or a bracket in its place.
fn behind<'a>(arguments: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = arguments.split_at_checked(word.len())?;
    let rest = rest.trim_ascii_start();
    match rest.first() {
        _ if !head.eq_ignore_ascii_case(word) => None,
        Some(b':') => Some(&rest[1..]),
        Some(b'<') => Some(rest),
        _ => None,
    }
}

fn chunk(arguments: &str) -> Result<Command<'_>, CommandError> {
    const USAGE: CommandError = CommandError::Syntax("Write BDAT <octets> [LAST]");
    let (octets, last) = arguments.split_once(' ').unwrap_or((arguments, ""));
    if octets.is_empty() || !octets.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(USAGE);
    }
    let last = match last.trim() {
        "" => false,
        word if word.eq_ignore_ascii_case("LAST") => true,
        _ => return Err(USAGE),
    };
    Ok(Command::Chunk { octets: octets.parse().map_err(|_| USAGE)?, last })
}

fn auth(arguments: &str) -> Result<Command<'_>, CommandError> {
    let mut words = arguments.split(' ').filter(|word| !word.is_empty());
    let mechanism = words.next().ok_or(CommandError::Syntax("Write AUTH <mechanism>"))?;
    let initial = words.next();
    if words.next().is_some() {
        return Err(CommandError::Syntax("Write AUTH <mechanism> [initial response]"));
    }
    Ok(Command::Auth { mechanism, initial })
}

fn nothing_more<'a>(command: Command<'a>, arguments: &str) -> Result<Command<'a>, CommandError> {
    if arguments.is_empty() {
        Ok(command)
    } else {
        Err(CommandError::Syntax("No arguments are allowed here"))
    }
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

fn is_http(verb: &str) -> bool {
    matches!(
        verb,
        "GET"
            | "POST"
            | "HEAD"
            | "PUT"
            | "DELETE"
            | "OPTIONS"
            | "CONNECT"
            | "PATCH"
            | "TRACE"
            | "HOST:"
            | "PRI"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::ReversePath;
    use proptest::prelude::*;

    fn check(line: &str, expected: Result<Command<'_>, CommandError>) {
        assert_eq!(Command::parse(line.as_bytes()), expected, "{line}");
    }

    fn null_path(parameters: &str) -> Result<Command<'_>, CommandError> {
        Ok(Command::Mail(OfferedPath::Path(ReversePath::Null), parameters))
    }

    fn postmaster() -> Result<Command<'static>, CommandError> {
        Ok(Command::Recipient(OfferedPath::Path(ForwardPath::Postmaster), ""))
    }

    fn ehlo(name: &str) -> Result<Command<'_>, CommandError> {
        Ok(Command::Ehlo(ClientName(name.to_owned())))
    }

    #[test]
    fn verbs_are_known_in_any_case() {
        check("HELO [192.0.2.1]", Ok(Command::Helo(ClientName("[192.0.2.1]".into()))));
        check("Data", Ok(Command::Data));
        check("NOOP anything", Ok(Command::Noop));
        check("VRFY bob", Ok(Command::Verify));
        check("bdat 86 last", Ok(Command::Chunk { octets: 86, last: true }));
        check("BDAT 0", Ok(Command::Chunk { octets: 0, last: false }));
        check("AUTH PLAIN AGEAYg==", Ok(Command::Auth { mechanism: "PLAIN", initial: Some("AGEAYg==") }));
        check("AUTH login", Ok(Command::Auth { mechanism: "login", initial: None }));
        check("AUTH\tlogin", Ok(Command::Auth { mechanism: "login", initial: None }));
        check("rcpt to:<Postmaster>", postmaster());
    }

    #[test]
    fn devices_may_call_themselves_anything() {
        check("ehlo HP LaserJet", ehlo("HP LaserJet"));
        check("EHLO", ehlo(""));
        check("EHLO  \t ", ehlo(""));
        check("EHLO 192.0.2.1", ehlo("192.0.2.1"));
        check("EHLO Büro", ehlo("Büro"));
        assert_eq!(Command::parse(b"EHLO B\xfcro"), ehlo("B\u{fffd}ro"));
        assert_eq!(Command::parse(b"EHLO a\x01\0b"), ehlo("a??b"));
        let long = format!("EHLO {}", "x".repeat(1_000));
        check(&long, ehlo(&"x".repeat(MAX_CLIENT_NAME_OCTETS)));
    }

    #[test]
    fn blanks_around_the_colon_do_not_matter() {
        for line in [
            "MAIL FROM:<>",
            "mail from:<>",
            "MAIL FROM : <>",
            "MAIL  FROM: <>",
            "MAIL\tFROM :<>",
            "MAIL FROM <>",
        ] {
            check(line, null_path(""));
        }
        check("MAIL FROM:<> SIZE=3", null_path(" SIZE=3"));
        check("RCPT TO : <Postmaster>", postmaster());
    }

    #[test]
    fn what_is_not_a_command_says_why() {
        check("", Err(CommandError::Unknown));
        check("MAILFROM:<a@b>", Err(CommandError::Unknown));
        check("GET / HTTP/1.1", Err(CommandError::Http));
        check("Host: example.com", Err(CommandError::Http));
        check("MAIL", Err(CommandError::Syntax("Write MAIL FROM:<address>")));
        check("MAIL <a@b>", Err(CommandError::Syntax("Write MAIL FROM:<address>")));
        check("MAIL FROM a@b", Err(CommandError::Syntax("Write MAIL FROM:<address>")));
        check("RCPT FROM:<a@b>", Err(CommandError::Syntax("Write RCPT TO:<address>")));
        check("DATA now", Err(CommandError::Syntax("No arguments are allowed here")));
        check("BDAT", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("BDAT -1", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("BDAT 99999999999999999999999", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("BDAT 1 FIRST", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("AUTH", Err(CommandError::Syntax("Write AUTH <mechanism>")));
        assert_eq!(Command::parse(b"AUTH \xff"), Err(CommandError::Syntax("The command is not UTF-8")));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Command::parse(&line);
        }

        #[test]
        fn no_mail_command_panics(text in "(MAIL FROM:|RCPT TO:|BDAT |AUTH )[ -~]{0,40}") {
            let _ = Command::parse(text.as_bytes());
        }
    }
}
