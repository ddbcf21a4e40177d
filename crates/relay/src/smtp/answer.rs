//! The positive reply to a message, and what it says when it is read again.

use ::smtp::reply::Reply;

use crate::intake::Accepted;

const OK: Reply = Reply::positive(250, (0, 0), "");
/// What stands before the id in the reply for a message that is queued, and for one that Azure has taken.
const QUEUED_AS: &str = "Queued as ";
const SENT_AS: &str = "OK ";
const NOT_FOR_ALL: &str = ", but not for all recipients";

/// The reply for an accepted message.
pub(super) fn reply(accepted: &Accepted) -> Reply {
    OK.with_text(match accepted {
        Accepted::Queued(id) | Accepted::Repeated(id) => format!("{QUEUED_AS}{id}"),
        Accepted::Sent(operation) => format!("{SENT_AS}{operation}"),
        Accepted::SentToSome(operation) => format!("{SENT_AS}{operation}{NOT_FOR_ALL}"),
    })
}

/// What a reply of ours says was accepted.
pub(super) fn accepted(reply: &Reply) -> Option<Accepted> {
    let text = reply.text();
    if let Some(id) = text.strip_prefix(QUEUED_AS) {
        return id.parse().ok().map(Accepted::Queued);
    }
    let operation = text.strip_prefix(SENT_AS)?;
    match operation.strip_suffix(NOT_FOR_ALL) {
        Some(operation) => operation.parse().ok().map(Accepted::SentToSome),
        None => operation.parse().ok().map(Accepted::Sent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_back() {
        let id = "01m8hmm0rqft0b4f4v3ccgkktg".parse().unwrap();
        let operation = "5f2c6f5e-7d3a-4b6e-8c1d-2a9b0c3d4e5f".parse().unwrap();
        for (message, text) in [
            (Accepted::Queued(id), "250 2.0.0 Queued as 01m8hmm0rqft0b4f4v3ccgkktg"),
            (Accepted::Sent(operation), "250 2.0.0 OK 5f2c6f5e-7d3a-4b6e-8c1d-2a9b0c3d4e5f"),
            (
                Accepted::SentToSome(operation),
                "250 2.0.0 OK 5f2c6f5e-7d3a-4b6e-8c1d-2a9b0c3d4e5f, but not for all recipients",
            ),
        ] {
            let reply = reply(&message);
            assert_eq!(reply.to_string(), text);
            assert_eq!(accepted(&reply), Some(message));
        }
        assert_eq!(
            reply(&Accepted::Repeated(id)),
            reply(&Accepted::Queued(id)),
            "a client hears no difference"
        );
        assert_eq!(accepted(&Reply::positive(250, (2, 0), "OK")), None);
    }
}
