//! Every reply has advice.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use model::refused::NO_TLS;

use super::*;
use crate::refusals::tests::{of_credential, of_stranger};
use crate::smtp::reason;

/// The codes of all refusals that the code of these crates makes, as `code e.n.h`.
fn given() -> BTreeSet<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut codes = BTreeSet::new();
    for folder in ["smtp/src/server", "smtp/src/path", "smtp-server/src", "relay/src"] {
        read(&crates.join(folder), &mut codes);
    }
    codes
}

fn read(path: &Path, codes: &mut BTreeSet<String>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| read(&entry.unwrap().path(), codes));
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    // Tests stand at the foot of a file.
    let text = text.split("#[cfg(test)]").next().unwrap();
    for (made, class) in [("Refusal::temporary(", 4), ("Refusal::permanent(", 5)] {
        for call in text.split(made).skip(1) {
            let arguments: String = call.split(')').next().unwrap().split_whitespace().collect();
            let numbers: Vec<&str> = arguments.split([',', '(']).filter(|part| !part.is_empty()).collect();
            if let [code, subject, detail] = numbers[..]
                && code.parse::<u16>().is_ok()
            {
                codes.insert(format!("{code} {class}.{subject}.{detail}"));
            }
        }
    }
}

#[test]
fn every_reply_has_advice_and_the_last_advice_of_a_code_is_for_all_of_them() {
    let given = given();
    assert!(given.len() > 35 && given.contains("550 5.6.11") && given.contains("421 4.4.2"), "{given:?}");
    let mut advised = BTreeSet::new();
    for (number, (code, words, text)) in TABLE.iter().enumerate() {
        let is_last = TABLE.get(number + 1).is_none_or(|(next, _, _)| next != code);
        assert_eq!(words.is_empty(), is_last, "{code} {words}");
        assert!(is_last || !advised.contains(*code), "{code} stands together");
        assert!(text.ends_with('.') && text.len() <= 200, "{text}");
        if is_last {
            assert!(advised.insert((*code).to_owned()), "{code} stands once");
        }
    }
    assert!(advised.remove(NO_TLS));
    assert_eq!(advised, given);
}

#[test]
fn the_manual_has_a_row_for_every_reply() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operate/devices.md");
    let manual = fs::read_to_string(manual).unwrap();
    let table = manual.split("| reply | means |").nth(1).unwrap();
    let listed: BTreeSet<String> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').nth(1).unwrap().trim().to_owned())
        .collect();
    assert_eq!(listed, given());
}

#[test]
fn only_a_credential_gets_into_a_command() {
    let mut device = of_credential("scanner1", 0);
    (device.code, device.reply) = ("550 5.7.1".to_owned(), "550 5.7.1 This login may not send".to_owned());
    assert!(advice(&device).contains("postern credential edit scanner1 --sender"));
    let mut stranger = of_stranger("203.0.113.9", "450 4.7.1", 0);
    for (login, shown) in [
        ("scanner1@example.com", "scanner1@example.com"),
        ("$(reboot)", "LOGIN"),
        ("--data-dir", "LOGIN"),
        ("scan... (8 characters)", "LOGIN"),
    ] {
        stranger.login = Some(login.to_owned());
        assert!(advice(&stranger).contains(&format!("credential edit {shown} --rate")));
    }
}

#[test]
fn the_words_of_a_reply_and_its_reason_tell_which_advice_is_meant() {
    let said = |code: &str, reply: &str, reason: Option<&str>| {
        let mut refused = of_stranger("203.0.113.9", code, 0);
        (refused.reply, refused.reason) = (reply.to_owned(), reason.map(str::to_owned));
        advice(&refused)
    };
    let no = "535 5.7.3 Authentication unsuccessful";
    for (reason, words) in [
        (reason::UNKNOWN_LOGIN, "No credential has that login"),
        (reason::WRONG_PASSWORD, "The password is wrong"),
        (reason::WRONG_NETWORK, "The login is not allowed from that network"),
        (reason::NO_PASSWORD, "LOGIN is a credential without login"),
        (reason::TOKEN_FOR_NOBODY, "The client sent a token"),
        (reason::OTHER_TENANT, "The app's tenant is not allowed"),
        (reason::UNKNOWN_SERVICE, "Postern does not know where"),
        (reason::ENTRA_REFUSED, "The app's secret or token is wrong"),
        (reason::ENTRA_REFUSED_BEFORE, "The app's secret or token is wrong"),
    ] {
        assert!(said("535 5.7.3", no, Some(reason)).starts_with(words), "{reason}");
    }
    let locked = "the login is locked until 12:00 after too many wrong passwords: \
                  `postern credential unlock scanner1` unlocks it";
    assert!(
        said("454 4.7.0", "454 4.7.0 Too many failed logins", Some(locked))
            .contains("`postern credential unlock ")
    );
    assert!(said("454 4.7.0", "454 4.7.0 Too many failed logins", None).contains("`postern bans lift`"));
    let old = "the client offered TLS 1.0 at most; TLS 1.2 or later is required";
    assert!(said(NO_TLS, old, None).starts_with("The device does not support TLS 1.2"));
    assert_eq!(said("554 5.2.0", "554 5.2.0 what", None), UNKNOWN);
}
