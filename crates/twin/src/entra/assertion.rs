//! Client assertions: a token that an app signed with the key of a certificate of its own (RFC 7523).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use azure_types::entra::code;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::error::{EntraError, assertion_expired, unknown_certificate};
use crate::state::{App, AppCertificate};

/// Base64url with or without its padding. RFC 7515 section 2 leaves the padding out; MSAL for Python writes it.
const THUMBPRINT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    /// Seconds since 1970, with a fraction in those that MSAL for Python makes (RFC 7519 section 2, NumericDate).
    exp: f64,
    #[serde(default)]
    nbf: f64,
}

/// Checks who signed, for whom, and when. `authority` is the tenant's place here, without a version.
pub(super) fn check(app: &App, assertion: &str, authority: &str, now: Timestamp) -> Result<(), EntraError> {
    let header = jsonwebtoken::decode_header(assertion)
        .map_err(|_| unknown_certificate("The assertion is no JWT."))?;
    let (certificate, der) = app
        .certificates
        .iter()
        .filter_map(|certificate| Some((certificate, certificate.bytes()?)))
        .find(|(_, der)| is_meant(&header, der))
        .ok_or_else(|| unknown_certificate("The key was not found."))?;
    let claims = verified(&header, &der, assertion)?;
    let client = app.client.to_string();
    if claims.iss != client || claims.sub != client {
        return Err(unknown_certificate("Issuer and subject must be the client id."));
    }
    if !claims.aud.starts_with(authority) {
        return Err(unknown_certificate("The audience is not this token endpoint."));
    }
    let second = now.as_duration().as_secs_f64();
    if claims.nbf > second || claims.exp <= second || is_over(certificate, now) {
        return Err(assertion_expired());
    }
    Ok(())
}

fn verified(header: &Header, der: &[u8], assertion: &str) -> Result<Claims, EntraError> {
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::PS256) {
        return Err(unknown_certificate("The algorithm must be RS256 or PS256."));
    }
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(der) else {
        return Err(unknown_certificate("The registered certificate cannot be read."));
    };
    let key = DecodingKey::from_rsa_der(&certificate.public_key().subject_public_key.data);
    // Times are judged by the twin's clock, and the audience by the caller.
    let mut validation = Validation::new(header.alg);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let decoded = jsonwebtoken::decode::<Value>(assertion, &key, &validation)
        .map_err(|_| unknown_certificate("The signature does not verify."))?;
    serde_json::from_value(decoded.claims).map_err(|error| {
        let text = format!("The claims of the assertion cannot be read: {error}.");
        EntraError { code: code::MALFORMED_ASSERTION, ..unknown_certificate(&text) }
    })
}

/// Whether the header names this certificate by either of its thumbprints (RFC 7515 sections 4.1.7 and 4.1.8).
fn is_meant(header: &Header, der: &[u8]) -> bool {
    let names = |given: &Option<String>, algorithm| {
        let bytes = given.as_ref().and_then(|given| THUMBPRINT.decode(given).ok());
        bytes.is_some_and(|bytes| bytes == digest(algorithm, der).as_ref())
    };
    names(&header.x5t, &SHA1_FOR_LEGACY_USE_ONLY) || names(&header.x5t_s256, &SHA256)
}

fn is_over(certificate: &AppCertificate, now: Timestamp) -> bool {
    now < certificate.starts_at || certificate.expires_at <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_compared_by_its_bytes() {
        let (der, other) = (b"a certificate".as_slice(), b"another one".as_slice());
        let short = THUMBPRINT.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der));
        let long = THUMBPRINT.encode(digest(&SHA256, der));
        assert!(short.ends_with('=') && long.ends_with('='), "both are written with padding here");
        for (x5t, x5t_s256) in [
            (Some(short.clone()), None),
            (Some(short.trim_end_matches('=').to_owned()), None),
            (None, Some(long.clone())),
            (None, Some(long.trim_end_matches('=').to_owned())),
        ] {
            let header = Header { x5t, x5t_s256, ..Header::default() };
            assert!(is_meant(&header, der), "{header:?}");
            assert!(!is_meant(&header, other), "{header:?}");
        }
        assert!(!is_meant(&Header { x5t: Some("+/=".to_owned()), ..Header::default() }, der));
        assert!(!is_meant(&Header::default(), der));
    }
}
