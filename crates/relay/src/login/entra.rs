//! Entra logins: the client secret of an app is the password, and the token that it brings carries the
//! message; or the client brings the token itself. Nothing of it is stored.

use azure_client::bearer::{BearerChecker, BearerFailure, Expected};
use azure_client::credential::{App, ClientSecret, Credential as _};
use azure_client::entra::TokenFailure;
use azure_client::{Http, Token};
use azure_types::entra::SCOPE_COMMUNICATION;
use azure_types::ids::{ClientId, TenantId};
use jiff::Timestamp;
use model::name::ServiceName;
use secrecy::SecretString;
use url::Url;

/// Where an Entra login leads.
#[derive(Clone, Debug)]
pub struct EntraTarget {
    /// Connections, with what they trust.
    pub http: Http,
    /// Where tokens are had.
    pub authority: String,
    /// The communication service's own base URL.
    pub endpoint: Url,
    /// Host and port of the SMTP endpoint.
    pub smtp: (String, u16),
    /// CA certificates to trust by SMTP instead of the system's.
    pub ca_pem: Option<String>,
}

/// A login that Entra took: the session's own token, good for this session only.
#[derive(Clone, Debug)]
pub struct EntraLogin {
    /// The name that was logged in with, for SMTP and for the log.
    pub name: String,
    /// The communication service.
    pub service: ServiceName,
    pub token: Token,
    /// Where it is good.
    pub target: EntraTarget,
}

/// The app that a login means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntraApp {
    /// The communication service.
    pub service: ServiceName,
    pub client: ClientId,
    pub tenant: TenantId,
}

impl EntraTarget {
    /// Asks Entra for a token with the secret that the client gave.
    ///
    /// # Errors
    /// When Entra refuses or cannot be asked.
    pub async fn log_in(
        self,
        name: &str,
        app: EntraApp,
        secret: SecretString,
        now: Timestamp,
    ) -> Result<EntraLogin, TokenFailure> {
        let EntraApp { service, client, tenant } = app;
        let app = App { authority: self.authority.clone(), tenant, client };
        let credential = ClientSecret::new(self.http.clone(), app, secret);
        let token = credential.request(SCOPE_COMMUNICATION, now).await?;
        Ok(EntraLogin { name: name.to_owned(), service, token, target: self })
    }

    /// Takes a token that the client brought, once it is known to be the app's own.
    ///
    /// # Errors
    /// When the token is not that, or the keys that sign such tokens cannot be had.
    pub async fn take(
        self,
        name: &str,
        app: EntraApp,
        brought: Brought<'_>,
        now: Timestamp,
    ) -> Result<EntraLogin, BearerFailure> {
        let EntraApp { service, client, tenant } = app;
        let Brought { token, checker, audiences } = brought;
        let expected = Expected { authority: &self.authority, tenant, client, audiences };
        let token = checker.check(&self.http, token, expected, now).await?;
        Ok(EntraLogin { name: name.to_owned(), service, token, target: self })
    }
}

/// A token from outside, and what it is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Brought<'a> {
    pub token: &'a SecretString,
    /// Who knows the keys.
    pub checker: &'a BearerChecker,
    /// Resources that it may be for.
    pub audiences: &'a [String],
}
