//! How a login is written in the log and in lists.
//!
//! A name that no login has may be somebody's password, typed into the wrong field: only its beginning is shown,
//! unless it is an address or an app of Entra, which nobody has for a password.

use super::LoginForm;

/// Characters of an unknown name that are shown.
const SHOWN: usize = 4;
/// Characters of an address or app that are shown.
const LONGEST: usize = 160;

/// An unknown login: what may be shown of it, without control characters and in ASCII.
#[must_use]
pub fn unknown(name: &str) -> String {
    let clean = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let length = name.chars().count();
    let is_harmless = matches!(LoginForm::read(name), LoginForm::Entra(_)) || is_address(name);
    let shown: String = name.chars().take(if is_harmless { LONGEST } else { SHOWN }).map(clean).collect();
    match length.saturating_sub(shown.len()) {
        0 => shown,
        _ if is_harmless => format!("{shown}..."),
        _ => format!("{shown}... ({length} characters)"),
    }
}

fn is_address(name: &str) -> bool {
    let is_host = |host: &str| {
        let is_top = |label: &str| label.len() >= 2 && label.chars().all(|c| c.is_ascii_alphabetic());
        host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            && host.rsplit_once('.').is_some_and(|(_, label)| is_top(label))
    };
    name.rsplit_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !local.contains('@') && is_host(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_wrong_field_is_not_written_down() {
        let app = "contoso-mail.33333333-cccc-4333-8333-333333333333.11111111-aaaa-4111-8111-111111111111";
        for (name, expected) in [
            ("scaner1", "scan... (7 characters)"),
            ("k7mwp2x9qd4t", "k7mw... (12 characters)"),
            ("p@ssw0rd", "p@ss... (8 characters)"),
            ("root", "root"),
            ("abc", "abc"),
            ("", ""),
            ("a\x1b[31mb", "a?[3... (7 characters)"),
            ("grün", "gr?n"),
            ("scanner@contoso.com", "scanner@contoso.com"),
            ("sc\x07nner@contoso.com", "sc?nner@contoso.com"),
            ("p@ss.w0rd", "p@ss... (9 characters)"),
            ("a@b@contoso.com", "a@b@... (15 characters)"),
            (app, app),
        ] {
            assert_eq!(unknown(name), expected, "{name:?}");
        }
        let long = unknown(&format!("{}@contoso.com", "x".repeat(1_000)));
        assert!(long.len() < 200 && long.ends_with("..."), "{long}");
    }
}
