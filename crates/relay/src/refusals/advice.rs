//! What an operator can do about a reply: the table. Pure.

use model::refused::{NO_TLS, Refused};

use crate::submission::reason;

/// What to do about a refusal, in one sentence. A login gets into a command if it is one that the client had proved, or
/// a name of plain characters: whatever else a stranger calls itself is nothing to paste into a shell.
#[must_use]
pub fn advice(refused: &Refused) -> String {
    let advice = row(refused).map_or(UNKNOWN, |(_, _, advice)| advice);
    let claimed = refused.login.as_deref().filter(|login| is_plain(login));
    advice.replace("{login}", refused.credential.as_deref().or(claimed).unwrap_or("LOGIN"))
}

/// The row of the table that is meant; what Azure answers for itself has none.
pub(super) fn row(refused: &Refused) -> Option<&'static (&'static str, &'static str, &'static str)> {
    TABLE.iter().find(|(code, words, _)| {
        refused.code == *code && (refused.reply.contains(words) || reason_has(refused, words))
    })
}

/// Whether every shell takes it as one word, and no program as an option.
fn is_plain(login: &str) -> bool {
    login.starts_with(|first: char| first.is_ascii_alphanumeric())
        && login.chars().all(|one| one.is_ascii_alphanumeric() || ".-_@+".contains(one))
}

fn reason_has(refused: &Refused, words: &str) -> bool {
    refused.reason.as_ref().is_some_and(|reason| reason.contains(words))
}

/// What Azure answers for itself.
const UNKNOWN: &str = "This is Azure's own answer to a login of Entra: see its text.";

