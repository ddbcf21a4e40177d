//! What clients meet: logins and networks that are locked, and refusals of the last hour. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use model::network::{is_private, shown};
use model::refused::Refused;

use store::Store;

use super::words::{said, time};
use super::{Code, Observed, Problem};
use crate::login::{Ban, Banned, LoginProtection};
use crate::refusals::advice::advice;
use crate::refusals::{Refusals, network};

/// What is known of clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clients {
    /// What they were refused, the newest first, as far as somebody should act on it.
    pub refused: Vec<Refused>,
    /// What is locked after wrong passwords.
    pub locked: Vec<Locked>,
    /// Logins of credentials, in lower case.
    pub logins: Vec<String>,
    /// Addresses on the Internet that clients were refused at, and in whose network a login worked lately or a credential
    /// without login is used.
    pub ours: BTreeSet<IpAddr>,
}

/// A login or a network that is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The login; none where it is a network.
    pub login: Option<String>,
    /// The network; with a login, where that is locked.
    pub network: Option<String>,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Different wrong passwords that brought it.
    pub guesses: usize,
}

impl From<Ban> for Locked {
    fn from(ban: Ban) -> Self {
        let (login, network) = match ban.what {
            Banned::Login(login) => (Some(login), None),
            Banned::Network(network) => (None, Some(shown(network))),
            Banned::Place(login, network) => (Some(login), Some(shown(network))),
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
    // `postern bans` lists clients that try names that do not exist.
    let is_ours = |locked: &&Locked| locked.login.as_ref().is_none_or(|login| clients.knows(login));
    let locked = clients.locked.iter().filter(is_ours).take(NAMED).map(|one| lock(one, now));
    locked.chain(refusals(clients, now)).collect()
}

impl Clients {
    /// What clients meet at `now`, and met in the hour before.
    #[must_use]
    pub fn of(store: &Store, logins: &LoginProtection, refusals: &Refusals, now: Timestamp) -> Self {
        let directory = store.directory();
        let known = directory.credentials().map(|credential| credential.login.to_string().to_lowercase());
        let refused = refusals.to_act_on(now.saturating_sub(HOUR).unwrap_or(Timestamp::MIN));
        let is_ours = |address: &IpAddr| {
            logins.knows(*address) || directory.credential_without_login(*address).is_some()
        };
        Self {
            ours: refused.iter().map(|refused| refused.peer.to_canonical()).filter(is_ours).collect(),
            refused,
            locked: logins.bans().into_iter().map(Locked::from).collect(),
            logins: known.collect(),
        }
    }

    fn knows(&self, login: &str) -> bool {
        self.logins.contains(&login.to_lowercase())
    }

    /// Whose refusal it is, if that is somebody who should be served: strangers on the Internet are refused all day.
    fn owner(&self, refused: &Refused) -> Option<Owner> {
        let claimed = || refused.login.clone().filter(|login| self.knows(login));
        if let Some(login) = refused.credential.clone().or_else(claimed) {
            return Some(Owner::Login(login));
        }
        let address = refused.peer.to_canonical();
        let is_ours = is_private(&IpNet::from(address)) || self.ours.contains(&address);
        is_ours.then(|| Owner::Network(network(address)))
    }
}

/// Whose refusals are told together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// A login that was proved, or that exists and was claimed.
    Login(String),
    /// A device of a private network by its address, or a network on the Internet by its first address.
    Network(IpAddr),
}

/// Refusals with one reply to one owner.
struct Group<'a> {
    count: u64,
    since: Timestamp,
    last: &'a Refused,
}

fn lock(locked: &Locked, now: Timestamp) -> Problem {
    let (code, what, lift) = match (&locked.login, &locked.network) {
        (Some(login), place) => {
            let place = place.as_ref().map(|network| format!(" at {network}")).unwrap_or_default();
            let lift = format!("`postern credential unlock {login}` lifts the lock");
            (Code::LoginLocked, format!("login {login}{place}"), lift)
        }
        (None, network) => {
            let network = network.as_deref().unwrap_or("a network");
            (
                Code::NetworkLocked,
                format!("network {network}"),
                "`postern bans` shows how to lift the lock".to_owned(),
            )
        }
    };
    let who = match (&locked.login, &locked.network) {
        (Some(_), Some(_)) => "no device there can log in with it",
        (Some(_), None) => "it can log in only from networks where it worked within the last 30 days",
        (None, _) => "only logins that worked from there within the last 30 days can log in",
    };
    Problem {
        code,
        account: None,
        subject: locked.login.clone().or_else(|| locked.network.clone()),
        since: locked.since,
        message: format!(
            "The {what} is locked until {} after {} different wrong passwords: {who}.",
            time(locked.until, now),
            locked.guesses
        ),
        action: format!(
            "Find the device with the wrong password (`postern refusals`) and correct it; {lift}."
        ),
        alarm_at: None,
    }
}

/// Refusals of the last hour by who was refused and by reply, the most frequent first.
fn refusals(clients: &Clients, now: Timestamp) -> Vec<Problem> {
    let mut groups: BTreeMap<(Owner, &str), Group<'_>> = BTreeMap::new();
    for refused in clients.refused.iter().filter(|refused| now.duration_since(refused.at) < HOUR) {
        let Some(owner) = clients.owner(refused) else { continue };
        let first = || Group { count: 0, since: refused.since, last: refused };
        let group = groups.entry((owner, refused.code.as_str())).or_insert_with(first);
        group.count += refused.count;
        group.since = group.since.min(refused.since);
        if refused.at > group.last.at {
            group.last = refused;
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    groups.iter().take(NAMED).map(|((owner, code), group)| refusal(owner, code, group, now)).collect()
}

fn refusal(owner: &Owner, code: &str, group: &Group<'_>, now: Timestamp) -> Problem {
    let last = group.last;
    let address = last.peer.to_canonical();
    let (subject, who, command) = match owner {
        Owner::Login(login) => {
            let login = said(login);
            let who = format!("Login {login} ({address})");
            (login.clone(), who, format!("postern refusals --credential {login}"))
        }
        Owner::Network(network) => {
            (network.to_string(), format!("The client at {address}"), "postern refusals".to_owned())
        }
    };
    let times = if group.count == 1 { "once".to_owned() } else { format!("{} times", group.count) };
    let reason = last.reason.as_ref().map(|reason| format!(" ({})", said(reason))).unwrap_or_default();
    Problem {
        code: Code::ClientRefused,
        account: None,
        subject: Some(format!("{subject} {code}")),
        since: group.since,
        message: format!(
            "{who} was refused {times}, last at {}: {}{reason}.",
            time(last.at, now),
            said(&last.reply)
        ),
        action: format!("{} `{command}` lists each refusal.", advice(last)),
        alarm_at: None,
    }
}
