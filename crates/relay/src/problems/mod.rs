//! What keeps mail from being accepted or sent now, so that one command names the cause.
//!
//! 1. [`crate::noticed`] remembers how the last tries of each account went, and whether the disk failed.
//! 2. [`Observer`] gathers that, the limits, the store's counts and the disk into an [`Observed`].
//! 3. [`problems`] judges it: pure, a file each for accounts, for clients and for the server as a whole.
//! 4. [`why_it_waits`] says the same of one waiting message.

mod account;
mod clients;
mod observe;
mod server;
#[cfg(test)]
mod tests;
mod wait;
mod webhooks;
mod words;

use jiff::Timestamp;

pub use crate::noticed::{StorageFailure, StorageKind, Streak, StreakKind};
pub use model::rate_limit::{AskedFor, FullWindow, LimitView};

pub use self::clients::{Clients, Locked};
pub(crate) use self::observe::failing_storage;
pub use self::observe::{NotReady, Observed, ObservedAccount, ObservedWebhook, Observer};
pub use self::wait::{Wait, Waiting, why_it_waits};

/// Something that is wrong now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// The account's name, where it is one account's.
    pub account: Option<String>,
    /// The domain, address, login or network that it is about, where there can be several at once.
    pub subject: Option<String>,
    /// When it began, as far as this is known; otherwise when it was first seen.
    pub since: Timestamp,
    /// What happened, whose fault it is and what it holds up.
    pub message: String,
    /// What to do, with the command.
    pub action: String,
    /// From when on an alarm is raised; never if absent.
    pub alarm_at: Option<Timestamp>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Mail is refused, or stands still until somebody acts.
    Critical,
    /// Mail waits, or soon will, or a decision is needed: somebody should look.
    Warning,
    /// It passes without anybody's help, or concerns single messages.
    Notice,
}

/// What a problem is. Its word is stable: programs match it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The disk has less room than is kept for the database.
    DiskFull,
    /// The data directory cannot be written.
    StorageFailing,
    /// The account's secret has expired.
    SecretExpired,
    /// Entra or Azure refuses the account's login.
    LoginRefused,
    /// What the account needs in order to send is missing or cannot be used.
    AccountUnusable,
    /// The last verification of the account failed.
    AccountNotReady,
    /// The sender's domain is not linked to the communication service.
    DomainNotLinked,
    /// The sender's domain does not have the username.
    SenderUnknown,
    /// Mail waits for an account that is disabled.
    AccountDisabled,
    /// Azure asked for a pause.
    AzureRateLimited,
    /// Azure cannot be reached.
    AzureUnreachable,
    /// Azure answers with failures of its own, or breaks connections.
    AzureFailing,
    /// Mail waits, nothing is sent, and nothing else explains it.
    QueueStuck,
    /// The disk is nearly full.
    DiskLow,
    /// The account's secret expires soon.
    SecretExpires,
    /// A login is locked after wrong passwords.
    LoginLocked,
    /// A network is locked after wrong passwords.
    NetworkLocked,
    /// Steps of provisioning go on only when somebody approves them.
    AwaitingApproval,
    /// The account has sent as much as its quota allows.
    QuotaUsedUp,
    /// Azure refused although the quota had room: less is sent for a while.
    QuotaLowered,
    /// Azure dropped messages because of its suppression lists.
    RecipientsSuppressed,
    /// A web hook does not accept what it is sent.
    WebhookFailing,
    /// Requests to a web hook were given up.
    WebhookGaveUp,
    /// A device was refused within the last hour, and somebody should act on it.
    ClientRefused,
}

model::words!(Code {
    DiskFull = "disk_full",
    StorageFailing = "storage_failing",
    SecretExpired = "secret_expired",
    LoginRefused = "login_refused",
    AccountUnusable = "account_unusable",
    AccountNotReady = "account_not_ready",
    DomainNotLinked = "domain_not_linked",
    SenderUnknown = "sender_unknown",
    AccountDisabled = "account_disabled",
    AzureRateLimited = "azure_rate_limited",
    AzureUnreachable = "azure_unreachable",
    AzureFailing = "azure_failing",
    QueueStuck = "queue_stuck",
    DiskLow = "disk_low",
    SecretExpires = "secret_expires",
    LoginLocked = "login_locked",
    NetworkLocked = "network_locked",
    AwaitingApproval = "awaiting_approval",
    QuotaUsedUp = "quota_used_up",
    QuotaLowered = "quota_lowered",
    RecipientsSuppressed = "recipients_suppressed",
    WebhookFailing = "webhook_failing",
    WebhookGaveUp = "webhook_gave_up",
    ClientRefused = "client_refused",
});

impl Code {
    /// How bad it is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::DiskFull
            | Self::StorageFailing
            | Self::SecretExpired
            | Self::LoginRefused
            | Self::AccountUnusable
            | Self::AccountNotReady
            | Self::DomainNotLinked
            | Self::SenderUnknown => Severity::Critical,
            Self::AccountDisabled
            | Self::AzureRateLimited
            | Self::AzureUnreachable
            | Self::AzureFailing
            | Self::QueueStuck
            | Self::DiskLow
            | Self::SecretExpires
            | Self::LoginLocked
            | Self::NetworkLocked
            | Self::WebhookFailing
            // It never passes without a person, and the domain sends nothing before.
            | Self::AwaitingApproval => Severity::Warning,
            Self::QuotaUsedUp | Self::QuotaLowered | Self::RecipientsSuppressed | Self::WebhookGaveUp | Self::ClientRefused => Severity::Notice,
        }
    }
}

impl StreakKind {
    /// The code of the problem that it is.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::Login => Code::LoginRefused,
            Self::Unreachable => Code::AzureUnreachable,
            Self::Azure => Code::AzureFailing,
            Self::Unusable => Code::AccountUnusable,
        }
    }
}

model::words!(Severity {
    Critical = "critical",
    Warning = "warning",
    Notice = "notice",
});

/// Everything that is wrong at `now`, the worst first.
#[must_use]
pub fn problems(observed: &Observed, now: Timestamp) -> Vec<Problem> {
    let mut all = server::problems(observed, now);
    all.extend(clients::problems(observed, now));
    all.extend(observed.webhooks.iter().flat_map(|webhook| webhooks::problems(webhook, now)));
    all.extend(observed.accounts.iter().flat_map(|account| account::problems(account, now)));
    all.sort_by(|one, other| {
        let key = |problem: &Problem| (problem.code.severity(), problem.code);
        (key(one), &one.account, &one.subject).cmp(&(key(other), &other.account, &other.subject))
    });
    all
}
