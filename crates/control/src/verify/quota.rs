//! What Azure allows: as it is configured, as it is by default, and as our own history shows it.

use std::sync::Arc;

use api::command::Command;
use api::verification::{ActionOwner, Check, Finding, ServiceFound};
use model::account::Account;
use model::quota::QuotaKind;
use model::quota::{Allowance, Quota};

use self::history::History;
use provisioning::AzureAccount;

mod history;

const CHECK: Check = Check::Quota;
/// Where Microsoft is asked for more.
const SUPPORT: &str = "Help + support > Create a support request > Service and subscription limits (quotas), for \
                       Communication Services; say how many messages a minute and an hour, what kind of mail, where the \
                       addresses come from, and how bounces and unsubscribes are handled";

/// The limits of a subscription.
struct Limits {
    /// What the relay keeps to: the smallest of all accounts of the subscription.
    configured: Allowance,
    /// What Azure allows until Microsoft raises it.
    default: Allowance,
    is_managed: bool,
    /// The accounts that send through the subscription: Azure counts what they send together.
    accounts: Vec<Arc<Account>>,
}

pub(super) async fn check(context: &AzureAccount, services: &[ServiceFound]) -> Vec<Finding> {
    let limits = limits(context, services);
    let refusals = context
        .provisioning
        .store
        .rate_usage()
        .throttlings(context.account.quota_scope().of(QuotaKind::Sends))
        .await;
    let history =
        History::of(refusals.unwrap_or_default(), context.provisioning.clock.now(), limits.configured);
    let finding = if history.refused > 0 { refused(&limits, &history) } else { unrefused(&limits) };
    std::iter::once(finding).chain(different(&limits)).collect()
}

fn limits(context: &AzureAccount, services: &[ServiceFound]) -> Limits {
    let directory = context.provisioning.store.directory();
    let mut accounts: Vec<Arc<Account>> = directory
        .accounts()
        .filter(|one| one.quota_scope() == context.account.quota_scope() && one.id != context.account.id)
        .filter(|one| one.is_enabled())
        .cloned()
        .collect();
    accounts.push(Arc::clone(&context.account));
    accounts.sort_by(|one, other| one.name.cmp(&other.name));
    let chosen = context.connection.service.as_ref().map(|service| service.name.as_str());
    let own = services.iter().find(|one| chosen.is_some_and(|name| one.name.eq_ignore_ascii_case(name)));
    let is_managed = own.is_some_and(|own| {
        !own.domains.is_empty() && own.domains.iter().all(|domain| domain.management == "AzureManaged")
    });
    let default = if is_managed { Quota::AZURE_MANAGED_DOMAIN } else { Quota::CUSTOM_DOMAIN }.sends;
    let sends = accounts.iter().map(|one| one.quota.sends);
    let configured = sends.reduce(Allowance::and).unwrap_or(context.account.quota.sends);
    Limits { configured, default, is_managed, accounts }
}

/// Azure refused although less was sent than is configured.
fn refused(limits: &Limits, history: &History) -> Finding {
    let (configured, shared) = (say(limits.configured), shared(limits));
    let so_far =
        format!("{configured} are configured{shared}, but in the last week Azure refused {}", history.say());
    let Some(sensible) = history.sensible(limits.configured, limits.default) else {
        let message = format!(
            "{so_far}. That is within Azure's default, so something else must be sending through the same subscription: \
             find it, or ask Microsoft. A lower quota here would not help."
        );
        let finding = Finding::warning(CHECK, "quota.refused_below_default", message).by(ActionOwner::You);
        return finding
            .fix(Vec::new(), "the communication services of the subscription > Metrics".to_owned());
    };
    let message = format!("{so_far}: Azure allows less than is configured.");
    let day = limits.configured.per_day.map(|day| format!("/{}", day.max(sensible.per_hour)));
    let quota = format!("{}/{}{}", sensible.per_minute, sensible.per_hour, day.unwrap_or_default());
    Finding::warning(CHECK, "quota.refused", message).by(ActionOwner::You).fix(edits(limits, &quota), None)
}

fn unrefused(limits: &Limits) -> Finding {
    let Limits { configured, default, is_managed, .. } = *limits;
    let (words, shared) = (say(configured), shared(limits));
    if is_managed && configured.per_hour > default.per_hour {
        let by_default = say(default);
        let message = format!(
            "{words} are configured{shared}; Azure allows {by_default} for Azure-managed domains and does not raise that limit."
        );
        let finding = Finding::warning(CHECK, "quota.above_default", message).by(ActionOwner::You);
        return finding.fix(edits(limits, "azure-managed"), None);
    }
    if is_managed {
        let message = format!(
            "{words} are configured{shared}: that is all Azure allows for Azure-managed domains, and Microsoft does not \
             raise it. Mail above the limit waits in the queue. To send more, use a custom domain."
        );
        return Finding::warning(CHECK, "quota.default", message).by(ActionOwner::You);
    }
    if configured.per_minute <= default.per_minute && configured.per_hour <= default.per_hour {
        let message = format!(
            "{words} are configured{shared}: Azure's default for custom domains until Microsoft raises it. Mail above the \
             limit waits in the queue. If you need more, ask Microsoft early: it decides within three days, and may raise \
             the limit in steps over weeks."
        );
        let finding = Finding::warning(CHECK, "quota.default", message).by(ActionOwner::You);
        return finding.fix(edits(limits, "MINUTE/HOUR"), SUPPORT.to_owned());
    }
    let message = format!("{words} are configured{shared}. Azure has refused none in the last week.");
    Finding::passed(CHECK, "quota.kept", message)
}

/// Accounts of one subscription that do not agree on what it allows.
fn different(limits: &Limits) -> Option<Finding> {
    let first = limits.accounts.first()?.quota.sends;
    if limits.accounts.iter().all(|one| one.quota.sends == first) {
        return None;
    }
    let message = format!(
        "The accounts {} send through one subscription, where Azure counts their mail together, but their quotas differ: \
         Postern applies {}.",
        names(limits),
        say(limits.configured)
    );
    let quota = "MINUTE/HOUR";
    Some(
        Finding::warning(CHECK, "quota.differs", message)
            .by(ActionOwner::You)
            .fix(edits(limits, quota), None),
    )
}

fn edits(limits: &Limits, quota: &str) -> Vec<Command> {
    let edit =
        |account: &Arc<Account>| Command::postern(&format!("account edit {} --quota {quota}", account.name));
    limits.accounts.iter().map(edit).collect()
}

fn shared(limits: &Limits) -> String {
    if limits.accounts.len() < 2 {
        return String::new();
    }
    format!(" for {} together (they share a subscription)", names(limits))
}

fn names(limits: &Limits) -> String {
    const NAMED: usize = 5;
    let mut names: Vec<&str> = limits.accounts.iter().map(|one| one.name.as_str()).take(NAMED).collect();
    let rest = limits.accounts.len().saturating_sub(NAMED);
    let more = format!("{rest} more");
    if rest > 0 {
        names.push(&more);
    }
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { last.to_owned() } else { format!("{} and {last}", names.join(", ")) }
}

fn say(allowance: Allowance) -> String {
    let Allowance { per_minute, per_hour, per_day } = allowance;
    match per_day {
        Some(per_day) => format!("{per_minute} sends a minute, {per_hour} an hour and {per_day} a day"),
        None => format!("{per_minute} sends a minute and {per_hour} an hour"),
    }
}
