//! Everything that outlives the process.
//!
//! A data directory holds a journal of accepted messages (`journal/`, large bodies in `large/`) and a
//! database (`postern.db`). The journal is what "accepted" means: a message is in it, synced, before
//! the client gets its 250. The database is the queue's memory of what became of it, and the home of accounts,
//! senders, credentials and sealed secrets. After a crash the journal fills in what the database had not
//! yet heard of; see `docs/decisions/0003-journal-and-database.md`.
//!
//! [`Store::open`] opens all of it; [`Store::queue`], [`Store::accounts`], [`Store::senders`],
//! [`Store::credentials`] and [`Store::secrets`] are its rooms; [`Directory`] is the part that every
//! session looks at, kept in memory.
//!
//! The handles dispatch to an [`engine`]: today `sqlite/`, where all SQL is and the journal. What an engine must do is
//! written in `tests/contract/`; see `docs/decisions/0008-one-process-or-several.md`.

mod accounts;
mod alarms;
mod audit;
mod authentication_failures;
mod changes;
mod credentials;
mod data_dir;
mod directory;
mod dns_providers;
mod engine;
mod error;
mod infrastructure;
mod locks;
mod logins;
mod meters;
mod options;
mod queue;
mod quota_leases;
mod rate_usage;
mod refusals;
mod rotations;
mod secrets;
mod senders;
mod smtp_usernames;
mod sqlite;
mod store;
mod suppressions;
mod verifications;
mod webhooks;

pub use accounts::Accounts;
pub use alarms::RaisedAlarms;
pub use audit::Audit;
pub use authentication_failures::AuthenticationFailures;
pub use changes::Changes;
pub use credentials::Credentials;
pub use data_dir::{DataDir, DataDirError, Volatile};
pub use directory::Directory;
pub use dns_providers::DnsProviders;
pub use error::{Blame, StoreError};
pub use infrastructure::{AwaitingStep, Infrastructures};
pub use locks::Locks;
pub use logins::Logins;
pub use meters::StoreMeters;
pub use model::tracking::{NextStep, TakenGroup};
pub use options::Options;
pub use queue::Queue;
pub use quota_leases::QuotaLeases;
pub use rate_usage::RateUsage;
pub use refusals::Refusals;
pub use rotations::Rotations;
pub use secrets::Secrets;
pub use senders::Senders;
pub use smtp_usernames::SmtpUsernames;
pub use sqlite::accounts::{Dependents, Losses, SecretChange, Waiting};
pub use sqlite::alarms::RaisedAlarm;
pub use sqlite::audit::AuditEntry;
pub use sqlite::body::{Body, BodyWriter};
pub use sqlite::changes::{Change, Changed};
pub use sqlite::journal::format as journal_format;
pub use sqlite::locks::{Held, Term};
pub use sqlite::logins::{CredentialUse, LoginNews, Welcome};
pub use sqlite::nodes::Node;
pub use sqlite::queue::{
    Accepted, Claim, Cursor, Deadline, DeliveryNoted, Disk, Found, FoundMessage, FoundRecipient, Hindered,
    LaneQueue, Listed, ListedSend, Overdue, OverduePage, OverdueSend, Period, RepairUse, Reported,
    ReportedDelivery, Settled, Settlement, StatusCheck, StoredEvent, StoredMessage, StoredSend, Suppressed,
    Untold, WaitingSend,
};
pub use sqlite::quota_leases::{QuotaLease, QuotaRequest, QuotaWindow, Share};
pub use sqlite::rate_usage::{Throttling, Usage};
pub use sqlite::refusals::RefusalChanges;
pub use sqlite::secrets::{KeySource, MasterKey, NewSecret, SecretFacts, SecretName, SecretOwner};
pub use sqlite::suppressions::{Entered, StoredSuppression};
pub use sqlite::verifications::KeptVerification;
pub use sqlite::webhooks::{
    DeadLetter, NewNotice, NewSigningSecret, RequestEnd, WebhookRequest, WebhookStanding,
};
pub use store::Store;
pub use suppressions::Suppressions;
pub use verifications::Verifications;
pub use webhooks::Webhooks;
