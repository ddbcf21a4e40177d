//! The keys that Entra publishes for a tenant: found by discovery, kept for a day, bounded in size.

use std::collections::HashMap;

use azure_types::entra::{KeySet, OpenIdConfiguration, SigningKey};
use http_client::Method;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use url::Url;

use super::{BearerFailure, Expected};
use crate::failure::{Answered, RequestFailure};
use crate::http::Http;
use crate::reply::Wanted;

/// Keys are fetched again after this long, as Microsoft asks for.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// Between two fetches because of a key that is not known: a client chooses what key its token names.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);
/// Keys that are kept of a set; Entra has about ten.
const MAX_KEYS: usize = 100;

/// The keys of one tenant. A caller that comes while they are fetched waits for the same answer.
#[derive(Default)]
pub(super) struct KeyCache(Mutex<Keys>);

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, DecodingKey>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl KeyCache {
    /// The key of that id.
    ///
    /// # Errors
    /// When the tenant has no such key, or the keys cannot be had.
    pub(super) async fn key(
        &self,
        http: &Http,
        expected: Expected<'_>,
        id: &str,
        now: Timestamp,
    ) -> Result<DecodingKey, BearerFailure> {
        let mut keys = self.0.lock().await;
        let mut failure = None;
        if keys.are_to_be_fetched(id, now) {
            keys.tried_at = Some(now);
            match fetch(http, expected, now).await {
                Ok(by_id) => (keys.by_id, keys.fetched_at) = (by_id, Some(now)),
                Err(error) => failure = Some(error),
            }
        }
        match (keys.by_id.get(id), failure) {
            // Old keys stay good while new ones cannot be had: Entra publishes them long before it uses them.
            (Some(key), _) => Ok(key.clone()),
            (None, Some(failure)) => Err(BearerFailure::Exchange(failure)),
            (None, None) => {
                Err(BearerFailure::Refused("it names a key that its tenant does not have".to_owned()))
            }
        }
    }
}

impl Keys {
    fn are_to_be_fetched(&self, id: &str, now: Timestamp) -> bool {
        let older =
            |at: Option<Timestamp>, age: SignedDuration| at.is_none_or(|at| now.duration_since(at) >= age);
        let is_wanted = !self.by_id.contains_key(id) || older(self.fetched_at, LIFETIME);
        is_wanted && older(self.tried_at, PATIENCE)
    }
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyCache")
    }
}

async fn fetch(
    http: &Http,
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<HashMap<String, DecodingKey>, RequestFailure> {
    let Expected { authority, tenant, .. } = expected;
    let discovery = format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration");
    let document: OpenIdConfiguration = get(http, &discovery, now).await?;
    let set: KeySet = get(http, &document.jwks_uri, now).await?;
    Ok(usable(set))
}

/// RSA keys that sign; of others there is nothing to be had here.
fn usable(set: KeySet) -> HashMap<String, DecodingKey> {
    let signs =
        |key: &SigningKey| key.kty == "RSA" && key.r#use.as_deref().is_none_or(|r#use| r#use == "sig");
    let read = |key: SigningKey| {
        let decoding = DecodingKey::from_rsa_components(&key.n?, &key.e?).ok()?;
        Some((key.kid?, decoding))
    };
    set.keys.into_iter().filter(signs).take(MAX_KEYS).filter_map(read).collect()
}

async fn get<T: DeserializeOwned>(http: &Http, url: &str, now: Timestamp) -> Result<T, RequestFailure> {
    let garbled = |what: String| RequestFailure::Garbled { host: url.to_owned(), what };
    let parsed = Url::parse(url).map_err(|error| garbled(error.to_string()))?;
    let reply = http.exchange(http.request(Method::GET, parsed), Wanted::Keys).await?;
    if !reply.status.is_success() {
        return Err(RequestFailure::Answered(Answered::read(&reply, now)));
    }
    Ok(reply.json()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn keys_are_fetched_when_they_are_old_or_missing_and_not_at_a_clients_will() {
        let key = DecodingKey::from_rsa_components("AQAB", "AQAB").unwrap();
        let mut keys = Keys::default();
        assert!(keys.are_to_be_fetched("one", at(0)));
        keys.by_id.insert("one".to_owned(), key);
        (keys.fetched_at, keys.tried_at) = (Some(at(0)), Some(at(0)));
        assert!(!keys.are_to_be_fetched("one", at(86_399)));
        assert!(keys.are_to_be_fetched("one", at(86_400)));
        assert!(!keys.are_to_be_fetched("other", at(59)));
        assert!(keys.are_to_be_fetched("other", at(60)));
        // A fetch that failed is not repeated at once.
        keys.tried_at = Some(at(86_400));
        assert!(!keys.are_to_be_fetched("one", at(86_401)));
    }

    #[test]
    fn of_a_set_only_rsa_keys_that_sign_are_kept() {
        let set = serde_json::json!({ "keys": [
            { "kty": "RSA", "use": "sig", "kid": "good", "n": "AQAB", "e": "AQAB", "x5c": ["x"], "issuer": "x" },
            { "kty": "RSA", "kid": "no-use", "n": "AQAB", "e": "AQAB" },
            { "kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB" },
            { "kty": "EC", "use": "sig", "kid": "ec", "crv": "P-256", "x": "x", "y": "y" },
            { "kty": "RSA", "use": "sig", "kid": "no-modulus", "e": "AQAB" },
            { "kty": "RSA", "use": "sig", "n": "AQAB", "e": "AQAB" },
            { "kty": "RSA", "use": "sig", "kid": "not-base64", "n": "%", "e": "AQAB" },
        ]});
        let mut kept: Vec<String> = usable(serde_json::from_value(set).unwrap()).into_keys().collect();
        kept.sort_unstable();
        assert_eq!(kept, ["good", "no-use"]);
    }
}
