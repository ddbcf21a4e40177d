//! The difference between the desired state and what is there, as steps. Nothing here asks anybody anything.

use std::collections::BTreeSet;

use api::infrastructure::plan::PlanView;
use azure_types::resource_id::ResourceId;
use model::azure::AzureConnection;
use model::infrastructure::{DesiredDomain, Infrastructure, ResourceIds, WrittenRecord};

use super::observed::{Observed, ObservedDomain, ObservedService, Progress};
use super::step::{Action, Step, domain_title, has_records};

/// What has to be done, in an order in which it can be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub steps: Vec<Step>,
    /// What cannot be done, and why: somebody has to change the desired state, or what is there.
    pub problems: Vec<String>,
    /// Why the plan cannot succeed: it is not begun.
    pub blockers: Vec<String>,
    /// What is there and not desired. It is left alone.
    pub notes: Vec<String>,
}

/// What else a plan has to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The app, in lower case.
    pub client: String,
    /// What was made here, by ARM ids in lower case.
    pub made: BTreeSet<String>,
    /// Domains for which records were written.
    pub written: BTreeSet<String>,
}

impl Known {
    /// What follows from what is recorded of an account.
    pub(crate) fn of(azure: &AzureConnection, made: BTreeSet<String>, written: &[WrittenRecord]) -> Self {
        Self {
            client: azure.client.to_string().to_lowercase(),
            made,
            written: written.iter().map(|row| row.domain.clone()).collect(),
        }
    }

    /// Whether a resource was made here.
    pub(super) fn has_made(&self, id: &ResourceId) -> bool {
        self.made.contains(&id.to_string().to_lowercase())
    }
}

impl Plan {
    /// As people and programs see it.
    #[must_use]
    pub(crate) fn view(&self, account: &str, ids: &ResourceIds) -> PlanView {
        PlanView {
            id: String::new(),
            account: account.to_owned(),
            steps: self.steps.iter().map(|step| step.view(ids)).collect(),
            problems: self.blockers.iter().chain(&self.problems).cloned().collect(),
            notes: self.notes.clone(),
        }
    }

    /// Leaves only the steps whose key is a target or lies below one, and those that they need.
    pub(crate) fn narrow(&mut self, targets: &[String]) {
        if targets.is_empty() {
            return;
        }
        let is_target = |step: &Step| {
            let (key, domain) = (step.key(), step.action.domain().unwrap_or_default());
            targets.iter().any(|target| key == *target || domain.eq_ignore_ascii_case(target))
        };
        let mut wanted: BTreeSet<String> =
            self.steps.iter().filter(|step| is_target(step)).map(Step::key).collect();
        for step in self.steps.iter().rev() {
            if wanted.contains(&step.key()) {
                wanted.extend(step.after.iter().cloned());
            }
        }
        self.steps.retain(|step| wanted.contains(&step.key()));
    }

    /// Leaves only the steps that `is_approved` and that need no step that is not; gives what is left out.
    pub(crate) fn leave(&mut self, is_approved: impl Fn(&str) -> bool) -> Vec<Step> {
        let mut out: BTreeSet<String> = BTreeSet::new();
        for step in &self.steps {
            if !is_approved(&step.key()) || step.after.iter().any(|key| out.contains(key)) {
                out.insert(step.key());
            }
        }
        let (left, stay) =
            std::mem::take(&mut self.steps).into_iter().partition(|step| out.contains(&step.key()));
        self.steps = stay;
        left
    }

    fn push(&mut self, action: Action, after: impl IntoIterator<Item = Action>) {
        self.steps.push(Step::new(action, after));
    }
}

/// Custom domains of a communication service, as Microsoft documents.
const MOST_LINKS: usize = 100;

/// What has to be done so that the desired state comes true.
#[must_use]
pub(crate) fn plan(
    infrastructure: &Infrastructure,
    ids: &ResourceIds,
    observed: &Observed,
    known: &Known,
) -> Plan {
    let mut plan = Plan::default();
    if !observed.is_registered {
        plan.push(Action::Register, []);
    }
    match &observed.group {
        None => plan.push(Action::Group, []),
        Some(there) if !same(there, &infrastructure.location) => {
            plan.notes.push(format!("The resource group is in {there}, which changes nothing for mail."));
        }
        Some(_) => {}
    }
    let wanted = [
        (&observed.email_service, Action::EmailService, "email service", true),
        (&observed.service, Action::Service, "communication service", observed.is_chosen),
    ];
    for (there, action, what, is_complete) in wanted {
        let there = there.as_ref();
        service(&mut plan, infrastructure, action, SeenService { what, there, is_complete });
    }
    if infrastructure.domains.len() > MOST_LINKS {
        plan.problems.push(format!(
            "{} domains are desired, and Azure links {MOST_LINKS} at most to a communication service: connect the app once \
             more under another name, with a service of its own, and give that account some of them.",
            infrastructure.domains.len()
        ));
    }
    if infrastructure.access && !observed.has_access {
        plan.push(Action::Access, [Action::Service]);
    }
    for (name, desired) in &infrastructure.domains {
        let one = PlannedDomain { name, desired, there: observed.domains.get(name) };
        domain(&mut plan, infrastructure, one, &PlanBasis { ids, observed, known });
    }
    for (name, login) in &infrastructure.smtp_usernames {
        let client = login.client.map_or_else(|| known.client.clone(), |client| client.to_string());
        let wanted = (login.username.clone(), client.to_lowercase());
        if observed.logins.get(&name.to_lowercase()) != Some(&wanted) {
            // Azure takes a username in the form of an address only if its domain is linked already.
            let domain =
                login.username.rsplit_once('@').map(|(_, domain)| Action::Link(domain.to_lowercase()));
            plan.push(Action::Login(name.clone()), [Action::Service].into_iter().chain(domain));
        }
    }
    for name in observed.domains.keys().filter(|name| !infrastructure.domains.contains_key(*name)) {
        plan.notes.push(format!(
            "{} exists and is not in the desired state. It is left alone.",
            domain_title(name)
        ));
    }
    plan
}

