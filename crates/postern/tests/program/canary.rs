//! A canary: characters that act on a terminal, in every field that a stranger can fill, through the program itself.
//! None of them comes out raw, from any command, as text or as JSON, nor in the log.
//!
//! | who | fills |
//! | --- | --- |
//! | mail | From's name, Subject (encoded and raw), Message-ID, names, type and character set of a file, a custom field, MAIL FROM's parameters |
//! | a client | HELO, a wrong command, a login |
//! | a CSV | domain, username, display name, login, account, senders, networks |
//! | Azure | a sender's display name, a subscription's name, the error of a verification, the words of a refused send, status and call |
//! | DNS | TXT records at the domain, at _dmarc and at the selectors |

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};

use clock::Clock;
use serde_json::Value;
use twin::state::dns::{Record, Zone};
use twin::{Effect, InjectedFault, Operation, Options, Twin};

use crate::server::{PATIENCE, Postern, until};

/// ESC, BEL, NUL, CR LF, DEL, CSI and NEL of C1, an override of direction, the end of a line.
const CANARY: &str = "CANARY\u{1b}[2J\u{1b}]0;x\u{7}\r\nforged\u{7f}\u{9b}31m\u{85}\u{202e}\u{2028}END";
/// The same, as mail may have it in an encoded word.
const WORD: &str = "=?utf-8?q?CANARY=1B[2J=07=0D=0Aforged=7F=C2=9B31m=E2=80=AE=E2=80=A8END?=";
/// The same without what ends a line of SMTP.
const RAW: &str = "CANARY\u{1b}[2J\u{7}\u{7f}\u{9b}31m\u{202e}\u{2028}END";
const LISTENERS: &str = "[[listener]]\naddress = '127.0.0.2:0'\nmode = 'plain'\n\
    [[listener]]\naddress = '127.0.0.1:0'\nmode = 'plain'\nlogin = 'none'\n";

/// What acts in a text, colours of the program's own left out.
fn acting(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c != '\n' && (model::visible::acts(c) || c == '\u{fffd}')) {
        let found = &rest[at..];
        let colour = found.strip_prefix("\u{1b}[").and_then(|behind| {
            let end = behind.find(|c: char| c != ';' && !c.is_ascii_digit())?;
            behind[end..].strip_prefix('m')
        });
        match colour {
            Some(behind) => rest = behind,
            None => return Some(found.chars().take(40).collect()),
        }
    }
    // What was forged stands within a line, never at its start.
    text.lines().find(|line| line.starts_with("forged")).map(str::to_owned)
}

fn must_be_calm(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(acting(&text), None, "{what}: {text:?}");
}

fn poison(twin: &Twin) {
    twin.backend().change_state(|state| {
        for subscription in &mut state.subscriptions {
            subscription.name = CANARY.to_owned();
        }
        let text = |name: &str, value: &str| Record {
            id: format!("TXT {name}"),
            name: name.to_owned(),
            kind: "TXT".to_owned(),
            value: value.to_owned(),
            ttl: 300,
            ..Record::default()
        };
        state.zones.push(Zone {
            name: "contoso.example".to_owned(),
            records: vec![
                text("contoso.example", &format!("v=spf1 include:{RAW} -all")),
                text("contoso.example", CANARY),
                text("_dmarc.contoso.example", &format!("v=DMARC1; p={RAW}")),
                text("selector1-azurecomm-prod-net._domainkey.contoso.example", CANARY),
            ],
            ..Zone::default()
        });
    });
}

/// Gives all senders at Azure a name.
fn name_senders(twin: &Twin, name: Option<&str>) {
    twin.backend().change_state(|state| {
        for sender in state.domains.iter_mut().flat_map(|domain| &mut domain.senders) {
            sender.display_name = name.map(str::to_owned);
        }
    });
}

/// Speaks SMTP line by line, and hears one reply to each.
fn speak(address: SocketAddr, lines: &[&str]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap());
    let mut hear = || loop {
        let mut line = String::new();
        if replies.read_line(&mut line).unwrap_or(0) == 0 || line.get(3..4) != Some("-") {
            must_be_calm("a reply", line.trim_end_matches("\r\n").as_bytes());
            return;
        }
    };
    hear();
    for line in lines {
        // A server that had enough closes.
        if stream.write_all(line.as_bytes()).and_then(|()| stream.write_all(b"\r\n")).is_err() {
            return;
        }
        hear();
    }
}

