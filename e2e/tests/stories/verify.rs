//! One thing is broken at Azure: verify names exactly that one, and nothing once it is fixed.

use std::cell::RefCell;
use std::time::Duration;

use api::verification::{ActionOwner, Finding, Outcome, Report, Verdict};
use azure_types::arm::SubscriptionState;
use azure_types::permission::Permission;
use control::verify::Repair;
use control::{AccountChange, AuthenticationMethod, NewAccount, NewSender};
use e2e::World;
use jiff::SignedDuration;
use model::account::Concurrency;
use model::azure::TransportChoice;
use provisioning::role::smallest_role;
use twin::state::{Assignment, roles};
use twin::{Effect, InjectedFault, Operation};
use uuid::Uuid;

const ACCOUNT: &str = "contoso";
const OTHER: &str = "99999999-9999-4999-8999-999999999999";

/// The account as Azure has it now, some time after it was connected.
async fn verify(world: &World) -> Report {
    world.control().verify(ACCOUNT, Repair::Nothing, None).await.unwrap()
}

/// What is wrong, by code.
fn wrong(report: &Report) -> Vec<&str> {
    let is_wrong = |finding: &&Finding| finding.outcome >= Outcome::Warning;
    report.findings.iter().filter(is_wrong).map(|finding| finding.code.as_str()).collect()
}

async fn world() -> World {
    let world = World::start().await;
    // A secret that was just set is given more patience.
    world.clock.advance(Duration::from_secs(900));
    world
}

fn twin(world: &World, change: impl FnOnce(&mut twin::state::State)) {
    world.twin.backend().change_state(change);
}

async fn edit(world: &World, change: AccountChange) {
    world.control().change_account(ACCOUNT, change).await.unwrap();
}

/// Breaks one thing, looks, mends it, looks again.
async fn names_exactly(
    code: &str,
    breaks: impl AsyncFnOnce(&World),
    mends: impl AsyncFnOnce(&World),
) -> Finding {
    let world = world().await;
    breaks(&world).await;
    let broken = verify(&world).await;
    assert_eq!(wrong(&broken), [code], "{broken:#?}");
    mends(&world).await;
    let fixed = verify(&world).await;
    assert_eq!(fixed.verdict, Verdict::Ready, "after {code}: {fixed:#?}");
    world.finish().await;
    broken.findings.into_iter().find(|finding| finding.code == code).unwrap()
}

fn commands(finding: &Finding) -> String {
    finding.fix.as_ref().map(|fix| fix.commands.join("\n")).unwrap_or_default()
}

fn answer(operation: Operation, status: u16, code: &str) -> InjectedFault {
    let effect = Effect::Answer { status, code: code.into(), message: "on demand".into(), retry_after: None };
    InjectedFault { operation, effect, times: None, one_in: None }
}

fn hang(operation: Operation) -> InjectedFault {
    InjectedFault { operation, effect: Effect::Hang, times: None, one_in: None }
}

async fn disarm(world: &World) {
    world.twin.backend().disarm();
}

#[tokio::test]
async fn a_whole_account_is_ready() {
    let world = world().await;
    let report = verify(&world).await;
    assert_eq!(report.verdict, Verdict::Ready, "{report:#?}");
    let service = &report.services[0];
    assert_eq!((service.name.as_str(), service.domains.len()), ("contoso-mail", 2));
    assert_eq!(service.smtp_usernames, ["printers@contoso.example"]);
    assert!(service.domains[0].senders.iter().any(|one| one.display_name.as_deref() == Some("Scanner")));
    let lacking: Vec<&str> =
        report.capabilities.iter().filter(|row| !row.granted).map(|row| row.capability.as_str()).collect();
    assert_eq!(lacking, ["storage"]);
    let last = world.control().last_report(&world.control().account(ACCOUNT).unwrap()).await.unwrap();
    assert_eq!(last, Some(report));
    world.finish().await;
}

#[tokio::test]
async fn a_secret_that_is_gone() {
    let finding = names_exactly(
        "authentication.secret_wrong",
        async |world| twin(world, |w| w.tenants[0].apps[0].secrets[0].value = "the~other~one".into()),
        async |world| {
            let secret = Some("the~other~one".into());
            edit(world, AccountChange { secret, ..AccountChange::default() }).await;
        },
    )
    .await;
    assert!(
        commands(&finding)
            .contains("az ad app credential reset --append --display-name postern --years 1 --id 33333333-"),
        "{finding:?}"
    );
}

