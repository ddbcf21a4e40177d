//! A client secret is renewed under flowing mail, however often somebody dies meanwhile.

use std::time::Duration;

use control::AccountChange;
use control::rotation::RotationTerms;
use control::watch::WatchSettings;
use e2e::{Setup, World, message};
use jiff::SignedDuration;
use model::delivery::SendState;
use model::rotation::{Rotation, Step};
use secrecy::ExposeSecret as _;
use store::{SecretName, SecretOwner};
use twin::state::ClientSecret;
use twin::{Effect, InjectedFault, Operation};

const ACCOUNT: &str = "contoso";
const DONE: [SendState; 2] = [SendState::Submitted, SendState::Sent];
const TERMS: RotationTerms = RotationTerms {
    life: SignedDuration::from_hours(24 * 180),
    grace: SignedDuration::from_hours(24),
    remove_old: true,
};

/// The app may look after its own registration, and after no other.
fn let_it_rotate(world: &World) {
    world.twin.backend().change_state(|state| {
        let app = &mut state.tenants[0].apps[0];
        app.graph_roles = vec!["Application.ReadWrite.OwnedBy".to_owned()];
        app.owners = app.principal.into_iter().collect();
    });
}

fn secrets(world: &World) -> Vec<ClientSecret> {
    world.twin.backend().state().tenants[0].apps[0].secrets.clone()
}

async fn rotation(world: &World) -> Rotation {
    world.control().rotation(ACCOUNT).await.unwrap().unwrap()
}

async fn secret_in_use(world: &World) -> String {
    let owner = SecretOwner::Account(world.control().account(ACCOUNT).unwrap().id);
    let secret = world.server().store.secrets().get(owner, SecretName::ClientSecret).await.unwrap();
    secret.expose_secret().to_owned()
}

/// Moves the clock until the rotation is at that step, or past it.
async fn until_step(world: &World, step: Step) {
    world.advance_slowly_until(Duration::from_secs(20), async || rotation(world).await.step >= step).await;
}

/// A message goes all the way, with a token that the secret in use has brought.
async fn mail_flows(world: &World, subject: &str) {
    // No token outlives two hours: what is sent now is sent with what works now.
    world.clock.advance(Duration::from_secs(7_200));
    let id = world.submit(&["a@example.com"], &message(subject, "a@example.com", "x")).await;
    world.until(id, &DONE).await;
}

#[tokio::test]
async fn mail_flows_through_a_rotation() {
    let world = World::start().await;
    let_it_rotate(&world);
    mail_flows(&world, "before").await;
    let old = secret_in_use(&world).await;
    let plan = world.control().plan_rotation(ACCOUNT, TERMS).await.unwrap();
    assert!(plan.steps[3].contains("delete the secret that begins with twi"), "{plan:?}");
    assert_eq!(secrets(&world).len(), 1, "a plan does nothing");

    world.control().begin_rotation(ACCOUNT, TERMS).await.unwrap();
    mail_flows(&world, "while it goes on").await;
    until_step(&world, Step::Switched).await;
    let new = secret_in_use(&world).await;
    assert_ne!(old, new);
    assert_eq!(secrets(&world).len(), 2, "both work");
    mail_flows(&world, "with both").await;

    world.clock.advance(Duration::from_secs(25 * 3_600));
    until_step(&world, Step::Done).await;
    assert_eq!(rotation(&world).await.step, Step::Done);
    let left = secrets(&world);
    assert_eq!((left.len(), left[0].value.as_str()), (1, new.as_str()));
    assert!(left[0].name.as_deref().unwrap().starts_with("Postern 20"), "{left:?}");
    mail_flows(&world, "after").await;
    let entries = world.server().store.audit().list(ACCOUNT.into(), None, 20).await.unwrap();
    assert_eq!(entries.iter().filter(|(_, entry)| entry.action == "secret.rotate").count(), 5);
    assert!(entries.iter().all(|(_, entry)| !entry.detail.contains(&new)));
    world.finish().await;
}

#[tokio::test]
async fn a_secret_of_somebody_else_stays_unless_it_is_named() {
    let world = World::start().await;
    let_it_rotate(&world);
    let terms = RotationTerms { remove_old: false, ..TERMS };
    for round in 1..=2 {
        world.control().begin_rotation(ACCOUNT, terms).await.unwrap();
        until_step(&world, Step::Switched).await;
        world.clock.advance(Duration::from_secs(25 * 3_600));
        until_step(&world, Step::Done).await;
        // The first was made by hand and stays; the second was ours, and goes when the third is there.
        assert_eq!(secrets(&world).len(), 2, "round {round}");
        assert_eq!(secrets(&world)[0].name.as_deref(), Some("seed"));
    }
    world.finish().await;
}

