//! The replies that the protocol itself gives. Policy's replies are made by the service.

use crate::reply::{Refusal, Reply};

pub(super) const OK: Reply = Reply::positive(250, (0, 0), "OK");
pub(super) const HELP: Reply = Reply::positive(214, (0, 0), "RFC 5321 and RFC 6409 are spoken here");
pub(super) const CANNOT_VERIFY: Reply = Reply::positive(252, (0, 0), "Send the message and see");
pub(super) const GOODBYE: Reply = Reply::positive(221, (0, 0), "Goodbye");
pub(super) const START_TLS: Reply = Reply::positive(220, (0, 0), "Ready to start TLS");
pub(super) const SENDER_OK: Reply = Reply::positive(250, (1, 0), "Sender OK");
pub(super) const RECIPIENT_OK: Reply = Reply::positive(250, (1, 5), "Recipient OK");
pub(super) const SEND_DATA: Reply = Reply::plain(354, "End the message with a dot on a line by itself");
pub(super) const LOGGED_IN: Reply = Reply::positive(235, (7, 0), "Authentication successful");

pub(super) const UNKNOWN_COMMAND: Refusal = Refusal::permanent(500, (5, 1), "The command is not known");
pub(super) const SYNTAX: Refusal = Refusal::permanent(501, (5, 4), "");
pub(super) const UNKNOWN_PARAMETER: Refusal = Refusal::permanent(555, (5, 4), "");
pub(super) const OUT_OF_ORDER: Refusal = Refusal::permanent(503, (5, 1), "This command has no place here");
pub(super) const GREET_FIRST: Refusal = Refusal::permanent(503, (5, 1), "Say EHLO first");
pub(super) const MAIL_FIRST: Refusal = Refusal::permanent(503, (5, 1), "Say MAIL FROM first");
pub(super) const RECIPIENT_FIRST: Refusal = Refusal::permanent(554, (5, 1), "There is no valid recipient");
pub(super) const CHUNKS_BEGUN: Refusal =
    Refusal::permanent(503, (5, 1), "The message has begun with BDAT and must end with it");
pub(super) const BINARY_NEEDS_CHUNKS: Refusal =
    Refusal::permanent(503, (5, 1), "A binary message comes by BDAT");
pub(super) const NO_EXPANSION: Refusal = Refusal::permanent(502, (5, 1), "Lists are not expanded here");
pub(super) const TLS_FIRST: Refusal = Refusal::permanent(530, (7, 0), "Must issue a STARTTLS command first");
pub(super) const LOGIN_FIRST: Refusal = Refusal::permanent(530, (7, 0), "Authentication required");
pub(super) const TLS_BEFORE_LOGIN: Refusal =
    Refusal::permanent(538, (7, 11), "Encryption required for authentication: issue STARTTLS first");
pub(super) const ALREADY_LOGGED_IN: Refusal = Refusal::permanent(503, (5, 1), "Already authenticated");
pub(super) const NO_LOGIN_HERE: Refusal =
    Refusal::permanent(503, (5, 1), "Authentication is not offered here");
pub(super) const UNKNOWN_MECHANISM: Refusal =
    Refusal::permanent(504, (7, 4), "Unrecognized authentication type");
pub(super) const LOGIN_CANCELLED: Refusal = Refusal::permanent(501, (7, 0), "Authentication cancelled");
pub(super) const NOT_BASE64: Refusal = Refusal::permanent(501, (5, 2), "The response is not valid base64");
pub(super) const NOT_A_LOGIN: Refusal = Refusal::permanent(
    501,
    (5, 2),
    "The response is not in the mechanism's form, or was cut: send it in one line",
);
pub(super) const NO_NAME_OR_PROOF: Refusal =
    Refusal::permanent(501, (5, 2), "The login name or the password is empty, too long or not UTF-8");
/// The text that Azure gives for every kind of failed login; ours does not tell them apart either.
pub(super) const LOGIN_FAILED: Refusal = Refusal::permanent(535, (7, 3), "Authentication unsuccessful");
pub(super) const NEEDS_SMTPUTF8: Refusal =
    Refusal::permanent(553, (6, 7), "The address is not ASCII and MAIL FROM came without SMTPUTF8");
pub(super) const TOO_MANY_RECIPIENTS: Refusal =
    Refusal::temporary(452, (5, 3), "Too many recipients: send the message again to the others");
pub(super) const TOO_LARGE: Refusal =
    Refusal::permanent(552, (3, 4), "Message size exceeds fixed maximum message size");
pub(super) const BAD_MAIL_DATA: Refusal = Refusal::permanent(550, (6, 11), "");

pub(super) const LINE_TOO_LONG: Refusal = Refusal::permanent(500, (5, 6), "The line is too long");
pub(super) const BARE_LINE_END: Refusal =
    Refusal::permanent(500, (5, 2), "Lines end with CR LF: a bare CR or LF is refused");
pub(super) const JUNK: Refusal = Refusal::permanent(500, (5, 2), "This is not SMTP");
pub(super) const NOT_HTTP: Refusal = Refusal::permanent(554, (5, 1), "This is an SMTP server");
pub(super) const NOTHING_BEHIND_STARTTLS: Refusal =
    Refusal::permanent(501, (5, 1), "Nothing may follow STARTTLS before TLS begins");
pub(super) const TOO_MANY_ERRORS: Refusal = Refusal::temporary(421, (7, 0), "Too many errors");
pub(super) const TOO_MANY_COMMANDS: Refusal = Refusal::temporary(421, (7, 0), "Too many commands");
pub(super) const TOO_MANY_MESSAGES: Refusal =
    Refusal::temporary(421, (7, 0), "Enough messages for one session: connect again");