#[tokio::test]
async fn a_secret_that_has_expired() {
    let finding = names_exactly(
        "authentication.secret_expired",
        async |world| {
            verify(world).await;
            let now = world.twin.backend().now();
            twin(world, |w| w.tenants[0].apps[0].secrets[0].expires_at = now - SignedDuration::from_hours(1));
        },
        async |world| {
            let now = world.twin.backend().now();
            twin(world, |w| {
                w.tenants[0].apps[0].secrets[0].expires_at = now + SignedDuration::from_hours(24 * 300);
            });
        },
    )
    .await;
    // The day is the one that Graph told while it still could.
    assert!(finding.message.contains("expired on 2029-"), "{finding:?}");
}

#[tokio::test]
async fn an_app_of_another_directory_or_without_a_principal() {
    let finding = names_exactly(
        "authentication.app_unknown",
        async |world| {
            edit(world, AccountChange { client_id: Some(OTHER.into()), ..AccountChange::default() }).await;
        },
        async |world| {
            let client_id = Some(world.twin.ready().client_id.to_string());
            edit(world, AccountChange { client_id, ..AccountChange::default() }).await;
        },
    )
    .await;
    assert_eq!(finding.owner, Some(ActionOwner::EntraAdministrator));
    let finding = names_exactly(
        "authentication.no_principal",
        async |world| twin(world, |w| w.tenants[0].apps[0].principal = None),
        async |world| {
            twin(world, |w| {
                let app = &mut w.tenants[0].apps[0];
                app.principal = Some(twin::state::App::principal_to_be(app.client));
            });
        },
    )
    .await;
    assert!(commands(&finding).contains("az ad sp create --id 33333333-"), "{finding:?}");
}

#[tokio::test]
async fn a_directory_that_does_not_exist() {
    names_exactly(
        "authentication.tenant_unknown",
        async |world| {
            edit(world, AccountChange { tenant_id: Some(OTHER.into()), ..AccountChange::default() }).await;
        },
        async |world| {
            // By its domain name, which Entra is asked about.
            let tenant_id = Some("contoso.example".to_owned());
            edit(world, AccountChange { tenant_id, ..AccountChange::default() }).await;
        },
    )
    .await;
}

#[tokio::test]
async fn entra_refuses_for_the_time_being() {
    for (status, code, expected, owner) in [
        (400, "53003", "authentication.policy", ActionOwner::EntraAdministrator),
        (401, "7000218", "authentication.nothing_shown", ActionOwner::You),
        (429, "", "authentication.throttled", ActionOwner::Wait),
        (503, "", "authentication.azure_in_trouble", ActionOwner::Microsoft),
    ] {
        let finding = names_exactly(
            expected,
            async |world| world.twin.backend().arm(answer(Operation::Token, status, code)),
            disarm,
        )
        .await;
        assert_eq!(finding.owner, Some(owner));
    }
}

#[tokio::test]
async fn a_subscription_in_a_bad_state() {
    for (state, expected) in [
        (SubscriptionState::Disabled, "subscription.disabled"),
        (SubscriptionState::Deleted, "subscription.deleted"),
        (SubscriptionState::Warned, "subscription.warned"),
        (SubscriptionState::PastDue, "subscription.past_due"),
    ] {
        names_exactly(
            expected,
            async |world| twin(world, |w| w.subscriptions[0].state = state),
            async |world| twin(world, |w| w.subscriptions[0].state = SubscriptionState::Enabled),
        )
        .await;
    }
}

#[tokio::test]
async fn a_subscription_that_is_not_there_or_not_ours() {
    let back = async |world: &World| {
        let subscription_id = Some(world.twin.ready().subscription_id.to_string());
        edit(world, AccountChange { subscription_id, ..AccountChange::default() }).await;
    };
    let elsewhere = || AccountChange { subscription_id: Some(OTHER.into()), ..AccountChange::default() };
    names_exactly("subscription.unknown", async |world| edit(world, elsewhere()).await, back).await;
    let finding = names_exactly(
        "subscription.other_tenant",
        async |world| {
            twin(world, |w| {
                let mut other = w.subscriptions[0].clone();
                (other.id, other.tenant) = (OTHER.parse().unwrap(), OTHER.parse().unwrap());
                w.subscriptions.push(other);
            });
            edit(world, elsewhere()).await;
        },
        back,
    )
    .await;
    assert!(finding.message.contains(OTHER), "{finding:?}");
}

