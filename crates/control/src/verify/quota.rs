//! What Azure allows: as it is configured, as it is by default, and as our own history shows it.

use jiff::SignedDuration;
use model::quota::Quota;
use store::{Refusal, SENDS};

use super::report::{Check, Finding, Mover, ServiceFound};
use super::scene::Scene;

const CHECK: Check = Check::Quota;
/// Refusals older than this say nothing about today.
const RECENT: SignedDuration = SignedDuration::from_hours(24 * 7);

pub(super) async fn check(scene: &Scene, services: &[ServiceFound]) -> Vec<Finding> {
    let configured = scene.account.quota.sends;
    let words = format!("{} sends a minute and {} an hour", configured.per_minute, configured.per_hour);
    let refusals = scene.control.store.pace().refusals(scene.account.subscription, SENDS).await;
    let since = scene.control.clock.now().saturating_sub(RECENT).unwrap_or(jiff::Timestamp::MIN);
    let recent: Vec<Refusal> =
        refusals.unwrap_or_default().into_iter().filter(|refusal| refusal.at > since).collect();
    // What was refused below the limits that are configured says that they are too high.
    let is_below =
        |one: &&Refusal| one.in_minute < configured.per_minute && one.in_hour < configured.per_hour;
    let edit = |quota: &str| vec![format!("postern account edit {} --quota {quota}", scene.account.name)];
    if let Some(least) = recent.iter().filter(is_below).min_by_key(|refusal| refusal.in_minute) {
        let sentence = format!(
            "{words} are configured, but Azure refused {} times in the last week, once after {} sends in a minute \
             and {} in an hour: it seems to allow less.",
            recent.len(),
            least.in_minute,
            least.in_hour
        );
        let less = |seen: u32, configured: u32| seen.saturating_sub(1).clamp(1, configured);
        let minute = less(least.in_minute, configured.per_minute);
        let hour = less(least.in_hour, configured.per_hour).max(minute);
        let finding = Finding::warning(CHECK, "quota.refused", sentence).by(Mover::You);
        return vec![finding.fix(edit(&format!("{minute}/{hour}")), None)];
    }
    let chosen = scene.account.service.as_ref().map(|service| service.name.as_str());
    let own = services.iter().find(|one| chosen.is_some_and(|name| one.name.eq_ignore_ascii_case(name)));
    let is_managed = own.is_some_and(|own| {
        !own.domains.is_empty() && own.domains.iter().all(|domain| domain.management == "AzureManaged")
    });
    let default = if is_managed { Quota::AZURE_MANAGED_DOMAIN } else { Quota::CUSTOM_DOMAIN }.sends;
    let kind = if is_managed { "Azure-managed domains" } else { "custom domains" };
    let by_default = format!("Azure's default for {kind} is {} and {}", default.per_minute, default.per_hour);
    if is_managed && configured.per_hour > default.per_hour {
        let sentence = format!("{words} are configured; {by_default}, and it is not raised for those.");
        let finding = Finding::warning(CHECK, "quota.above_default", sentence).by(Mover::You);
        return vec![finding.fix(edit("azure-managed"), None)];
    }
    let sentence = format!("{words} are configured; {by_default}. Azure has refused none in the last week.");
    vec![Finding::passed(CHECK, "quota.kept", sentence)]
}
