//! Who calls, by the socket that they call on.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

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
pub(super) struct ForCallers {
    control: Control,
    logins: Arc<Mutex<Logins>>,
}

/// The logins of the users who have called, so that the file of users is not read for each request. A file that was
/// changed since is read again: a user id may have been given to somebody else.
#[derive(Default)]
struct Logins {
    known: HashMap<u32, Option<String>>,
    file_changed_at: Option<SystemTime>,
}

/// The file of users, which every system has.
const USERS: &str = "/etc/passwd";

/// Users whose logins are remembered at most.
const MAX_LOGINS: usize = 64;

impl ForCallers {
    pub(super) fn new(control: Control) -> Self {
        Self { control, logins: Arc::default() }
    }

    /// For a job of the server's own.
    pub(super) fn of_server(&self, job: &str) -> Control {
        self.control.by(Caller::server(job))
    }

    /// For the peer of the socket, or for a client of the listener for metrics.
    fn of(&self, peer: Option<Peer>) -> Control {
        let Some(peer) = peer else { return self.control.by(scraper()) };
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        logins.forget_if_changed(fs::metadata(USERS).and_then(|file| file.modified()).ok());
        self.control.by(peer.caller(&mut logins, login_of))
    }
}

impl Logins {
    fn forget_if_changed(&mut self, file_changed_at: Option<SystemTime>) {
        if self.file_changed_at != file_changed_at {
            self.known.clear();
            self.file_changed_at = file_changed_at;
        }
    }

    /// The login of a user, looked up once.
    fn of(&mut self, user: u32, look_up: impl FnOnce(u32) -> Option<String>) -> Option<String> {
        if self.known.len() >= MAX_LOGINS && !self.known.contains_key(&user) {
            self.known.clear();
        }
        self.known.entry(user).or_insert_with(|| look_up(user)).clone()
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

    fn caller(self, logins: &mut Logins, look_up: impl FnOnce(u32) -> Option<String>) -> Caller {
        let who = match self.user {
            Some(user) => logins.of(user, look_up).unwrap_or_else(|| format!("user {user}")),
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
        Ok(Self(api.control.of(peer.map(|info| info.0))))
    }
}

/// The login of a user id, from the file of users.
fn login_of(user: u32) -> Option<String> {
    let text = fs::read_to_string(USERS).ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let login = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| login.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_login_is_looked_up_once_for_each_user() {
        let mut logins = Logins::default();
        let mut looked = Vec::new();
        for user in [1, 2, 1, 2, 3] {
            let peer = Peer { user: Some(user), process: Some(7) };
            let caller = peer.caller(&mut logins, |user| {
                looked.push(user);
                (user != 3).then(|| format!("login{user}"))
            });
            let who = if user == 3 { "user 3".to_owned() } else { format!("login{user}") };
            assert_eq!(
                (caller.identity.who, caller.identity.origin),
                (who, "the socket, process 7".to_owned())
            );
        }
        assert_eq!(looked, [1, 2, 3]);
        for user in 0..1_000 {
            logins.of(user, |_| None);
        }
        assert!(logins.known.len() <= MAX_LOGINS);
    }

    #[test]
    fn a_changed_file_of_users_is_read_again() {
        let mut logins = Logins::default();
        let login = |logins: &mut Logins, changed_at, name: &str| {
            logins.forget_if_changed(Some(changed_at));
            logins.of(1_000, |_| Some(name.to_owned())).unwrap()
        };
        let before = SystemTime::UNIX_EPOCH;
        assert_eq!(login(&mut logins, before, "ann"), "ann");
        assert_eq!(login(&mut logins, before, "bob"), "ann");
        assert_eq!(login(&mut logins, before + Duration::from_secs(1), "bob"), "bob");
    }
}
