//! `/v1/credentials`.

use std::net::IpAddr;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::bans::BanView;

/// A credential, without its password.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CredentialView {
    /// What the device types.
    pub login: String,
    /// How its clients are recognised: `password`, or `network` where no login is needed.
    #[serde(default = "by_password")]
    pub access: String,
    /// The account's name.
    pub account: String,
    /// Addresses and domains that it may send from; every sender of the account when empty.
    pub senders: Vec<String>,
    /// Networks that it may come from; anywhere when empty.
    pub networks: Vec<String>,
    /// An author for messages that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_from: Option<String>,
    /// An author for all messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_from: Option<String>,
    /// Whether answers go to the author whom the rule replaced.
    #[serde(default)]
    pub reply_to_author: bool,
    /// Domains of reverse-paths, beside those of the account's senders.
    #[serde(default)]
    pub reverse_paths: Vec<String>,
    /// Whether a reverse-path may be any address.
    #[serde(default)]
    pub reverse_path_anywhere: bool,
    /// What is repaired of what it sends: `line-ends`, `from`, `envelope`.
    #[serde(default)]
    pub repairs: Vec<String>,
    /// What happens to recipients that mail must not go to: `reject` or `drop`; what the server is set up for if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<String>,
    /// Messages in any minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_minute: Option<u32>,
    /// How urgent its mail is.
    pub lane: String,
    /// Whom its bounces tell: `sender`, `nobody`, or an address.
    #[serde(default = "to_the_sender")]
    pub dsn_to: String,
    /// Seconds after which a message that has not left is of no use, where it does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<u32>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Where it is locked now after too many wrong passwords.
    #[serde(default)]
    pub locks: Vec<BanView>,
    /// When it logged in or began a message last; absent if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub last_address: Option<IpAddr>,
    /// What a client was refused last that had logged in so, or tried to; absent if that is not remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refusal: Option<LastRefusalView>,
}

fn to_the_sender() -> String {
    "sender".to_owned()
}

fn by_password() -> String {
    "password".to_owned()
}

/// The last refusal of a credential's clients.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LastRefusalView {
    /// When.
    pub at: Timestamp,
    /// The client's address.
    #[schema(value_type = String)]
    pub peer: IpAddr,
    /// Reply code and enhanced status code, `550 5.1.7`, or `no TLS`.
    pub code: String,
    /// The whole reply.
    pub reply: String,
    /// What the client was not told of the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A credential with the password that was made for it, shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IssuedView {
    /// The credential.
    #[serde(flatten)]
    pub credential: CredentialView,
    /// Its password; absent when the operator chose it, or when none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl IssuedView {
    /// The password that was made; empty when none was.
    #[must_use]
    pub fn made(&self) -> &str {
        self.password.as_deref().unwrap_or_default()
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCredential {
    pub login: String,
    pub account: String,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<SecretString>,
    #[serde(default)]
    pub access: Option<String>,
    #[serde(default)]
    pub allow_public_networks: bool,
    #[serde(default)]
    pub senders: Vec<String>,
    #[serde(default)]
    pub networks: Vec<String>,
    #[serde(default)]
    pub default_from: Option<String>,
    #[serde(default)]
    pub forced_from: Option<String>,
    #[serde(default)]
    pub reply_to_author: bool,
    #[serde(default)]
    pub reverse_paths: Vec<String>,
    #[serde(default)]
    pub reverse_path_anywhere: bool,
    #[serde(default)]
    pub repairs: Vec<String>,
    /// What happens to recipients that mail must not go to: `reject` or `drop`.
    #[serde(default)]
    pub suppressed: Option<String>,
    #[serde(default)]
    pub rate_per_minute: Option<u32>,
    #[serde(default)]
    pub lane: Option<String>,
    #[serde(default)]
    pub dsn_to: Option<String>,
    #[serde(default)]
    pub deadline_seconds: Option<u32>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<SecretString>,
}

/// What is absent stays, and lists replace those that are there.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditCredential {
    pub senders: Option<Vec<String>>,
    pub networks: Option<Vec<String>>,
    #[serde(default)]
    pub allow_public_networks: bool,
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<SecretString>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub default_from: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub forced_from: Option<Option<String>>,
    pub reply_to_author: Option<bool>,
    pub reverse_paths: Option<Vec<String>>,
    pub reverse_path_anywhere: Option<bool>,
    pub repairs: Option<Vec<String>>,
    /// `reject`, `drop`, or `default` for what the server is set up for.
    pub suppressed: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    pub rate_per_minute: Option<Option<u32>>,
    pub lane: Option<String>,
    pub dsn_to: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    pub deadline_seconds: Option<Option<u32>>,
}

/// A member that is there, be it null, which removes what it is about.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
