//! Whatever is desired and whatever is there: doing the plan makes the desired state come true, and nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};

use azure_types::communication::{VerificationState, VerificationStates};
use jiff::Timestamp;
use model::id::AccountId;
use model::infrastructure::{AZURE_MANAGED, DesiredLogin, DesiredSender, DnsWay, DomainOwner};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

const CLIENT: &str = "33333333-cccc-4333-8333-333333333333";

fn ids(infrastructure: &Infrastructure) -> ResourceIds {
    infrastructure.ids("22222222-bbbb-4222-8222-222222222222".parse().unwrap())
}

fn known() -> Known {
    Known { client: CLIENT.to_owned(), ..Known::default() }
}

fn verified() -> VerificationState {
    VerificationState { status: "Verified".into(), error_code: None }
}

/// What is there once a step is done.
fn after(action: &Action, infrastructure: &Infrastructure, observed: &mut Observed) {
    let ids = ids(infrastructure);
    let ready = || ObservedService {
        data_location: infrastructure.data_location.clone(),
        ..ObservedService::default()
    };
    match action {
        Action::Register => observed.is_registered = true,
        Action::Group => observed.group = Some(infrastructure.location.clone()),
        Action::EmailService => observed.email_service = Some(ready()),
        Action::Service => {
            let links = observed.service.take().map(|there| there.links).unwrap_or_default();
            observed.service = Some(ObservedService { links, ..ready() });
            observed.is_chosen = true;
        }
        Action::Access => observed.has_access = true,
        Action::Domain(name) => {
            let there = observed.domains.entry(name.clone()).or_default();
            let is_azures = infrastructure.domains[name].owner == DomainOwner::Azure;
            there.owner = infrastructure.domains[name].owner;
            there.progress = Progress::Ready;
            there.data_location.clone_from(&infrastructure.data_location);
            there.tracking = infrastructure.domains[name].tracking;
            there.address = if is_azures { "1.azurecomm.net".into() } else { name.clone() };
            there.senders.entry("donotreply".into()).or_insert(Some("DoNotReply".into()));
            if is_azures {
                let one = verified;
                there.states = VerificationStates { domain: one(), spf: one(), dkim: one(), dkim2: one() };
            }
        }
        Action::Track(name, wanted) => observed.domains.get_mut(name).unwrap().tracking = *wanted,
        Action::Dns(name, _) => observed.domains.get_mut(name).unwrap().dns = Some(true),
        Action::Ownership(name) => {
            let there = observed.domains.get_mut(name).unwrap();
            assert_eq!(there.dns, Some(true), "Azure is asked before the records are there");
            there.states.domain = verified();
        }
        Action::Records(name) => {
            let there = observed.domains.get_mut(name).unwrap();
            assert!(there.states.domain.is_verified(), "ownership comes first");
            there.states = VerificationStates {
                domain: verified(),
                spf: verified(),
                dkim: verified(),
                dkim2: verified(),
            };
        }
        Action::Link(name) => {
            assert!(observed.domains[name].is_verified(), "Azure links nothing else");
            observed.service.as_mut().unwrap().links.insert(ids.domain(name));
        }
        Action::Sender(name, key) => {
            let desired = infrastructure.domains[name].senders[key].display_name.clone();
            observed.domains.get_mut(name).unwrap().senders.insert(key.clone(), desired);
        }
        Action::Suppress(name, key) => {
            let desired = &infrastructure.domains[name].senders[key].suppressed;
            let all: BTreeSet<String> = desired.iter().map(|address| address.to_lowercase()).collect();
            observed.domains.get_mut(name).unwrap().suppressed.entry(key.clone()).or_default().extend(all);
        }
        Action::RemoveSender(name, key) => {
            observed.domains.get_mut(name).unwrap().senders.remove(key);
        }
        Action::Devices(name) => {
            let there = &observed.domains[name];
            let address = |key: &String| format!("{key}@{}", there.address).to_lowercase();
            let new: Vec<String> = there.senders.keys().map(address).collect();
            observed.local.extend(new);
        }
        Action::Login(name) => {
            let desired = &infrastructure.smtp_usernames[name];
            let client = desired.client.map_or_else(|| CLIENT.to_owned(), |client| client.to_string());
            observed.logins.insert(name.to_lowercase(), (desired.username.clone(), client));
        }
        Action::Unlink(name) => {
            observed.service.as_mut().unwrap().links.remove(&ids.domain(name));
        }
        Action::DeleteDomain(name) => {
            observed.domains.remove(name);
        }
        Action::DeleteLogin(name) => {
            observed.logins.remove(&name.to_lowercase());
        }
        Action::DeleteService => observed.service = None,
        Action::DeleteEmailService => observed.email_service = None,
        Action::RemoveDns(_) => {}
    }
}

