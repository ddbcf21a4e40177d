//! A managed identity: on a host in Azure, a service of that host has the tokens.

use azure_types::entra::IdentityToken;
use azure_types::ids::ClientId;
use http_client::Method;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Credential, Requested};
use crate::entra::{Token, TokenFailure};
use crate::failure::{Answered, RequestFailure};
use crate::http::Http;
use crate::reply::Wanted;

/// Where a host's tokens are had.
#[derive(Clone, Debug)]
pub struct IdentityEndpoint {
    /// The address: of the instance metadata service, or what `IDENTITY_ENDPOINT` says.
    pub url: Url,
    /// What `IDENTITY_HEADER` says, where there is one.
    pub header: Option<SecretString>,
}

/// The identity of the machine.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    http: Http,
    endpoint: IdentityEndpoint,
    client: ClientId,
}

impl Default for IdentityEndpoint {
    /// The instance metadata service of a virtual machine.
    fn default() -> Self {
        let url = "http://169.254.169.254/metadata/identity/oauth2/token";
        // A literal that is a URL.
        Self { url: Url::parse(url).expect("the metadata service's address is a URL"), header: None }
    }
}

impl ManagedIdentity {
    /// The identity of that client id, among those that the host has.
    #[must_use]
    pub fn new(http: Http, endpoint: IdentityEndpoint, client: ClientId) -> Self {
        Self { http, endpoint, client }
    }

    async fn ask(&self, scope: &str, now: Timestamp) -> Result<Token, TokenFailure> {
        let resource = scope.strip_suffix("/.default").unwrap_or(scope);
        let version = if self.endpoint.header.is_some() { "2019-08-01" } else { "2018-02-01" };
        let client = self.client.to_string();
        let query = [("api-version", version), ("resource", resource), ("client_id", &client)];
        let mut request = self.http.request(Method::GET, self.endpoint.url.clone()).query(&query);
        request = match &self.endpoint.header {
            Some(header) => request.header("X-IDENTITY-HEADER", header.expose_secret()),
            None => request.header("Metadata", "true"),
        };
        let reply = self.http.exchange(request, Wanted::Token).await.map_err(TokenFailure::Exchange)?;
        if !reply.status.is_success() {
            let answered = Answered::read(&reply, now);
            return Err(TokenFailure::Exchange(RequestFailure::Answered(answered)));
        }
        let token: IdentityToken = reply.json().map_err(|error| TokenFailure::Exchange(error.into()))?;
        let expires_at = token.expires_on.and_then(|second| Timestamp::from_second(second).ok());
        let soon = clock::after(now, SignedDuration::from_mins(10));
        Ok(Token {
            access_token: SecretString::from(token.access_token),
            expires_at: expires_at.unwrap_or(soon),
        })
    }
}

impl Credential for ManagedIdentity {
    fn request<'a>(&'a self, scope: &'a str, now: Timestamp) -> Requested<'a> {
        Box::pin(self.ask(scope, now))
    }
}
