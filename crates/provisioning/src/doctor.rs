//! One domain in one status: what is desired, what Azure says, what DNS shows, and who has to act.

use std::collections::BTreeSet;

use api::domains::{DomainState, DomainStatus, PartState};
use api::verification::ActionOwner;
use azure_types::communication::{VerificationState, VerificationStates};
use dns::change::Held;
use dns::provider::Provider;
use dns::record::Record;
use dns::required::Part;
use jiff::Timestamp;
use model::fault::Fault;
use model::infrastructure::{DesiredDomain, DnsWay, RecordedStep, StepState, WrittenRecord};

use super::Provisioning;
use super::clean;
use super::consent::told;
use super::desired;
use super::handout::{Handed, row};
use super::observation::Observation;
use super::observed::{ObservedDomain, Progress};
use super::perform::{Examined, spf_before};
use store::StoreError;

impl Provisioning {
    /// Looks at a domain from all sides.
    ///
    /// # Errors
    /// When the desired state does not have it, or Azure cannot be read.
    pub async fn domain_status(&self, name: &str, domain: &str) -> Result<DomainStatus, Fault> {
        let observation = Box::pin(self.observe(name, None)).await?;
        let (domain, _) = desired::domain_name(domain)?;
        let Some(desired) = observation.infrastructure.domains.get(&domain) else {
            return Err(StoreError::Missing(format!("domain {domain}")).into());
        };
        let facts =
            DomainFacts { observation: &observation, open: &open(&observation), now: self.clock.now() };
        let mut status = facts.status(&domain, desired);
        offer_spf_restore(&mut status, &observation.written);
        if let Some(examined) = observation.examined.get(&domain) {
            name_what_is_left(&mut status, desired, examined, &observation.written);
        }
        Ok(status)
    }

    /// All domains of the desired state, and how far each is.
    ///
    /// # Errors
    /// As [`Provisioning::domain_status`].
    pub async fn domain_statuses(&self, name: &str) -> Result<Vec<DomainStatus>, Fault> {
        let observation = Box::pin(self.observe(name, None)).await?;
        let facts =
            DomainFacts { observation: &observation, open: &open(&observation), now: self.clock.now() };
        let domains = observation.infrastructure.domains.iter();
        Ok(domains.map(|(name, desired)| facts.status(name, desired)).collect())
    }
}

/// Domains about which something is still to be done.
fn open(observation: &Observation) -> BTreeSet<String> {
    observation.plan().steps.iter().filter_map(|step| step.action.domain().map(str::to_owned)).collect()
}

/// What the status of a domain is read from.
struct DomainFacts<'a> {
    observation: &'a Observation,
    /// Domains about which something is still to be done.
    open: &'a BTreeSet<String>,
    now: Timestamp,
}