/// Does a plan in its order, and requires that each step stands behind those that it needs.
fn carry_out(plan: &Plan, infrastructure: &Infrastructure, observed: &mut Observed) {
    let planned: BTreeSet<String> = plan.steps.iter().map(Step::key).collect();
    assert_eq!(planned.len(), plan.steps.len(), "a step stands there twice");
    let mut done = BTreeSet::new();
    for step in &plan.steps {
        let open = |key: &&String| planned.contains(*key) && !done.contains(*key);
        assert_eq!(step.after.iter().chain(&step.behind).find(open), None, "before {}", step.key());
        after(&step.action, infrastructure, observed);
        done.insert(step.key());
    }
}

fn a_sender() -> impl Strategy<Value = DesiredSender> {
    let name = proptest::option::of(prop_oneof![Just("Contoso".to_owned()), Just("Other".to_owned())]);
    (name, vec("[a-c]@x\\.example", 0..2)).prop_map(|(display_name, suppressed)| DesiredSender {
        username: String::new(),
        display_name,
        suppressed,
    })
}

fn a_domain() -> impl Strategy<Value = DesiredDomain> {
    let senders = btree_map(prop_oneof![Just("donotreply".to_owned()), "[a-d]".boxed()], a_sender(), 0..4);
    (any::<bool>(), any::<bool>(), senders).prop_map(|(by_azure, tracking, mut senders)| {
        for (key, sender) in &mut senders {
            sender.username.clone_from(key);
        }
        let dns = if by_azure { DnsWay::Azure } else { DnsWay::Manual };
        DesiredDomain { dns, tracking, senders, ..DesiredDomain::default() }
    })
}

fn an_infrastructure() -> impl Strategy<Value = Infrastructure> {
    let domains = btree_map("[a-e]\\.example", a_domain(), 0..4);
    (domains, proptest::option::of(a_domain()), btree_map("[p-q]", Just(()), 0..2), any::<bool>()).prop_map(
        |(mut domains, azures, logins, access)| {
            if let Some(domain) = azures {
                let domain = DesiredDomain { owner: DomainOwner::Azure, dns: DnsWay::Manual, ..domain };
                domains.insert(AZURE_MANAGED.to_owned(), domain);
            }
            let login = |name: String| {
                let username = format!("{name}@a.example");
                (name, DesiredLogin { username, client: None })
            };
            Infrastructure {
                account: AccountId::from_bytes([1; 16]),
                group: "mail".into(),
                location: "westeurope".into(),
                data_location: "Europe".into(),
                service: "contoso".into(),
                email_service: "contoso".into(),
                access,
                domains,
                smtp_usernames: logins.into_keys().map(login).collect::<BTreeMap<_, _>>(),
                changed_at: Timestamp::UNIX_EPOCH,
            }
        },
    )
}

/// Something that was made for another desired state, and then half of it forgotten.
fn something() -> impl Strategy<Value = Observed> {
    (an_infrastructure(), any::<u64>(), any::<u64>()).prop_map(|(infrastructure, kept, broken)| {
        let mut observed = Observed::default();
        let plan = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        for (number, step) in plan.steps.iter().enumerate() {
            // Only whole beginnings can have been: what a step needs was there.
            if number as u64 >= kept % 40 {
                break;
            }
            after(&step.action, &infrastructure, &mut observed);
        }
        for (number, there) in observed.domains.values_mut().enumerate() {
            if broken >> number & 1 == 1 && there.owner == DomainOwner::Customer {
                there.dns = Some(false);
                there.senders.remove("a");
            }
        }
        observed
    })
}

