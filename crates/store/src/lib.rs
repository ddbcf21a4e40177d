//! Everything that outlives the process.
//!
//! A data directory holds a journal of accepted messages (`journal/`, large bodies in `large/`) and a
//! database (`postern.db`). The journal is what "accepted" means: a message is in it, synced, before
//! anybody is told so. The database is the queue's memory of what became of it, and the home of accounts,
//! senders, credentials and sealed secrets. After a crash the journal fills in what the database had not
//! yet heard of; see `docs/decisions/0003-journal-and-database.md`.
//!
//! [`Store::open`] opens all of it; [`Store::queue`], [`Store::accounts`], [`Store::senders`],
//! [`Store::credentials`] and [`Store::secrets`] are its rooms; [`Directory`] is the part that every
//! session looks at, kept in memory.

mod accounts;
mod audit;
mod authentication_failures;
mod body;
mod changes;
mod columns;
mod credentials;
mod data_dir;
mod database;
mod directory;
mod directory_rows;
mod dns_providers;
mod error;
mod infrastructure;
mod intake_rules;
mod journal;
mod locks;
mod logins;
mod nodes;
mod options;
mod published;
mod queue;
mod quota_leases;
mod rate_usage;
mod refusals;
mod rotations;
mod secrets;
mod senders;
mod smtp_usernames;
mod store;
mod verifications;

pub use accounts::{Accounts, Dependents, Losses, SecretChange, Waiting};
pub use audit::{Audit, AuditEntry};
pub use authentication_failures::AuthenticationFailures;
pub use body::{Body, BodyWriter};
pub use changes::{Change, Changed, Changes};
pub use credentials::Credentials;
pub use data_dir::{DataDir, DataDirError, Volatile};
pub use directory::Directory;
pub use dns_providers::DnsProviders;
pub use error::{Blame, StoreError, chain};
pub use infrastructure::Infrastructures;
pub use locks::{Held, Locks, Term};
pub use logins::{CredentialUse, LoginNews, Logins, Welcome};
pub use nodes::Node;
pub use options::Options;
pub use queue::{
    Accepted, Claim, Cursor, Disk, Hindered, ListedSend, MessageView, NextStep, Queue, RepairUse, SendView,
    Settlement, StatusCheck, Suppressed, TakenGroup,
};
pub use quota_leases::{Quota, QuotaLease, QuotaLeases, QuotaRequest, QuotaWindow, Share};
pub use rate_usage::{RateUsage, SENDS, STATUS_READS, Throttling, Usage};
pub use refusals::{RefusalChanges, Refusals};
pub use rotations::Rotations;
pub use secrets::{KeySource, MasterKey, NewSecret, SecretFacts, SecretName, SecretOwner, Secrets};
pub use smtp_usernames::SmtpUsernames;
pub use store::Store;
pub use verifications::{KeptVerification, Verifications};