/// One of the two services, as it is seen.
struct SeenService<'a> {
    what: &'static str,
    there: Option<&'a ObservedService>,
    /// Whether nothing is to be done if it is there.
    is_complete: bool,
}

fn service(plan: &mut Plan, infrastructure: &Infrastructure, action: Action, seen: SeenService<'_>) {
    let what = seen.what;
    match seen.there {
        Some(there) if !same(&there.data_location, &infrastructure.data_location) => {
            plan.problems.push(format!(
                "The {what} is in {}, and {} is desired. Azure cannot move it: desired state {}, or another name.",
                there.data_location, infrastructure.data_location, there.data_location
            ));
        }
        Some(there) if there.progress == Progress::Ready && seen.is_complete => {}
        _ => plan.push(action, [Action::Register, Action::Group]),
    }
}

/// What the steps of a domain depend on beside the domain.
struct PlanBasis<'a> {
    ids: &'a ResourceIds,
    observed: &'a Observed,
    known: &'a Known,
}

/// A domain of the desired state, and what Azure shows of it.
#[derive(Clone, Copy)]
struct PlannedDomain<'a> {
    name: &'a String,
    desired: &'a DesiredDomain,
    there: Option<&'a ObservedDomain>,
}

impl PlannedDomain<'_> {
    fn is_verified(self) -> bool {
        self.there.is_some_and(ObservedDomain::is_verified)
    }
}

fn domain(plan: &mut Plan, infrastructure: &Infrastructure, wanted: PlannedDomain<'_>, seen: &PlanBasis<'_>) {
    let PlannedDomain { name, desired, there } = wanted;
    if let Some(there) = there.filter(|there| !there.data_location.is_empty())
        && !same(&there.data_location, &infrastructure.data_location)
    {
        let text =
            format!("{name} is in {}, and {} is desired.", there.data_location, infrastructure.data_location);
        plan.problems.push(text);
        return;
    }
    match there {
        Some(there) if there.progress == Progress::Ready => {
            if there.tracking != desired.tracking {
                plan.push(Action::Track(name.clone(), desired.tracking), [Action::Domain(name.clone())]);
            }
        }
        _ => plan.push(Action::Domain(name.clone()), [Action::EmailService]),
    }
    if has_records(desired.owner) {
        records(plan, wanted);
    }
    let service = seen.observed.service.as_ref();
    let is_linked = service.is_some_and(|service| service.links.contains(&seen.ids.domain(name)));
    if !is_linked {
        let before = [Action::Domain(name.clone()), Action::Records(name.clone()), Action::Service];
        plan.push(Action::Link(name.clone()), before);
    }
    let first = plan.steps.len();
    senders(plan, wanted, seen);
    devices(plan, wanted, seen.observed, first);
}

/// DNS, and what Azure makes of it.
fn records(plan: &mut Plan, wanted: PlannedDomain<'_>) {
    let PlannedDomain { name, desired, there } = wanted;
    let is_verified = wanted.is_verified();
    let dns = Action::Dns(name.clone(), desired.dns.clone());
    let is_right = there.and_then(|there| there.dns);
    if is_right == Some(false) || (!is_verified && is_right != Some(true)) {
        plan.push(dns.clone(), [Action::Domain(name.clone())]);
    }
    if !there.is_some_and(|there| there.states.domain.is_verified()) {
        plan.push(Action::Ownership(name.clone()), [Action::Domain(name.clone()), dns.clone()]);
    }
    if !is_verified {
        plan.push(Action::Records(name.clone()), [dns, Action::Ownership(name.clone())]);
    }
}

