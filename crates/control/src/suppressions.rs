//! Addresses that mail must not go to.

use jiff::Timestamp;
use model::fault::Fault;
use model::id::AccountId;
use model::suppression::{
    Evidence, Listing, Outgoing, Suppression, SuppressionReason, SuppressionScope, Within,
};
use smtp::address::Mailbox;
use store::{Entered, StoreError, StoredSuppression};

use crate::Control;
use crate::error::Invalid;

/// An entry as the operator describes it.
#[derive(Clone, Debug, Default)]
pub struct NewSuppression {
    pub address: String,
    /// The account whose mail it concerns; every account's if `None`.
    pub account: Option<String>,
    /// `all`, a domain or an address; `all` if `None`.
    pub scope: Option<String>,
    pub reason: Option<String>,
    pub text: Option<String>,
    pub expires_at: Option<Timestamp>,
}

/// Which entries are read.
#[derive(Clone, Debug, Default)]
pub struct SuppressionQuery {
    /// Only those of this account.
    pub account: Option<String>,
    pub address: Option<String>,
    /// Only addresses at this domain.
    pub domain: Option<String>,
    pub reason: Option<String>,
    /// Only those before this number.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

/// Mail about which somebody asks whether it may go to an address.
#[derive(Clone, Debug, Default)]
pub struct SuppressionQuestion {
    pub address: String,
    /// The account that sends; all that the caller sees if `None`.
    pub account: Option<String>,
    /// The author of the mail.
    pub from: Option<String>,
}

/// What the list says of an address.
#[derive(Clone, Debug)]
pub struct ExplainedSuppression {
    pub address: Mailbox,
    /// Whether the mail in question is kept back now.
    pub is_suppressed: bool,
    pub sentences: Vec<String>,
    /// All entries of the address that the caller sees, the oldest first.
    pub entries: Vec<StoredSuppression>,
}

/// Entries of one import.
const MOST: usize = 5_000;
/// Characters of the operator's words.
const TEXT: usize = 500;

impl Control {
    /// Adds an address, or reports it once more.
    ///
    /// # Errors
    /// When something of it cannot be read, the caller may not change that account, or nothing can be stored.
    pub async fn suppress(&self, new: NewSuppression) -> Result<StoredSuppression, Fault> {
        let entry = self.suppression(&new, SuppressionReason::Manual)?;
        let detail = self.described(&entry);
        let audit = self.entry("suppression.add", &entry.address, detail);
        self.store.suppressions().add(vec![entry.clone()], audit).await?;
        let entries = self.store.suppressions().of(&entry.address).await?;
        let is_it = |one: &StoredSuppression| {
            one.suppression.account == entry.account && one.suppression.scope == entry.scope
        };
        let gone = || StoreError::Missing(format!("the suppression of {}", entry.address));
        Ok(entries.into_iter().find(is_it).ok_or_else(gone)?)
    }

    /// Adds many addresses, all of them or none.
    ///
    /// # Errors
    /// As [`Control::suppress`]; the field names the row.
    pub async fn import_suppressions(&self, rows: &[NewSuppression]) -> Result<Entered, Fault> {
        self.caller.may_list()?;
        if rows.is_empty() || rows.len() > MOST {
            return Err(Invalid::new("rows", format!("1 to {MOST} rows are taken at once")).into());
        }
        let mut entries = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            let entry = self.suppression(row, SuppressionReason::Imported).map_err(|fault| match fault {
                Fault::Invalid { field, reason } => {
                    Invalid::new("rows", format!("row {}: {field}: {reason}", number + 1)).into()
                }
                fault => fault,
            })?;
            entries.push(entry);
        }
        let audit = self.entry("suppression.import", "suppressions", format!("{} rows", entries.len()));
        Ok(self.store.suppressions().add(entries, audit).await?)
    }

    /// Removes an entry by its number.
    ///
    /// # Errors
    /// When there is none, the caller may not change its account, or nothing can be stored.
    pub async fn remove_suppression(&self, number: u64) -> Result<(), Fault> {
        self.caller.may_list()?;
        let listing =
            Listing { before: Some(number.saturating_add(1)), limit: 1, ..everything(self.within(None)?) };
        let found = self.store.suppressions().list(listing).await?;
        let gone = || Fault::not_found(format!("suppression {number}"));
        let found = found.into_iter().find(|one| one.number == number).ok_or_else(gone)?.suppression;
        match found.account {
            Some(account) => self.caller.may_change(account, format!("suppression {number}"))?,
            None => self.caller.may_change_server()?,
        }
        let audit = self.entry("suppression.remove", &found.address, self.described(&found));
        self.store.suppressions().remove(vec![number], audit).await?;
        Ok(())
    }

