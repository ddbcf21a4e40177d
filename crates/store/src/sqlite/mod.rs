//! The engine of one process: SQLite for the rows, the journal for messages, a data directory for both.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod body;
pub(crate) mod changes;
pub(crate) mod columns;
pub(crate) mod credentials;
pub(crate) mod database;
pub(crate) mod directory_rows;
pub(crate) mod dns_providers;
pub(crate) mod infrastructure;
pub(crate) mod intake_rules;
pub(crate) mod journal;
pub(crate) mod locks;
pub(crate) mod logins;
pub(crate) mod nodes;
pub(crate) mod published;
pub(crate) mod queue;
pub(crate) mod quota_leases;
pub(crate) mod rate_usage;
pub(crate) mod refusals;
pub(crate) mod rotations;
pub(crate) mod secrets;
pub(crate) mod senders;
pub(crate) mod smtp_usernames;
pub(crate) mod store;
pub(crate) mod verifications;
