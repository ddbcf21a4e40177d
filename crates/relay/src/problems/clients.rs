//! What clients meet: logins and networks that are locked, and refusals of the last hour. Pure.

use std::collections::BTreeMap;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use model::network::is_private;
use model::refused::Refused;

use store::Store;

use super::words::{said, time};
use super::{Code, Observed, Problem};
use crate::login::{Ban, Banned, LoginProtection};

/// What is known of clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clients {
    /// What they were refused, the newest first.
    pub refused: Vec<Refused>,
    /// What is locked after wrong passwords.
    pub locked: Vec<Locked>,
    /// Logins of credentials, in lower case.
    pub logins: Vec<String>,
}

/// A login or a network that is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The login; none where it is a network.
    pub login: Option<String>,
    /// The network; with a login, where that is locked.
    pub network: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Different wrong passwords that brought it.
    pub guesses: usize,
}

impl From<Ban> for Locked {
    fn from(ban: Ban) -> Self {
        let (login, network) = match ban.what {
            Banned::Login(login) => (Some(login), None),
            Banned::Network(network) => (None, Some(network.to_string())),
            Banned::Place(login, network) => (Some(login), Some(network.to_string())),
        };
        let spell = ban.spell;
        Self { login, network, since: spell.since, until: spell.until, guesses: spell.guesses }
    }
}

/// Refusals and locks that are named one by one; the commands have the rest.
const NAMED: usize = 10;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn problems(observed: &Observed, now: Timestamp) -> Vec<Problem> {
    let clients = &observed.clients;
    // Whoever tries names that do not exist is told by `postern bans`.
    let is_ours = |locked: &&Locked| locked.login.as_ref().is_none_or(|login| clients.knows(login));
    let locked = clients.locked.iter().filter(is_ours).take(NAMED).map(|one| lock(one, now));
    locked.chain(refusals(clients, now)).collect()
}

impl Clients {
    /// What clients meet now.
    #[must_use]
    pub fn of(store: &Store, logins: &LoginProtection) -> Self {
        let directory = store.directory();
        let known = directory.credentials().map(|credential| credential.login.to_string().to_lowercase());
        Self {
            refused: Vec::new(),
            locked: logins.bans().into_iter().map(Locked::from).collect(),
            logins: known.collect(),
        }
    }

    fn knows(&self, login: &str) -> bool {
        self.logins.contains(&login.to_lowercase())
    }

    /// Whose refusal it is, if that is somebody who should be served: strangers on the Internet are refused all day.
    fn owner(&self, refused: &Refused) -> Option<(String, bool)> {
        let login = refused.credential.as_ref().or(refused.login.as_ref());
        let known = login.filter(|login| refused.credential.is_some() || self.knows(login));
        let address = refused.peer.to_canonical();
        let device = || is_private(&IpNet::from(address)).then(|| (address.to_string(), false));
        known.map(|login| (login.clone(), true)).or_else(device)
    }
}

fn lock(locked: &Locked, now: Timestamp) -> Problem {
    let (code, what, lift) = match (&locked.login, &locked.network) {
        (Some(login), place) => {
            let place = place.as_ref().map(|network| format!(" from {network}")).unwrap_or_default();
            let lift = format!("`postern credential unlock {login}` lifts it");
            (Code::LoginLocked, format!("login {login}{place}"), lift)
        }
        (None, network) => {
            let network = network.as_deref().unwrap_or("a network");
            (
                Code::NetworkLocked,
                format!("network {network}"),
                "`postern bans` shows how to lift it".to_owned(),
            )
        }
    };
    Problem {
        code,
        account: None,
        subject: locked.login.clone().or_else(|| locked.network.clone()),
        since: locked.since,
        message: format!(
            "The {what} is locked until {} after {} different wrong passwords: devices there that do not work already \
             cannot log in.",
            time(locked.until, now),
            locked.guesses
        ),
        action: format!(
            "Find the device that has a wrong password (`postern refusals`) and mend it; {lift}."
        ),
        alarm_at: None,
    }
}

/// Refusals of the last hour by who was refused and by reply, the most frequent first.
fn refusals(clients: &Clients, now: Timestamp) -> Vec<Problem> {
    let mut groups: BTreeMap<(String, &str), (u64, bool, &Refused)> = BTreeMap::new();
    for refused in clients.refused.iter().filter(|refused| now.duration_since(refused.at) < HOUR) {
        let Some((owner, is_login)) = clients.owner(refused) else { continue };
        let group = groups.entry((owner, refused.code.as_str())).or_insert((0, is_login, refused));
        group.0 += refused.count;
        if refused.at > group.2.at {
            group.2 = refused;
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (count, ..))| std::cmp::Reverse(*count));
    groups.into_iter().take(NAMED).map(|((owner, code), group)| refusal((&owner, code), group, now)).collect()
}

fn refusal(
    (owner, code): (&str, &str),
    (count, is_login, last): (u64, bool, &Refused),
    now: Timestamp,
) -> Problem {
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let owner = said(owner);
    let who = if is_login { format!("Login {owner} ({})", last.peer.to_canonical()) } else { owner.clone() };
    let reason = last.reason.as_ref().map(|reason| format!(" ({})", said(reason))).unwrap_or_default();
    let command = if is_login {
        format!("postern refusals --credential {owner}")
    } else {
        "postern refusals".to_owned()
    };
    Problem {
        code: Code::ClientRefused,
        account: None,
        subject: Some(format!("{owner} {code}")),
        since: last.since,
        message: format!(
            "{who} was refused {times}, last at {}: {}{reason}.",
            time(last.at, now),
            said(&last.reply)
        ),
        action: format!("`{command}` lists each refusal with what to do about it."),
        alarm_at: None,
    }
}