/// Code, words that are in the reply or in its reason, and what to do. The first that fits counts; the last of a code
/// has no words.
pub(super) const TABLE: &[(&str, &str, &str)] = &[
    ("421 4.3.2", "Shutting down", "The server was being stopped: the client tries again."),
    (
        "421 4.3.2",
        "",
        "The server has no room: if that goes on, raise `max_sessions` or `max_buffered_octets` under [smtp].",
    ),
    (
        "421 4.4.2",
        "No login",
        "The client did not log in: enter a login in it, or find out what scans the port.",
    ),
    ("421 4.4.2", "", "The client was silent or slow for too long: nothing to do if it connects again."),
    (
        "421 4.7.0",
        "failed logins",
        "Its network is locked after wrong passwords: find what keeps guessing there; `postern bans` lists locks, `postern bans lift NETWORK` ends one.",
    ),
    (
        "421 4.7.0",
        "Too many connections",
        "It opens too many connections at once: let it reuse them, or raise `max_sessions_per_network` under [smtp].",
    ),
    (
        "421 4.7.0",
        "Azure does not take",
        "The app's token has ended or its secret is no longer good: let the client log in again.",
    ),
    ("421 4.7.0", "has changed", "Its credential was changed or removed: it has to connect again."),
    ("421 4.7.0", "Enough messages", "One session has a limit of messages: the client connects again."),
    ("421 4.7.0", "", "The client got too many refusals in one session: see those before this one."),
    ("450 4.5.127", "", "Azure's limit of messages is used up: wait, or ask Microsoft for a higher one."),
    (
        "450 4.7.1",
        "",
        "It sends more than its rate: `postern credential edit {login} --rate-per-minute NUMBER`, or `--no-rate`.",
    ),
    ("451 4.3.0", "received already", "The client sends one message twice at once: nothing to do."),
    ("451 4.3.0", "", "Something is wrong with the server or with Azure: the log says what, at that time."),
    ("451 4.3.2", "", "The account is disabled: `postern account enable NAME`."),
    (
        "451 4.4.1",
        "",
        "Azure's SMTP server cannot be asked whether it takes such an address: the log says why.",
    ),
    ("452 4.3.1", "", "The server's disk is full: make room."),
    (
        "452 4.5.3",
        "",
        "The message has too many recipients: good clients send it again to the rest; see `max_recipients` under [smtp].",
    ),
    (
        "454 4.7.0",
        "postern credential unlock",
        "The login is locked after wrong passwords: correct the password in the device, then `postern credential unlock {login}`.",
    ),
    (
        "454 4.7.0",
        "Too many failed logins",
        "What was tried is locked after wrong passwords: `postern bans` lists locks, `postern bans lift` ends one.",
    ),
    ("454 4.7.0", "", "Entra could not be asked about the login: the log says why."),
    ("500 5.5.1", "", "The client used a command that is not known: often harmless; see what follows."),
    (
        "500 5.5.2",
        "",
        "This is no mail client, or one that ends lines with a bare CR or LF: update or replace it.",
    ),
    ("500 5.5.6", "", "The client sent a line without an end: this is no mail client, or a broken one."),
    (
        "501 5.1.3",
        "",
        "The recipient's address is malformed: correct it in the device, or `postern credential edit {login} --repair envelope`.",
    ),
    (
        "501 5.1.7",
        "",
        "MAIL FROM is malformed: `postern credential edit {login} --default-from ADDRESS`, or `--repair envelope`.",
    ),
    (
        "501 5.5.1",
        "",
        "The client, or somebody between, sent something behind STARTTLS: update it, or use port 465.",
    ),
    (
        "501 5.5.2",
        "",
        "The device's login cannot be read: enter name and password anew, and choose PLAIN or LOGIN.",
    ),
    (
        "501 5.5.4",
        "",
        "The client's command is malformed: update it; the reply says how the command is written.",
    ),
    ("501 5.7.0", "", "The client broke its login off: enter name and password in it."),
    ("502 5.5.1", "", "The client asked for a mailing list's members: nothing to do."),
    (
        "503 5.5.1",
        "not offered here",
        "This listener takes no logins: switch the login off in the device, or use port 587 or 465.",
    ),
    ("503 5.5.1", "", "The command came too early: mostly it follows a refusal just before."),
    (
        "504 5.7.4",
        "",
        "The device wants another way to log in, such as CRAM-MD5: choose PLAIN or LOGIN in it, with TLS.",
    ),
    ("530 5.7.0", "STARTTLS", "The device sends without TLS: switch STARTTLS on in it."),
    ("530 5.7.0", "", "The device has no login configured: enter one, made by `postern credential add`."),
    (
        "535 5.7.3",
        reason::UNKNOWN_LOGIN,
        "No credential has that login: correct it in the device (`postern credential list`), or make it with `postern credential add`.",
    ),
    (
        "535 5.7.3",
        reason::WRONG_NETWORK,
        "The login may not come from there: `postern credential edit {login} --network NETWORK`, once for each of its networks.",
    ),
    (
        "535 5.7.3",
        reason::NO_PASSWORD,
        "{login} is a credential without login: switch the login off in the device, or make another with `postern credential add`.",
    ),
    (
        "535 5.7.3",
        reason::OTHER_TENANT,
        "The app's tenant is not allowed to log in: list it under [entra] `tenants`.",
    ),
    (
        "535 5.7.3",
        reason::UNKNOWN_SERVICE,
        "It is not known where the app's communication service is: list it under [entra.services].",
    ),
    (
        "535 5.7.3",
        reason::TOKEN_FOR_NOBODY,
        "The client brought a token with a name that is no app's: correct the name, or log in with a password.",
    ),
    (
        "535 5.7.3",
        reason::ENTRA_REFUSED,
        "The app's secret or token is wrong or has expired: give the client a new one; the log has Entra's code.",
    ),
    (
        "535 5.7.3",
        "",
        "The password is wrong: correct it in the device; `postern credential reset {login}` makes a new one.",
    ),
    (
        "538 5.7.11",
        "",
        "The device logs in without TLS: switch STARTTLS on in it, or use port 465 with SSL/TLS.",
    ),
    ("550 5.1.1", "", "Mail to <Postmaster> has no recipient: set `postmaster` under [queue]."),
    (
        "550 5.1.7",
        "",
        "The domain is not linked to the account: correct the sender in the device, or `postern domain add`; for MAIL FROM alone `postern credential edit {login} --reverse-path DOMAIN`.",
    ),
    (
        "550 5.1.8",
        "",
        "The address is not a sender of the account: correct it in the device, or `postern sender add ADDRESS --account NAME`.",
    ),
    (
        "550 5.6.0",
        " From fields",
        "The program writes several headers into one message, perhaps those of earlier mail with their recipients: correct the program.",
    ),
    (
        "550 5.6.0",
        "",
        "From cannot be read: `postern credential edit {login} --default-from ADDRESS`, or `--repair from`.",
    ),
    ("550 5.6.11", "NUL", "The message holds a NUL: the client has to send files in base64."),
    (
        "550 5.6.11",
        "",
        "The client ends lines with a bare CR or LF: update it, or `postern credential edit {login} --repair line-ends`.",
    ),
    (
        "550 5.7.1",
        "No login is needed here",
        "No credential lists its network: `postern credential add NAME --no-login --network NETWORK`.",
    ),
    (
        "550 5.7.1",
        "",
        "The sender is not allowed for this login: `postern credential edit {login} --sender ADDRESS`, which replaces its list.",
    ),
    (
        "552 5.3.4",
        "header section",
        "The header section is larger than 256 KiB: update or replace the client.",
    ),
    (
        "552 5.3.4",
        "",
        "The message is too large: send less, or raise `max_message_octets` under [smtp] if Azure takes more.",
    ),
    (
        "553 5.6.7",
        "",
        "The address has characters beyond ASCII before the @, which the way on does not carry: use another address.",
    ),
    ("554 5.4.6", "", "The message goes round in a circle: look at its Received fields."),
    ("554 5.5.1", "recipient", "All recipients were refused: see the refusals just before."),
    ("554 5.5.1", "", "A web browser or a scanner spoke HTTP: nothing to do."),
    (
        "554 5.6.0",
        "",
        "The message begins with a line that is no header field: correct the script; an empty line comes before the text.",
    ),
    (
        "554 5.7.1",
        "",
        "Its address is not in `networks` of that listener: add it there, or use another port.",
    ),
    ("555 5.5.4", "", "The client used an extension that is not offered: switch it off in the client."),
    (
        NO_TLS,
        "TLS 1.2 or later",
        "The device offers no TLS 1.2: update it, or give it a plain listener of its own; see devices.md, Old devices.",
    ),
    (
        NO_TLS,
        "does not trust",
        "The device does not trust the server's certificate: install it there, or use one of a public CA.",
    ),
    (
        NO_TLS,
        "does not speak TLS",
        "The device speaks without TLS on the port for it: choose SSL/TLS, or port 587.",
    ),
    (
        NO_TLS,
        "signature scheme",
        "The device knows only RSA: add an RSA certificate, `second_certificate` under [tls].",
    ),
    (NO_TLS, "sent nothing", "A port scan or a health check: nothing to do."),
    (NO_TLS, "before it sent anything", "A port scan or a health check: nothing to do."),
    (NO_TLS, "", "The device's TLS does not fit: see devices.md, Old devices."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::refusals::tests::{of_credential, of_stranger};

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
                let numbers: Vec<&str> =
                    arguments.split([',', '(']).filter(|part| !part.is_empty()).collect();
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
        (device.code, device.reply) =
            ("550 5.7.1".to_owned(), "550 5.7.1 This login may not send".to_owned());
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
            (reason::WRONG_NETWORK, "The login may not come from there"),
            (reason::NO_PASSWORD, "LOGIN is a credential without login"),
            (reason::TOKEN_FOR_NOBODY, "The client brought a token"),
            (reason::OTHER_TENANT, "The app's tenant is not allowed"),
            (reason::UNKNOWN_SERVICE, "It is not known where"),
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
        assert!(said(NO_TLS, old, None).starts_with("The device offers no TLS 1.2"));
        assert_eq!(said("554 5.2.0", "554 5.2.0 what", None), UNKNOWN);
    }
}
