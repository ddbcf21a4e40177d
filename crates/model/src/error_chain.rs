//! An error with its causes in one line, for logs and for people.

use std::error::Error;

/// The error and its causes, outermost first, with colons in between. A cause that is already part of the text is left
/// out: HTTP clients repeat themselves on the way down.
#[must_use]
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Box<dyn Error>);

    #[test]
    fn every_cause_is_named_once() {
        let disk = io::Error::other("no space left");
        let repeated = Layer("writing failed: no space left", Box::new(disk));
        let outer = Layer("the message cannot be stored", Box::new(repeated));
        assert_eq!(error_chain(&outer), "the message cannot be stored: writing failed: no space left");
        assert_eq!(error_chain(&io::Error::other("alone")), "alone");
    }
}
