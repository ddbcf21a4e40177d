//! Commands of a client (RFC 5321 section 4.1.1 and the extensions).

use std::fmt;

use crate::address::AddressError;
use crate::path::{self, ForwardPath, PathError, ReversePath};

/// One command line, read. Parameters stay text until it is known which extensions are offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// EHLO, RFC 5321 section 4.1.1.1.
    Ehlo(ClientName),
    /// HELO, the same without extensions.
    Helo(ClientName),
    /// MAIL FROM with its unread parameters, section 4.1.1.2.
    Mail(ReversePath, &'a str),
    /// RCPT TO with its unread parameters, section 4.1.1.3.
    Recipient(ForwardPath, &'a str),
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

/// The name that a client gives itself in EHLO. It proves nothing; it is kept for the trace field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName(String);

/// Why a line is not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// The verb is unknown: 500.
    Unknown,
    /// A verb of HTTP: somebody tricks a browser or a proxy into talking to us.
    Http,
    /// The arguments do not fit the verb: 501.
    Syntax(&'static str),
    /// The address in MAIL or RCPT is not one.
    Address(AddressError),
}

/// RFC 1035 section 2.3.4; no honest client has a longer name.
const MAX_CLIENT_NAME_OCTETS: usize = 255;

impl<'a> Command<'a> {
    /// Reads a line without its CRLF.
    ///
    /// # Errors
    /// When the verb is unknown or its arguments are malformed.
    pub fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let line = std::str::from_utf8(line).map_err(|_| CommandError::Syntax("The command is not UTF-8"))?;
        let (verb, arguments) = line.split_once(' ').unwrap_or((line, ""));
        let arguments = arguments.trim_start_matches(' ');
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => Ok(Self::Ehlo(client_name(arguments)?)),
            "HELO" => Ok(Self::Helo(client_name(arguments)?)),
            "MAIL" => mail(arguments),
            "RCPT" => recipient(arguments),
            "DATA" => nothing_more(Self::Data, arguments),
            "BDAT" => chunk(arguments),
            "RSET" => nothing_more(Self::Reset, arguments),
            "NOOP" => Ok(Self::Noop),
            "QUIT" => nothing_more(Self::Quit, arguments),
            "VRFY" => Ok(Self::Verify),
            "EXPN" => Ok(Self::Expand),
            "HELP" => Ok(Self::Help),
            "STARTTLS" => nothing_more(Self::StartTls, arguments),
            "AUTH" => auth(arguments),
            verb if is_http(verb) => Err(CommandError::Http),
            _ => Err(CommandError::Unknown),
        }
    }
}

impl ClientName {
    /// The name.
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

/// Devices call themselves what they like, spaces included; only an empty name is refused.
fn client_name(arguments: &str) -> Result<ClientName, CommandError> {
    if arguments.is_empty() {
        return Err(CommandError::Syntax("Give your host name or [address]"));
    }
    if arguments.len() > MAX_CLIENT_NAME_OCTETS {
        return Err(CommandError::Syntax("The host name is too long"));
    }
    Ok(ClientName(arguments.to_owned()))
}

fn mail(arguments: &str) -> Result<Command<'_>, CommandError> {
    let text =
        strip_prefix_any_case(arguments, "FROM:").ok_or(CommandError::Syntax("Write MAIL FROM:<address>"))?;
    let (path, parameters) = path::reverse_path(text).map_err(|error| match error {
        PathError::Syntax => CommandError::Syntax("Write MAIL FROM:<address>"),
        PathError::Address(error) => CommandError::Address(error),
    })?;
    Ok(Command::Mail(path, parameters))
}

fn recipient(arguments: &str) -> Result<Command<'_>, CommandError> {
    let text =
        strip_prefix_any_case(arguments, "TO:").ok_or(CommandError::Syntax("Write RCPT TO:<address>"))?;
    let (path, parameters) = path::forward_path(text).map_err(|error| match error {
        PathError::Syntax => CommandError::Syntax("Write RCPT TO:<address>"),
        PathError::Address(error) => CommandError::Address(error),
    })?;
    Ok(Command::Recipient(path, parameters))
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

fn strip_prefix_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
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
    use proptest::prelude::*;

    fn check(line: &str, expected: Result<Command<'_>, CommandError>) {
        assert_eq!(Command::parse(line.as_bytes()), expected, "{line}");
    }

    #[test]
    fn verbs_are_known_in_any_case() {
        check("ehlo HP LaserJet", Ok(Command::Ehlo(ClientName("HP LaserJet".into()))));
        check("HELO [192.0.2.1]", Ok(Command::Helo(ClientName("[192.0.2.1]".into()))));
        check("Data", Ok(Command::Data));
        check("NOOP anything", Ok(Command::Noop));
        check("VRFY bob", Ok(Command::Verify));
        check("bdat 86 last", Ok(Command::Chunk { octets: 86, last: true }));
        check("BDAT 0", Ok(Command::Chunk { octets: 0, last: false }));
        check("AUTH PLAIN AGEAYg==", Ok(Command::Auth { mechanism: "PLAIN", initial: Some("AGEAYg==") }));
        check("AUTH login", Ok(Command::Auth { mechanism: "login", initial: None }));
        check("MAIL FROM:<> SIZE=3", Ok(Command::Mail(ReversePath::Null, " SIZE=3")));
        check("rcpt to:<Postmaster>", Ok(Command::Recipient(ForwardPath::Postmaster, "")));
    }

    #[test]
    fn what_is_not_a_command_says_why() {
        check("", Err(CommandError::Unknown));
        check("MAILFROM:<a@b>", Err(CommandError::Unknown));
        check("GET / HTTP/1.1", Err(CommandError::Http));
        check("Host: example.com", Err(CommandError::Http));
        check("EHLO", Err(CommandError::Syntax("Give your host name or [address]")));
        check("MAIL <a@b>", Err(CommandError::Syntax("Write MAIL FROM:<address>")));
        check("MAIL FROM:", Err(CommandError::Syntax("Write MAIL FROM:<address>")));
        check("MAIL FROM:<a>", Err(CommandError::Address(AddressError::NoAt)));
        check("RCPT TO:<a@b..c>", Err(CommandError::Address(AddressError::Domain)));
        check("DATA now", Err(CommandError::Syntax("No arguments are allowed here")));
        check("BDAT", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("BDAT -1", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("BDAT 99999999999999999999999", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("BDAT 1 FIRST", Err(CommandError::Syntax("Write BDAT <octets> [LAST]")));
        check("AUTH", Err(CommandError::Syntax("Write AUTH <mechanism>")));
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
