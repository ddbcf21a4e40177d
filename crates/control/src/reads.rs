//! What callers read. Lists leave out what is outside the caller's scope; what belongs to the whole server is for callers
//! that see every account.

use std::sync::Arc;

use model::account::Account;
use model::credential::Credential;
use model::delivery::SendState;
use model::dns_provider::DnsProvider;
use model::id::{AccountId, QueueId};
use model::sender::Sender;
use smtp::address::Mailbox;
use store::{Cursor, SecretOwner};

pub use store::{
    AuditEntry, CredentialUse, Found, FoundMessage, FoundRecipient, KeptVerification, LaneQueue, Listed,
    ListedSend, Losses, RepairUse, SecretFacts, StoreMeters, StoredEvent, StoredMessage, StoredSend,
    StoredSuppression,
};

use crate::Control;
use crate::error::Fault;

/// What is known of an account beside its settings.
#[derive(Clone, Debug, Default)]
pub struct AccountFacts {
    pub secret: Option<SecretFacts>,
    /// Its last verification.
    pub verified: Option<KeptVerification>,
    /// How many senders it has.
    pub senders: usize,
}

/// Something of an account, with the account.
#[derive(Clone, Debug)]
pub struct Owned<T> {
    pub account: Arc<Account>,
    /// What it has.
    pub item: T,
}

/// Which audit entries are read.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only those of this subject, if it is not empty.
    pub subject: String,
    /// Only those before this number.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

/// Which sends are read.
#[derive(Clone, Debug, Default)]
pub struct SendQuery {
    /// Only those of the account of this name.
    pub account: Option<String>,
    /// Only those in this state.
    pub state: Option<SendState>,
    /// Only those of messages before this one.
    pub before: Option<QueueId>,
    /// How many at most.
    pub limit: usize,
}

/// What the whole server holds.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    pub accounts: usize,
    pub credentials: usize,
    /// Sends by state.
    pub sends: Vec<(SendState, u64)>,
}

impl Control {
    /// The accounts, by name.
    ///
    /// # Errors
    /// When the caller may read no accounts.
    pub fn accounts(&self) -> Result<Vec<Arc<Account>>, Fault> {
        self.caller.may_list()?;
        Ok(self.visible_accounts())
    }

    fn visible_accounts(&self) -> Vec<Arc<Account>> {
        let directory = self.store.directory();
        let mut accounts: Vec<Arc<Account>> =
            directory.accounts().filter(|account| self.caller.sees(account.id)).cloned().collect();
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        accounts
    }

    /// What is known of an account beside its settings.
    ///
    /// # Errors
    /// When the caller does not see it, or the store fails.
    pub async fn account_facts(&self, account: &Account) -> Result<AccountFacts, Fault> {
        self.caller.may_read(account.id, format!("account {}", account.name))?;
        self.facts(account).await
    }

    /// The accounts and their facts, for metrics.
    ///
    /// # Errors
    /// When the caller may not read metrics, or the store fails.
    pub async fn metrics_of_accounts(&self) -> Result<Vec<Owned<AccountFacts>>, Fault> {
        self.caller.may_read_metrics()?;
        let mut metrics = Vec::new();
        for account in self.visible_accounts() {
            let item = self.facts(&account).await?;
            metrics.push(Owned { account, item });
        }
        Ok(metrics)
    }

    async fn facts(&self, account: &Account) -> Result<AccountFacts, Fault> {
        let owner = SecretOwner::Account(account.id);
        let secret = match account.upstream.secret() {
            Some(name) => self.store.secrets().facts(owner, name).await?,
            None => None,
        };
        let verified = self.store.verifications().last(account.id).await?;
        Ok(AccountFacts { secret, verified, senders: self.store.directory().senders(account.id).count() })
    }

    /// The name of an account; empty where it is gone.
    #[must_use]
    pub fn name_of(&self, account: AccountId) -> String {
        let directory = self.store.directory();
        directory.account(account).map(|account| account.name.to_string()).unwrap_or_default()
    }

    /// The senders of the account of that name, or of all, by account and address.
    ///
    /// # Errors
    /// When there is no such account, or the caller does not see it.
    pub fn senders(&self, account: Option<&str>) -> Result<Vec<Owned<Sender>>, Fault> {
        let accounts = match account {
            Some(name) => vec![self.account(name)?],
            None => self.accounts()?,
        };
        let directory = self.store.directory();
        let of = |account: Arc<Account>| {
            let senders = directory.senders(account.id).map(Sender::clone);
            senders.map(|item| Owned { account: Arc::clone(&account), item }).collect::<Vec<_>>()
        };
        let mut senders: Vec<Owned<Sender>> = accounts.into_iter().flat_map(of).collect();
        senders.sort_by_cached_key(|one| (one.account.name.to_string(), one.item.mailbox.to_string()));
        Ok(senders)
    }

