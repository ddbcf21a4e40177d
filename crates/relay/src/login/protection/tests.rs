//! What sessions share of the guard.

use super::*;
use store::{DataDir, KeySource, Options, Volatile};

use crate::login::Banned;

fn protection(folder: &std::path::Path, clock: &Clock) -> Arc<LoginProtection> {
    let data_dir = DataDir::open(folder, Volatile::Allowed).unwrap();
    let key = KeySource::File(folder.join("master.key"));
    let store = Store::open(&data_dir, key, &Options::default(), clock.now()).unwrap();
    LoginProtection::new(store, clock.clone())
}

fn guess(password: u64) -> Guess {
    Guess { login: "scanner1".to_owned(), address: [192, 0, 2, 1].into(), mark: password }
}

#[tokio::test]
async fn sixty_wrong_guesses_at_once_are_ten_and_sixty_right_ones_pass() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
    let protection = protection(folder.path(), &clock);
    let tries = |is_right: fn(u64) -> bool| {
        let tries = (0..60).map(|password| {
            let protection = Arc::clone(&protection);
            tokio::spawn(async move {
                let attempt = protection.attempt(guess(password)).await.ok()?;
                tokio::task::yield_now().await;
                if is_right(password) {
                    attempt.right();
                } else {
                    attempt.wrong();
                }
                Some(())
            })
        });
        tries.collect::<Vec<_>>()
    };
    let mut tried = 0;
    for one in tries(|_| false) {
        tried += one.await.unwrap().iter().count();
    }
    assert_eq!(tried, 10);
    clock.advance(Duration::from_secs(600));
    for one in tries(|_| true) {
        assert!(one.await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_session_that_breaks_off_neither_frees_its_guess_nor_holds_it_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
    let protection = protection(folder.path(), &clock);
    for password in 0..10 {
        let attempt = protection.attempt(guess(password)).await.unwrap();
        drop(attempt);
    }
    assert!(matches!(protection.attempt(guess(11)).await, Err(NotTried::Banned(_))));
    assert_eq!(protection.lift_login("SCANNER1").len(), 1);
    for password in 0..100 {
        protection.attempt(guess(password)).await.unwrap().untried();
    }
    protection.attempt(guess(11)).await.unwrap().right();
}

#[tokio::test]
async fn a_stranger_that_calls_itself_an_app_gets_into_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let protection = protection(folder.path(), &Clock::standing(Timestamp::UNIX_EPOCH));
    let app = "app 33333333-cccc-4333-8333-333333333333/11111111-aaaa-4111-8111-111111111111";
    let (lift, shown) =
        (|name: &str| protection.lift(&Banned::Login(login_key(name))), |name: &str| protection.shown(name));
    assert_eq!((lift(app), shown(app)), (format!("postern bans lift \"{app}\""), app.to_owned()));
    for name in ["app $(reboot)", "app a/$(reboot)", &format!("{app}$(reboot)"), "app \x1b[2J", "app `x`/`y`"]
    {
        assert_eq!(lift(name), "postern bans lift LOGIN", "{name:?}");
        assert!(shown(name).starts_with("app ... ("), "{}", shown(name));
    }
}

#[tokio::test]
async fn what_worked_is_known_after_a_restart_for_thirty_days() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
    let credential = CredentialId::new(clock.now(), [1; 10]);
    let first = protection(folder.path(), &clock);
    first.attempt(guess(0)).await.unwrap().right();
    first.used(credential, "::ffff:192.0.2.1".parse().unwrap());
    assert_eq!(first.uses().await.unwrap()[&credential].address, IpAddr::from([192, 0, 2, 1]));
    let stop = CancellationToken::new();
    stop.cancel();
    first.run(stop).await;
    for (days, is_welcome) in [(3, true), (29, true), (31, false)] {
        let later = clock.now() + jiff::SignedDuration::from_hours(24 * days);
        let again = protection(folder.path(), &Clock::standing(later));
        again.load().await.unwrap();
        for password in 0..10 {
            let far = Guess { address: [203, 0, 113, 1].into(), ..guess(password) };
            again.attempt(far).await.unwrap().wrong();
        }
        assert_eq!(again.attempt(guess(0)).await.is_ok(), is_welcome, "{days}");
    }
}
