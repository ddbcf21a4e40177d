//! Which refusals need nobody: what passes without help, what follows from another refusal, what another problem names
//! already, and what port scans and health checks leave behind. Pure.

use model::refused::{NO_TLS, Refused};

use super::advice;

/// Whether an operator should do something about it.
#[must_use]
pub(crate) fn needs_somebody(refused: &Refused) -> bool {
    advice::row(refused).is_none_or(|(code, words, _)| !HARMLESS.contains(&(code, words)))
}

/// Code and words of rows of the table of advice.
const HARMLESS: &[(&str, &str)] = &[
    // The client tries again.
    ("421 4.3.2", "Shutting down"),
    ("421 4.4.2", "No login"),
    ("421 4.4.2", ""),
    ("421 4.7.0", "has changed"),
    ("421 4.7.0", "Enough messages"),
    ("451 4.3.0", "received already"),
    // Locks and a full disk are problems of their own.
    ("421 4.7.0", "failed logins"),
    ("454 4.7.0", "postern credential unlock"),
    ("454 4.7.0", "Too many failed logins"),
    ("452 4.3.1", ""),
    // Another refusal of the same session says more.
    ("421 4.7.0", ""),
    ("500 5.5.1", ""),
    ("503 5.5.1", ""),
    ("554 5.5.1", "recipient"),
    // Browsers, scanners and health checks.
    ("502 5.5.1", ""),
    ("554 5.5.1", ""),
    (NO_TLS, "sent nothing"),
    (NO_TLS, "before it sent anything"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusals::tests::of_stranger;

    #[test]
    fn each_has_a_row_of_advice_and_where_nothing_is_to_be_done_nobody_is_needed() {
        for pair in HARMLESS {
            assert!(advice::TABLE.iter().any(|(code, words, _)| (*code, *words) == *pair), "{pair:?}");
        }
        for (code, words, text) in advice::TABLE {
            assert!(!text.ends_with("nothing to do.") || HARMLESS.contains(&(code, words)), "{code} {words}");
        }
    }

    #[test]
    fn an_old_device_needs_somebody_and_a_port_scan_does_not() {
        for (code, reply, expected) in [
            (NO_TLS, "the client offered TLS 1.0 at most; TLS 1.2 or later is required", true),
            (NO_TLS, "the client connected and sent nothing", false),
            ("550 5.7.1", "550 5.7.1 This login may not send from a@example.com", true),
            ("421 4.7.0", "421 4.7.0 Too many connections from your network", true),
            ("421 4.7.0", "421 4.7.0 Too many errors", false),
            ("554 5.2.0", "554 5.2.0 what Azure says", true),
        ] {
            let refused = Refused { reply: reply.to_owned(), ..of_stranger("10.1.2.3", code, 0) };
            assert_eq!(needs_somebody(&refused), expected, "{reply}");
        }
    }
}
