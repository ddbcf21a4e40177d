//! From a domain name to a sender that sends, whatever happens on the way.

use api::domains::DomainState;
use api::infrastructure::adopted::{Adopt, AdoptScope};
use api::infrastructure::manifest::{DomainManifest, Manifest, SenderManifest};
use api::infrastructure::progress::{Applied, ApplyEvent};
use azure_types::permission::Permission;
use control::{AuthenticationMethod, Control, NewAccount, NewDnsProvider};
use e2e::{World, add_domain, message};
use model::account::Concurrency;
use model::azure::TransportChoice;
use model::delivery::SendState;
use model::quota::Quota;
use provisioning::NewDomain;
use tokio::sync::mpsc::unbounded_channel;
use twin::state::dns::{Record, Zone};
use twin::{Effect, InjectedFault, Operation};

const ACCOUNT: &str = "contoso";

fn desired(dns: Option<&str>, senders: &[&str]) -> DomainManifest {
    let senders = senders.iter().map(|one| SenderManifest::Plain((*one).to_owned())).collect();
    DomainManifest { dns: dns.map(str::to_owned), senders, ..DomainManifest::default() }
}

async fn apply(world: &World, control: &Control) -> Applied {
    world.drive(e2e::apply(control, ACCOUNT, None)).await.unwrap()
}

async fn must_be_done(world: &World, control: &Control) {
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    assert!(plan.steps.is_empty() && plan.problems.is_empty(), "{plan:#?}");
    let status = control.provisioning().domain_statuses(ACCOUNT).await.unwrap();
    assert!(status.iter().all(|one| one.state == DomainState::Ready), "{status:#?}");
    let _ = world;
}

/// A device sends from an address, and the mail arrives.
async fn must_send(world: &World, from: &str) {
    let text = String::from_utf8(message("It works", "you@example.com", "Hello")).unwrap();
    let text = text.replace("scanner@contoso.example", from);
    let id = world.submit_from(from, &["you@example.com"], text.as_bytes()).await;
    world.drive(world.until(id, &[SendState::Sent])).await;
    assert_eq!(world.captured_for("you@example.com").len(), 1);
}

/// Writes what the plan says by hand.
async fn write_by_hand(world: &World, control: &Control, domain: &str) {
    let status = control.provisioning().domain_status(ACCOUNT, domain).await.unwrap();
    world.twin.backend().change_state(|state| {
        let zone = state.zones.iter_mut().find(|zone| zone.name == domain).unwrap();
        for row in status.rows.iter().filter(|row| !row.required.is_empty() && row.verdict != "right") {
            zone.records.push(Record {
                id: format!("{} {}", row.kind, row.name),
                name: row.name.clone(),
                kind: row.kind.clone(),
                value: row.required.clone(),
                ttl: 300,
                ..Record::default()
            });
        }
    });
}

#[tokio::test]
async fn a_domain_in_azure_dns_is_ready_after_one_apply_and_its_sender_sends() {
    let world = World::start().await;
    let control = world.control();
    add_domain(&control, "northwind.example", desired(Some("azure"), &["noreply", "alerts"])).await;
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    must_be_done(&world, &control).await;
    must_send(&world, "noreply@northwind.example").await;
    world.finish().await;
}

#[tokio::test]
async fn a_domain_whose_records_a_person_writes_waits_for_that_person() {
    let world = World::start().await;
    let control = world.control();
    world.twin.backend().change_state(|state| {
        state.zones.push(Zone { name: "tailspin.example".into(), ..Zone::default() });
    });
    add_domain(&control, "tailspin.example", desired(None, &["noreply"])).await;
    let applied = apply(&world, &control).await;
    assert!(applied.only_pending(), "{applied:#?}");
    let status = control.provisioning().domain_status(ACCOUNT, "tailspin.example").await.unwrap();
    assert_eq!(status.state, DomainState::DnsNeeded, "{status:#?}");
    write_by_hand(&world, &control, "tailspin.example").await;
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    must_be_done(&world, &control).await;
    world.finish().await;
}

