//! Header fields that control Azure's mail service itself. A device must not decide, say, that attachments are dropped
//! without an error: only what the operator has allowed is passed on.

use std::borrow::Cow;

use message::header;

use crate::settings::ControlFields;

/// The beginning of their names (Azure's documentation of custom e-mail headers).
const PREFIX: &str = "x-ms-acsemail-";
/// Names that the story gives one by one.
const NAMED: usize = 3;

/// The message as it may be passed on, and what was left out of it, for the story.
pub(super) fn judged(message: &[u8], allowed: ControlFields) -> (Cow<'_, [u8]>, Option<String>) {
    let (section, _) = header::split(message);
    let is_control =
        |name: &str| name.get(..PREFIX.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(PREFIX));
    let found: Vec<_> =
        header::fields(section).map_while(Result::ok).filter(|field| is_control(field.name())).collect();
    if found.is_empty() || allowed == ControlFields::Passed {
        return (Cow::Borrowed(message), None);
    }
    let mut kept = Vec::with_capacity(message.len());
    for field in header::fields(section).map_while(Result::ok).filter(|field| !is_control(field.name())) {
        kept.extend_from_slice(field.raw());
    }
    // Nothing was checked after a line that is not a field.
    let looked_at: usize = header::fields(section).map_while(Result::ok).map(|field| field.raw().len()).sum();
    kept.extend_from_slice(&message[looked_at..]);
    let mut names: Vec<&str> = found.iter().take(NAMED).map(header::Field::name).collect();
    if found.len() > NAMED {
        names.push("others");
    }
    (Cow::Owned(kept), Some(format!("without {}, which would control Azure", names.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] =
        b"From: a@b.c\r\nX-MS-ACSEmail-Suppress-Invalid-Attachment: true\r\nSubject: s\r\n\r\nx-ms-acsemail-y: z\r\n";

    #[test]
    fn control_fields_are_left_out_and_named() {
        let (kept, said) = judged(MESSAGE, ControlFields::LeftOut);
        assert_eq!(&*kept, b"From: a@b.c\r\nSubject: s\r\n\r\nx-ms-acsemail-y: z\r\n");
        assert_eq!(
            said.as_deref(),
            Some("without X-MS-ACSEmail-Suppress-Invalid-Attachment, which would control Azure")
        );
    }

    #[test]
    fn the_operator_may_let_them_pass() {
        assert_eq!(judged(MESSAGE, ControlFields::Passed), (Cow::Borrowed(MESSAGE), None));
        let plain = b"From: a@b.c\r\nX-MS-Exchange: 1\r\n\r\n";
        assert_eq!(judged(plain, ControlFields::LeftOut), (Cow::Borrowed(&plain[..]), None));
    }
}