#[tokio::test]
async fn an_app_without_any_role() {
    for hidden in [twin::state::HiddenSubscription::Forbidden, twin::state::HiddenSubscription::NotFound] {
        let kept = std::sync::Mutex::new(Vec::new());
        let finding = names_exactly(
            "subscription.no_access",
            async |world| {
                twin(world, |w| {
                    w.behaviour.hidden_subscription = hidden;
                    *kept.lock().unwrap() = std::mem::take(&mut w.assignments);
                });
            },
            async |world| twin(world, |w| w.assignments = std::mem::take(&mut kept.lock().unwrap())),
        )
        .await;
        assert!(commands(&finding).contains("az role assignment create --assignee 33333333-"), "{finding:?}");
    }
}

fn permission(actions: &[&str], not_actions: &[&str]) -> Permission {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Permission { actions: words(actions), not_actions: words(not_actions), ..Permission::default() }
}

#[tokio::test]
async fn one_missing_action_is_named_and_the_smallest_role_is_enough() {
    let grant = |world: &World, scope: &str, permission: Permission| {
        let scope = format!("/subscriptions/{}{scope}", world.twin.ready().subscription_id);
        twin(world, |w| {
            let principal = w.tenants[0].apps[0].principal.unwrap();
            w.grant(principal, &scope, permission);
        });
    };
    let finding = names_exactly(
        "permissions.missing",
        async |world| {
            twin(world, |w| w.assignments.clear());
            let all_but = ["Microsoft.Communication/EmailServices/Write"];
            grant(world, "", permission(&["*"], &all_but));
        },
        async |world| {
            // What verify proposed, at the group, and nothing else.
            let report = verify(world).await;
            let role = report.role.unwrap();
            assert!(role.assignable_scopes[0].ends_with("/resourceGroups/mail"));
            twin(world, |w| w.assignments.clear());
            let actions: Vec<&str> = role.actions.iter().map(String::as_str).collect();
            grant(world, "/resourceGroups/mail", permission(&actions, &[]));
        },
    )
    .await;
    assert!(finding.message.contains("lacks Microsoft.Communication/EmailServices/Write."), "{finding:?}");
    assert!(
        commands(&finding).contains("az role definition create --role-definition @postern-role.json"),
        "{finding:?}"
    );
}

#[tokio::test]
async fn a_role_that_was_just_assigned_is_waited_for() {
    let finding = names_exactly(
        "permissions.missing",
        async |world| {
            let now = world.twin.backend().now();
            twin(world, |w| {
                w.assignments.clear();
                let principal = w.tenants[0].apps[0].principal.unwrap();
                let scope = format!("/subscriptions/{}", w.subscriptions[0].id);
                // The first role lets it look, the second does not act yet.
                for (role, seconds) in [(roles::READER, 0), (roles::CONTRIBUTOR, 300)] {
                    w.assignments.push(Assignment {
                        id: Uuid::from_u128(seconds),
                        principal,
                        scope: scope.clone(),
                        role,
                        created_at: now - SignedDuration::from_secs(60),
                        active_at: now + SignedDuration::from_secs(i64::try_from(seconds).unwrap()),
                    });
                }
            });
        },
        async |world| world.clock.advance(Duration::from_secs(301)),
    )
    .await;
    assert_eq!(finding.owner, Some(ActionOwner::Wait));
}

#[tokio::test]
async fn a_provider_that_is_not_registered_is_registered_on_request() {
    names_exactly(
        "providers.not_registered",
        async |world| twin(world, |w| w.subscriptions[0].registrations.clear()),
        async |world| {
            let control = world.control();
            let fixing = tokio::spawn(async move { control.verify(ACCOUNT, Repair::Register, None).await });
            world.advance_slowly_until(Duration::from_secs(5), async || fixing.is_finished()).await;
            assert_eq!(wrong(&fixing.await.unwrap().unwrap()), [""; 0]);
        },
    )
    .await;
}

#[tokio::test]
async fn a_provider_that_may_not_be_looked_at_is_judged_by_what_its_services_say() {
    let kept = RefCell::new(Vec::new());
    let finding = names_exactly(
        "providers.not_registered",
        async |world| {
            twin(world, |w| {
                let principal = w.tenants[0].apps[0].principal.unwrap();
                let scope = format!("/subscriptions/{}", w.subscriptions[0].id);
                let actions = smallest_role(ACCOUNT, &scope).actions;
                w.assignments.clear();
                w.grant(principal, &scope, Permission { actions, ..Permission::default() });
                kept.replace(std::mem::take(&mut w.subscriptions[0].registrations));
            });
        },
        async |world| twin(world, |w| w.subscriptions[0].registrations = kept.take()),
    )
    .await;
    assert_eq!(finding.owner, Some(ActionOwner::SubscriptionOwner));
}

