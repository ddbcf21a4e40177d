//! Guessing at logins: guesses are counted at once, and a device that works is not locked out by them.

use std::net::Ipv4Addr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{Device, Setup, World, message};
use postern::config::raw::{ListenerLogin, Mode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use twin::{Effect, InjectedFault, Operation};

/// The device's address, its neighbour's in the same /24, and one elsewhere.
const DEVICE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 5);
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 9, 1);

/// A world with a listener on which clients may log in without TLS.
async fn world() -> World {
    world_with(Setup::default()).await
}

async fn world_with(setup: Setup) -> World {
    let listeners = vec![(Mode::Starttls, ListenerLogin::Required), (Mode::Plain, ListenerLogin::Required)];
    World::start_with(Setup { listeners, ..setup }).await
}

/// A session from an address of the client's choice.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn open(world: &World, from: Ipv4Addr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let server = (Ipv4Addr::LOCALHOST, world.port(Mode::Plain)).into();
        let mut client = Self(BufReader::new(socket.connect(server).await.unwrap()));
        client.reply().await;
        client.say("EHLO device.example").await;
        client
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.reply().await
    }

    async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.get(3..4) != Some("-") {
                return line.trim_end().to_owned();
            }
        }
    }

    async fn plain(&mut self, login: &str, password: &str) -> String {
        self.say(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{login}\0{password}")))).await
    }

    async fn login(&mut self, login: &str, password: &str) -> String {
        self.say(&format!("AUTH LOGIN {}", STANDARD.encode(login))).await;
        self.say(&STANDARD.encode(password)).await
    }
}

/// The reply code to one login over a session of its own.
async fn code(world: &World, from: Ipv4Addr, login: &str, password: &str) -> String {
    Client::open(world, from).await.plain(login, password).await[..3].to_owned()
}

async fn logs_in(world: &World, from: Ipv4Addr, device: &Device) -> String {
    code(world, from, &device.login, &device.password).await
}

#[tokio::test]
async fn sixty_guesses_at_the_same_moment_are_ten() {
    let world = world().await;
    let mut codes = futures_util::future::join_all(
        (0..60).map(async |n| code(&world, NEIGHBOUR, "scanner1", &format!("guess{n}")).await),
    )
    .await;
    codes.sort();
    assert_eq!(codes.iter().filter(|code| *code == "535").count(), 10, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "454").count(), 50, "{codes:?}");
    // Sixty sessions of a device that knows its password are another matter.
    let other = world.add_device("scanner2").await;
    let codes = futures_util::future::join_all((0..60).map(async |_| logs_in(&world, DEVICE, &other).await));
    assert!(codes.await.iter().all(|code| code == "235"));
    world.finish().await;
}

#[tokio::test]
async fn a_device_that_works_beside_an_attacker_goes_on_working() {
    let mut world = world().await;
    let stranger = world.add_device("scanner2").await;
    assert_eq!(logs_in(&world, DEVICE, &world.device).await, "235");
    for round in 0..2 {
        for n in 0..30 {
            code(&world, NEIGHBOUR, &format!("user{n}"), "guess").await;
        }
        for n in 0..10 {
            code(&world, NEIGHBOUR, "scanner1", &format!("guess{n}")).await;
            code(&world, ELSEWHERE, "scanner1", &format!("guess{n}")).await;
        }
        assert_eq!(logs_in(&world, NEIGHBOUR, &stranger).await, "421", "the network is locked: {round}");
        assert_eq!(logs_in(&world, DEVICE, &stranger).await, "421", "{round}");
        assert_eq!(logs_in(&world, ELSEWHERE, &world.device).await, "454", "the login is locked: {round}");
        assert_eq!(logs_in(&world, NEIGHBOUR, &world.device).await, "454", "{round}");
        assert_eq!(logs_in(&world, DEVICE, &world.device).await, "235", "{round}");
        // A long weekend, and an update of the server.
        world.stop_server().await;
        world.clock.advance(Duration::from_secs(3 * 86_400));
        world.start_server().await;
    }
    world.finish().await;
}

