//! Options that cannot be meant as they were written: zeros, and what contradicts other options.

use tracing_subscriber::EnvFilter;

use super::raw::RawConfig;

/// An option that cannot be meant as it was written.
pub(super) struct Implausible {
    /// The option, with its section.
    pub(super) key: &'static str,
    /// What is wrong, and what would be right.
    pub(super) reason: String,
}

/// The first option that cannot be meant as it was written.
pub(super) fn implausible(raw: &RawConfig) -> Option<Implausible> {
    zero(raw).or_else(|| contradiction(raw))
}

/// An option that would let nothing through.
fn zero(raw: &RawConfig) -> Option<Implausible> {
    let positive = [
        ("smtp.max_message_bytes", raw.smtp.max_message_bytes > 0),
        ("smtp.max_recipients", raw.smtp.max_recipients > 0),
        ("smtp.max_sessions", raw.smtp.max_sessions > 0),
        ("smtp.max_sessions_per_network", raw.smtp.max_sessions_per_network > 0),
        ("smtp.max_buffered_bytes", raw.smtp.max_buffered_bytes > 0),
        ("queue.expiry_hours", raw.queue.expiry_hours > 0),
        ("queue.max_sending_bytes", raw.queue.max_sending_bytes > 0),
        ("accounts.secret_days", raw.accounts.secret_days > 0),
    ];
    let key = positive.into_iter().find_map(|(key, is_positive)| (!is_positive).then_some(key))?;
    let name = key.rsplit('.').next().unwrap_or(key);
    Some(Implausible { key, reason: format!("`{name}` is 0 and must be at least 1") })
}

fn contradiction(raw: &RawConfig) -> Option<Implausible> {
    if raw.data_dir.as_os_str().is_empty() {
        return Some(Implausible { key: "data_dir", reason: "`data_dir` is empty".to_owned() });
    }
    if let Err(error) = EnvFilter::try_new(&raw.log.filter) {
        let reason = format!("`filter` is not understood: {error}");
        return Some(Implausible { key: "log.filter", reason });
    }
    let (life, lead) = (raw.accounts.secret_days, raw.accounts.rotate_days);
    if lead >= life {
        let reason =
            format!("secrets that are good for {life} days cannot be renewed {lead} days before their end");
        return Some(Implausible { key: "accounts.rotate_days", reason });
    }
    let hook = raw.alarms.web_hook.as_ref()?;
    let is_web = matches!(hook.scheme(), "http" | "https");
    let reason = format!("{hook} is neither http nor https");
    (!is_web).then_some(Implausible { key: "alarms.web_hook", reason })
}
