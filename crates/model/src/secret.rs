//! Secrets by name; their values are `store`'s.

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretName {
    /// The client secret of an app registration.
    ClientSecret,
    /// The client secret that a rotation has made and not yet put into use.
    NextClientSecret,
    /// The certificate of an app registration with its private key, in PEM.
    Certificate,
    /// A key of a communication service.
    AccessKey,
    /// A token of somebody's API.
    ApiToken,
    /// The key in the URL to which Event Grid posts the account's events.
    EventKey,
    /// The URL of the queue from which the account's events are pulled: it may hold a shared access signature.
    EventQueue,
    /// What web hooks are signed with.
    SigningSecret,
    /// What web hooks were signed with before, while both are in use.
    PreviousSigningSecret,
}

crate::words!(SecretName {
    ClientSecret = "client_secret",
    NextClientSecret = "next_client_secret",
    Certificate = "certificate",
    AccessKey = "access_key",
    ApiToken = "api_token",
    EventKey = "event_key",
    EventQueue = "event_queue",
    SigningSecret = "signing_secret",
    PreviousSigningSecret = "previous_signing_secret",
});
