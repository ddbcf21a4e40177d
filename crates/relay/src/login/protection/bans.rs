//! Bans: which there are, how they are shown, and how they are lifted.

use azure_types::ids::{ClientId, TenantId};
use ipnet::IpNet;
use tracing::warn;

use super::LoginProtection;
use crate::login::EntraApp;
use crate::login::guard::{Ban, Banned, login_key};
use crate::login::shown;

/// What the key of an app of Entra begins with. Strangers may call themselves so: what follows tells ([`is_app`]).
const APP: &str = "app ";

impl LoginProtection {
    /// All bans in force, the latest first.
    #[must_use]
    pub fn bans(&self) -> Vec<Ban> {
        self.guard().bans(self.clock.now())
    }

    /// Forgets the wrong guesses at a login; gives the bans that this lifts.
    pub fn lift_login(&self, name: &str) -> Vec<Ban> {
        let lifted = self.guard().lift_login(&login_key(name), self.clock.now());
        self.settled.notify_waiters();
        lifted
    }

    /// Forgets the wrong guesses from a network; gives the bans that this lifts.
    pub fn lift_network(&self, network: IpNet) -> Vec<Ban> {
        let lifted = self.guard().lift_network(network, self.clock.now());
        self.settled.notify_waiters();
        lifted
    }

    /// A guarded login as it may be shown.
    #[must_use]
    pub fn shown(&self, login: &str) -> String {
        match self.store.directory().credential(login) {
            Some(credential) => credential.login.to_string(),
            None if is_app(login) => login.to_owned(),
            None => shown::unknown(login),
        }
    }

    /// The command that lifts a ban.
    #[must_use]
    pub(crate) fn lift(&self, what: &Banned) -> String {
        match what {
            Banned::Network(network) => format!("postern bans lift {network}"),
            Banned::Login(login) | Banned::Place(login, _) => {
                match self.store.directory().credential(login) {
                    Some(credential) => format!("postern credential unlock {}", credential.login),
                    None if is_app(login) => format!("postern bans lift {login:?}"),
                    None => "postern bans lift LOGIN".to_owned(),
                }
            }
        }
    }

    /// Logs a ban with the command that lifts it.
    pub(super) fn warn_of(&self, Ban { what, spell }: Ban) {
        let (until, guesses, lift) = (spell.until, spell.guesses, self.lift(&what));
        match what {
            Banned::Login(login) => warn!(
                login = self.shown(&login), guesses, %until, command = lift,
                "a login is locked: too many wrong passwords"
            ),
            Banned::Place(login, place) => warn!(
                login = self.shown(&login), peer.network = %place, guesses, %until, command = lift,
                "a login is locked at a place where it worked lately: too many wrong passwords from there"
            ),
            Banned::Network(network) => warn!(
                peer.network = %network, guesses, logins = spell.breadth, %until, command = lift,
                "a network is locked: too many wrong passwords; logins that worked from there lately still do"
            ),
        }
    }
}

/// What stands for an app of Entra, whatever communication service its login names.
#[must_use]
pub fn app_key(app: &EntraApp) -> String {
    format!("{APP}{}/{}", app.client, app.tenant)
}

/// Whether a key is an app's: nothing but two ids stands behind the word, so that it may be shown and pasted.
fn is_app(key: &str) -> bool {
    let ids = key.strip_prefix(APP).and_then(|ids| ids.split_once('/'));
    ids.is_some_and(|(client, tenant)| {
        client.parse::<ClientId>().is_ok() && tenant.parse::<TenantId>().is_ok()
    })
}