#[tokio::test]
async fn smtp_that_is_the_only_way_has_to_be_there() {
    let finding = names_exactly(
        "endpoint.smtp_unreachable",
        async |world| {
            edit(world, AccountChange { transport: Some(TransportChoice::Smtp), ..AccountChange::default() })
                .await;
            world.twin.backend().arm(hang(Operation::SmtpConnection));
        },
        disarm,
    )
    .await;
    assert_eq!(finding.outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_service_that_cannot_be_used() {
    names_exactly(
        "services.missing",
        async |world| twin(world, |w| w.services[0].name = "renamed".into()),
        async |world| twin(world, |w| w.services[0].name = "contoso-mail".into()),
    )
    .await;
    names_exactly(
        "services.network_closed",
        async |world| twin(world, |w| w.services[0].public_network_access = false),
        async |world| twin(world, |w| w.services[0].public_network_access = true),
    )
    .await;
    names_exactly(
        "services.no_domain",
        async |world| twin(world, |w| w.services[0].linked_domains.clear()),
        async |world| twin(world, |w| w.link("contoso-mail", "contoso.example")),
    )
    .await;
    let finding = names_exactly(
        "services.unverified_domain",
        async |world| twin(world, |w| w.domains[0].set_verified(false)),
        async |world| twin(world, |w| w.domains[0].set_verified(true)),
    )
    .await;
    assert!(finding.message.contains("Domain, SPF, DKIM, DKIM2"), "{finding:?}");
}

#[tokio::test]
async fn senders_that_azure_does_not_know() {
    let add = async |world: &World, mailbox: &str| {
        let new = NewSender { account: ACCOUNT.into(), mailbox: mailbox.into(), display_name: None };
        world.control().add_sender(new).await.unwrap();
    };
    names_exactly(
        "services.unknown_sender",
        async |world| add(world, "sales@contoso.example").await,
        async |world| {
            twin(world, |w| {
                let sender = twin::state::SenderUsername { username: "Sales".into(), display_name: None };
                w.domains[0].senders.push(sender);
            });
        },
    )
    .await;
    names_exactly(
        "services.domain_not_linked",
        async |world| add(world, "news@unlinked.example").await,
        async |world| twin(world, |w| w.link("contoso-mail", "unlinked.example")),
    )
    .await;
}

#[tokio::test]
async fn a_secret_whose_end_is_near_or_far_or_unknown() {
    let end = |world: &World, days: i64| {
        let at = world.twin.backend().now() + SignedDuration::from_hours(24 * days);
        twin(world, |w| w.tenants[0].apps[0].secrets[0].expires_at = at);
    };
    for (days, expected) in [(10, "secret.expires_soon"), (900, "secret.lives_long")] {
        let finding =
            names_exactly(expected, async |world| end(world, days), async |world| end(world, 300)).await;
        assert_eq!(commands(&finding), "postern account rotate contoso");
    }
    // The app may look, and not renew.
    let finding = names_exactly(
        "secret.expires_soon",
        async |world| {
            end(world, 10);
            twin(world, |w| w.tenants[0].apps[0].graph_roles = vec!["Application.Read.All".to_owned()]);
        },
        async |world| end(world, 300),
    )
    .await;
    assert_eq!(commands(&finding), "postern account rotate contoso --by-hand");
    names_exactly(
        "secret.expiry_unknown",
        async |world| twin(world, |w| w.tenants[0].apps[0].graph_roles.clear()),
        async |world| {
            let expires_at = Some(world.clock.now() + SignedDuration::from_hours(24 * 100));
            edit(world, AccountChange { expires_at, ..AccountChange::default() }).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_way_to_azure_that_is_blocked() {
    names_exactly(
        "endpoint.unreachable",
        async |world| world.twin.backend().arm(hang(Operation::HttpsConnection)),
        disarm,
    )
    .await;
    names_exactly(
        "endpoint.smtp_unreachable",
        async |world| world.twin.backend().arm(hang(Operation::SmtpConnection)),
        disarm,
    )
    .await;
}

#[tokio::test]
async fn a_service_that_is_not_where_the_account_says() {
    let world = world().await;
    let endpoint = Some("https://127.0.0.1:1".to_owned());
    edit(&world, AccountChange { endpoint, ..AccountChange::default() }).await;
    let broken = verify(&world).await;
    // That nobody answers there, and where Azure says that the service is.
    assert_eq!(wrong(&broken), ["endpoint.service_unreachable", "services.other_endpoint"], "{broken:#?}");
    let of = |code: &str| broken.findings.iter().find(|finding| finding.code == code).unwrap();
    assert_eq!(of("endpoint.service_unreachable").owner, Some(ActionOwner::You));
    let typed = commands(of("services.other_endpoint"));
    let url = world.twin.ready().url.clone();
    assert_eq!(typed, format!("postern account edit contoso --endpoint {url}"));
    edit(&world, AccountChange { endpoint: Some(url), ..AccountChange::default() }).await;
    let fixed = verify(&world).await;
    assert_eq!(fixed.verdict, Verdict::Ready, "{fixed:#?}");
    world.finish().await;
}

#[tokio::test]
async fn a_domain_that_may_not_be_seen_hides_nothing_else() {
    let world = world().await;
    // The list, the service, its usernames; then the first question about a domain.
    let mut hidden = answer(Operation::Arm, 403, "AuthorizationFailed");
    (hidden.one_in, hidden.times) = (Some(9), Some(1));
    world.twin.backend().arm(hidden);
    let report = verify(&world).await;
    let codes = wrong(&report);
    assert!(!codes.contains(&"services.missing") && !codes.contains(&"services.none"), "{report:#?}");
    world.finish().await;
}

#[tokio::test]
async fn a_clock_that_is_wrong() {
    let finding = names_exactly(
        "endpoint.clock_wrong",
        async |world| world.twin.backend().advance(SignedDuration::from_mins(10)),
        async |world| world.twin.backend().advance(SignedDuration::from_mins(-10)),
    )
    .await;
    assert!(finding.message.contains("600 seconds behind"), "{finding:?}");
}

#[tokio::test]
async fn azure_in_trouble_is_nobodys_fault_here() {
    let world = world().await;
    let control = world.control();
    world.twin.backend().arm(answer(Operation::Arm, 503, "ServerBusy"));
    let verifying =
        tokio::spawn(async move { control.verify(ACCOUNT, Repair::Nothing, None).await.unwrap() });
    world.advance_slowly_until(Duration::from_secs(10), async || verifying.is_finished()).await;
    let report = verifying.await.unwrap();
    assert_eq!(wrong(&report), ["subscription.azure_in_trouble"], "{report:#?}");
    world.finish().await;
}

#[tokio::test]
async fn a_new_secret_is_given_a_minute_to_get_around() {
    let world = world().await;
    let known_at = world.clock.now() + SignedDuration::from_secs(20);
    twin(&world, |w| {
        let secret = &mut w.tenants[0].apps[0].secrets[0];
        (secret.value, secret.known_at) = ("the~other~one".into(), known_at);
    });
    let secret = Some("the~other~one".into());
    edit(&world, AccountChange { secret, ..AccountChange::default() }).await;
    let control = world.control();
    let verifying =
        tokio::spawn(async move { control.verify(ACCOUNT, Repair::Nothing, None).await.unwrap() });
    world.advance_slowly_until(Duration::from_secs(5), async || verifying.is_finished()).await;
    assert_eq!(verifying.await.unwrap().verdict, Verdict::Ready);
    world.finish().await;
}

#[tokio::test]
async fn a_hundred_accounts_are_verified_side_by_side_within_what_azure_allows() {
    let world = world().await;
    let ready = world.twin.ready().clone();
    for number in 0..100 {
        let new = NewAccount {
            name: format!("account{number}"),
            tenant_id: ready.tenant_id.to_string(),
            client_id: ready.client_id.to_string(),
            authentication: AuthenticationMethod::ClientSecret(ready.client_secret.clone().into()),
            expires_at: None,
            subscription_id: ready.subscription_id.to_string(),
            service: Some("contoso-mail".into()),
            endpoint: Some(ready.url.clone()),
            cloud: world.cloud(),
            transport: TransportChoice::Rest,
            quota: world.control().account(ACCOUNT).unwrap().quota,
            concurrency: Concurrency::default(),
        };
        world.control().add_account(new).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(900));
    let control = world.control();
    let verifying = tokio::spawn(async move {
        let mut all = tokio::task::JoinSet::new();
        for number in 0..100 {
            let control = control.clone();
            all.spawn(
                async move { control.verify(&format!("account{number}"), Repair::Nothing, None).await },
            );
        }
        all.join_all().await
    });
    let began = world.clock.now();
    world.advance_slowly_until(Duration::from_secs(1), async || verifying.is_finished()).await;
    for report in verifying.await.unwrap() {
        let report = report.unwrap();
        assert_eq!(report.verdict, Verdict::Ready, "{report:#?}");
    }
    let seconds = world.clock.now().duration_since(began).as_secs();
    // 14 reads each, 250 at once and 25 a second after that.
    assert!((20..120).contains(&seconds), "{seconds}");
    world.finish().await;
}
