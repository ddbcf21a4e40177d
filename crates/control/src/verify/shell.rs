//! Values in commands that people will paste into a shell. Pure.

/// A value as one word of a POSIX shell, whatever is in it.
pub(super) fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_is_a_command() {
        assert_eq!(quote("/subscriptions/a/resourceGroups/mail"), "/subscriptions/a/resourceGroups/mail");
        assert_eq!(quote("/resourceGroups/mail(prod)"), "'/resourceGroups/mail(prod)'");
        assert_eq!(quote("`id`@contoso.com"), "'`id`@contoso.com'");
        assert_eq!(quote("o'brien@contoso.com"), "'o'\\''brien@contoso.com'");
    }
}