/// Where a server dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// As soon as this step is noted; whatever it was doing next is broken off.
    At(Step),
    /// When the so-and-so-manieth call to Graph was carried out, and its answer lost.
    Unanswered(u32),
}

#[tokio::test]
async fn a_server_that_dies_at_any_step_leaves_a_rotation_that_goes_on() {
    let steps = [Step::Begun, Step::Added, Step::Proved, Step::Switched].map(Death::At);
    for death in steps.into_iter().chain((1..=8).map(Death::Unanswered)) {
        let mut world = World::start().await;
        let_it_rotate(&world);
        mail_flows(&world, "before").await;
        let old = secret_in_use(&world).await;
        if let Death::Unanswered(call) = death {
            let (effect, one_in) = (Effect::DoneButUnanswered, Some(call));
            world.twin.backend().arm(InjectedFault {
                operation: Operation::Graph,
                effect,
                times: Some(1),
                one_in,
            });
        }
        while world.control().begin_rotation(ACCOUNT, TERMS).await.is_err() {}
        match death {
            Death::At(step) => until_step(&world, step).await,
            Death::Unanswered(_) => {
                let is_hit = async || {
                    let now = rotation(&world).await;
                    now.problem.is_some() || now.step >= Step::Switched
                };
                world.advance_slowly_until(Duration::from_secs(20), is_hit).await;
            }
        }
        world.stop_server().await;
        world.start_server().await;
        until_step(&world, Step::Switched).await;
        mail_flows(&world, "with both").await;
        world.clock.advance(Duration::from_secs(25 * 3_600));
        until_step(&world, Step::Done).await;
        assert_eq!(rotation(&world).await.step, Step::Done, "{death:?}");
        let (left, in_use) = (secrets(&world), secret_in_use(&world).await);
        assert_ne!(in_use, old, "{death:?}");
        assert_eq!(
            left.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(),
            [in_use.as_str()],
            "{death:?}"
        );
        mail_flows(&world, "after").await;
        world.finish().await;
    }
}

#[tokio::test]
async fn a_new_secret_that_is_not_good_is_taken_away_again() {
    let world = World::start().await;
    let_it_rotate(&world);
    // It takes Entra longer than anybody waits.
    world.twin.backend().change_state(|state| state.behaviour.secret_seconds = 86_400);
    let old = secret_in_use(&world).await;
    world.control().begin_rotation(ACCOUNT, TERMS).await.unwrap();
    until_step(&world, Step::RolledBack).await;
    let back = rotation(&world).await;
    assert!(back.problem.unwrap().contains("AADSTS7000215"));
    assert_eq!((secret_in_use(&world).await, secrets(&world).len()), (old, 1));
    mail_flows(&world, "after").await;
    world.finish().await;
}

#[tokio::test]
async fn a_rotation_can_be_given_up_while_its_secret_is_tried() {
    let world = World::start().await;
    let_it_rotate(&world);
    world.twin.backend().change_state(|state| state.behaviour.secret_seconds = 86_400);
    let old = secret_in_use(&world).await;
    world.control().begin_rotation(ACCOUNT, TERMS).await.unwrap();
    until_step(&world, Step::Added).await;
    assert_eq!(secrets(&world).len(), 2);
    let by_hand = AccountChange { secret: Some("another".to_owned().into()), ..AccountChange::default() };
    let refused = world.control().change_account(ACCOUNT, by_hand).await.unwrap_err().to_string();
    assert!(refused.contains("rotate contoso --cancel"), "{refused}");

    let back = world.control().cancel_rotation(ACCOUNT).await.unwrap();
    assert_eq!((back.step, back.problem.as_deref()), (Step::RolledBack, Some("it was cancelled")));
    assert_eq!((secret_in_use(&world).await, secrets(&world).len()), (old, 1));
    // A caller that still tries it does not bring it back.
    world.clock.advance(Duration::from_secs(3_600));
    mail_flows(&world, "after").await;
    assert_eq!(rotation(&world).await.step, Step::RolledBack);
    // What was given up does not stand in the way of the next one.
    world.twin.backend().change_state(|state| state.behaviour.secret_seconds = 0);
    let again = world.control().cancel_rotation(ACCOUNT).await.unwrap_err().to_string();
    assert!(again.contains("there is no rotation to cancel"), "{again}");
    world.control().begin_rotation(ACCOUNT, TERMS).await.unwrap();
    until_step(&world, Step::Switched).await;
    assert_eq!(rotation(&world).await.step, Step::Switched);
    world.finish().await;
}