fn senders(plan: &mut Plan, PlannedDomain { name, desired, there }: PlannedDomain<'_>, seen: &PlanBasis<'_>) {
    for (key, sender) in &desired.senders {
        let found = there.and_then(|there| there.senders.get(key));
        // A name that nobody desires may be any.
        let is_right =
            found.is_some_and(|name| sender.display_name.is_none() || *name == sender.display_name);
        let action = Action::Sender(name.clone(), key.clone());
        if !is_right {
            plan.push(action.clone(), [Action::Link(name.clone())]);
        }
        let listed = there.and_then(|there| there.suppressed.get(key));
        let is_listed =
            |address: &String| listed.is_some_and(|listed| listed.contains(&address.to_lowercase()));
        if !sender.suppressed.iter().all(is_listed) {
            plan.push(Action::Suppress(name.clone(), key.clone()), [action]);
        }
    }
    let Some(there) = there else { return };
    for key in there.senders.keys().filter(|key| !desired.senders.contains_key(*key)) {
        let is_ours = seen.known.has_made(&seen.ids.sender(name, key));
        if is_ours {
            plan.push(Action::RemoveSender(name.clone(), key.clone()), []);
        }
    }
}

/// Every sender at Azure is one here, once its domain is linked. Steps of the domain begin at `first`.
fn devices(
    plan: &mut Plan,
    PlannedDomain { name, desired, there }: PlannedDomain<'_>,
    observed: &Observed,
    first: usize,
) {
    let waits = |step: &&Step| matches!(step.action, Action::Sender(..) | Action::RemoveSender(..));
    let behind: Vec<String> = plan.steps[first..].iter().filter(waits).map(Step::key).collect();
    let is_here = |key: &String| {
        let address = there.map(|there| there.address.as_str()).unwrap_or_default();
        observed.local.contains(&format!("{key}@{address}").to_lowercase())
    };
    let is_complete =
        there.is_some_and(|there| there.senders.keys().all(is_here)) && desired.senders.keys().all(is_here);
    if !behind.is_empty() || !is_complete {
        let mut step = Step::new(Action::Devices(name.clone()), [Action::Link(name.clone())]);
        step.behind = behind;
        plan.steps.push(step);
    }
}

/// The way back: what has to be done so that nothing is left of an infrastructure, or of some of its domains.
#[must_use]
pub(crate) fn destruction(
    infrastructure: &Infrastructure,
    ids: &ResourceIds,
    observed: &Observed,
    domains: &BTreeSet<String>,
    known: &Known,
) -> Plan {
    let mut plan = Plan::default();
    let is_made = |id: &ResourceId| known.has_made(id);
    // A named domain is deleted no matter who made it; otherwise only what was made here.
    let mut names: BTreeSet<&String> = infrastructure.domains.keys().chain(observed.domains.keys()).collect();
    names.extend(&known.written);
    let is_wanted = |name: &&String| {
        if domains.is_empty() {
            is_made(&ids.domain(name)) || known.written.contains(*name)
        } else {
            domains.contains(*name)
        }
    };
    let (gone, stay): (Vec<&String>, Vec<&String>) = names.into_iter().partition(is_wanted);
    let mut before = Vec::new();
    for name in gone {
        let links = observed.service.as_ref().map(|service| &service.links);
        if links.is_some_and(|links| links.contains(&ids.domain(name))) {
            plan.push(Action::Unlink(name.clone()), []);
        }
        if known.written.contains(name) {
            plan.push(Action::RemoveDns(name.clone()), [Action::Unlink(name.clone())]);
        }
        if observed.domains.contains_key(name) && (!domains.is_empty() || is_made(&ids.domain(name))) {
            plan.push(Action::DeleteDomain(name.clone()), [Action::Unlink(name.clone())]);
        }
        before.push(Action::DeleteDomain(name.clone()));
    }
    if !domains.is_empty() {
        return plan;
    }
    for name in
        infrastructure.smtp_usernames.keys().filter(|name| observed.logins.contains_key(&name.to_lowercase()))
    {
        if is_made(&ids.login(name)) {
            plan.push(Action::DeleteLogin(name.clone()), []);
            before.push(Action::DeleteLogin(name.clone()));
        }
    }
    let stay: Vec<&str> = stay
        .into_iter()
        .filter(|name| observed.domains.contains_key(*name))
        .map(|name| domain_title(name))
        .collect();
    if !stay.is_empty() {
        plan.notes
            .push(format!("Postern did not make {}: they stay, and what they are part of.", stay.join(", ")));
    }
    if observed.service.is_some() && is_made(ids.service()) && stay.is_empty() {
        plan.push(Action::DeleteService, before.iter().cloned());
    }
    if observed.email_service.is_some() && is_made(ids.email_service()) && stay.is_empty() {
        plan.push(Action::DeleteEmailService, before.iter().cloned());
    }
    if observed.group.is_some() && is_made(ids.group()) {
        plan.notes.push("The resource group stays: something else may be in it.".to_owned());
    }
    plan
}

/// Whether two places are the same: Azure writes them with and without blanks, and in any case.
fn same(one: &str, other: &str) -> bool {
    azure_types::communication::is_same_location(one, other)
}

#[cfg(test)]
mod tests;
