//! Entra ID: the client credentials grant, its replies and its errors.

use serde::{Deserialize, Serialize};

use crate::absent::or_default;
use crate::ids::{ClientId, TenantId};

/// Scope of Azure Resource Manager.
pub const SCOPE_ARM: &str = "https://management.azure.com/.default";
/// Scope of the Communication Services data plane, in the form that the SMTP documentation has. The
/// SDKs write two slashes; both name the same resource.
pub const SCOPE_COMMUNICATION: &str = "https://communication.azure.com/.default";
/// The resource that [`SCOPE_COMMUNICATION`] is for, as a token names it.
pub const AUDIENCE_COMMUNICATION: &str = "https://communication.azure.com";
/// Scope of Microsoft Graph.
pub const SCOPE_GRAPH: &str = "https://graph.microsoft.com/.default";

/// Error codes of Entra, the number behind `AADSTS`.
pub mod code {
    /// The client secret is wrong, or it is the id of one.
    pub const INVALID_SECRET: u32 = 7_000_215;
    /// The client secret has expired.
    pub const EXPIRED_SECRET: u32 = 7_000_222;
    /// The app has no service principal in this tenant.
    pub const NO_PRINCIPAL: u32 = 7_000_229;
    /// The certificate that signed the assertion is not the app's.
    pub const UNKNOWN_CERTIFICATE: u32 = 700_027;
    /// The assertion is not good at this time.
    pub const ASSERTION_EXPIRED: u32 = 700_024;
    /// The assertion cannot be read.
    pub const MALFORMED_ASSERTION: u32 = 50_027;
    /// A policy of the tenant refuses the login.
    pub const CONDITIONAL_ACCESS: u32 = 53_003;
    /// Neither secret nor assertion was given.
    pub const NO_SECRET: u32 = 7_000_218;
    /// The app is not in this tenant.
    pub const UNKNOWN_APP: u32 = 700_016;
    /// The tenant does not exist.
    pub const UNKNOWN_TENANT: u32 = 90_002;
    /// The tenant is neither a GUID nor a domain name.
    pub const MALFORMED_TENANT: u32 = 900_023;
    /// Nothing says which tenant is meant.
    pub const NO_TENANT: u32 = 50_059;
    /// A field of the form is absent.
    pub const MISSING_FIELD: u32 = 900_144;
    /// The scope is not of the form `resource/.default`.
    pub const INVALID_SCOPE: u32 = 70_011;
    /// The grant type is not one that this endpoint has.
    pub const UNSUPPORTED_GRANT: u32 = 70_003;
    /// The resource of the scope is not in this tenant.
    pub const UNKNOWN_RESOURCE: u32 = 500_011;
    /// Too many requests.
    pub const THROTTLED: u32 = 50_196;
    /// Entra itself is in trouble.
    pub const TRANSIENT: u32 = 90_033;
}

/// The form that is posted to the token endpoint. More fields than these arrive and are ignored.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct TokenForm {
    pub grant_type: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    /// In place of a secret: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    pub client_assertion_type: Option<String>,
    /// A token that the app signed with the key of its certificate.
    pub client_assertion: Option<String>,
    /// What the token is for.
    pub scope: Option<String>,
}

/// Entra's answer to a token request (RFC 6749 section 5.1).
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenResponse {
    pub token_type: String,
    /// Seconds from now. Older endpoints write it as a string.
    #[serde(deserialize_with = "seconds")]
    pub expires_in: u64,
    /// As `expires_in`, for when Entra is down.
    #[serde(default, deserialize_with = "seconds")]
    pub ext_expires_in: u64,
    /// Seconds from now until the next token may be fetched ahead of time; said of tokens that are good for hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_in: Option<u64>,
    /// The token itself.
    pub access_token: String,
}

