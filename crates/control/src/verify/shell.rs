//! Values in commands that people will paste into a shell. Pure.

/// A value as one word of a POSIX shell, whatever is in it.
pub(super) fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A segment of a URL's path, whatever is in it.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            encoded.push_str(&format!("%{octet:02X}"));
        }
    }
    encoded
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
        assert_eq!(segment("$(reboot)"), "%24%28reboot%29");
    }
}