    /// The account that a message from `from` goes through, to be sent by the caller: the one of that name, or the only
    /// one that has the sender.
    ///
    /// # Errors
    /// When there is none, there are several, it is disabled, or the caller may not change it.
    pub fn account_to_send(&self, name: Option<&str>, from: &Mailbox) -> Result<Arc<Account>, Fault> {
        let account = match name {
            Some(name) => self.account(name)?,
            None => self.only_account_of(from)?,
        };
        let name = &account.name;
        self.caller.may_change(account.id, format!("account {name}"))?;
        if self.store.directory().sender(account.id, from).is_none() {
            return Err(Fault::invalid("from", format!("{from} is not a sender of account {name}")));
        }
        if !account.is_enabled() {
            let reason = format!("{name} is disabled: postern account enable {name}");
            return Err(Fault::invalid("account", reason));
        }
        Ok(account)
    }

    fn only_account_of(&self, from: &Mailbox) -> Result<Arc<Account>, Fault> {
        let directory = self.store.directory();
        let mut found = self.accounts()?;
        found.retain(|account| directory.sender(account.id, from).is_some());
        match &found[..] {
            [only] => Ok(Arc::clone(only)),
            [] => Err(Fault::invalid("from", format!("{from} is not a sender of any account"))),
            several => {
                let names: Vec<&str> = several.iter().map(|account| account.name.as_str()).collect();
                let names = names.join(", ");
                let reason = format!(
                    "{from} is a sender of several accounts: choose one with --account NAME: {names}"
                );
                Err(Fault::invalid("account", reason))
            }
        }
    }

    /// Sender and recipient of a test message through an account; `from` is any of its senders if absent.
    ///
    /// # Errors
    /// When the account has no such sender.
    pub fn test_sender(&self, account: &Account, from: Option<Mailbox>) -> Result<Mailbox, Fault> {
        let directory = self.store.directory();
        let found = match from {
            Some(mailbox) => directory.sender(account.id, &mailbox).map(|_| mailbox),
            None => directory
                .senders(account.id)
                .map(|sender| sender.mailbox.clone())
                .min_by_key(|mailbox| mailbox.to_string().to_lowercase()),
        };
        let reason = "the account has no such sender: add or import one first";
        found.ok_or_else(|| Fault::invalid("send_from", reason))
    }

    /// The credentials, by login.
    ///
    /// # Errors
    /// When the caller may read no credentials.
    pub fn credentials(&self) -> Result<Vec<Arc<Credential>>, Fault> {
        self.caller.may_list()?;
        let directory = self.store.directory();
        let mut credentials: Vec<Arc<Credential>> =
            directory.credentials().filter(|one| self.caller.sees(one.account)).cloned().collect();
        credentials.sort_by(|one, other| one.login.cmp(&other.login));
        Ok(credentials)
    }

    /// The DNS providers.
    ///
    /// # Errors
    /// When the caller may not read what belongs to the whole server, or the store fails.
    pub async fn dns_providers(&self) -> Result<Vec<DnsProvider>, Fault> {
        self.caller.may_read_server()?;
        Ok(self.store.dns_providers().list().await?)
    }

    /// Entries of the audit log with their numbers, the newest first.
    ///
    /// # Errors
    /// When the caller may not read what belongs to the whole server, or the store fails.
    pub async fn audit(&self, query: AuditQuery) -> Result<Vec<(u64, AuditEntry)>, Fault> {
        self.caller.may_read_server()?;
        Ok(self.store.audit().list(query.subject, query.before, query.limit).await?)
    }

    /// Sends, those of the newest messages first.
    ///
    /// # Errors
    /// When there is no such account, the caller does not see it, or the store fails.
    pub async fn sends(&self, query: SendQuery) -> Result<Listed, Fault> {
        let SendQuery { account, state, before, limit } = query;
        let accounts = self.accounts_of(account.as_deref())?;
        Ok(self.store.queue().list(Cursor { before, state, accounts, limit }).await?)
    }

    /// A message with all that happened to it.
    ///
    /// # Errors
    /// When there is none of that id, the caller does not see its account, or the store fails.
    pub async fn message(&self, id: QueueId) -> Result<StoredMessage, Fault> {
        self.caller.may_list()?;
        let what = format!("message {id}");
        let Some(message) = self.store.queue().view(id).await? else { return Err(Fault::NotFound { what }) };
        self.caller.may_read(message.account, what)?;
        Ok(message)
    }

    /// The message itself, as long as it is still needed.
    ///
    /// # Errors
    /// When there is none, the caller does not see its account, or the store fails.
    pub async fn message_content(&self, id: QueueId) -> Result<Vec<u8>, Fault> {
        self.message(id).await?;
        Ok(self.store.queue().body_of(id).await?)
    }

    /// What the whole server holds.
    ///
    /// # Errors
    /// When the caller may not read metrics, or the store fails.
    pub async fn totals(&self) -> Result<Totals, Fault> {
        self.caller.may_read_metrics()?;
        let sends = self.store.queue().counts().await?.into_iter().collect();
        let directory = self.store.directory();
        let (accounts, credentials) = (directory.accounts().count(), directory.credentials().count());
        Ok(Totals { accounts, credentials, sends })
    }

