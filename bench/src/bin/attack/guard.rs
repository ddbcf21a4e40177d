//! Passwords guessed in parallel: how many guesses are checked, and whether devices that work go on working.
//!
//! A guess that was checked is answered with 535; one that was not, with 454 or 421.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::client::{Client, Reply};
use crate::stage::{ROOMY, Stage};
use crate::verdict::{AttackResult, Ledger};

/// Wrong passwords for one login that may be checked (`LOGIN_GUESSES` of the guard).
const CHECKED_FOR_A_LOGIN: u64 = 10;
/// Wrong passwords from one network that may be checked (`NETWORK_GUESSES` of the guard).
const CHECKED_FROM_A_NETWORK: u64 = 30;
/// Guesses at once.
const GUESSES: u8 = 64;

/// The device's own address.
const DEVICE: Ipv4Addr = Ipv4Addr::new(127, 10, 0, 5);
/// A stranger whose address has not been seen.
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 99, 0, 1);

/// Tries four kinds of guessing, each on a server of its own.
pub(crate) async fn run(ledger: &mut Ledger) -> anyhow::Result<()> {
    let one_login =
        |number: u8| Guess { login: "device".to_owned(), from: Ipv4Addr::new(127, 20, 0, number) };
    let many_networks =
        |number: u8| Guess { login: "device".to_owned(), from: Ipv4Addr::new(127, 21, number, 1) };
    let next_door =
        |number: u8| Guess { login: "device".to_owned(), from: Ipv4Addr::new(127, 10, 0, 100 + number) };
    let many_logins =
        |number: u8| Guess { login: format!("user{number}"), from: Ipv4Addr::new(127, 10, 0, 100 + number) };
    ledger.enter(attack("one login, from one network", CHECKED_FOR_A_LOGIN, one_login).await?);
    ledger.enter(attack("one login, from many networks", CHECKED_FOR_A_LOGIN, many_networks).await?);
    let name = "one login, from the device's network";
    ledger.enter(attack(name, CHECKED_FOR_A_LOGIN, next_door).await?);
    let name = "many logins, from the device's network";
    ledger.enter(attack(name, CHECKED_FROM_A_NETWORK, many_logins).await?);
    Ok(())
}

#[derive(Clone, Debug)]
struct Guess {
    login: String,
    from: Ipv4Addr,
}

async fn attack(
    name: &str,
    checked_at_most: u64,
    guess: impl Fn(u8) -> Guess,
) -> anyhow::Result<AttackResult> {
    let stage = Stage::set(ROOMY).await?;
    let password = stage.login("device", &["--account", "wire"]).await?;
    let mut verdict = AttackResult::new(format!("guard: {name}"));
    let reply = log_in(&stage, DEVICE, "device", &password).await?;
    verdict.expect(reply.code == 235, || format!("the device could not log in before the attack: {reply}"));
    let mut guesses = JoinSet::new();
    for number in 0..GUESSES {
        let (guess, port) = (guess(number), stage.ports.login);
        guesses.spawn(async move {
            let mut client = Client::greeted(guess.from, port).await?;
            client.log_in(&guess.login, &format!("wrong-{number}")).await
        });
    }
    let mut replies: HashMap<u16, u64> = HashMap::new();
    while let Some(joined) = guesses.join_next().await {
        // A connection that is turned away is no guess.
        let code = joined?.map_or(421, |reply| reply.code);
        *replies.entry(code).or_default() += 1;
        verdict.tried += 1;
    }
    let count = |code: u16| replies.get(&code).copied().unwrap_or(0);
    let (checked, entered) = (count(535), count(235));
    verdict.note = format!("{checked} checked, {checked_at_most} may be");
    verdict.expect(entered == 0, || format!("{entered} wrong passwords were taken"));
    verdict.expect(checked <= checked_at_most, || {
        format!("{checked} guesses were checked, where {checked_at_most} may be")
    });
    afterwards(&stage, &password, guess(0), &mut verdict).await?;
    stage.close().await?;
    Ok(verdict)
}

/// The device still works from its own network, and the guesser is still locked out elsewhere.
async fn afterwards(
    stage: &Stage,
    password: &str,
    guess: Guess,
    verdict: &mut AttackResult,
) -> anyhow::Result<()> {
    let reply = log_in(stage, DEVICE, "device", password).await?;
    verdict.tried += 1;
    verdict.expect(reply.code == 235, || format!("the device is kept out of its own network: {reply}"));
    // Guesses from where the login works count there alone.
    let is_locked = guess.login == "device" && guess.from.octets()[..3] != DEVICE.octets()[..3];
    if is_locked {
        let reply = log_in(stage, STRANGER, "device", password).await?;
        verdict.tried += 1;
        verdict.expect(reply.code == 454, || format!("a locked login was checked from elsewhere: {reply}"));
    }
    Ok(())
}

async fn log_in(stage: &Stage, from: Ipv4Addr, login: &str, password: &str) -> anyhow::Result<Reply> {
    let attempt = async {
        let mut client = Client::greeted(from, stage.ports.login).await?;
        client.log_in(login, password).await
    };
    // A network that is shut out hears 421 at once.
    let turned_away = |error: std::io::Error| Reply { code: 421, text: error.to_string() };
    Ok(tokio::time::timeout(Duration::from_secs(30), attempt).await?.unwrap_or_else(turned_away))
}