#[tokio::test]
async fn two_mechanisms_of_one_session_are_one_guess() {
    let world = world().await;
    for n in 0..9 {
        let mut client = Client::open(&world, ELSEWHERE).await;
        let guess = format!("guess{n}");
        assert!(client.plain("scanner1", &guess).await.starts_with("535 5.7.3"));
        assert!(client.login("scanner1", &guess).await.starts_with("535 5.7.3"));
    }
    assert_eq!(code(&world, ELSEWHERE, "scanner1", "guess9").await, "535", "the tenth");
    assert_eq!(logs_in(&world, ELSEWHERE, &world.device).await, "454");
    world.finish().await;
}

#[tokio::test]
async fn a_wrong_password_that_is_made_the_right_one_is_right_at_once() {
    let world = world().await;
    let old = Device { password: "the password of the device".to_owned(), ..world.device.clone() };
    for _ in 0..20 {
        assert_eq!(logs_in(&world, ELSEWHERE, &old).await, "535");
    }
    let control = world.control();
    control.reset_password("scanner1", Some(old.password.clone().into())).await.unwrap();
    assert_eq!(logs_in(&world, ELSEWHERE, &old).await, "235");
    assert_eq!(logs_in(&world, ELSEWHERE, &world.device).await, "535");
    world.finish().await;
}

#[tokio::test]
async fn an_operator_sees_locks_and_lifts_them() {
    let world = world().await;
    for n in 0..10 {
        code(&world, ELSEWHERE, "Scanner1", &format!("guess{n}")).await;
        code(&world, NEIGHBOUR, "hunter2hunter2", &format!("guess{n}")).await;
    }
    for n in 0..20 {
        code(&world, NEIGHBOUR, &format!("user{n}"), "guess").await;
    }
    let bans = world.list("/v1/bans").await;
    let mut seen: Vec<String> = bans
        .as_array()
        .unwrap()
        .iter()
        .map(|ban| {
            format!(
                "{} {} {} {} {}",
                ban["login"], ban["network"], ban["guesses"], ban["logins"], ban["networks"]
            )
        })
        .collect();
    seen.sort();
    let expected = [
        "\"hunt... (14 characters)\" null 10 null 1",
        "\"scanner1\" null 10 null 1",
        "null \"127.0.0.0/24\" 30 21 null",
    ];
    assert_eq!(seen, expected, "{bans}");
    let metrics = async || world.text("/metrics").await;
    for line in [
        "# TYPE postern_login_bans gauge",
        "postern_login_bans{kind=\"login\"} 2",
        "postern_login_bans{kind=\"network\"} 1",
        "postern_login_bans{kind=\"place\"} 0",
    ] {
        let metrics = metrics().await;
        assert!(metrics.lines().any(|there| there == line), "{line} in {metrics}");
    }
    let shown = world.get("/v1/credentials/SCANNER1").await;
    assert_eq!(shown["locks"][0]["until"], bans[0]["until"], "{shown}");
    let refusal = &shown["last_refusal"];
    assert_eq!((&refusal["code"], &refusal["peer"]), (&json!("535 5.7.3"), &json!(ELSEWHERE.to_string())));
    assert_eq!(refusal["reason"], "the password is wrong");
    assert_eq!(shown["last_used_at"], Value::Null);

    let post = async |path: &str, body| world.request("POST", path, body).await;
    assert_eq!(post("/v1/credentials/nobody/locks:lift", Value::Null).await.0, 404);
    assert_eq!(logs_in(&world, ELSEWHERE, &world.device).await, "454");
    let (status, lifted) = post("/v1/credentials/scanner1/locks:lift", Value::Null).await;
    assert_eq!((status, lifted["lifted"].as_array().unwrap().len()), (200, 1));
    assert_eq!(logs_in(&world, ELSEWHERE, &world.device).await, "235");
    assert_eq!(logs_in(&world, NEIGHBOUR, &world.device).await, "421");
    assert_eq!(post("/v1/bans:lift", json!({"which": "192.0.2.1"})).await.0, 404);
    assert_eq!(post("/v1/bans:lift", json!({"which": "127.0.0.99"})).await.0, 200);
    assert_eq!(logs_in(&world, NEIGHBOUR, &world.device).await, "235");
    assert_eq!(post("/v1/bans:lift", json!({"which": "hunter2hunter2"})).await.0, 200);
    assert_eq!(world.list("/v1/bans").await, json!([]));
    assert!(metrics().await.contains("postern_login_bans{kind=\"login\"} 0\n"));

    let audit = world.list("/v1/audit?limit=3").await;
    let entries: Vec<String> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{} {}", entry["action"].as_str().unwrap(), entry["subject"].as_str().unwrap()))
        .collect();
    let expected = ["ban.lift hunt... (14 characters)", "ban.lift 127.0.0.99", "credential.unlock scanner1"];
    assert_eq!(entries, expected);
    world.finish().await;
}

