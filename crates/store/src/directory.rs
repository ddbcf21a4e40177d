//! Accounts, senders and credentials in memory: what every login and every message looks at.
//!
//! A directory never changes: `published.rs` has the one that is valid now.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use model::account::Account;
use model::credential::{Access, Credential};
use model::id::{AccountId, CredentialId};
use model::name::ServiceName;
use model::network;
use model::sender::Sender;
use model::smtp_username::SmtpUsername;
use smtp::address::{Domain, Mailbox};

/// All of it at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The last change that is in it.
    change: u64,
    accounts: HashMap<AccountId, Arc<Account>>,
    credentials: HashMap<String, Arc<Credential>>,
    /// Credentials that are used without login.
    by_network: HashMap<IpNet, Arc<Credential>>,
    senders: HashMap<AccountId, Arc<Senders>>,
    /// By name in lower case; several accounts may see the same service.
    smtp_usernames: HashMap<String, Vec<SmtpUsername>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Senders {
    /// By address in lower case (ASCII): Azure does not tell upper from lower case in a sender username.
    by_mailbox: HashMap<String, Sender>,
    domains: HashSet<Domain>,
}

impl Directory {
    /// The account of that id.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    /// The account that the operator calls so.
    #[must_use]
    pub fn account_named(&self, name: &str) -> Option<&Arc<Account>> {
        self.accounts.values().find(|account| account.name.as_str().eq_ignore_ascii_case(name))
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// The credential that logs in so, in any case: devices shout.
    #[must_use]
    pub fn credential(&self, login: &str) -> Option<&Arc<Credential>> {
        self.credentials.get(&login.to_ascii_lowercase())
    }

    /// The credential that mail without login from that address belongs to: of nested networks the smallest counts.
    #[must_use]
    pub fn credential_without_login(&self, address: IpAddr) -> Option<&Arc<Credential>> {
        let host = IpNet::from(address.to_canonical());
        (0..=host.max_prefix_len()).rev().find_map(|prefix| {
            let network = IpNet::new(host.addr(), prefix).ok()?;
            self.by_network.get(&network.trunc())
        })
    }

    /// The SMTP username of that name, in any case, with the account whose service has it. An account that is enabled
    /// comes before one that is not.
    #[must_use]
    pub fn smtp_username(&self, name: &str) -> Option<(&SmtpUsername, &Arc<Account>)> {
        let listed = self.smtp_usernames.get(&name.to_ascii_lowercase())?;
        let current = listed.iter().filter_map(|one| {
            let account = self.accounts.get(&one.account)?;
            let own = account.azure().ok()?.service.as_ref()?;
            is_same_service(&own.name, &one.service).then_some((one, account))
        });
        current.min_by_key(|(_, account)| (!account.is_enabled(), account.created_at))
    }

    /// All credentials, in no order.
    pub fn credentials(&self) -> impl Iterator<Item = &Arc<Credential>> {
        self.credentials.values()
    }

    /// An account's sender of that address, in any case.
    #[must_use]
    pub fn sender(&self, account: AccountId, mailbox: &Mailbox) -> Option<&Sender> {
        self.senders.get(&account)?.by_mailbox.get(&mailbox.to_string().to_ascii_lowercase())
    }

    /// Whether an account has any sender at that domain, which is then linked to it.
    #[must_use]
    pub fn has_domain(&self, account: AccountId, domain: &Domain) -> bool {
        self.senders.get(&account).is_some_and(|senders| senders.domains.contains(domain))
    }

    /// An account's senders, in no order.
    pub fn senders(&self, account: AccountId) -> impl Iterator<Item = &Sender> {
        self.senders.get(&account).into_iter().flat_map(|senders| senders.by_mailbox.values())
    }

    /// The number of the last change that is in it.
    #[must_use]
    pub fn change(&self) -> u64 {
        self.change
    }

    /// The same with newer parts, as they are at that change.
    pub(crate) fn with(&self, parts: Vec<Part>, change: u64) -> Self {
        let mut directory = self.without(&parts);
        directory.change = change;
        for part in parts {
            match part {
                Part::Account(id, account) => {
                    directory.accounts.extend(account.map(|account| (id, Arc::new(account))));
                }
                Part::Credential(_, Some(credential)) => directory.add_credential(credential),
                Part::Credential(_, None) => {}
                Part::Senders(account, senders) => directory.add_senders(account, senders),
                Part::SmtpUsernames(_, usernames) => directory.add_smtp_usernames(usernames),
            }
        }
        directory
    }

    /// What is left without those parts.
    fn without(&self, parts: &[Part]) -> Self {
        let mut directory = self.clone();
        let (mut credentials, mut usernames) = (HashSet::new(), HashSet::new());
        for part in parts {
            match part {
                Part::Account(id, _) => drop(directory.accounts.remove(id)),
                Part::Senders(account, _) => drop(directory.senders.remove(account)),
                Part::Credential(id, _) => drop(credentials.insert(*id)),
                Part::SmtpUsernames(account, _) => drop(usernames.insert(*account)),
            }
        }
        directory.credentials.retain(|_, one| !credentials.contains(&one.id));
        directory.by_network.retain(|_, one| !credentials.contains(&one.id));
        directory.smtp_usernames.retain(|_, listed| {
            listed.retain(|one| !usernames.contains(&one.account));
            !listed.is_empty()
        });
        directory
    }

    fn add_credential(&mut self, credential: Credential) {
        let (login, credential) = (credential.login.as_str().to_ascii_lowercase(), Arc::new(credential));
        if credential.access == Access::Network {
            let networks = credential.networks.iter().copied().map(network::canonical);
            self.by_network.extend(networks.map(|network| (network, Arc::clone(&credential))));
        }
        self.credentials.insert(login, credential);
    }

    fn add_senders(&mut self, account: AccountId, all: Vec<Sender>) {
        if all.is_empty() {
            return;
        }
        let mut senders = Senders::default();
        for sender in all {
            senders.domains.insert(sender.mailbox.domain().clone());
            senders.by_mailbox.insert(sender.mailbox.to_string().to_ascii_lowercase(), sender);
        }
        self.senders.insert(account, Arc::new(senders));
    }

    fn add_smtp_usernames(&mut self, usernames: Vec<SmtpUsername>) {
        for username in usernames {
            let listed = self.smtp_usernames.entry(username.username.to_ascii_lowercase()).or_default();
            listed.push(username);
            listed.sort_by(|one, other| {
                (one.account, one.service.as_str()).cmp(&(other.account, other.service.as_str()))
            });
        }
    }
}

/// A part of the directory as it is now; nothing where it is gone.
pub(crate) enum Part {
    Account(AccountId, Option<Account>),
    Credential(CredentialId, Option<Credential>),
    Senders(AccountId, Vec<Sender>),
    SmtpUsernames(AccountId, Vec<SmtpUsername>),
}

/// Whether two names are those of one service: Azure does not tell upper from lower case.
pub(crate) fn is_same_service(one: &ServiceName, other: &ServiceName) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use model::credential::{AuthorRule, Lane, SenderRule};