#[tokio::test]
async fn an_app_that_may_look_and_not_touch_begins_no_endless_rotation() {
    let world = World::start().await;
    let_it_rotate(&world);
    // Reading is call 1 of the beginning and call 2 of the first step; the third would make the secret.
    let effect = Effect::Answer {
        status: 403,
        code: "Authorization_RequestDenied".into(),
        message: "Insufficient privileges to complete the operation.".into(),
        retry_after: None,
    };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Graph,
        effect,
        times: Some(1),
        one_in: Some(3),
    });
    world.control().begin_rotation(ACCOUNT, TERMS).await.unwrap();
    until_step(&world, Step::RolledBack).await;
    assert!(rotation(&world).await.problem.unwrap().contains("may not create secrets"));
    assert_eq!(secrets(&world).len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_secret_that_was_put_back_by_hand_is_not_taken_away() {
    let world = World::start().await;
    let_it_rotate(&world);
    let old = secret_in_use(&world).await;
    world.control().begin_rotation(ACCOUNT, TERMS).await.unwrap();
    until_step(&world, Step::Switched).await;
    let back = AccountChange { secret: Some(old.clone().into()), ..AccountChange::default() };
    world.control().change_account(ACCOUNT, back).await.unwrap();
    world.clock.advance(Duration::from_secs(25 * 3_600));
    until_step(&world, Step::Done).await;
    assert_eq!(secret_in_use(&world).await, old);
    assert!(secrets(&world).iter().any(|one| one.value == old), "it is in use");
    mail_flows(&world, "after").await;
    world.finish().await;
}

#[tokio::test]
async fn a_secret_is_renewed_by_itself_before_it_expires() {
    let watch = WatchSettings {
        verify_every: Some(SignedDuration::from_hours(24)),
        terms: TERMS,
        ..WatchSettings::default()
    };
    let world = World::start_with(Setup { watch, ..Setup::default() }).await;
    let_it_rotate(&world);
    let end = world.twin.backend().now() + SignedDuration::from_hours(24 * 45);
    world.twin.backend().change_state(|state| state.tenants[0].apps[0].secrets[0].expires_at = end);
    let old = secret_in_use(&world).await;
    // The first verification finds out when the secret expires; two weeks later it is renewed.
    world
        .advance_slowly_until(Duration::from_secs(6 * 3_600), async || secret_in_use(&world).await != old)
        .await;
    let left = end.duration_since(world.clock.now());
    assert!(
        left < SignedDuration::from_hours(24 * 30) && left > SignedDuration::from_hours(24 * 20),
        "{left:?}"
    );
    mail_flows(&world, "after").await;
    world.finish().await;
}

#[tokio::test]
async fn an_expiry_that_nobody_prevented_makes_mail_wait_and_loses_nothing() {
    let watch = WatchSettings { rotate_before: None, ..WatchSettings::default() };
    let world = World::start_with(Setup { watch, ..Setup::default() }).await;
    mail_flows(&world, "before").await;
    let now = world.twin.backend().now();
    world.twin.backend().change_state(|state| state.tenants[0].apps[0].secrets[0].expires_at = now);
    world.clock.advance(Duration::from_secs(7_200));
    let mut waiting = Vec::new();
    for number in 0..3 {
        waiting.push(
            world.submit(&["a@example.com"], &message(&format!("{number}"), "a@example.com", "x")).await,
        );
    }
    // The refused login brings a verification, and with it the reason.
    world
        .advance_slowly_until(Duration::from_secs(10), async || {
            let account = world.control().account(ACCOUNT).unwrap();
            let report = world.control().last_report(&account).await.unwrap();
            report.is_some_and(|report| {
                report.findings.iter().any(|finding| finding.code == "authentication.secret_expired")
            })
        })
        .await;
    for id in &waiting {
        assert_eq!(world.view(*id).await.unwrap().sends[0].state, SendState::Queued);
    }
    // Somebody makes a new one by hand; it is tried before it is used.
    let end = world.twin.backend().now() + SignedDuration::from_hours(24 * 300);
    world.twin.backend().change_state(|state| {
        let app = &mut state.tenants[0].apps[0];
        let mut fresh = app.secrets[0].clone();
        (fresh.value, fresh.expires_at) = ("fresh~secret".to_owned(), end);
        app.secrets.push(fresh);
    });
    let control = world.control();
    let proving =
        tokio::spawn(async move { control.rotate_by_hand(ACCOUNT, "fresh~secret".into(), Some(end)).await });
    world.advance_slowly_until(Duration::from_secs(10), async || proving.is_finished()).await;
    proving.await.unwrap().unwrap();
    world.advance_slowly_until(Duration::from_secs(10), async || world.captured().len() == 4).await;
    for id in waiting {
        world.until(id, &DONE).await;
    }
    world.finish().await;
}