#[tokio::test]
async fn an_apply_that_is_killed_anywhere_is_finished_by_the_next() {
    let mut killed_at = 0;
    loop {
        let world = World::start().await;
        let control = world.control();
        add_domain(&control, "northwind.example", desired(Some("azure"), &["noreply"])).await;
        let before = world.twin.backend().state().domains.len();
        let is_whole = {
            let (events, mut heard) = unbounded_channel();
            let applying = e2e::apply(&control, ACCOUNT, Some(events));
            let killed = async {
                let mut count = 0;
                while let Some(event) = heard.recv().await {
                    count += usize::from(!matches!(
                        event,
                        ApplyEvent::Planned { .. } | ApplyEvent::Progress { .. }
                    ));
                    if count > killed_at {
                        return;
                    }
                }
                std::future::pending::<()>().await;
            };
            world
                .drive(async {
                    tokio::select! {
                        biased;
                        () = killed => false,
                        applied = applying => applied.unwrap().is_complete(),
                    }
                })
                .await
        };
        let applied = apply(&world, &control).await;
        assert!(applied.is_complete(), "killed at {killed_at}: {applied:#?}");
        must_be_done(&world, &control).await;
        {
            let twin = world.twin.backend().state();
            assert_eq!(twin.domains.len(), before + 1);
            let zone = twin.zones.iter().find(|zone| zone.name == "northwind.example").unwrap();
            assert_eq!(zone.records.len(), 4, "killed at {killed_at}: {:#?}", zone.records);
        }
        world.finish().await;
        if is_whole {
            break;
        }
        killed_at += 1;
    }
    assert!(killed_at >= 13, "only {killed_at} places to be killed at");
}

#[tokio::test]
async fn an_apply_that_is_killed_after_any_call_and_before_its_answer_is_finished_by_the_next() {
    for call in 1.. {
        let world = World::start().await;
        let control = world.control();
        add_domain(&control, "northwind.example", desired(Some("azure"), &["noreply"])).await;
        let before = world.twin.backend().state().domains.len();
        let (effect, one_in) = (Effect::DoneButUnanswered, Some(call));
        world.twin.backend().arm(InjectedFault { operation: Operation::Arm, effect, times: Some(1), one_in });
        let (events, mut heard) = unbounded_channel();
        let applying = e2e::apply(&control, ACCOUNT, Some(events));
        let killed = async {
            while let Some(event) = heard.recv().await {
                if matches!(&event, ApplyEvent::Progress { message, .. } if message.contains("trying again"))
                {
                    return;
                }
            }
            std::future::pending::<()>().await;
        };
        let is_whole = world
            .drive(async {
                tokio::select! {
                    biased;
                    () = killed => false,
                    // While it still looks around nothing is begun.
                    applied = applying => applied.is_ok_and(|applied| applied.is_complete()),
                }
            })
            .await;
        world.twin.backend().disarm();
        let applied = apply(&world, &control).await;
        assert!(applied.is_complete(), "killed after call {call}: {applied:#?}");
        must_be_done(&world, &control).await;
        assert_eq!(world.twin.backend().state().domains.len(), before + 1);
        let records = records(&world, "northwind.example");
        assert_eq!(records, 4, "killed after call {call}");
        world.finish().await;
        // Some looks may fail without an apply coming to an end: all calls of a whole one are tried.
        if is_whole && call > 40 {
            break;
        }
    }
}

fn records(world: &World, zone: &str) -> usize {
    let twin = world.twin.backend().state();
    twin.zones.iter().find(|one| one.name == zone).unwrap().records.len()
}

