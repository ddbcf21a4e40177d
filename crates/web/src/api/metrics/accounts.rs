//! Metrics of accounts: whether they can send, their secrets and their quotas.

use api::verification::Verdict;
use control::Control;
use control::reads::{AccountFacts, Owned};
use jiff::Timestamp;
use model::credential::Lane;
use model::quota::Allowance;
use relay::QuotaReading;

use super::families::{
    ACCEPTED_AT, ACCOUNT_ENABLED, ACCOUNT_READY, FAILING_SINCE, QUEUE, QUEUE_AGE, QUOTA_LIMIT, QUOTA_USED,
    SECRET_EXPIRES, THROTTLED,
};
use super::text::Text;
use crate::api::Api;
use crate::error::ApiError;

/// An account's name, with how one of its limits is used.
type OfAccount<'a> = (&'a str, QuotaReading);

pub(super) async fn write(api: &Api, accounts: &[Owned<AccountFacts>], text: &mut Text) {
    let mut samples = text.begin(&ACCOUNT_ENABLED);
    for Owned { account, .. } in accounts {
        samples.sample([account.name.as_str()], i64::from(account.is_enabled()));
    }
    let mut samples = text.begin(&ACCOUNT_READY);
    for Owned { account, item } in accounts {
        if let Some(kept) = &item.verified {
            let is_ready = Verdict::of_kept(&kept.verdict) != Some(Verdict::NotReady);
            samples.sample([account.name.as_str()], i64::from(is_ready));
        }
    }
    let mut samples = text.begin(&SECRET_EXPIRES);
    for Owned { account, item } in accounts {
        if let Some(at) = item.secret.as_ref().and_then(|secret| secret.expires_at) {
            samples.sample([account.name.as_str()], at.duration_since(api.clock.now()).as_secs());
        }
    }
    let mut quotas = Vec::new();
    for Owned { account, .. } in accounts {
        let readings = api.relay.quotas_of(account).await;
        quotas.extend(readings.into_iter().map(|reading| (account.name.as_str(), reading)));
    }
    write_quotas(&quotas, text);
}

/// How much mail of each account and lane waits, and whether it moves.
pub(super) async fn write_queue(
    api: &Api,
    control: &Control,
    accounts: &[Owned<AccountFacts>],
    text: &mut Text,
) -> Result<(), ApiError> {
    let (waiting, now) = (control.waiting_by_lane().await?, api.clock.now());
    let all = || accounts.iter().flat_map(|owned| Lane::ALL.map(|lane| (&owned.account, lane)));
    let found = |id, lane| waiting.iter().find(|one| one.account == id && one.lane == lane);
    let mut samples = text.begin(&QUEUE);
    for (account, lane) in all() {
        let count = found(account.id, lane).map_or(0, |one| one.count);
        samples.sample([account.name.as_str(), lane.as_str()], count);
    }
    let mut samples = text.begin(&QUEUE_AGE);
    for (account, lane) in all() {
        let age = found(account.id, lane).map_or(0, |one| now.duration_since(one.since).as_secs().max(0));
        samples.sample([account.name.as_str(), lane.as_str()], age);
    }
    let seconds = |at: Option<Timestamp>| at.map_or(0, Timestamp::as_second);
    let mut samples = text.begin(&ACCEPTED_AT);
    for Owned { account, .. } in accounts {
        let at = api.relay.meters().delivery.last_accepted(account.id);
        samples.sample([account.name.as_str()], seconds(at));
    }
    let mut samples = text.begin(&FAILING_SINCE);
    for Owned { account, .. } in accounts {
        let since = api.relay.streak_of(account.id).map(|streak| streak.since);
        samples.sample([account.name.as_str()], seconds(since));
    }
    Ok(())
}

fn write_quotas(quotas: &[OfAccount<'_>], text: &mut Text) {
    let mut samples = text.begin(&QUOTA_USED);
    for (account, QuotaReading { kind, used: [minute, hour], .. }) in quotas {
        samples.sample([account, kind.as_str(), "minute"], minute);
        samples.sample([account, kind.as_str(), "hour"], hour);
    }
    let mut samples = text.begin(&QUOTA_LIMIT);
    for (account, QuotaReading { kind, allowance, .. }) in quotas {
        let Allowance { per_minute, per_hour, per_day } = allowance;
        samples.sample([account, kind.as_str(), "minute"], per_minute);
        samples.sample([account, kind.as_str(), "hour"], per_hour);
        if let Some(per_day) = per_day {
            samples.sample([account, kind.as_str(), "day"], per_day);
        }
    }
    let mut samples = text.begin(&THROTTLED);
    for (account, QuotaReading { kind, throttled, .. }) in quotas {
        samples.sample([account, kind.as_str()], throttled);
    }
}