    /// What waits of each account's lanes, for metrics.
    ///
    /// # Errors
    /// When the caller may not read metrics, or the store fails.
    pub async fn waiting_by_lane(&self) -> Result<Vec<LaneQueue>, Fault> {
        self.caller.may_read_metrics()?;
        Ok(self.store.queue().lanes().await?)
    }

    /// What is counted of the store's work.
    ///
    /// # Errors
    /// When the caller may not read metrics.
    pub fn store_meters(&self) -> Result<Arc<StoreMeters>, Fault> {
        self.caller.may_read_metrics()?;
        Ok(self.store.meters())
    }

    /// How often repairs were used, by login.
    ///
    /// # Errors
    /// When the caller may not read metrics, or the store fails.
    pub async fn repairs(&self) -> Result<Vec<RepairUse>, Fault> {
        self.caller.may_read_metrics()?;
        Ok(self.store.queue().repairs().await?)
    }

    /// Whether the master key is in a file of the data directory.
    #[must_use]
    pub fn keeps_its_key(&self) -> bool {
        self.store.keeps_its_key()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::caller::{AccountScope, Caller, Identity, Role};

    use super::*;
    use crate::accounts::tests::{control, new};
    use crate::{AccountChange, NewSender};

    fn caller(role: Role, account: AccountId) -> Caller {
        let identity = Identity { who: "ada".to_owned(), origin: "a test".to_owned() };
        Caller { identity, role, accounts: AccountScope::Only(BTreeSet::from([account])) }
    }

    /// An account that the caller sees, `ours`, and one that the caller does not, `theirs`, each with a sender.
    async fn two_accounts(control: &Control) -> AccountId {
        for name in ["ours", "theirs"] {
            control.add_account(crate::NewAccount { name: name.to_owned(), ..new() }).await.unwrap();
            let mailbox = format!("scanner@{name}.example");
            let sender = NewSender { account: name.to_owned(), mailbox, display_name: None };
            control.add_sender(sender).await.unwrap();
        }
        control.account("ours").unwrap().id
    }

    fn code<T>(result: Result<T, Fault>) -> &'static str {
        result.map_or_else(|fault| fault.code(), |_| "ok")
    }

    #[tokio::test]
    async fn lists_leave_out_what_the_caller_does_not_see() {
        let (_folder, control) = control();
        let viewer = control.by(caller(Role::Viewer, two_accounts(&control).await));
        let names: Vec<String> = viewer.accounts().unwrap().iter().map(|one| one.name.to_string()).collect();
        assert_eq!(names, ["ours"]);
        let senders = viewer.senders(None).unwrap();
        assert_eq!(senders.len(), 1, "{senders:?}");
        assert_eq!(senders[0].item.mailbox.to_string(), "scanner@ours.example");
        assert_eq!(control.senders(None).unwrap().len(), 2);
    }

    #[tokio::test]
    async fn another_account_is_missing_and_what_belongs_to_all_is_forbidden() {
        let (_folder, control) = control();
        let ours = two_accounts(&control).await;
        for (role, on_ours) in [(Role::Viewer, "forbidden"), (Role::Operator, "ok"), (Role::Owner, "ok")] {
            let limited = control.by(caller(role, ours));
            let change = || AccountChange { requests: Some(2), ..AccountChange::default() };
            for (name, read, changed) in [("ours", "ok", on_ours), ("theirs", "missing", "missing")] {
                assert_eq!(code(limited.account(name)), read, "{role} {name}");
                assert_eq!(code(limited.senders(Some(name))), read, "{role} {name}");
                assert_eq!(code(limited.change_account(name, change()).await), changed, "{role} {name}");
                let from = format!("scanner@{name}.example").parse().unwrap();
                assert_eq!(code(limited.account_to_send(Some(name), &from)), changed, "{role} {name}");
            }
            assert_eq!(code(limited.audit(AuditQuery::default()).await), "forbidden", "{role}");
            assert_eq!(code(limited.dns_providers().await), "forbidden", "{role}");
            assert_eq!(code(limited.totals().await), "forbidden", "{role}");
            assert_eq!(code(limited.add_account(new()).await), "forbidden", "{role}");
            assert_eq!(code(limited.rewrap(None).await), "forbidden", "{role}");
        }
    }

    #[tokio::test]
    async fn a_scraper_reads_metrics_and_nothing_else() {
        let (_folder, control) = control();
        two_accounts(&control).await;
        let identity = Identity { who: "metrics".to_owned(), origin: "a test".to_owned() };
        let scraper = control.by(Caller { identity, role: Role::Metrics, accounts: AccountScope::All });
        assert_eq!(scraper.metrics_of_accounts().await.unwrap().len(), 2);
        assert_eq!(code(scraper.totals().await), "ok");
        assert_eq!(code(scraper.accounts()), "forbidden");
        assert_eq!(code(scraper.account("ours")), "forbidden");
        assert_eq!(code(scraper.account("nobody")), "forbidden", "not even whether it exists");
        assert_eq!(code(scraper.sends(SendQuery { limit: 1, ..SendQuery::default() }).await), "forbidden");
        assert_eq!(code(scraper.audit(AuditQuery::default()).await), "forbidden");
    }
}
