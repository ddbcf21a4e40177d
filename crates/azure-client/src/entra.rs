//! Tokens by the client credentials grant.

use azure_types::entra::{TokenError, TokenResponse};
use azure_types::ids::{ClientId, TenantId};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::failure::{Answered, Failure};
use crate::http::Http;
use crate::token_source::Token;

/// An app and its proof.
#[derive(Clone, Debug)]
pub struct AppCredential {
    /// `https://login.microsoftonline.com` or another cloud's.
    pub authority: String,
    /// The directory.
    pub tenant: TenantId,
    /// The app.
    pub client: ClientId,
    /// Its client secret.
    pub secret: SecretString,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFailure {
    /// Entra refused, and says why.
    #[error("{}", .0.summary())]
    Refused(TokenError),
    /// Entra could not be asked, or is in trouble.
    #[error(transparent)]
    Exchange(Failure),
}

impl TokenFailure {
    /// Whether the credential itself is at fault, so that asking again brings the same.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// Asks for a token.
///
/// # Errors
/// When Entra refuses or cannot be asked.
pub async fn request_token(
    http: &Http,
    credential: &AppCredential,
    scope: &str,
    now: Timestamp,
) -> Result<Token, TokenFailure> {
    let AppCredential { authority, tenant, client, secret } = credential;
    let host = authority.trim_start_matches("https://").to_owned();
    let garbled = |what: String| TokenFailure::Exchange(Failure::Garbled { host: host.clone(), what });
    let url = Url::parse(&format!("{authority}/{tenant}/oauth2/v2.0/token"))
        .map_err(|error| garbled(error.to_string()))?;
    let client = client.to_string();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
        ("client_secret", secret.expose_secret()),
        ("scope", scope),
    ];
    let exchange = |error| TokenFailure::Exchange(Failure::exchange(&host, error));
    let request = http.request(Method::POST, url).form(&form).build().map_err(exchange)?;
    let response = http.execute(request).await.map_err(exchange)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map_err(exchange)?;
    if status.is_success() {
        let token: TokenResponse =
            serde_json::from_slice(&body).map_err(|error| garbled(error.to_string()))?;
        let lifetime = SignedDuration::from_secs(i64::try_from(token.expires_in).unwrap_or(i64::MAX));
        let expires_at = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        return Ok(Token { access_token: SecretString::from(token.access_token), expires_at });
    }
    let refusal = serde_json::from_slice::<TokenError>(&body).ok();
    match refusal {
        // Throttling and trouble come in the same shape as refusals; their status tells them apart.
        Some(error) if status.is_client_error() && status.as_u16() != 429 => {
            Err(TokenFailure::Refused(error))
        }
        Some(error) => {
            let mut answered = Answered::read(status.as_u16(), &headers, &body, now);
            error.summary().clone_into(&mut answered.message);
            answered.code = error.code().map_or(error.error, |code| format!("AADSTS{code}"));
            Err(TokenFailure::Exchange(Failure::Answered(answered)))
        }
        None => {
            let answered = Answered::read(status.as_u16(), &headers, &body, now);
            Err(TokenFailure::Exchange(Failure::Answered(answered)))
        }
    }
}
