//! The guard as a whole: limits, places where logins worked, guesses at the same moment, floods.

use std::collections::HashSet;
use std::net::Ipv6Addr;

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A guess whose password is a number.
fn guess(login: &str, password: u64, address: &str) -> Guess {
    Guess {
        login: login_key(login),
        address: address.parse().unwrap(),
        mark: hash(&(login_key(login), password)),
    }
}

fn wrong(guard: &mut LoginGuard, guess: Guess, second: i64) -> Result<Vec<Ban>, NotTried> {
    let hold = guard.reserve(guess, at(second))?;
    Ok(guard.wrong(hold, at(second)))
}

fn right(guard: &mut LoginGuard, login: &str, address: &str, second: i64) {
    let hold = guard.reserve(guess(login, 0, address), at(second)).unwrap();
    guard.right(&hold, at(second));
}

/// What keeps a login from being tried: `-` for nothing.
fn refusal(guard: &mut LoginGuard, login: &str, address: &str, second: i64) -> &'static str {
    match guard.reserve(guess(login, 0, address), at(second)) {
        Ok(hold) => {
            guard.untried(&hold);
            "-"
        }
        Err(NotTried::Banned(Ban { what: Banned::Login(_), .. })) => "login",
        Err(NotTried::Banned(Ban { what: Banned::Network(_), .. })) => "network",
        Err(NotTried::Banned(Ban { what: Banned::Place(..), .. })) => "place",
        Err(NotTried::Busy) => "busy",
        Err(NotTried::Full) => "full",
    }
}

fn spray(guard: &mut LoginGuard, count: u64, address: &str, second: i64) {
    for n in 0..count {
        wrong(guard, guess(&format!("user{n}"), 1, address), second).unwrap();
    }
}

#[test]
fn ten_passwords_lock_a_login_wherever_they_are_tried_from() {
    let mut guard = LoginGuard::default();
    for password in 1..10 {
        let from = format!("192.0.{password}.1");
        assert_eq!(wrong(&mut guard, guess("scanner1", password, &from), 0), Ok(vec![]));
    }
    let bans = wrong(&mut guard, guess("Scanner1", 10, "203.0.113.1"), 0).unwrap();
    let [Ban { what, spell }] = &bans[..] else { panic!("{bans:?}") };
    assert_eq!(*what, Banned::Login("scanner1".to_owned()));
    assert_eq!((spell.guesses, spell.breadth, spell.until), (10, 10, at(600)));
    for (login, second, expected) in
        [("SCANNER1", 599, "login"), ("scanner2", 599, "-"), ("scanner1", 600, "-")]
    {
        assert_eq!(refusal(&mut guard, login, "198.51.100.1", second), expected, "{login} {second}");
    }
}

#[test]
fn the_same_wrong_password_is_one_guess() {
    let mut guard = LoginGuard::default();
    for n in 0..200 {
        assert_eq!(wrong(&mut guard, guess("scanner1", 1, "192.0.2.1"), n), Ok(vec![]), "{n}");
    }
    assert_eq!(refusal(&mut guard, "scanner1", "192.0.2.1", 200), "-");
    assert_eq!(refusal(&mut guard, "scanner2", "192.0.2.1", 200), "-");
}

#[test]
fn thirty_guesses_ban_a_network_for_those_who_did_not_log_in_there() {
    for (attacker, neighbour, elsewhere) in
        [("192.0.2.66", "192.0.2.5", "192.0.3.5"), ("2001:db8::66", "2001:db8::5", "2001:db8:0:1::5")]
    {
        let mut guard = LoginGuard::default();
        right(&mut guard, "scanner1", neighbour, 0);
        spray(&mut guard, 30, attacker, 10);
        let mut check = |login, from, expected| {
            assert_eq!(refusal(&mut guard, login, from, 20), expected, "{login} from {from}");
        };
        check("other", attacker, "network");
        check("other", neighbour, "network");
        check("scanner1", neighbour, "-");
        check("scanner1", attacker, "-");
        check("other", elsewhere, "-");
    }
}