#[tokio::test]
async fn everything_is_made_from_nothing_and_taken_away_again() {
    let world = World::start().await;
    let control = world.control();
    let manifest: Manifest = toml::from_str(
        r#"
        resource_group = "fresh"
        service = "fresh-mail"
        access = true
        [domain.azure]
        senders = ["hello"]
        [domain."northwind.example"]
        dns = "azure"
        dmarc = "v=DMARC1; p=none"
        tracking = true
        senders = ["alerts", { username = "NoReply", display_name = "Northwind", suppressed = ["no@example.com"] }]
        [smtp_username.printer]
        username = "printer@northwind.example"
        "#,
    )
    .unwrap();
    control.provisioning().set_infrastructure(ACCOUNT, manifest).await.unwrap();
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    must_be_done(&world, &control).await;
    must_send(&world, "noreply@northwind.example").await;

    let back = world.drive(e2e::destroy(&control, ACCOUNT, &[], None)).await.unwrap();
    assert!(back.is_complete(), "{back:#?}");
    {
        let twin = world.twin.backend().state();
        assert!(twin.service("fresh-mail").is_none());
        assert!(twin.domains.iter().all(|domain| domain.resource_group != "fresh"));
        let zone = twin.zones.iter().find(|zone| zone.name == "northwind.example").unwrap();
        assert!(zone.records.is_empty(), "{:#?}", zone.records);
    }
    world.finish().await;
}

#[tokio::test]
async fn what_is_there_is_adopted_without_a_change_planned() {
    let world = World::start().await;
    let control = world.control();
    let adopted = control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap();
    assert_eq!((adopted.domains, adopted.senders), (2, 2), "{adopted:#?}");
    must_be_done(&world, &control).await;
    world.finish().await;
}

#[tokio::test]
async fn cloudflare_is_written_as_azure_dns_is() {
    let world = World::start().await;
    let control = world.control();
    let new = NewDnsProvider {
        name: "cf".into(),
        kind: "cloudflare".into(),
        token: "twin-cloudflare-token".into(),
        base_url: Some(format!("{}/client/v4", world.twin.ready().url)),
        ca_pem: Some(std::fs::read_to_string(&world.twin.ready().ca).unwrap()),
    };
    control.add_dns_provider(new).await.unwrap();
    add_domain(&control, "fabrikam.example", desired(Some("cf"), &["noreply"])).await;
    add_domain(&control, "mail.adatum.example", desired(Some("cf"), &["noreply"])).await;
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    must_be_done(&world, &control).await;
    let domains = ["mail.adatum.example".to_owned()];
    let back = world.drive(e2e::destroy(&control, ACCOUNT, &domains, None)).await.unwrap();
    assert!(back.is_complete(), "{back:#?}");
    assert_eq!((records(&world, "fabrikam.example"), records(&world, "adatum.example")), (4, 0));
    world.finish().await;
}

#[tokio::test]
async fn a_sender_that_is_no_longer_desired_is_deleted_at_azure() {
    let world = World::start().await;
    let control = world.control();
    control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap();
    control.provisioning().forget_sender(ACCOUNT, "Scanner@contoso.example").await.unwrap();
    apply(&world, &control).await;
    must_be_done(&world, &control).await;
    assert!(!world.twin.backend().state().domains[0].has_sender("scanner"));
    let account = control.account(ACCOUNT).unwrap();
    let directory = world.server().store.directory();
    let mailbox = "scanner@contoso.example".parse().unwrap();
    assert!(directory.sender(account.id, &mailbox).is_none());
    world.finish().await;
}

#[tokio::test]
async fn an_app_that_may_give_roles_gives_itself_the_smallest_that_sends() {
    let world = World::start().await;
    let control = world.control();
    let mut manifest = control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap().manifest;
    world.twin.backend().change_state(|state| {
        state.assignments.clear();
        let principal = state.tenants[0].apps[0].principal.unwrap();
        let permission = Permission {
            actions: vec!["*".into()],
            not_actions: vec!["Microsoft.Communication/EmailServices/Write".into()],
            ..Permission::default()
        };
        state.grant(principal, &format!("/subscriptions/{}", world.twin.ready().subscription_id), permission);
    });
    manifest.access = true;
    control.provisioning().set_infrastructure(ACCOUNT, manifest).await.unwrap();
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    assert_eq!(plan.steps.iter().map(|step| step.key.as_str()).collect::<Vec<_>>(), ["access"]);
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    // Until everybody in Azure knows of it.
    world.clock.advance(std::time::Duration::from_secs(60));
    must_be_done(&world, &control).await;
    must_send(&world, "noreply@contoso.example").await;
    let (roles, assignments) = {
        let twin = world.twin.backend().state();
        (twin.custom_roles.len(), twin.assignments.len())
    };
    // Once more changes nothing: ids follow from the service.
    apply(&world, &control).await;
    let twin = world.twin.backend().state().clone();
    assert_eq!((twin.custom_roles.len(), twin.assignments.len()), (roles, assignments));
    world.finish().await;
}

