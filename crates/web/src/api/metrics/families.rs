//! All metrics: their names, types, labels and help. `docs/operate/metrics.md` is made of this file.

/// A metric, with all its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub(super) kind: &'static str,
    pub(super) help: &'static str,
    pub(super) labels: &'static [&'static str],
}

macro_rules! families {
    ($($(#[doc = $help:literal])+ $kind:ident $name:ident = $word:literal [$($label:ident)*];)+) => {
        $(
            $(#[doc = $help])+
            pub(super) const $name: Family = Family {
                name: $word,
                kind: stringify!($kind),
                help: concat!($($help),+),
                labels: &[$(stringify!($label)),*],
            };
        )+

        /// Every one, in the order in which they are written.
        #[cfg(test)]
        pub(super) const ALL: &[Family] = &[$($name),+];
    };
}

families! {
    /// Always 1, with the version of the program.
    gauge BUILD_INFO = "postern_build_info" [version];
    /// When the server started, in seconds since 1970-01-01 UTC.
    gauge START_TIME = "postern_start_time_seconds" [];
    /// Always 1: something that keeps mail from being accepted or sent now, as `postern status` shows it.
    gauge PROBLEM = "postern_problem" [code account severity];
    /// Whether the account is used.
    gauge ACCOUNT_ENABLED = "postern_account_enabled" [account];
    /// Whether the last verification found that the account can send. Missing before the first.
    gauge ACCOUNT_READY = "postern_account_ready" [account];
    /// Seconds until the account's secret expires; negative once it has. Missing where that is not known.
    gauge SECRET_EXPIRES = "postern_secret_expires_seconds" [account];
    /// Seconds until the server's certificate expires, by the kind of its key; negative once it has.
    gauge CERTIFICATE_EXPIRES = "postern_certificate_expires_seconds" [key];
    /// Requests to Azure that wait or are under way, by account and lane.
    gauge QUEUE = "postern_queue_sends" [account lane];
    /// How long the oldest of them waits; 0 where nothing does. One that its sender scheduled counts from its time on.
    gauge QUEUE_AGE = "postern_queue_oldest_seconds" [account lane];
    /// When Azure last accepted a message of the account, in seconds since 1970-01-01 UTC; 0 if it has not since the server started.
    gauge ACCEPTED_AT = "postern_last_accepted_timestamp_seconds" [account];
    /// When the account's attempts began to fail, in seconds since 1970-01-01 UTC; 0 while they do not.
    gauge FAILING_SINCE = "postern_failing_since_timestamp_seconds" [account];
    /// Requests to Azure that the queue remembers, by state.
    gauge SENDS = "postern_sends" [state];
    /// Seconds until the account's queue is empty, as the quota allows and if nothing else comes. Missing where somebody has to act first.
    gauge QUEUE_EMPTY = "postern_queue_empty_seconds" [account];
    /// Messages that were queued, by who brought them: credential, network (a credential without login), operator, or dsn for bounces. Repetitions are not counted.
    counter QUEUED = "postern_messages_queued_total" [account lane origin];
    /// Messages of Entra logins, sent while the client waited, by whether Azure accepted them: accepted, refused.
    counter DIRECT = "postern_direct_messages_total" [result];
    /// From the end of the mail data until the message was on disk, synced.
    histogram ACCEPT_DURATION = "postern_accept_duration_seconds" [];
    /// Tries to send a message, by transport (rest, smtp, or none where it did not get that far) and result: accepted, deferred, failed.
    counter ATTEMPTS = "postern_send_attempts_total" [account transport result];
    /// From the first byte of a request to Azure to the end of the answer, by transport.
    histogram SEND_DURATION = "postern_send_duration_seconds" [transport];
    /// From the time at which the client began a message until Azure accepted it.
    histogram DELIVERY_DURATION = "postern_delivery_duration_seconds" [];
    /// Requests that count against the quota now, in the last minute and in the last hour. Accounts of one subscription share it and show the same: use max, not sum.
    gauge QUOTA_USED = "postern_quota_used" [account kind window];
    /// Requests that the quota allows in any minute, in any hour, and in any day if that is limited.
    gauge QUOTA_LIMIT = "postern_quota_limit" [account kind window];
    /// Answers of Azure's that there were too many requests (429, 4.5.127). Accounts of one subscription show the same.
    counter THROTTLED = "postern_throttled_total" [account kind];
    /// SMTP sessions that are open.
    gauge SESSIONS = "postern_sessions" [];
    /// SMTP connections, by whether there was a seat for them: admitted, turned_away.
    counter CONNECTIONS = "postern_connections_total" [result];
    /// Logins that were tried, by result: accepted, wrong, locked, or unavailable where nobody could judge them.
    counter LOGINS = "postern_logins_total" [result];
    /// Locks after wrong passwords now: of a login, of a network, and of a login in a network where it worked (place).
    gauge LOGIN_BANS = "postern_login_bans" [kind];
    /// Negative replies, by code and enhanced status; "no TLS" where the handshake failed.
    counter REFUSALS = "postern_refusals_total" [reply];
    /// Events of Event Grid, by what came of them.
    counter EVENTS = "postern_events_total" [result];
    /// Messages that were repaired on their way in, by login and repair.
    counter REPAIRS = "postern_repairs_total" [login repair];
    /// A write to the journal with its sync: what a client waits for before the reply 250.
    histogram JOURNAL_SYNC_DURATION = "postern_journal_sync_duration_seconds" [];
    /// Messages that shared one sync of the journal.
    histogram JOURNAL_BATCH = "postern_journal_batch_messages" [];
    /// A transaction of the queue's database with its commit.
    histogram COMMIT_DURATION = "postern_database_commit_duration_seconds" [];
    /// Bytes that may still be written to the disk of the data directory.
    gauge DISK_FREE = "postern_disk_free_bytes" [];
    /// Bytes of that disk.
    gauge DISK_SIZE = "postern_disk_size_bytes" [];
    /// Bytes of the disk that messages do not get: with less left, new mail is refused.
    gauge DISK_RESERVE = "postern_disk_reserve_bytes" [];
}
