//! Access keys: HMAC-SHA256 signatures on requests to a Communication Services resource.
//!
//! The Azure document "Sign an HTTP request" (hmac-header-tutorial); checked with signatures that
//! Microsoft's Python SDK computed.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A resource's key, base64-decoded. It does not print.
#[derive(Clone)]
pub struct AccessKey(Zeroizing<Vec<u8>>);

/// The text is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access key is not base64")]
pub struct NotAnAccessKey;

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// In upper case.
    pub method: &'a str,
    /// As sent, from the first slash on.
    pub path_and_query: &'a str,
    /// The `x-ms-date` header: RFC 1123, GMT.
    pub date: &'a str,
    /// The `Host` header, with the port if it has one.
    pub host: &'a str,
    /// The `x-ms-content-sha256` header, see [`content_hash`].
    pub content_hash: &'a str,
}

/// The scheme and the list of headers, before the signature.
const AUTHORIZATION: &str = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=";

impl AccessKey {
    /// Decodes a key.
    ///
    /// # Errors
    /// When the text is not base64.
    pub fn parse(text: &str) -> Result<Self, NotAnAccessKey> {
        let key = STANDARD.decode(text.trim()).map_err(|_| NotAnAccessKey)?;
        if key.is_empty() { Err(NotAnAccessKey) } else { Ok(Self(Zeroizing::new(key))) }
    }

    /// The `Authorization` header of a request.
    #[must_use]
    pub fn authorization(&self, signed: &Signed<'_>) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, signed.text().as_bytes());
        format!("{AUTHORIZATION}{}", STANDARD.encode(tag))
    }

    /// Whether `authorization` signs the request with this key. Takes the same time either way.
    #[must_use]
    pub fn verifies(&self, authorization: &str, signed: &Signed<'_>) -> bool {
        let Some(signature) = authorization.strip_prefix(AUTHORIZATION) else { return false };
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        hmac::verify(&key, signed.text().as_bytes(), &signature).is_ok()
    }
}

impl Signed<'_> {
    fn text(&self) -> String {
        let Self { method, path_and_query, date, host, content_hash } = self;
        format!("{method}\n{path_and_query}\n{date};{host};{content_hash}")
    }
}

/// The `x-ms-content-sha256` header of a body; an empty one counts too.
#[must_use]
pub fn content_hash(body: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, body))
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(hidden)")
    }
}

/// Reads `endpoint=https://...;accesskey=...`, keys in any case and order; gives endpoint and key.
#[must_use]
pub fn parse_connection_string(text: &str) -> Option<(&str, &str)> {
    let (mut endpoint, mut key) = (None, None);
    for part in text.split(';') {
        match part.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("endpoint") => endpoint = Some(value),
            Some((name, value)) if name.trim().eq_ignore_ascii_case("accesskey") => key = Some(value),
            _ => {}
        }
    }
    Some((endpoint?.trim_end_matches('/'), key?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes 0 to 63.
    const KEY: &str =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    const BODY: &str = r#"{"senderAddress":"donotreply@contoso.com","content":{"subject":"Hi","plainText":"Hello"},"recipients":{"to":[{"address":"a@example.org"}]}}"#;

    fn check(method: &str, path_and_query: &str, body: &str, hash: &str, signature: &str) {
        let content_hash = content_hash(body.as_bytes());
        assert_eq!(content_hash, hash);
        let signed = Signed {
            method,
            path_and_query,
            date: "Mon, 02 Jan 2023 03:04:05 GMT",
            host: "contoso.communication.azure.com",
            content_hash: &content_hash,
        };
        let key = AccessKey::parse(KEY).unwrap();
        let authorization = key.authorization(&signed);
        assert_eq!(authorization, format!("{AUTHORIZATION}{signature}"));
        assert!(key.verifies(&authorization, &signed));
        assert!(!key.verifies(&authorization, &Signed { host: "other", ..signed }));
    }

    #[test]
    fn signatures_are_those_of_the_official_sdk() {
        check(
            "POST",
            "/emails:send?api-version=2025-09-01",
            BODY,
            "zwIqfOHNRgosKHKGdgvRwqBleSKuD+KpY+5Sf/d7Rvc=",
            "gp2442eTa0uBpLgu+abdMRizC/yyYG1IBsQvOgu9dbM=",
        );
        check(
            "GET",
            "/emails/operations/8540c0de-899f-5cce-acb5-3ec493af3800?api-version=2025-09-01",
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "jFhYT0lSkdmCDGAu1MnlMPGaRQ80goPmqYV2PyLFElo=",
        );
    }

    #[test]
    fn a_connection_string_is_taken_apart() {
        let parsed = parse_connection_string("Endpoint=https://a.example/;AccessKey=a2V5==;");
        assert_eq!(parsed, Some(("https://a.example", "a2V5==")));
        assert_eq!(parse_connection_string("endpoint=https://a.example/"), None);
    }

    #[test]
    fn a_key_does_not_print() {
        assert!(!format!("{:?}", AccessKey::parse("a2V5").unwrap()).contains("key\""));
        assert_eq!(AccessKey::parse("not base64!").unwrap_err(), NotAnAccessKey);
    }
}