/// An account of the same app in the same subscription: it has a service of its own.
async fn connect(world: &World, control: &Control, name: &str) {
    let ready = world.twin.ready();
    let new = NewAccount {
        name: name.to_owned(),
        tenant_id: ready.tenant_id.to_string(),
        client_id: ready.client_id.to_string(),
        authentication: AuthenticationMethod::ClientSecret(ready.client_secret.clone().into()),
        expires_at: None,
        subscription_id: ready.subscription_id.to_string(),
        service: None,
        endpoint: None,
        cloud: world.cloud(),
        transport: TransportChoice::Auto,
        quota: Quota::CUSTOM_DOMAIN,
        concurrency: Concurrency::default(),
    };
    control.add_account(new).await.unwrap();
}

/// Many domains with many senders, as somebody brings them who leaves another provider. Azure links a hundred domains
/// to a service.
async fn provision_many(services: usize, domains: usize, senders: usize) {
    let world = World::start().await;
    let control = world.control();
    let name = |service: usize, domain: usize| format!("d{domain}.s{service}.example");
    world.twin.backend().change_state(|state| {
        let home = state.zones.iter().find(|zone| zone.name == "northwind.example").unwrap().home.clone();
        for (service, domain) in (0..services).flat_map(|one| (0..domains).map(move |other| (one, other))) {
            let name = name(service, domain);
            state.zones.push(Zone { id: name.clone(), name, home: home.clone(), ..Zone::default() });
        }
    });
    let names: Vec<String> = (0..senders).map(|number| format!("s{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for service in 0..services {
        connect(&world, &control, &format!("many{service}")).await;
        let manifest = Manifest {
            resource_group: Some("many".into()),
            service: Some(format!("many-{service}")),
            domain: (0..domains)
                .map(|domain| (name(service, domain), desired(Some("azure"), &names)))
                .collect(),
            ..Manifest::default()
        };
        control.provisioning().set_infrastructure(&format!("many{service}"), manifest).await.unwrap();
    }
    let begun = world.clock.now();
    let accounts: Vec<String> = (0..services).map(|service| format!("many{service}")).collect();
    let applies = accounts.iter().map(|account| e2e::apply(&control, account, None));
    for applied in world.drive(futures_util::future::join_all(applies)).await {
        let applied = applied.unwrap();
        assert!(applied.is_complete(), "{:#?}", applied.open.first());
    }
    let took = world.clock.now().duration_since(begun);
    let calls = world.twin.backend().arm_calls();
    let of = |kind: &str| calls.get(kind).copied().unwrap_or(0) as usize;
    let all = of("reads") + of("writes") + of("deletes");
    // Each domain is made, asked about four times, and has four records written into its zone; each sender is
    // made; domains are linked together.
    let count = services * domains;
    let least = count * (1 + 4 + 4) + count * senders;
    println!(
        "{count} domains with {senders} senders each: {all} calls ({calls:?}), {:.1} for each domain where {:.1} \
         writes are the least, {} s",
        all as f64 / count as f64,
        least as f64 / count as f64,
        took.as_secs()
    );
    assert!(of("writes") <= least + count + 10 * services, "{calls:?} where {least} writes are the least");
    for account in &accounts {
        let plan = control.provisioning().plan(account, &[], None).await.unwrap();
        assert!(plan.steps.is_empty() && plan.problems.is_empty(), "{plan:#?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn more_domains_than_a_service_may_have_are_a_problem_and_not_a_surprise() {
    let world = World::start().await;
    let control = world.control();
    let domain = |number: usize| (format!("d{number}.example"), DomainManifest::default());
    let manifest = Manifest { domain: (0..101).map(domain).collect(), ..Manifest::default() };
    let plan = control.provisioning().plan(ACCOUNT, &[], Some(manifest)).await.unwrap();
    assert!(plan.problems.iter().any(|problem| problem.contains("links 100 at most")), "{:?}", plan.problems);
    world.finish().await;
}

#[tokio::test]
async fn many_domains_take_few_calls() {
    provision_many(2, 5, 10).await;
}

#[tokio::test]
#[ignore = "takes minutes; docs/performance.md has the measurements"]
async fn two_hundred_domains_with_fifty_senders_each() {
    provision_many(2, 100, 50).await;
}

fn spf(world: &World) -> Vec<String> {
    let twin = world.twin.backend().state();
    let zone = twin.zones.iter().find(|zone| zone.name == "northwind.example").unwrap();
    let records = zone.records.iter().filter(|record| record.value.starts_with("v=spf1"));
    records.map(|record| record.value.clone()).collect()
}

/// Entries about restoring `~all` in an SPF record.
async fn restores(world: &World) -> usize {
    world.get("/v1/audit").await.to_string().matches("spf.restore").count()
}

#[tokio::test]
async fn an_spf_record_of_somebody_else_is_changed_as_it_was_approved_and_comes_back() {
    const BEFORE: &str = "v=spf1 include:_spf.other.example ~all";
    const MERGED: &str = "v=spf1 include:_spf.other.example include:spf.protection.outlook.com -all";
    let world = World::start().await;
    let control = world.control();
    let put = |value: &str| {
        world.twin.backend().change_state(|state| {
            let zone = state.zones.iter_mut().find(|zone| zone.name == "northwind.example").unwrap();
            zone.records.retain(|record| !record.value.starts_with("v=spf1"));
            zone.records.push(Record::new("TXT", "northwind.example", value));
        });
    };
    put(BEFORE);
    add_domain(&control, "northwind.example", desired(Some("azure"), &[])).await;
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let dns = plan.steps.iter().find(|step| step.key == "dns/northwind.example").unwrap();
    assert!(dns.details.iter().any(|line| line.contains(MERGED) && line.contains(BEFORE)), "{dns:#?}");

    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    assert_eq!(spf(&world), [MERGED]);
    must_be_done(&world, &control).await;
    let status = control.provisioning().domain_status(ACCOUNT, "northwind.example").await.unwrap();
    assert_eq!(status.commands, ["postern spf restore northwind.example"]);
    assert_eq!(restores(&world).await, 0);
    let restored =
        world.drive(control.provisioning().restore_spf(ACCOUNT, "northwind.example")).await.unwrap();
    assert_eq!(restores(&world).await, 1);
    world.drive(control.provisioning().restore_spf(ACCOUNT, "northwind.example")).await.unwrap_err();
    assert_eq!(restores(&world).await, 1, "what is not done is not entered");
    assert_eq!(restored, MERGED.replace("-all", "~all"));
    assert_eq!(spf(&world), std::slice::from_ref(&restored));
    must_be_done(&world, &control).await;
    // Once Azure has verified the domain, a soft end is right.
    let spf_row = async || {
        let status = control.provisioning().domain_status(ACCOUNT, "northwind.example").await.unwrap();
        let row = status.rows.iter().find(|row| row.part == "SPF").cloned().unwrap();
        (status, row)
    };
    let (status, row) = spf_row().await;
    assert_eq!((row.verdict.as_str(), row.proposal, status.commands), ("right", None, Vec::<String>::new()));
    let back =
        world.drive(e2e::destroy(&control, ACCOUNT, &["northwind.example".to_owned()], None)).await.unwrap();
    assert!(back.is_complete(), "{back:#?}");
    assert_eq!(spf(&world), [BEFORE]);
    assert_eq!(records(&world, "northwind.example"), 1);
    world.finish().await;
}

#[tokio::test]
async fn two_who_link_do_not_undo_each_other() {
    let world = World::start().await;
    let control = world.control();
    add_domain(&control, "northwind.example", desired(Some("azure"), &[])).await;
    let (events, mut heard) = unbounded_channel();
    let other = async {
        while let Some(event) = heard.recv().await {
            // Somebody else links another domain while ours is verified.
            if matches!(&event, ApplyEvent::Ended { key, .. } if key == "records/northwind.example") {
                world.twin.backend().change_state(|state| state.link("contoso-mail", "unlinked.example"));
            }
        }
    };
    let applying = async { e2e::apply(&control, ACCOUNT, Some(events)).await.unwrap() };
    let (applied, ()) = world.drive(async { tokio::join!(applying, other) }).await;
    assert!(applied.is_complete(), "{applied:#?}");
    let links = world.twin.backend().state().service("contoso-mail").unwrap().linked_domains.clone();
    for name in ["contoso.example", "northwind.example", "unlinked.example"] {
        assert!(links.iter().any(|link| link.to_lowercase().ends_with(name)), "{links:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_name_that_is_taken_is_told_with_others_that_are_free() {
    let world = World::start().await;
    let control = world.control();
    let manifest = Manifest {
        resource_group: Some("another".into()),
        service: Some("contoso-mail".into()),
        ..Manifest::default()
    };
    control.provisioning().set_infrastructure(ACCOUNT, manifest).await.unwrap();
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let [problem] = &plan.problems[..] else { panic!("{plan:#?}") };
    assert!(
        problem
            .contains("the name contoso-mail for the communication service: Resource name already exists.")
            && problem.contains("contoso-mail-"),
        "{problem}"
    );
    assert_eq!(
        control.provisioning().plan(ACCOUNT, &[], None).await.unwrap(),
        plan,
        "a plan is the same whenever it is made"
    );
    let error = world.drive(e2e::apply(&control, ACCOUNT, None)).await.unwrap_err();
    assert!(error.to_string().contains("nothing was made"), "{error}");
    assert!(!world.twin.backend().state().groups.iter().any(|group| group.name == "another"));
    world.finish().await;
}

/// Not into a new group, where a service of the same name would be refused.
#[tokio::test]
async fn a_first_domain_goes_where_the_imported_service_is() {
    let world = World::start().await;
    let control = world.control();
    control
        .provisioning()
        .adopt(ACCOUNT, &Adopt { scope: AdoptScope::Senders, ..Adopt::default() })
        .await
        .unwrap();
    let manifest = desired(Some("azure"), &[]);
    let new = NewDomain { name: "northwind.example".into(), manifest, infrastructure: Manifest::default() };
    let desired = control.provisioning().add_domain(ACCOUNT, new).await.unwrap();
    assert_eq!((desired.group.as_str(), desired.email_service.as_str()), ("mail", "contoso-email"));
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let made = ["group", "service", "email-service"];
    assert!(plan.steps.iter().all(|step| !made.contains(&step.key.as_str())), "{plan:#?}");
    assert!(apply(&world, &control).await.is_complete());
    world.finish().await;
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_by_the_plan_before_anything_is_made() {
    const RIGHT: &str = "Microsoft.Communication/EmailServices/Domains/Write";
    let world = World::start().await;
    let control = world.control();
    add_domain(&control, "northwind.example", desired(Some("azure"), &[])).await;
    world.twin.backend().change_state(|state| {
        state.assignments.clear();
        let principal = state.tenants[0].apps[0].principal.unwrap();
        let permission = Permission {
            actions: vec!["*".into()],
            not_actions: vec![RIGHT.into()],
            ..Permission::default()
        };
        state.grant(principal, &format!("/subscriptions/{}", world.twin.ready().subscription_id), permission);
    });
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let said = plan.problems.join(" ");
    assert!(said.contains(RIGHT) && said.contains("subscription's owner"), "{said}");
    assert!(said.contains("postern account verify contoso"), "{said}");
    let before = world.twin.backend().state().domains.len();
    let error = world.drive(e2e::apply(&control, ACCOUNT, None)).await.unwrap_err();
    assert!(error.to_string().contains("cannot succeed"), "{error}");
    assert_eq!(world.twin.backend().state().domains.len(), before);
    world.finish().await;
}