/// A token of a managed identity.
#[derive(Clone, Serialize, Deserialize)]
pub struct IdentityToken {
    /// The token itself.
    pub access_token: String,
    /// When it is no longer good, in seconds since 1970; written as a string.
    #[serde(default, deserialize_with = "maybe_seconds")]
    pub expires_on: Option<i64>,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenError {
    /// OAuth 2.0's word for it.
    pub error: String,
    /// `AADSTS<code>: ...` with trace and correlation ids behind it.
    pub error_description: String,
    #[serde(default, deserialize_with = "or_default")]
    pub error_codes: Vec<u32>,
    #[serde(default, deserialize_with = "or_default")]
    pub timestamp: String,
    /// Microsoft's support asks for this one.
    #[serde(default, deserialize_with = "or_default")]
    pub trace_id: String,
    /// The client's own id, if it sent one.
    #[serde(default, deserialize_with = "or_default")]
    pub correlation_id: String,
    /// Where the error is explained.
    #[serde(default, deserialize_with = "or_default")]
    pub error_uri: String,
}

/// `/.well-known/openid-configuration`, as far as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIdConfiguration {
    /// Where tokens are had.
    pub token_endpoint: String,
    /// Where people log in.
    pub authorization_endpoint: String,
    /// Who issues the tokens.
    pub issuer: String,
    /// Where the keys are that sign them.
    pub jwks_uri: String,
    /// How a client may prove itself.
    #[serde(default, deserialize_with = "or_default")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Always `code`-like for people; unused here.
    #[serde(default, deserialize_with = "or_default")]
    pub response_types_supported: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub subject_types_supported: Vec<String>,
}

/// `/{tenant}/discovery/v2.0/keys`: what tokens are signed with (RFC 7517 section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// The keys, of which some may be of kinds that nobody here uses.
    pub keys: Vec<SigningKey>,
}

/// A key, as far as a signature by RSA needs it (RFC 7518 section 6.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    pub kty: String,
    #[serde(default)]
    pub r#use: Option<String>,
    /// What a token's header calls it.
    #[serde(default)]
    pub kid: Option<String>,
    /// The modulus in base64url.
    #[serde(default)]
    pub n: Option<String>,
    /// The exponent in base64url.
    #[serde(default)]
    pub e: Option<String>,
}

/// The claims of an access token that a resource checks. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaims {
    /// The resource that it is for.
    pub aud: String,
    /// Who issued it.
    pub iss: String,
    /// When it is no longer good.
    pub exp: i64,
    /// From when on it is good.
    pub nbf: i64,
    pub tid: TenantId,
    /// The app that it was issued to, in version 1.0.
    #[serde(default)]
    pub appid: Option<ClientId>,
    /// The app that it was issued to, in version 2.0.
    #[serde(default)]
    pub azp: Option<ClientId>,
}

impl TokenError {
    /// The number behind `AADSTS`: from `error_codes`, else from the description.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        let described = || {
            let digits = self.error_description.split("AADSTS").nth(1)?;
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok()
        };
        self.error_codes.first().copied().or_else(described)
    }

    /// The first sentence: the description without its ids and time.
    #[must_use]
    pub fn summary(&self) -> &str {
        let end =
            ["Trace ID:", "\r\n", "\n"].iter().filter_map(|mark| self.error_description.find(mark)).min();
        self.error_description[..end.unwrap_or(self.error_description.len())].trim_end()
    }
}

fn maybe_seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(seconds(deserializer).ok().and_then(|seconds| i64::try_from(seconds).ok()))
}

/// A number, or a string that holds one.
fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(description: &str, codes: &[u32]) -> TokenError {
        let body = serde_json::json!({
            "error": "invalid_client", "error_description": description, "error_codes": codes,
        });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn the_code_is_found_in_either_place() {
        assert_eq!(error("AADSTS7000222: expired", &[7_000_215]).code(), Some(7_000_215));
        assert_eq!(error("AADSTS7000222: expired.\r\nTrace ID: x", &[]).code(), Some(7_000_222));
        assert_eq!(error("no code", &[]).code(), None);
    }

    #[test]
    fn the_summary_is_without_ids() {
        assert_eq!(error("AADSTS1: Wrong. Trace ID: x Correlation ID: y", &[]).summary(), "AADSTS1: Wrong.");
        assert_eq!(error("AADSTS1: Wrong.\r\nTrace ID: x", &[]).summary(), "AADSTS1: Wrong.");
    }

    #[test]
    fn a_lifetime_may_be_a_string() {
        let body = r#"{"token_type":"Bearer","expires_in":"3599","access_token":"x"}"#;
        let token: TokenResponse = serde_json::from_str(body).unwrap();
        assert_eq!((token.expires_in, token.ext_expires_in), (3_599, 0));
    }
}
