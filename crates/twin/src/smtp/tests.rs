//! Conversations with the SMTP door.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::json;
use smtp::server::{Session, Settings, Step, TlsPolicy};
use smtp_server::{Endpoint, Timeouts, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_util::sync::CancellationToken;

use super::{Door, settings};
use crate::faults::{Effect, Fault, Operation};
use crate::post::{CapturedMail, Outcome};
use crate::rehearsal::Rehearsal;
use crate::world::{Habits, OfferedExtensions, SmtpHabits, Stage};

const MAIL: &str =
    "From: scanner@contoso.example\r\nMessage-ID: <1@x.example>\r\nSubject: s\r\n\r\nx\r\n.\r\n";

/// A client's end of a session.
struct Line(DuplexStream);

/// One door, for several sessions.
struct Scene {
    rehearsal: Rehearsal,
    door: Arc<Door>,
}

impl Scene {
    fn begin(change: impl FnOnce(&mut Habits)) -> Self {
        let rehearsal = Rehearsal::begin();
        rehearsal.state.change_world(|world| change(&mut world.habits));
        let door = Arc::new(Door::new(Arc::clone(&rehearsal.state)));
        Self { rehearsal, door }
    }

    /// A session as it is behind TLS, without TLS: what is offered and asked for is the same.
    async fn connect(&self) -> Line {
        let habits = self.rehearsal.state.world().habits.smtp.clone();
        let endpoint = Endpoint {
            service: Arc::clone(&self.door),
            settings: Arc::new(Settings { tls: TlsPolicy::Absent, ..settings(&habits) }),
            tls: None,
            timeouts: Timeouts { failed_login: std::time::Duration::ZERO, ..Timeouts::default() },
            networks: Vec::new(),
        };
        let (ours, theirs) = duplex(1 << 20);
        tokio::spawn(async move {
            let address = SocketAddr::from(([127, 0, 0, 1], 1_025));
            let _ = serve(&endpoint, theirs, address, CancellationToken::new()).await;
        });
        let mut line = Line(ours);
        line.reply().await;
        line
    }

    /// A session that is logged in.
    async fn log_in(&self) -> Line {
        let mut line = self.connect().await;
        line.say("EHLO client.example").await;
        assert_eq!(line.login("printers@contoso.example", &self.secret()).await, "235 2.7.0");
        line
    }

    fn secret(&self) -> String {
        self.rehearsal.state.world().tenants[0].apps[0].secrets[0].value.clone()
    }

    fn last(&self) -> CapturedMail {
        self.rehearsal.state.post().all().next().unwrap().clone()
    }

    fn arm(&self, operation: Operation) {
        let effect =
            Effect::Answer { status: 451, code: "4.7.9".into(), message: "no".into(), retry_after: None };
        self.rehearsal.state.arm(Fault { operation, effect, times: Some(1), one_in: None });
    }
}

impl Line {
    /// Sends octets and gives the whole reply.
    async fn send(&mut self, octets: &[u8]) -> String {
        self.0.write_all(octets).await.unwrap();
        self.reply().await
    }

    /// Sends a line and gives code and enhanced status code of the reply.
    async fn say(&mut self, line: &str) -> String {
        let reply = self.send(format!("{line}\r\n").as_bytes()).await;
        reply.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let start = reply.len();
            while !reply.ends_with("\r\n") || reply.len() == start {
                reply.push(char::from(self.0.read_u8().await.expect("a reply")));
            }
            if reply.as_bytes()[start + 3] == b' ' {
                return reply;
            }
        }
    }

    async fn login(&mut self, name: &str, secret: &str) -> String {
        self.say(&format!("AUTH LOGIN {}", STANDARD.encode(name))).await;
        self.say(&STANDARD.encode(secret)).await
    }

    /// One message to these recipients; gives the replies to MAIL, each RCPT, DATA and the message.
    async fn transaction(&mut self, from: &str, recipients: &[&str], message: &str) -> Vec<String> {
        let mut replies = vec![self.say(&format!("MAIL FROM:<{from}>")).await];
        for recipient in recipients {
            replies.push(self.say(&format!("RCPT TO:<{recipient}>")).await);
        }
        replies.push(self.say("DATA").await[..3].to_owned());
        if replies.last().is_some_and(|reply| reply == "354") {
            replies.push(self.say(message.trim_end_matches("\r\n")).await);
        }
        self.say("RSET").await;
        replies
    }
}

fn offered(reply: &str) -> Vec<&str> {
    reply.lines().skip(1).map(|line| &line[4..]).collect()
}