fn mail(subject: &str) -> String {
    format!(
        "From: {WORD} <scanner@contoso.example>\r\nTo: {WORD} <you@example.com>\r\nReply-To: {WORD} <r@contoso.example>\r\nSubject: {subject}\r\nMessage-ID: <{RAW}@contoso.example>\r\nX-Canary: {RAW}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain; charset=\"{RAW}\"\r\n\r\ntext\r\n--m\r\nContent-Type: application/{RAW}; name=\"{WORD}\"\r\nContent-Disposition: attachment; filename*=utf-8''%1B%5B2J%0D%0A%C2%9B.pdf\r\n\r\nx\r\n--m\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename={WORD}\r\n\r\nx\r\n--m--\r\n."
    )
}

fn csv(postern: &Postern, name: &str, text: &str) -> String {
    let file = postern.path(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Runs a command, and says whether the canary was in what it showed.
fn check(postern: &Postern, arguments: &[&str]) -> bool {
    let output = postern.run(arguments, "");
    must_be_calm(&format!("{arguments:?}"), &output.stdout);
    must_be_calm(&format!("{arguments:?}, beside it"), &output.stderr);
    [&output.stdout, &output.stderr].iter().any(|bytes| String::from_utf8_lossy(bytes).contains("CANARY"))
}

fn story(log_format: &str, runtime: &tokio::runtime::Runtime) {
    let twin = runtime.block_on(Twin::start(Options::ephemeral(Clock::system()))).unwrap();
    poison(&twin);
    name_senders(&twin, Some(CANARY));
    let postern =
        Postern::start(&twin, &format!("{LISTENERS}[log]\nfilter = 'debug'\nformat = '{log_format}'\n"));
    let added = postern.add_account("contoso", &twin, &[]);
    must_be_calm("account add", &added.stdout);
    must_be_calm("account add, beside it", &added.stderr);
    check(&postern, &["account", "import", "contoso"]);
    // What is to be at Azure may not have such names; that is refused.
    check(&postern, &["adopt", "--account", "contoso"]);
    name_senders(&twin, None);
    let adopted = postern.run(&["adopt", "--account", "contoso"], "");
    assert!(adopted.status.success(), "{adopted:?}");
    let network =
        ["credential", "add", "lan", "--account", "contoso", "--no-login", "--network", "127.0.0.0/8"];
    check(&postern, &network);
    check(&postern, &["credential", "add", "scanner1", "--account", "contoso"]);

    let queue = send(&postern, &twin);
    import(&postern);
    show_messages(&postern, &queue);
    list(&postern, &twin);
    let log = postern.log();
    must_be_calm("the log", log.as_bytes());
    if log_format == "json" {
        let broken = log.lines().find(|line| serde_json::from_str::<Value>(line).is_err());
        assert_eq!(broken, None);
    }
    runtime.block_on(async { drop(twin) });
}

fn refusal(code: &str) -> Effect {
    Effect::Answer { status: 400, code: code.to_owned(), message: CANARY.to_owned(), retry_after: None }
}

/// Sends mail that Azure refuses, and commands that Postern refuses.
fn send(postern: &Postern, twin: &Twin) -> Value {
    let envelope =
        ["EHLO canary", "MAIL FROM:<scanner@contoso.example>", "RCPT TO:<you@example.com>", "DATA"];
    twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect: refusal(RAW),
        times: Some(6),
        one_in: None,
    });
    let simple =
        format!("From: scanner@contoso.example\r\nTo: you@example.com\r\nSubject: {WORD}\r\n\r\nhi\r\n.");
    for text in [mail(WORD), mail(RAW), simple] {
        speak(postern.listener("none"), &[&envelope[..], &[&text]].concat());
    }
    let refused = [
        format!("EHLO {RAW}"),
        format!("MAIL FROM:<{RAW}@contoso.example>"),
        format!("MAIL FROM:<scanner@contoso.example> {RAW}=1"),
        RAW.to_owned(),
        "AUTH PLAIN AENBTkFSWRtbMkobAHg=".to_owned(),
    ];
    speak(postern.listener("required"), &refused.iter().map(String::as_str).collect::<Vec<_>>());
    let author = format!("From: {RAW}@x <scanner@contoso.example>\r\nMessage-ID: <{RAW}@x>\r\n\r\nhi\r\n.");
    speak(postern.listener("none"), &[&envelope[..], &[&author]].concat());
    guess(postern);
    until(|| {
        let queue = postern.json(&["queue", "list"]);
        let tried = queue.as_array().unwrap().iter().filter(|one| one["attempts"] != 0);
        (tried.count() > 2).then_some(queue)
    })
}

