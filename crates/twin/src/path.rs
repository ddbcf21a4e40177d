//! Paths that mean the same to Azure.

use axum::http::Uri;

/// First segments of Resource Manager's paths, which have no case.
const WITHOUT_CASE: [&str; 3] = ["subscriptions", "providers", "tenants"];

/// The path by which requests are told apart: without the doubled slashes that Azure takes (`//emails/operations/...`
/// stands in its own examples, and the Azure CLI writes some to Resource Manager), and with the first segment of
/// Resource Manager's paths in lower case.
pub(crate) fn settled(uri: &Uri) -> Uri {
    let mut path = String::with_capacity(uri.path().len());
    for c in uri.path().chars() {
        if c != '/' || !path.ends_with('/') {
            path.push(c);
        }
    }
    let end = path.char_indices().skip(1).find(|(_, c)| *c == '/').map_or(path.len(), |(at, _)| at);
    let first = path.get(1..end).unwrap_or_default();
    if let Some(word) = WITHOUT_CASE.iter().find(|word| word.eq_ignore_ascii_case(first)) {
        path.replace_range(1..end, word);
    }
    if path == uri.path() {
        return uri.clone();
    }
    let path_and_query = uri.query().map_or(path.clone(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path_and_query.parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_the_same() {
        for (written, meant) in [
            ("/SUBSCRIPTIONS/A/X?api-version=1", "/subscriptions/A/X?api-version=1"),
            ("/Subscriptions", "/subscriptions"),
            (
                "/PROVIDERS/Microsoft.Communication//operations",
                "/providers/Microsoft.Communication/operations",
            ),
            ("//emails/operations/1?a=//", "/emails/operations/1?a=//"),
            ("/Common/oauth2/v2.0/token", "/Common/oauth2/v2.0/token"),
            ("/", "/"),
        ] {
            assert_eq!(settled(&written.parse().unwrap()).to_string(), meant);
        }
    }
}