#[test]
fn little_is_offered_in_clear() {
    let settings = Arc::new(settings(&SmtpHabits::default()));
    let mut session = Session::open(settings, [127, 0, 0, 1].into());
    session.input().extend_from_slice(b"EHLO c\r\nMAIL FROM:<a@b.example>\r\n");
    let Step::Hello(ask) = session.advance() else { panic!() };
    let Step::NeedsInput(mut session) = ask.accept().advance() else { panic!() };
    let said = String::from_utf8(std::mem::take(session.pending())).unwrap();
    // Captured by the author of a public proxy to the service.
    assert!(
        said.contains("Hello [127.0.0.1]\r\n250-SIZE 31457280\r\n250-STARTTLS\r\n250 CHUNKING\r\n"),
        "{said}"
    );
    assert!(said.starts_with("220 ic3-transport-smtp-acs-deployment-"), "{said}");
    assert!(said.ends_with("530 5.7.0 Must issue a STARTTLS command first\r\n"), "{said}");
}

#[tokio::test]
async fn the_offer_behind_tls_is_as_reported_or_thin() {
    // Notifuse/notifuse, smtp_service_test.go, 2026; without PIPELINING and DSN.
    let full = [
        "SIZE 31457280",
        "8BITMIME",
        "BINARYMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "AUTH LOGIN XOAUTH2",
        "CHUNKING",
    ];
    let thin = ["SIZE 31457280", "AUTH LOGIN XOAUTH2", "CHUNKING"];
    for (extensions, expected) in [(OfferedExtensions::Full, &full[..]), (OfferedExtensions::Thin, &thin[..])]
    {
        let scene = Scene::begin(|habits| habits.smtp.extensions = extensions);
        let mut line = scene.connect().await;
        let reply = line.send(b"EHLO c\r\n").await;
        assert_eq!(offered(&reply), expected);
        let other = scene.connect().await.send(b"EHLO c\r\n").await;
        assert_ne!(reply.lines().next(), other.lines().next(), "another machine answers");
        assert_eq!(line.say("AUTH PLAIN AGEAYg==").await, "504 5.7.4");
    }
}

#[tokio::test]
async fn what_is_offered_works() {
    let scene = Scene::begin(|_| {});
    let mut line = scene.log_in().await;
    let header = b"From: scanner@contoso.example\r\nSubject: s\r\n\r\n";
    for (parameters, octets, body) in [
        ("BODY=BINARYMIME", &b"a\nb\r\0"[..], "BINARYMIME"),
        ("BODY=8BITMIME SMTPUTF8 SIZE=60", "m\u{fc}ller\r\n".as_bytes(), "8BITMIME"),
    ] {
        assert_eq!(line.say(&format!("MAIL FROM:<scanner@contoso.example> {parameters}")).await, "250 2.1.0");
        assert_eq!(line.say("RCPT TO:<a@example.com>").await, "250 2.1.5");
        let message = [header, octets].concat();
        let chunk = [format!("BDAT {} LAST\r\n", message.len()).as_bytes(), &message].concat();
        assert!(line.send(&chunk).await.starts_with("250 2.0.0 OK "));
        let mail = scene.last();
        let facts = mail.smtp.unwrap();
        assert_eq!((mail.raw, facts.body.as_str(), facts.by_chunks), (message, body, true));
        assert_eq!(
            (facts.smtputf8, facts.declared_octets),
            match body {
                "8BITMIME" => (true, Some(60)),
                _ => (false, None),
            }
        );
        assert_eq!(facts.login, "printers@contoso.example");
    }
}

#[tokio::test]
async fn a_sender_is_refused_at_the_stage_and_in_the_words_of_the_habit() {
    let from = "news@unlinked.example";
    let message = MAIL.replace("scanner@contoso.example", from);
    for (stage, expected) in [
        (Stage::Message, &["250 2.1.0", "250 2.1.5", "354", "501 5.1.7"][..]),
        (Stage::Recipient, &["250 2.1.0", "501 5.1.7", "554"]),
        (Stage::Mail, &["501 5.1.7", "503 5.5.1", "503"]),
    ] {
        let scene = Scene::begin(|habits| habits.smtp.sender_stage = stage);
        let replies = scene.log_in().await.transaction(from, &["a@example.com"], &message).await;
        assert_eq!(replies, expected, "{stage:?}");
    }
    let scene = Scene::begin(|habits| {
        habits.smtp = serde_json::from_value(json!({ "replies": { "not_linked": "550 5.1.7 No" } })).unwrap();
    });
    let replies = scene.log_in().await.transaction(from, &["a@example.com"], &message).await;
    assert_eq!(replies[3], "550 5.1.7");
}