impl DomainFacts<'_> {
    fn status(&self, domain: &String, desired: &DesiredDomain) -> DomainStatus {
        let observation = self.observation;
        let observed = observation.observed.domains.get(domain);
        let examined = observation.examined.get(domain);
        let recorded: Vec<&RecordedStep> = observation
            .steps
            .iter()
            .filter(|step| step.key.split('/').nth(1) == Some(domain.as_str()))
            .collect();
        let state = self.state(domain, observed, &recorded);
        // Of a domain that is not there only its SPF record is known.
        let handed =
            examined.filter(|_| observed.is_some()).map(|one| Handed::of(one, domain)).unwrap_or_default();
        let mut status = DomainStatus {
            records: handed.records,
            bind: handed.bind,
            nsupdate: handed.nsupdate,
            account: observation.azure.account.name.to_string(),
            domain: domain.clone(),
            state,
            dns: desired.dns.to_string(),
            zone: examined.and_then(|one| one.actual.zone.clone()),
            dns_provider: examined.and_then(|one| dns_provider(one.actual.provider)),
            rows: examined
                .filter(|_| observed.is_some())
                .map(|one| one.rows.iter().map(row).collect())
                .unwrap_or_default(),
            parts: observed.map(|observed| parts(&observed.states)).unwrap_or_default(),
            senders: observed.map_or(0, |observed| observed.senders.len()),
            messages: Vec::new(),
            owner: None,
            commands: Vec::new(),
        };
        explain(&mut status, desired, observed, &recorded, self.now);
        if let Some(why) = observation.silent.get(domain) {
            status.messages = vec![format!("DNS cannot be asked about it: {}", clean(why))];
            (status.owner, status.commands) = (Some(ActionOwner::Wait), Vec::new());
        }
        status
    }

    fn state(
        &self,
        domain: &String,
        observed: Option<&ObservedDomain>,
        recorded: &[&RecordedStep],
    ) -> DomainState {
        let Some(observed) = observed else { return DomainState::Desired };
        let has_failed = recorded.iter().any(|step| step.state == StepState::Failed);
        let is_going = |state: &VerificationState| {
            matches!(state.status.as_str(), "VerificationRequested" | "VerificationInProgress")
        };
        let states = observed.states.parts().map(|(_, state)| state);
        let link = self.observation.ids.domain(domain);
        let service = self.observation.observed.service.as_ref();
        match () {
            () if !self.open.contains(domain) => DomainState::Ready,
            () if observed.progress == Progress::Failed || has_failed => DomainState::Failed,
            () if service.is_some_and(|service| service.links.contains(&link)) => DomainState::Linked,
            () if observed.is_verified() => DomainState::Verified,
            () if states.into_iter().any(is_going) => DomainState::Verifying,
            () if observed.dns == Some(false) => DomainState::DnsNeeded,
            () => DomainState::Created,
        }
    }
}

/// The DNS provider, if its name servers tell.
fn dns_provider(provider: Provider) -> Option<String> {
    (provider != Provider::default()).then(|| provider.title().to_owned())
}

/// What it means, who has to act, and what to type.
fn explain(
    status: &mut DomainStatus,
    desired: &DesiredDomain,
    observed: Option<&ObservedDomain>,
    recorded: &[&RecordedStep],
    now: Timestamp,
) {
    let name = &status.domain;
    let apply = format!("postern domain doctor {name} --fix");
    let is_wrong = status.rows.iter().any(|row| !matches!(row.verdict.as_str(), "right" | "advice"));
    let wait = status.rows.iter().filter_map(|row| row.wait_seconds).max().filter(|_| !is_wrong);
    let problems: Vec<&RecordedStep> =
        recorded.iter().copied().filter(|step| step.problem.is_some()).collect();
    let (message, owner, command) = match (status.state, observed) {
        (DomainState::Ready, _) if is_wrong => (
            "Mail can be sent, but records that Azure once found are not there any more.".to_owned(),
            Some(if desired.dns == DnsWay::Manual { ActionOwner::You } else { ActionOwner::Wait }),
            Some(apply),
        ),
        (DomainState::Ready, _) => ("Mail can be sent.".to_owned(), None, None),
        (DomainState::Desired, _) => {
            ("Azure does not have it yet.".to_owned(), Some(ActionOwner::You), Some(apply))
        }
        (_, Some(_)) if is_wrong => match desired.dns {
            DnsWay::Manual => {
                let text = "The records at its zone are not what Azure wants to find.".to_owned();
                (text, Some(ActionOwner::You), Some(format!("postern domain records {name}")))
            }
            _ => (
                "Its records are not all there yet; Postern writes what it may.".to_owned(),
                Some(ActionOwner::You),
                Some(apply),
            ),
        },
        (DomainState::Verifying, _) => {
            ("Azure is looking at its records. That takes minutes.".to_owned(), Some(ActionOwner::Wait), None)
        }
        (_, Some(observed)) if !observed.is_verified() => {
            (right_since(recorded, now), Some(ActionOwner::You), Some(apply))
        }
        _ => (
            "Azure has verified it; the rest can be done now.".to_owned(),
            Some(ActionOwner::You),
            Some(apply),
        ),
    };
    status.messages.push(message);
    if let Some(seconds) = wait.filter(|_| status.state != DomainState::Ready) {
        let minutes = seconds.div_ceil(60);
        status.messages.push(format!("Others may believe the old answers for {minutes} more minutes."));
    }
    if status.state != DomainState::Ready {
        // What is wrong in DNS stands beside each record.
        let problems = problems.into_iter().filter(|step| !step.key.starts_with("dns/"));
        let problems = problems.filter_map(|step| step.problem.clone());
        status.messages.extend(problems);
    }
    (status.owner, status.commands) = (owner, command.into_iter().collect());
}

