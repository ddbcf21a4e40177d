//! Names in one form: lower case, ASCII, without the dot at the end.

use std::iter::successors;

/// A name in the form that this crate compares: lower case, internationalised labels as `xn--`, no dot at the end.
#[must_use]
pub fn normal(name: &str) -> String {
    let name = name.trim_start().trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    match url::Host::parse(name) {
        Ok(url::Host::Domain(ascii)) => ascii.trim_end_matches('.').to_ascii_lowercase(),
        _ => name.to_lowercase(),
    }
}

/// The organisational domain (RFC 7489 section 3.2): one label more than a public suffix. A public suffix is its
/// own.
#[must_use]
pub fn organisational(domain: &str) -> &str {
    psl::domain_str(domain).unwrap_or(domain)
}

/// Whether `name` is `zone` or below it.
#[must_use]
pub fn is_within(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The name as it is typed into the page of a zone: `@` for the zone itself.
#[must_use]
pub fn relative<'a>(name: &'a str, zone: &str) -> &'a str {
    match name.strip_suffix(zone) {
        Some("") => "@",
        Some(rest) if rest.ends_with('.') => rest.trim_end_matches('.'),
        _ => name,
    }
}

/// The domain and what is above it, down to the organisational domain: where a zone may begin.
pub fn possible_zones(domain: &str) -> impl Iterator<Item = &str> {
    let last = organisational(domain);
    successors(Some(domain), move |name| {
        if *name == last { None } else { name.split_once('.').map(|(_, parent)| parent) }
    })
    .take(MOST_ZONES)
}

/// A name has at most 127 labels; nobody has so many zones.
const MOST_ZONES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        for (given, wanted) in [
            ("Example.COM.", "example.com"),
            (" example.com ", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("_dmarc.Bücher.example.", "_dmarc.xn--bcher-kva.example"),
            ("", ""),
        ] {
            assert_eq!(normal(given), wanted);
        }
    }

    #[test]
    fn zones_end_at_the_organisational_domain() {
        let zones = |domain| possible_zones(domain).collect::<Vec<_>>();
        assert_eq!(zones("a.b.example.co.uk"), ["a.b.example.co.uk", "b.example.co.uk", "example.co.uk"]);
        assert_eq!(zones("example.com"), ["example.com"]);
        assert_eq!(zones("com"), ["com"]);
        assert_eq!(zones(""), [""]);
    }

    #[test]
    fn names_are_relative_to_their_zone() {
        assert_eq!(relative("example.com", "example.com"), "@");
        assert_eq!(relative("a.example.com", "example.com"), "a");
        assert_eq!(relative("an-example.com", "example.com"), "an-example.com");
        assert!(is_within("a.example.com", "example.com") && !is_within("aexample.com", "example.com"));
    }
}