proptest! {
    #[test]
    fn the_plan_makes_the_desired_state_come_true(infrastructure in an_infrastructure(), mut observed in something()) {
        // What Azure gives and what the customer has do not become each other under one name.
        let first = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        carry_out(&first, &infrastructure, &mut observed);
        let second = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        prop_assert!(second.steps.is_empty(), "{:?}", second.steps);
        prop_assert!(second.problems.is_empty());
    }

    #[test]
    fn a_plan_that_was_broken_off_is_finished_by_the_next(
        infrastructure in an_infrastructure(),
        mut observed in something(),
        count in 0_usize..40,
    ) {
        let first = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        for step in first.steps.iter().take(count) {
            after(&step.action, &infrastructure, &mut observed);
        }
        let second = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        carry_out(&second, &infrastructure, &mut observed);
        prop_assert!(plan(&infrastructure, &ids(&infrastructure), &observed, &known()).steps.is_empty());
    }

    #[test]
    fn a_target_takes_along_what_it_needs_and_nothing_else(infrastructure in an_infrastructure(), mut observed in something()) {
        let Some(target) = infrastructure.domains.keys().next().cloned() else { return Ok(()) };
        let mut narrow = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        narrow.narrow(std::slice::from_ref(&target));
        for step in &narrow.steps {
            prop_assert!(step.action.domain().is_none_or(|domain| domain == target), "{}", step.key());
        }
        carry_out(&narrow, &infrastructure, &mut observed);
        let mut again = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        again.narrow(&[target]);
        prop_assert!(again.steps.is_empty(), "{:?}", again.steps);
    }

    #[test]
    fn the_way_back_leaves_nothing_of_ours(infrastructure in an_infrastructure(), mut observed in something()) {
        let first = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
        carry_out(&first, &infrastructure, &mut observed);
        let mut known = known();
        let ids = ids(&infrastructure);
        let mut made: Vec<ResourceId> = infrastructure.domains.keys().map(|name| ids.domain(name)).collect();
        made.extend(infrastructure.smtp_usernames.keys().map(|name| ids.login(name)));
        made.extend([ids.service().clone(), ids.email_service().clone()]);
        known.made = made.into_iter().map(|id| id.to_string().to_lowercase()).collect();
        let others = observed.domains.keys().filter(|name| !infrastructure.domains.contains_key(*name)).count();
        let back = destruction(&infrastructure, &ids, &observed, &BTreeSet::new(), &known);
        carry_out(&back, &infrastructure, &mut observed);
        prop_assert!(infrastructure.domains.keys().all(|name| !observed.domains.contains_key(name)));
        // What somebody else made there keeps what it is part of.
        prop_assert_eq!(observed.service.is_none(), others == 0);
    }
}

#[test]
fn what_was_made_here_and_is_no_longer_desired_is_taken_away_and_the_rest_is_left_alone() {
    let mut infrastructure = Infrastructure {
        account: AccountId::from_bytes([1; 16]),
        group: "mail".into(),
        location: "westeurope".into(),
        data_location: "Europe".into(),
        service: "contoso".into(),
        email_service: "contoso".into(),
        access: false,
        domains: BTreeMap::from([("a.example".to_owned(), DesiredDomain::default())]),
        smtp_usernames: BTreeMap::new(),
        changed_at: Timestamp::UNIX_EPOCH,
    };
    let mut observed = Observed::default();
    let first = plan(&infrastructure, &ids(&infrastructure), &observed, &known());
    carry_out(&first, &infrastructure, &mut observed);
    let there = observed.domains.get_mut("a.example").unwrap();
    there.senders.extend([("ours".to_owned(), None), ("theirs".to_owned(), None)]);
    observed.local.extend(["ours@a.example".to_owned(), "theirs@a.example".to_owned()]);
    let mut known = known();
    known.made.insert(ids(&infrastructure).sender("a.example", "ours").to_string().to_lowercase());
    let keys = |plan: &Plan| plan.steps.iter().map(Step::key).collect::<Vec<_>>();
    let planned = plan(&infrastructure, &ids(&infrastructure), &observed, &known);
    assert_eq!(keys(&planned), ["remove-sender/a.example/ours", "devices/a.example"]);

    infrastructure.data_location = "United States".into();
    let planned = plan(&infrastructure, &ids(&infrastructure), &observed, &known);
    assert_eq!(planned.problems.len(), 3, "{:?}", planned.problems);
    infrastructure.data_location = "europe".into();
    infrastructure.domains.clear();
    let planned = plan(&infrastructure, &ids(&infrastructure), &observed, &known);
    assert_eq!((planned.steps.len(), planned.notes.len()), (0, 1));
}
