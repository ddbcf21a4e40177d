//! A client secret.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::{App, Credential, Requested};
use crate::entra::{ClientAuthentication, post_form};
use crate::http::Http;

/// An app with its client secret.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    http: Http,
    app: App,
    secret: SecretString,
}

impl ClientSecret {
    /// Asks Entra over `http`.
    #[must_use]
    pub fn new(http: Http, app: App, secret: SecretString) -> Self {
        Self { http, app, secret }
    }
}

impl Credential for ClientSecret {
    fn request<'a>(&'a self, scope: &'a str, now: Timestamp) -> Requested<'a> {
        let authentication = ClientAuthentication::Secret(self.secret.expose_secret());
        Box::pin(post_form(&self.http, &self.app, authentication, scope, now))
    }
}