#[tokio::test]
async fn the_last_use_of_a_credential_is_known_after_a_restart() {
    let mut world = world().await;
    assert_eq!(logs_in(&world, DEVICE, &world.device).await, "235");
    let before = world.get("/v1/credentials/scanner1").await;
    assert_eq!(before["last_address"], DEVICE.to_string(), "{before}");
    world.clock.advance(Duration::from_secs(3_600));
    world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    world.until_taken(1).await;
    let used = world.get("/v1/credentials/scanner1").await;
    assert_eq!(used["last_used_at"], world.clock.now().to_string());
    world.stop_server().await;
    world.start_server().await;
    let after = world.list("/v1/credentials").await;
    assert_eq!(after[0]["last_used_at"], used["last_used_at"]);
    assert_eq!(after[0]["last_address"], used["last_address"]);
    world.finish().await;
}

fn app(world: &World, service: &str) -> Device {
    let ready = world.twin.ready();
    let login = format!("{service}.{}.{}", ready.client_id, ready.tenant_id);
    Device { login, password: ready.client_secret.clone() }
}

#[tokio::test]
async fn an_app_has_ten_guesses_whatever_service_it_names() {
    let world = world().await;
    for n in 0..10 {
        let wrong = Device { password: format!("guess{n}"), ..app(&world, &format!("service{n}")) };
        assert_eq!(logs_in(&world, ELSEWHERE, &wrong).await, "535");
    }
    let good = app(&world, &world.twin.ready().communication_service.clone());
    assert_eq!(logs_in(&world, ELSEWHERE, &good).await, "454");
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(logs_in(&world, ELSEWHERE, &good).await, "235");
    // What Entra cannot answer is nobody's guess.
    let effect = Effect::Answer { status: 503, code: String::new(), message: "x".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Token,
        effect,
        times: None,
        one_in: None,
    });
    for n in 0..15 {
        let unlucky = Device { password: format!("other{n}"), ..good.clone() };
        assert_eq!(logs_in(&world, Ipv4Addr::new(127, 0, 8, 1), &unlucky).await, "454");
    }
    world.twin.backend().disarm();
    assert_eq!(logs_in(&world, Ipv4Addr::new(127, 0, 8, 1), &good).await, "235");
    world.finish().await;
}

#[tokio::test]
async fn entra_is_not_asked_about_a_service_that_nothing_is_known_of() {
    let world = world_with(Setup { only_known_services: true, ..Setup::default() }).await;
    // A login that asked Entra would now fail, because Entra cannot be reached.
    let effect = Effect::Answer { status: 503, code: String::new(), message: "x".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Token,
        effect,
        times: None,
        one_in: None,
    });
    for n in 0..10 {
        let unknown = Device { password: format!("guess{n}"), ..app(&world, "no-such-service") };
        assert_eq!(logs_in(&world, ELSEWHERE, &unknown).await, "535");
    }
    assert_eq!(logs_in(&world, ELSEWHERE, &app(&world, "no-such-service")).await, "454");
    assert_eq!(world.list("/v1/bans").await[0]["guesses"], 10);
    world.finish().await;
}
