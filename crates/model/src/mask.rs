//! Addresses in texts that others are to see: who reads a log need not learn whom mail goes to.

use std::borrow::Cow;

/// What stands for the rest of a local part.
const REST: &str = "***";

/// The text with only the first character of each local part: `a***@example.com`. Whatever looks like an address is
/// taken for one, Message-IDs too.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    let (mut shown, mut kept) = (String::new(), 0);
    for (at, _) in text.match_indices('@') {
        let has_domain = text[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '[');
        let start = local_part(&text[kept..at]).map(|start| kept + start).filter(|_| has_domain);
        let Some(start) = start else { continue };
        let first = text[start..at].chars().find(|c| !matches!(c, '"' | '\\')).unwrap_or('*');
        shown.push_str(&text[kept..start]);
        shown.push(first);
        shown.push_str(REST);
        kept = at;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[kept..]);
    Cow::Owned(shown)
}

/// Where the local part begins that ends a text, if one does.
fn local_part(text: &str) -> Option<usize> {
    if let Some(quoted) = text.strip_suffix('"') {
        let start = quoted.rfind('"')?;
        // In JSON the quotation marks are escaped.
        return Some(if text[..start].ends_with('\\') { start - 1 } else { start });
    }
    let start = text
        .rfind(|c: char| !is_atom(c))
        .map_or(0, |place| place + text[place..].chars().next().map_or(0, char::len_utf8));
    (start < text.len()).then_some(start)
}

/// RFC 5322 section 3.2.3 with dots, and RFC 6532.
fn is_atom(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn local_parts_lose_all_but_their_first_character() {
        for (text, shown) in [
            ("ada@example.com", "a***@example.com"),
            ("to <Ada.L+x@example.com>, b@c.example", "to <A***@example.com>, b***@c.example"),
            (r#"refused "ada l"@example.com: no"#, "refused a***@example.com: no"),
            (r#"{"text":"\"ada l\"@example.com"}"#, r#"{"text":"a***@example.com"}"#),
            ("übung@example.com", "ü***@example.com"),
            ("ada@[192.0.2.1]", "a***@[192.0.2.1]"),
            ("login=ada@example.com@more.example", "l***@e***@more.example"),
            ("*@example.com", "****@example.com"),
            ("@example.com", "@example.com"),
            ("ada@ x", "ada@ x"),
            ("nothing", "nothing"),
            ("", ""),
        ] {
            assert_eq!(masked(text), shown, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_left_of_a_local_part(before in "[ <>,:;]?", local in "[a-z.+_-]{2,20}", after in "[^@]{0,9}") {
            let text = format!("{before}{local}@example.com{after}");
            let shown = masked(&text).into_owned();
            let first = &local[..1];
            prop_assert_eq!(&shown, &format!("{before}{first}***@example.com{after}"));
        }

        #[test]
        fn any_text_can_be_masked(text in ".{0,60}") {
            let _ = masked(&text);
        }
    }
}