    /// Entries, the newest first. A caller that does not see every account sees those of its accounts.
    ///
    /// # Errors
    /// When the caller may read no lists or does not see the account, or something cannot be read.
    pub async fn suppressions(&self, query: SuppressionQuery) -> Result<Vec<StoredSuppression>, Fault> {
        self.caller.may_list()?;
        let SuppressionQuery { account, address, domain, reason, before, limit } = query;
        let address = address.as_deref().map(mailbox).transpose()?;
        let domain = domain.map(|text| text.trim().parse()).transpose();
        let reason = reason.map(|word| word.trim().parse()).transpose();
        let listing = Listing {
            within: self.within(account.as_deref())?,
            address,
            domain: domain.map_err(|error| Invalid::new("domain", error))?,
            reason: reason.map_err(|error| Invalid::new("reason", error))?,
            before,
            limit,
        };
        Ok(self.store.suppressions().list(listing).await?)
    }

    /// Whether mail may go to an address, and what the list has of it.
    ///
    /// # Errors
    /// When the caller may not read it, or something cannot be read.
    pub async fn explain_suppression(
        &self,
        asked: SuppressionQuestion,
    ) -> Result<ExplainedSuppression, Fault> {
        self.caller.may_list()?;
        let address = mailbox(&asked.address)?;
        let author = asked.from.as_deref().map(|text| text.trim().parse()).transpose();
        let author: Option<Mailbox> = author.map_err(|error| Invalid::new("from", error))?;
        let account = asked.account.as_deref().map(|name| self.account(name)).transpose()?;
        let now = self.clock.now();
        let all = self.store.suppressions().of(&address).await?;
        let is_visible = |one: &StoredSuppression| match one.suppression.account {
            Some(owner) => self.caller.sees(owner) && account.as_ref().is_none_or(|only| only.id == owner),
            // That no mail goes there is known to whoever sends.
            None => true,
        };
        let entries: Vec<StoredSuppression> = all.into_iter().filter(is_visible).collect();
        let holds = |entry: &Suppression| {
            let mail = Outgoing { account: entry.account, author: author.as_ref(), now };
            entry.holds_for(mail)
        };
        let is_suppressed = entries.iter().any(|one| holds(&one.suppression));
        let mut sentences = Vec::new();
        if entries.is_empty() {
            sentences.push(format!("The suppression list does not have {address}: mail may go to it."));
        }
        for one in &entries {
            sentences.extend(one.suppression.explanation(now));
        }
        Ok(ExplainedSuppression { address, is_suppressed, sentences, entries })
    }

    fn suppression(&self, new: &NewSuppression, usual: SuppressionReason) -> Result<Suppression, Fault> {
        let account = match new.account.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => Some(self.account_to_change(name)?.id),
            None => {
                self.caller.may_change_server()?;
                None
            }
        };
        let scope = new.scope.as_deref().unwrap_or_default().parse();
        let scope: SuppressionScope = scope.map_err(|error| Invalid::new("scope", error))?;
        let reason = new.reason.as_deref().map(str::trim).filter(|word| !word.is_empty());
        let reason = reason.map_or(Ok(usual), str::parse).map_err(|error| Invalid::new("reason", error))?;
        let now = self.clock.now();
        if new.expires_at.is_some_and(|end| end <= now) {
            return Err(Invalid::new("expires_at", "that time has passed").into());
        }
        let shown = |c: &char| !c.is_control();
        let text: String =
            new.text.iter().flat_map(|text| text.trim().chars()).filter(shown).take(TEXT).collect();
        let by = self.caller.identity.who.clone();
        Ok(Suppression {
            address: mailbox(&new.address)?,
            account,
            scope,
            reason,
            evidence: Evidence { text, by, ..Evidence::default() },
            added_at: now,
            reported_at: now,
            times: 1,
            expires_at: new.expires_at,
        })
    }

    /// The entries that the caller sees, of one account or of all.
    fn within(&self, account: Option<&str>) -> Result<Within, Fault> {
        if let Some(name) = account {
            return Ok(Within::Accounts(vec![self.account(name)?.id]));
        }
        if self.caller.sees_all() {
            return Ok(Within::Everything);
        }
        let seen: Vec<AccountId> = self.accounts()?.iter().map(|account| account.id).collect();
        Ok(Within::Accounts(seen))
    }

    fn described(&self, entry: &Suppression) -> String {
        let account = match entry.account {
            Some(account) => format!("account {}", self.name_of(account)),
            None => "every account".to_owned(),
        };
        format!("{}, scope {}, {account}", entry.reason, entry.scope)
    }
}

fn mailbox(text: &str) -> Result<Mailbox, Fault> {
    Ok(text.trim().parse().map_err(|error| Invalid::new("address", error))?)
}

fn everything(within: Within) -> Listing {
    Listing { within, address: None, domain: None, reason: None, before: None, limit: usize::MAX }
}