/// Guesses passwords of a login that begins with what acts, until it is locked.
fn guess(postern: &Postern) {
    for last in "wxyz012345".chars() {
        // NUL, ESC, `[2JCANARY`, NUL, `gu` and a digit.
        let login = format!("AUTH PLAIN ABtbMkpDQU5BUlkAZ3U{last}");
        speak(postern.listener("required"), &["EHLO canary", &login]);
    }
    assert_ne!(postern.json(&["bans"]), Value::Array(Vec::new()), "nobody is locked out");
}

/// Imports files whose cells are all wrong.
fn import(postern: &Postern) {
    let name = "\"CANARY\u{1b}[2J\r\nforged\u{9b}\u{202e}\"";
    let senders =
        csv(postern, "senders.csv", &format!("contoso.example;{name};{name};{name}\n{name};x;y;z\n"));
    check(postern, &["sender", "import", &senders]);
    let logins = csv(
        postern,
        "logins.csv",
        &format!(
            "login;account;senders;networks;rate\n{name};{name};{name};{name};{name}\nx;contoso;{name};;\ny;{name};;;\n"
        ),
    );
    check(postern, &["credential", "import", &logins]);
    let columns = csv(postern, "columns.csv", &format!("login;{name}\nx;y\n"));
    check(postern, &["credential", "import", &columns]);
}

fn show_messages(postern: &Postern, queue: &Value) {
    let mut shown = 0;
    for one in queue.as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        for command in [["message", "show", id], ["queue", "show", id]] {
            let is_seen = check(postern, &command) && check(postern, &[&command[..], &["--json"]].concat());
            shown += usize::from(is_seen);
        }
    }
    assert!(shown > 2, "no message shows what was in it: {queue:#}");
}

/// Goes through all commands, first with an Azure that answers and then with one that refuses.
fn list(postern: &Postern, twin: &Twin) {
    let fault = |operation| InjectedFault { operation, effect: refusal("Canary"), times: None, one_in: None };
    let mut seen = std::collections::BTreeSet::new();
    for is_refusing in [false, true] {
        if is_refusing {
            name_senders(twin, Some(CANARY));
            twin.backend().arm(fault(Operation::Arm));
            twin.backend().arm(fault(Operation::Token));
            twin.backend().arm(fault(Operation::Graph));
        }
        for command in COMMANDS {
            let is_seen = check(postern, command);
            if is_seen {
                seen.insert(command[..2.min(command.len())].join(" "));
            }
            check(postern, &[command, &["--json"][..]].concat());
        }
    }
    // Nothing would be shown by a canary that never got there.
    for command in [
        "domain doctor",
        "sender list",
        "sender export",
        "account verify",
        "account import",
        "account rotate",
        "refusals",
        "credential show",
        "status",
    ] {
        assert!(seen.contains(command), "{command} showed nothing of it: {seen:?}");
    }
}

/// Everything that shows what others wrote.
const COMMANDS: &[&[&str]] = &[
    &["status"],
    &["queue", "list"],
    &["sender", "list"],
    &["sender", "export"],
    &["domain", "list"],
    &["domain", "doctor", "contoso.example"],
    &["domain", "records", "contoso.example"],
    &["account", "list"],
    &["account", "show", "contoso"],
    &["account", "verify", "contoso"],
    &["account", "verify", "contoso", "--last"],
    &["account", "import", "contoso"],
    &["account", "rotate", "contoso", "--dry-run"],
    &["adopt", "--account", "contoso"],
    &["plan", "--account", "contoso"],
    &["drift", "--account", "contoso"],
    &["apply", "--account", "contoso", "--yes"],
    &["export", "--account", "contoso"],
    &["credential", "list"],
    &["credential", "show", "lan"],
    &["credential", "show", "scanner1"],
    &["credential", "test-line", "scanner1", "--port", "587"],
    &["credential", "test-line", "scanner1", "--port", "587", "--as", "curl", "--to", RAW],
    &["credential", "test-line", "scanner1", "--port", "587", "--as", "swaks"],
    &["credential", "test-line", "scanner1", "--port", "587", "--as", "curl"],
    &["credential", "test-line", "scanner1", "--port", "587", "--as", "powershell"],
    &["bans"],
    &["refusals"],
    &["refusals", "--credential", "lan"],
    &["account", "remove", "contoso"],
    &["dns", "list"],
    &["audit"],
    &["message", "show", "CANARY\u{1b}[2J\u{202e}"],
    &["status"],
    &["credential", "remove", "CANARY\u{1b}[2J\u{202e}"],
];

#[test]
fn nothing_that_a_stranger_wrote_acts_on_a_terminal_or_in_the_log() {
    tls::install_provider();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for log_format in ["text", "json"] {
        story(log_format, &runtime);
    }
}