    fn credential(login: &str) -> Arc<Credential> {
        Arc::new(Credential {
            id: CredentialId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            login: login.parse().unwrap(),
            account: AccountId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            access: Access::Network,
            senders: SenderRule::Any,
            networks: Vec::new(),
            author: AuthorRule::Keep,
            intake: model::credential::IntakeRules::default(),
            rate_per_minute: None,
            lane: Lane::Normal,
            created_at: Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn of_nested_networks_the_smallest_counts_however_the_address_is_written() {
        let mut directory = Directory::default();
        for (network, login) in [
            ("10.0.0.0/8", "site"),
            ("10.1.2.0/24", "hall"),
            ("10.1.2.3/32", "scanner"),
            ("fd00::/8", "six"),
            ("fd00::7/128", "seven"),
        ] {
            directory.by_network.insert(network.parse().unwrap(), credential(login));
        }
        for (address, expected) in [
            ("10.9.9.9", Some("site")),
            ("10.1.2.4", Some("hall")),
            ("10.1.2.3", Some("scanner")),
            ("::ffff:10.1.2.3", Some("scanner")),
            ("::ffff:10.1.2.4", Some("hall")),
            ("192.0.2.1", None),
            ("fd12::1", Some("six")),
            ("fd00::7", Some("seven")),
            ("2001:db8::1", None),
            ("::10.1.2.3", None),
        ] {
            let found = directory.credential_without_login(address.parse().unwrap());
            assert_eq!(found.map(|one| one.login.as_str()), expected, "{address}");
        }
    }
}
