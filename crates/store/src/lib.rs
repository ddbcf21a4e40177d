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

mod authentication_failures;
mod data_dir;
mod directory;
mod error;
mod options;
mod sqlite;

pub use authentication_failures::AuthenticationFailures;
pub use data_dir::{DataDir, DataDirError, Volatile};
pub use directory::Directory;
pub use error::{Blame, StoreError, chain};
pub use options::Options;
pub use sqlite::accounts::{Accounts, Dependents, Losses, SecretChange, Waiting};
pub use sqlite::audit::{Audit, AuditEntry};
pub use sqlite::body::{Body, BodyWriter};
pub use sqlite::changes::{Change, Changed, Changes};
pub use sqlite::credentials::Credentials;
pub use sqlite::dns_providers::DnsProviders;
pub use sqlite::infrastructure::Infrastructures;
pub use sqlite::locks::{Held, Locks, Term};
pub use sqlite::logins::{CredentialUse, LoginNews, Logins, Welcome};
pub use sqlite::nodes::Node;
pub use sqlite::queue::{
    Accepted, Claim, Cursor, Disk, Hindered, ListedSend, MessageView, NextStep, Queue, RepairUse, SendView,
    Settlement, StatusCheck, Suppressed, TakenGroup,
};
pub use sqlite::quota_leases::{Quota, QuotaLease, QuotaLeases, QuotaRequest, QuotaWindow, Share};
pub use sqlite::rate_usage::{RateUsage, SENDS, STATUS_READS, Throttling, Usage};
pub use sqlite::refusals::{RefusalChanges, Refusals};
pub use sqlite::rotations::Rotations;
pub use sqlite::secrets::{KeySource, MasterKey, NewSecret, SecretFacts, SecretName, SecretOwner, Secrets};
pub use sqlite::smtp_usernames::SmtpUsernames;
pub use sqlite::store::Store;
pub use sqlite::verifications::{KeptVerification, Verifications};
