//! What is known of an account's mail, for the request of a higher quota.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::quota::{Allowance, QuotaKey, QuotaKind};
use model::quota_report::{HOURS_KNOWN, QuotaFacts, Volume};

use crate::Control;
use crate::error::Fault;

/// The slots in which requests are counted for it, in seconds.
const HOUR_SECONDS: u32 = 3_600;

impl Control {
    /// What Microsoft asks of somebody who wants a higher quota, as far as it is known here.
    ///
    /// # Errors
    /// When there is no such account, the caller does not see it, it is not at Azure, or the store fails.
    pub async fn quota_facts(&self, name: &str) -> Result<QuotaFacts, Fault> {
        let account = self.account(name)?;
        let connection = account.azure().map_err(|error| Fault::invalid("name", error))?;
        let sharing = self.sharing(&account);
        let key = account.quota_scope().of(QuotaKind::Sends);
        let usage = self.store.rate_usage();
        let quotas = sharing.iter().map(|one| one.quota.sends);
        Ok(QuotaFacts {
            subscription: connection.subscription.to_string(),
            service: connection.service.as_ref().map(|service| service.name.to_string()).unwrap_or_default(),
            quota: quotas.reduce(Allowance::and),
            domains: self.domains(&sharing),
            volume: self.volume(key).await?,
            sample: self.store.queue().sample(sharing.iter().map(|one| one.id).collect()).await?,
            refused: usage.throttlings(key).await?.len() as u64,
        })
    }

    /// The accounts of the subscription that the caller sees.
    fn sharing(&self, account: &Account) -> Vec<Account> {
        let directory = self.store.directory();
        let seen = directory.accounts().filter(|one| self.caller.sees(one.id));
        seen.filter(|one| one.quota_scope() == account.quota_scope()).map(|one| (**one).clone()).collect()
    }

    /// The domains of their senders, each since its first sender was added.
    fn domains(&self, accounts: &[Account]) -> BTreeMap<String, Timestamp> {
        let directory = self.store.directory();
        let ids: BTreeSet<AccountId> = accounts.iter().map(|one| one.id).collect();
        let mut domains = BTreeMap::<String, Timestamp>::new();
        for sender in ids.iter().flat_map(|id| directory.senders(*id)) {
            let domain = sender.mailbox.to_string().rsplit('@').next().unwrap_or_default().to_lowercase();
            let since = domains.entry(domain).or_insert(sender.created_at);
            *since = sender.created_at.min(*since);
        }
        domains
    }

    async fn volume(&self, key: QuotaKey) -> Result<Volume, Fault> {
        let now = self.clock.now();
        let since = now.saturating_sub(HOURS_KNOWN).unwrap_or(Timestamp::MIN);
        let slots = self.store.rate_usage().load(key, since).await?;
        let hours = slots.into_iter().filter(|slot| slot.slot_seconds == HOUR_SECONDS);
        let hours = hours.map(|slot| (slot.slot, u64::from(slot.count))).collect();
        Ok(Volume::of_hours(&hours, now))
    }
}