#[test]
fn a_welcome_place_has_its_own_guesses_and_no_more() {
    let mut guard = LoginGuard::default();
    right(&mut guard, "scanner1", "10.0.0.5", 0);
    // From far away, then from the next desk, then from the device's own address.
    for (from, before, after) in
        [("203.0.113.1", "-", "login"), ("10.0.0.66", "-", "place"), ("10.0.0.5", "-", "place")]
    {
        assert_eq!(refusal(&mut guard, "scanner1", from, 10), before, "{from}");
        for password in 1..=10 {
            wrong(&mut guard, guess("scanner1", password, from), 10).unwrap();
        }
        assert_eq!(refusal(&mut guard, "scanner1", from, 10), after, "{from}");
    }
    assert_eq!(guard.bans(at(11)).len(), 3);
    assert_eq!(guard.lift_login("scanner1", at(11)).len(), 3);
    for from in ["203.0.113.1", "10.0.0.66", "10.0.0.5"] {
        assert_eq!(refusal(&mut guard, "scanner1", from, 11), "-", "{from}");
    }
}

#[test]
fn a_success_does_not_give_an_attacker_new_guesses() {
    let mut guard = LoginGuard::default();
    for password in 1..=10 {
        right(&mut guard, "scanner1", "10.0.0.5", 0);
        wrong(&mut guard, guess("scanner1", password, "203.0.113.1"), 0).unwrap();
    }
    assert_eq!(refusal(&mut guard, "scanner1", "203.0.113.1", 1), "login");
}

#[test]
fn of_sixty_guesses_at_the_same_moment_only_the_limit_is_tried() {
    let mut guard = LoginGuard::default();
    let holds: Vec<Hold> = (1..=60)
        .filter_map(|password| guard.reserve(guess("scanner1", password, "192.0.2.1"), at(0)).ok())
        .collect();
    assert_eq!(holds.len(), LOGIN_GUESSES);
    assert_eq!(refusal(&mut guard, "scanner1", "192.0.2.1", 0), "busy");
    assert_eq!(refusal(&mut guard, "scanner2", "192.0.2.1", 0), "-");
    for hold in holds {
        guard.wrong(hold, at(0));
    }
    assert_eq!(refusal(&mut guard, "scanner1", "192.0.2.1", 0), "login");
    let holds: Vec<Hold> =
        (0..60).filter_map(|n| guard.reserve(guess(&format!("u{n}"), 1, "192.0.2.1"), at(0)).ok()).collect();
    assert_eq!(holds.len(), 20, "ten of the network's thirty were at scanner1");
}

#[test]
fn what_was_not_the_clients_fault_is_given_back() {
    let mut guard = LoginGuard::default();
    for password in 0..100 {
        let hold = guard.reserve(guess("scanner1", password, "192.0.2.1"), at(0)).unwrap();
        guard.untried(&hold);
    }
    assert_eq!(refusal(&mut guard, "scanner1", "192.0.2.1", 0), "-");
}

#[test]
fn a_site_cannot_guess_from_each_of_its_networks() {
    let mut guard = LoginGuard::default();
    let mut tried = 0_u64;
    for n in 0..65_536_u32 {
        let from = format!("2001:db8:7:{n:x}::1");
        tried += u64::from(wrong(&mut guard, guess(&format!("user{n}"), 1, &from), 0).is_ok());
    }
    assert_eq!(tried, 100);
    assert_eq!(refusal(&mut guard, "other", "2001:db8:7:ffff::2", 1), "network");
    assert_eq!(refusal(&mut guard, "other", "2001:db8:8::2", 1), "-");
    assert_eq!(guard.lift_network("2001:db8:7:5::/64".parse().unwrap(), at(1)).len(), 1);
    assert_eq!(refusal(&mut guard, "other", "2001:db8:7:ffff::2", 1), "-");
}

