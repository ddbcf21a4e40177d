//! Tokens by the client credentials grant.

use azure_types::entra::{OpenIdConfiguration, TokenError, TokenResponse};
use azure_types::ids::{ClientId, TenantId};
use http_client::Method;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use url::Url;

use crate::failure::{Answered, RequestFailure, one_line};
use crate::http::Http;
use crate::reply::Wanted;

/// An app, and where it logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// `https://login.microsoftonline.com` or another cloud's.
    pub authority: String,
    pub tenant: TenantId,
    pub client: ClientId,
}

/// A token and its end.
#[derive(Clone, Debug)]
pub struct Token {
    /// What is sent with requests.
    pub access_token: SecretString,
    /// When it is no longer good.
    pub expires_at: Timestamp,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFailure {
    /// Entra refused, and says why.
    #[error("{}", .0.summary())]
    Refused(TokenError),
    /// Entra could not be asked, or is in trouble.
    #[error(transparent)]
    Exchange(RequestFailure),
    /// What the app would prove itself with cannot be used.
    #[error("the app's certificate cannot be used: {0}")]
    Unusable(String),
}

impl TokenFailure {
    /// Whether the credential itself is at fault, so that asking again brings the same.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Unusable(_))
    }
}

/// How a form says that a client assertion is in it (RFC 7523 section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an app shows.
pub(crate) enum ClientAuthentication<'a> {
    Secret(&'a str),
    Assertion(&'a str),
}

/// Asks for a token by the client credentials grant.
pub(crate) async fn post_form(
    http: &Http,
    app: &App,
    authentication: ClientAuthentication<'_>,
    scope: &str,
    now: Timestamp,
) -> Result<Token, TokenFailure> {
    let App { authority, tenant, client } = app;
    let host = authority.trim_start_matches("https://").to_owned();
    let garbled = |what: String| TokenFailure::Exchange(RequestFailure::Garbled { host: host.clone(), what });
    let url = Url::parse(&format!("{authority}/{tenant}/oauth2/v2.0/token"))
        .map_err(|error| garbled(error.to_string()))?;
    let client = client.to_string();
    let mut form =
        vec![("grant_type", "client_credentials"), ("client_id", client.as_str()), ("scope", scope)];
    match authentication {
        ClientAuthentication::Secret(secret) => form.push(("client_secret", secret)),
        ClientAuthentication::Assertion(assertion) => {
            form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]);
        }
    }
    let request = http.request(Method::POST, url).form(&form);
    let reply = http.exchange(request, Wanted::Token).await.map_err(TokenFailure::Exchange)?;
    let status = reply.status;
    if status.is_success() {
        let token: TokenResponse = reply.json().map_err(|error| TokenFailure::Exchange(error.into()))?;
        let lifetime = SignedDuration::from_secs(i64::try_from(token.expires_in).unwrap_or(i64::MAX));
        let expires_at = clock::after(now, lifetime);
        return Ok(Token { access_token: SecretString::from(token.access_token), expires_at });
    }
    let refusal = serde_json::from_slice::<TokenError>(&reply.body).ok();
    match refusal {
        // Throttling and trouble come in the same shape as refusals; their status tells them apart.
        Some(error) if status.is_client_error() && status.as_u16() != 429 => {
            Err(TokenFailure::Refused(on_lines(error)))
        }
        Some(error) => {
            let mut answered = Answered::read(&reply, now);
            let error = on_lines(error);
            answered.code = error.code().map_or(error.error, |code| format!("AADSTS{code}"));
            answered.message = error.error_description;
            Err(TokenFailure::Exchange(RequestFailure::Answered(answered)))
        }
        None => {
            let answered = Answered::read(&reply, now);
            Err(TokenFailure::Exchange(RequestFailure::Answered(answered)))
        }
    }
}

/// What Entra says ends up where other answers do: its word and its first sentence, each on one line.
fn on_lines(error: TokenError) -> TokenError {
    let (word, sentence) = (one_line(&error.error), one_line(error.summary()));
    TokenError { error: word, error_description: sentence, ..error }
}

/// The directory that a domain name belongs to, from Entra's discovery document; `None` if Entra does not know
/// the name.
///
/// # Errors
/// When Entra cannot be asked.
pub async fn tenant_of(
    http: &Http,
    authority: &str,
    domain: &str,
    now: Timestamp,
) -> Result<Option<TenantId>, RequestFailure> {
    let host = authority.trim_start_matches("https://").to_owned();
    let garbled = |what: String| RequestFailure::Garbled { host: host.clone(), what };
    let url = Url::parse(&format!("{authority}/{domain}/v2.0/.well-known/openid-configuration"))
        .map_err(|error| garbled(error.to_string()))?;
    let reply = http.exchange(http.request(Method::GET, url), Wanted::Token).await?;
    match reply.status.as_u16() {
        200 => {
            let document: OpenIdConfiguration = reply.json()?;
            // The issuer is `https://<host>/<tenant>/v2.0`.
            Ok(document.issuer.split('/').find_map(|segment| segment.parse().ok()))
        }
        400..=404 => Ok(None),
        _ => Err(RequestFailure::Answered(Answered::read(&reply, now))),
    }
}
