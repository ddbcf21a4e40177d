//! Message-ID by REST: taken if it is valid and new; else replaced in silence, or refused if the sender asked for that.

use azure_types::email::EmailMessage;

use crate::captured::{Captured, is_switched_on};
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;

/// Header by which a sender has a Message-ID refused that would be replaced.
const VALIDATE: &str = "x-ms-acsemail-validate-message-id";

/// The Message-ID that recipients will see.
pub(super) fn settle(message: &EmailMessage, captured: &Captured) -> Result<String, ErrorReply> {
    let given = message.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Message-ID"));
    let ours = || format!("<{}@communication.azure.com>", random_guid());
    let Some((_, given)) = given else { return Ok(ours()) };
    let id = given.trim();
    let problem = if !is_valid(id) {
        "is not of the form <local@domain>"
    } else if captured.knows_message_id(id) {
        "was used before"
    } else {
        return Ok(id.to_owned());
    };
    if is_switched_on(message, VALIDATE) {
        let text = format!("The Message-ID '{id}' {problem}.");
        return Err(ErrorReply::bad_request("BadRequest", text).target("headers.Message-ID".to_owned()));
    }
    Ok(ours())
}

fn is_valid(id: &str) -> bool {
    let inside = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let Some((local, domain)) = inside.and_then(|inside| inside.split_once('@')) else { return false };
    let is_plain = |c: char| c.is_ascii_graphic() && !"<>@".contains(c);
    !local.is_empty() && !domain.is_empty() && local.chars().chain(domain.chars()).all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_two_parts_in_brackets() {
        for (id, expected) in [
            ("<a@b>", true),
            ("<0102$x.y@[192.0.2.1]>", true),
            ("a@b", false),
            ("<a>", false),
            ("<@b>", false),
            ("<a@>", false),
            ("<a b@c>", false),
            ("<a@b@c>", false),
            ("<a@b> <c@d>", false),
            ("", false),
        ] {
            assert_eq!(is_valid(id), expected, "{id}");
        }
    }
}