#[tokio::test]
async fn too_fast_is_said_at_the_stage_and_for_as_long_as_the_habit_says() {
    for (stage, at) in [(Stage::Message, 3), (Stage::Recipient, 1), (Stage::Mail, 0)] {
        let scene = Scene::begin(|habits| {
            habits.smtp.rate_stage = stage;
            habits.smtp.rate_seconds = 3_600;
        });
        let mut line = scene.log_in().await;
        let mut send = async || line.transaction("scanner@contoso.example", &["a@example.com"], MAIL).await;
        for _ in 0..30 {
            assert_eq!(send().await[3], "250 2.0.0");
        }
        assert_eq!(send().await[at], "450 4.5.127", "{stage:?}");
        scene.rehearsal.state.advance(SignedDuration::from_secs(3_599));
        assert_eq!(send().await[at], "450 4.5.127", "{stage:?}");
        scene.rehearsal.state.advance(SignedDuration::from_secs(1));
        assert_eq!(send().await[3], "250 2.0.0", "{stage:?}");
    }
}

#[tokio::test]
async fn recipients_choose_their_reply() {
    let scene = Scene::begin(|_| {});
    let recipients =
        ["defer+451@example.com", "reject+550@example.com", "reject+554-5.7.1@example.com", "a@example.com"];
    let replies = scene.log_in().await.transaction("scanner@contoso.example", &recipients, MAIL).await;
    assert_eq!(replies[1..], ["451 4.3.0", "550 5.1.1", "554 5.7.1", "250 2.1.5", "354", "250 2.0.0"]);
    let mail = scene.last();
    assert_eq!(mail.recipients.len(), 1);
    assert_eq!(mail.message_id().as_deref(), Some("<1@x.example>"));
    assert!(!mail.smtp.unwrap().by_chunks);
}

#[tokio::test]
async fn the_suppressed_are_accepted_and_dropped() {
    let scene = Scene::begin(|_| {});
    let now = scene.rehearsal.state.now();
    let list = json!({
        "name": "l", "list_name": "scanner", "created_at": now, "updated_at": now,
        "addresses": [{ "name": "1", "email": "A@example.com", "updated_at": now }],
    });
    scene.rehearsal.state.change_world(|world| {
        let domain = world.domains.iter_mut().find(|domain| domain.name == "contoso.example").unwrap();
        domain.suppression_lists.push(serde_json::from_value(list).unwrap());
    });
    let recipients = ["a@example.com", "b@example.com"];
    let replies = scene.log_in().await.transaction("scanner@contoso.example", &recipients, MAIL).await;
    assert_eq!(replies[4], "250 2.0.0");
    let outcomes: Vec<Outcome> = scene.last().recipients.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Suppressed, Outcome::Delivered]);
}

#[tokio::test]
async fn each_command_can_fail_once() {
    let scene = Scene::begin(|_| {});
    scene.arm(Operation::SmtpHello);
    let mut line = scene.connect().await;
    assert_eq!(line.say("EHLO client.example").await, "451 4.7.9");
    for (operation, expected) in [
        (Operation::SmtpMail, &["451 4.7.9", "503 5.5.1", "503"][..]),
        (Operation::SmtpRecipient, &["250 2.1.0", "451 4.7.9", "554"]),
        (Operation::SmtpData, &["250 2.1.0", "250 2.1.5", "451"]),
        (Operation::SmtpMessage, &["250 2.1.0", "250 2.1.5", "354", "451 4.7.9"]),
    ] {
        let mut line = scene.log_in().await;
        scene.arm(operation);
        for expected in [expected, &["250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]] {
            let replies = line.transaction("scanner@contoso.example", &["a@example.com"], MAIL).await;
            assert_eq!(replies, expected, "{operation:?}");
        }
    }
}

#[tokio::test]
async fn a_username_in_the_form_of_an_address_needs_a_linked_domain() {
    let scene = Scene::begin(|_| {});
    scene.rehearsal.state.change_world(|world| {
        let user = world.services[0].smtp_usernames[0].clone();
        for name in ["printers@unlinked.example", "printers"] {
            let mut user = user.clone();
            user.username = name.to_owned();
            world.services[0].smtp_usernames.push(user);
        }
    });
    for (name, expected) in [
        ("printers@contoso.example", "235 2.7.0"),
        ("printers", "235 2.7.0"),
        ("printers@unlinked.example", "535 5.7.3"),
        ("nobody@contoso.example", "535 5.7.3"),
    ] {
        let mut line = scene.connect().await;
        line.say("EHLO c").await;
        assert_eq!(line.login(name, &scene.secret()).await, expected, "{name}");
    }
}