/// A record that ended in `~all` before may end so again.
fn offer_spf_restore(status: &mut DomainStatus, written: &[WrittenRecord]) {
    let end_before = spf_before(written, &status.domain).filter(|_| status.state == DomainState::Ready);
    let Some((row, value)) = end_before else { return };
    // Somebody may have put it back by hand.
    let is_shown = |text: &String| {
        dns::spf::Spf::read(text).is_ok_and(|record| record.end() != Some(dns::spf::Qualifier::Fail))
    };
    if status.rows.iter().any(|row| row.part == Part::Spf.title() && row.actual.iter().any(is_shown)) {
        return;
    }
    let before = row.before.unwrap_or_default();
    status.messages.push(format!(
        "Before Postern changed it for Azure the SPF record was \"{before}\". Azure has verified it now, so the \
         end that it had can be restored: \"{value}\"."
    ));
    status.commands.push(format!("postern spf restore {}", status.domain));
}

/// A person has to act on what Postern may not change, even where it can write other records.
fn name_what_is_left(
    status: &mut DomainStatus,
    desired: &DesiredDomain,
    examined: &Examined,
    written: &[WrittenRecord],
) {
    let is_ours = |held: &Held| {
        written
            .iter()
            .any(|row| Record::read(&row.name, &row.kind, &row.value, 0).says_the_same(&held.record))
    };
    let left: Vec<String> = examined
        .undecided
        .iter()
        .filter(|blocked| !blocked.held.iter().all(is_ours))
        .map(|blocked| clean(&blocked.message))
        .collect();
    if !examined.foreign.is_empty() && desired.dns != DnsWay::Manual {
        let changes = examined.foreign.iter().map(|change| clean(&told(change)));
        status.messages.extend(changes.map(|change| format!("Awaiting approval: {change}.")));
        let command = format!("postern apply --account {} --target {}", status.account, status.domain);
        (status.owner, status.commands) = (Some(ActionOwner::You), vec![command]);
    }
    if left.is_empty() || desired.dns == DnsWay::Manual || status.state == DomainState::Desired {
        return;
    }
    status.messages.push("Postern cannot write its records before a person has decided:".to_owned());
    status.messages.extend(left);
    (status.owner, status.commands) =
        (Some(ActionOwner::You), vec![format!("postern domain records {}", status.domain)]);
}

fn right_since(recorded: &[&RecordedStep], now: Timestamp) -> String {
    let dns = recorded.iter().find(|step| step.key.starts_with("dns/") && step.state == StepState::Done);
    let since = dns.map_or_else(String::new, |step| {
        let is_today = now.duration_since(step.at).as_hours() < 24;
        let format = if is_today { "%H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" };
        format!(" since {}", step.at.strftime(format))
    });
    format!("Its DNS is right{since}; Azure has not looked again.")
}

fn parts(states: &VerificationStates) -> Vec<PartState> {
    states
        .parts()
        .into_iter()
        .map(|(part, state)| PartState {
            part: part.to_owned(),
            state: state.status.clone(),
            error: state.error_code.as_deref().filter(|code| !code.is_empty()).map(clean),
        })
        .collect()
}
