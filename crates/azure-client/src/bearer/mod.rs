//! Tokens that clients bring: whether Entra signed them, for which app and resource, and until when.
//!
//! [`claims`] judges what a token says; [`keys`] keeps the keys that Entra publishes for a tenant.

mod claims;
mod keys;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use azure_types::entra::TokenClaims;
use azure_types::ids::{ClientId, TenantId};
use jiff::Timestamp;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::{ExposeSecret as _, SecretString};

use self::keys::KeyCache;
use crate::entra::Token;
use crate::failure::RequestFailure;
use crate::http::Http;

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Whose keys count: `https://login.microsoftonline.com` or another cloud's.
    pub authority: &'a str,
    /// The directory that issued it.
    pub tenant: TenantId,
    /// The app that it was issued to.
    pub client: ClientId,
    /// Resources that it may be for. A slash at the end makes no difference.
    pub audiences: &'a [String],
}

/// Why a token is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BearerFailure {
    /// The token is at fault; asking again brings the same.
    #[error("{0}")]
    Refused(String),
    /// Entra's keys cannot be had.
    #[error(transparent)]
    Exchange(RequestFailure),
}

/// Checks tokens against the keys of their tenants, which are fetched when they are needed and kept for a day.
#[derive(Debug, Default)]
pub struct BearerChecker {
    /// By authority and tenant; callers name only tenants that are allowed, so that there are few.
    caches: Mutex<HashMap<(String, TenantId), Arc<KeyCache>>>,
}

impl BearerChecker {
    /// Checks a token; gives it back with its end.
    ///
    /// # Errors
    /// When the token is not what is expected, or Entra's keys cannot be had.
    pub async fn check(
        &self,
        http: &Http,
        token: &SecretString,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<Token, BearerFailure> {
        let text = token.expose_secret();
        let malformed = |_| BearerFailure::Refused("it is not a signed token of Entra's".to_owned());
        let header = jsonwebtoken::decode_header(text).map_err(malformed)?;
        let claimed: TokenClaims = insecure_decode_claims(text).map_err(malformed)?;
        // Nobody is asked for keys because of a token that would be refused anyway.
        let expires_at = claims::judge(&claimed, expected, now).map_err(BearerFailure::Refused)?;
        let key_id = header.kid.filter(|_| header.alg == Algorithm::RS256);
        let key_id = key_id.ok_or_else(|| {
            BearerFailure::Refused("it is not signed with RS256 by a key that it names".to_owned())
        })?;
        let cache = self.cache(expected);
        let key = cache.key(http, expected, &key_id, now).await?;
        if !is_signed(text, &key) {
            return Err(BearerFailure::Refused(
                "its signature is not that of the key that it names".to_owned(),
            ));
        }
        Ok(Token { access_token: token.clone(), expires_at })
    }

    fn cache(&self, expected: Expected<'_>) -> Arc<KeyCache> {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(caches.entry((expected.authority.to_owned(), expected.tenant)).or_default())
    }
}

/// Whether the signature is good. What the token says has been judged, by our own clock.
fn is_signed(token: &str, key: &DecodingKey) -> bool {
    let mut validation = Validation::new(Algorithm::RS256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<TokenClaims>(token, key, &validation).is_ok()
}
