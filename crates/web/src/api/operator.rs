//! Who calls, by the socket that they call on.

use std::convert::Infallible;
use std::fs;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use control::Control;
use model::caller::{Caller, Identity};
use tokio::net::UnixStream;

use super::Api;

/// The process at the other end of the socket, as the kernel knows it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peer {
    user: Option<u32>,
    process: Option<i32>,
}

/// What the caller may change things with: all of it is entered under their name.
pub(super) struct Operator(pub(super) Control);

impl Peer {
    /// Whoever is at the other end.
    pub(crate) fn of(stream: &UnixStream) -> Self {
        match stream.peer_cred() {
            Ok(credentials) => Self { user: Some(credentials.uid()), process: credentials.pid() },
            Err(_) => Self::default(),
        }
    }

    fn caller(self) -> Caller {
        let who = match self.user {
            Some(user) => login_of(user).unwrap_or_else(|| format!("user {user}")),
            None => "unknown".to_owned(),
        };
        let process = self.process.map(|process| format!("process {process}"));
        let origin = format!("the socket, {}", process.unwrap_or_else(|| "unknown".to_owned()));
        Caller::owner(Identity { who, origin })
    }
}

impl FromRequestParts<Api> for Operator {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|info| info.0).unwrap_or_default();
        Ok(Self(api.control.by(peer.caller())))
    }
}

/// The login of a user id, from the file that every system has.
fn login_of(user: u32) -> Option<String> {
    let text = fs::read_to_string("/etc/passwd").ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let login = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| login.to_owned())
    })
}