/// An address in a /48 of its own for each number.
fn scattered(n: u32) -> String {
    Ipv6Addr::from(0x2001_u128 << 112 | u128::from(n) << 80 | 1).to_string()
}

#[test]
fn a_flood_drops_neither_bans_nor_welcomes_nor_the_flooders_own_record() {
    let mut guard = LoginGuard::default();
    right(&mut guard, "scanner1", "10.0.0.5", 0);
    for password in 1..=10 {
        wrong(&mut guard, guess("locked", password, &scattered(password as u32)), 0).unwrap();
    }
    // Nine of ten guesses at a login, 29 of 30 from a network.
    for password in 1..=9 {
        wrong(&mut guard, guess("scanner2", password, "203.0.113.7"), 0).unwrap();
    }
    spray(&mut guard, 20, "203.0.113.7", 0);
    for n in 100..80_000 {
        let _ = wrong(&mut guard, guess(&format!("flood{n}"), 1, &scattered(n)), 1);
    }
    assert!(guard.logins.len() <= CAPACITY && guard.networks.len() <= CAPACITY);
    assert_eq!(refusal(&mut guard, "locked", "198.51.100.1", 2), "login");
    assert_eq!(refusal(&mut guard, "new", "198.51.100.1", 2), "-", "there is room for others");
    assert_eq!(wrong(&mut guard, guess("scanner2", 10, "203.0.113.7"), 2).unwrap().len(), 2);
    assert_eq!(refusal(&mut guard, "scanner1", "10.0.0.9", 2), "-");
}

#[test]
fn a_table_of_bans_lets_in_those_it_knows_and_nobody_else() {
    let mut guard = LoginGuard::with_capacity(50);
    right(&mut guard, "scanner1", "10.0.0.5", 0);
    for n in 0..60_u32 {
        for password in 1..=10 {
            let from = scattered(n * 100 + password);
            let _ = wrong(&mut guard, guess(&format!("user{n}"), u64::from(password), &from), 1);
        }
    }
    let bans = guard.bans(at(2)).len();
    assert!((40..=50).contains(&bans), "{bans}");
    assert_eq!(refusal(&mut guard, "user0", "198.51.100.1", 2), "login");
    assert_eq!(refusal(&mut guard, "scanner1", "10.0.0.5", 2), "-");
    assert_eq!(refusal(&mut guard, "new", "198.51.100.1", 700), "-", "the bans have passed");
}

#[test]
fn keys_are_short_and_the_same_in_any_case() {
    assert_eq!(login_key("Scanner1"), "scanner1");
    assert_eq!(login_key(&"ü".repeat(500)).len(), 254);
    assert_eq!(login_key(&format!("x{}", "ü".repeat(500))).len(), 253);
}

proptest! {
    /// However guesses begin and end, no more distinct ones are tried at a login in a window than bring a ban.
    #[test]
    fn no_order_of_guesses_gets_past_the_limit(
        steps in prop::collection::vec((any::<bool>(), 0_u64..40, 0_u8..5), 1..300),
    ) {
        let mut guard = LoginGuard::default();
        let (mut holds, mut tried) = (Vec::new(), HashSet::new());
        for (begins, password, end) in steps {
            let from = format!("192.0.{}.1", password % 20);
            if begins || holds.is_empty() {
                if let Ok(hold) = guard.reserve(guess("scanner1", password, &from), at(0)) {
                    holds.push(hold);
                }
            } else {
                let hold: Hold = holds.swap_remove(password as usize % holds.len());
                if end == 0 {
                    guard.untried(&hold);
                } else {
                    tried.insert(hold.guess.mark);
                    guard.wrong(hold, at(0));
                }
            }
        }
        prop_assert!(tried.len() <= LOGIN_GUESSES);
        for hold in holds {
            guard.untried(&hold);
        }
        let expected = if tried.len() == LOGIN_GUESSES { "login" } else { "-" };
        prop_assert_eq!(refusal(&mut guard, "scanner1", "198.51.100.1", 0), expected);
    }
}
