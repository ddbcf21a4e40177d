//! Who calls, by the socket that they call on.

use std::convert::Infallible;
use std::fs;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use control::Control;
use model::caller::{AccountScope, Caller, Identity, Role};
use tokio::net::UnixStream;

use super::Api;

/// The process at the other end of the socket, as the kernel knows it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peer {
    user: Option<u32>,
    process: Option<i32>,
}

/// What the handler of a request works with: all that it reads and changes is checked and entered for the caller.
pub(super) struct Calling(pub(super) Control);

/// The server's own [`Control`], which no handler can use without saying for whom.
#[derive(Clone)]
pub(super) struct ForCallers(Control);

impl ForCallers {
    pub(super) fn new(control: Control) -> Self {
        Self(control)
    }
}

impl Peer {
    /// The process at the other end of the socket.
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

/// A client of the listener for metrics, of whom nothing is known.
fn scraper() -> Caller {
    let identity = Identity { who: "metrics".to_owned(), origin: "the listener for metrics".to_owned() };
    Caller { identity, role: Role::Metrics, accounts: AccountScope::All }
}

impl FromRequestParts<Api> for Calling {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<Peer>>();
        Ok(Self(api.control.0.by(peer.map_or_else(scraper, |info| info.0.caller()))))
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
