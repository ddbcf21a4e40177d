//! Listeners for networks without login: the client's address says whose mail it is.

use control::{CredentialChange, NewAccess, NewCredential, PublicNetworks};
use e2e::{Device, Setup, World, message};
use model::queued::Origin;
use postern::config::raw::{ListenerLogin, Mode};
use secrecy::SecretString;
use smtp::client::{Settings, TlsPolicy};
use smtp::sasl::{Login, Proof};
use smtp_client::Connection;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

const TO: &[&str] = &["a@example.com"];

fn without_login(networks: &[&str]) -> impl FnOnce(&mut NewCredential) {
    let networks: Vec<String> = networks.iter().map(|text| (*text).to_owned()).collect();
    move |new| {
        new.access = NewAccess::Network(PublicNetworks::Refused);
        new.networks = networks;
    }
}

/// Offers a message without login; gives the reply.
async fn offer(world: &World, connection: &mut Connection) -> String {
    let verdict = world.offer(connection, TO, &message("s", TO[0], "x")).await;
    match verdict.message.unwrap() {
        Ok(reply) => reply.to_string(),
        Err(refusal) => refusal.to_string(),
    }
}

/// Who brought the message that a reply is about. The queue knows it a moment after the reply.
async fn origin(world: &World, reply: &str) -> Origin {
    let id = reply.rsplit(' ').next().unwrap().parse().unwrap();
    world.until_view(id, |_| true).await.origin
}

#[tokio::test]
async fn mail_belongs_to_the_credential_of_the_smallest_network() {
    let world = World::start().await;
    world.add_credential("everywhere", without_login(&["127.0.0.0/8", "10.0.0.0/8"])).await;
    world.add_credential("this-machine", without_login(&["127.0.0.1", "10.1.2.0/24"])).await;
    world.add_credential("elsewhere", without_login(&["10.1.2.3", "fd00::/8"])).await;
    let mut connection = world.connect_without_login().await;
    let reply = offer(&world, &mut connection).await;
    assert_eq!(origin(&world, &reply).await, Origin::Network("this-machine".to_owned()));
    world.until_taken(1).await;
    world.control().remove_credential("this-machine").await.unwrap();
    let reply = offer(&world, &mut connection).await;
    assert_eq!(origin(&world, &reply).await, Origin::Network("everywhere".to_owned()));
    world.until_taken(2).await;
    world.finish().await;
}

#[tokio::test]
async fn a_client_of_no_listed_network_is_told_so() {
    let world = World::start().await;
    world.add_credential("hall", without_login(&["10.1.2.0/24"])).await;
    // One with a password is no answer, wherever it may be used.
    world.add_credential("by-password", |new| new.networks = vec!["127.0.0.1".to_owned()]).await;
    let mut connection = world.connect_without_login().await;
    assert_eq!(
        offer(&world, &mut connection).await,
        "550 5.7.1 No login is needed here, but 127.0.0.1 is in no network that a credential lists"
    );
    // The name of a credential without login is good for nothing where a login is asked for.
    for password in ["", "x"] {
        let device = Device { login: "hall".to_owned(), password: password.to_owned() };
        assert!(world.log_in(&device).await.is_err());
    }
    world.finish().await;
}

#[tokio::test]
async fn its_rules_hold_as_for_a_login() {
    let world = World::start().await;
    world
        .add_credential("hall", |new| {
            without_login(&["127.0.0.0/8"])(new);
            new.forced_from = Some("noreply@contoso.example".to_owned());
            new.rate_per_minute = Some(2);
        })
        .await;
    let mut connection = world.connect_without_login().await;
    for _ in 0..2 {
        assert!(offer(&world, &mut connection).await.starts_with("250 "));
    }
    assert!(offer(&world, &mut connection).await.starts_with("450 4.7.1"));
    world.until_taken(2).await;
    assert!(world.captured().iter().all(|mail| mail.sender == "noreply@contoso.example"));
    world.finish().await;
}

#[tokio::test]
async fn what_is_removed_is_gone_at_once() {
    let world = World::start().await;
    world.add_credential("hall", without_login(&["127.0.0.0/8"])).await;
    let mut client = Client::connect(&world).await;
    for (command, reply) in [
        ("EHLO device.example", "250"),
        ("MAIL FROM:<scanner@contoso.example>", "250"),
        ("RCPT TO:<a@example.com>", "250"),
        ("DATA", "354"),
    ] {
        assert!(client.say(command).await.starts_with(reply), "{command}");
    }
    world.control().remove_credential("hall").await.unwrap();
    let end = client.say("From: scanner@contoso.example\r\nSubject: s\r\n\r\nx\r\n.").await;
    assert!(end.starts_with("421 4.7.0 The credential of your network has changed"), "{end}");
    let mut connection = world.connect_without_login().await;
    assert!(offer(&world, &mut connection).await.starts_with("550 5.7.1 No login is needed here"));
    assert!(world.captured().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn without_tls_no_password_is_asked_for() {
    let world = World::start().await;
    world.add_credential("hall", without_login(&["127.0.0.0/8"])).await;
    let mut client = Client::connect(&world).await;
    assert!(!client.say("EHLO device.example").await.contains("AUTH"));
    assert!(client.say("AUTH PLAIN AGEAYg==").await.starts_with("503 5.5.1 Authentication is not offered"));
    assert!(client.say("MAIL FROM:<scanner@contoso.example>").await.starts_with("250 "));
    world.finish().await;
}

#[tokio::test]
async fn where_there_is_tls_a_device_that_insists_may_log_in() {
    let listeners = vec![
        (Mode::Starttls, ListenerLogin::None),
        (Mode::Plain, ListenerLogin::None),
        (Mode::Tls, ListenerLogin::Required),
    ];
    let world = World::start_with(Setup { listeners, ..Setup::default() }).await;
    world.add_credential("hall", without_login(&["127.0.0.0/8"])).await;
    for (login, expected) in [
        (Some(&world.device), Origin::Credential("scanner1".to_owned())),
        (None, Origin::Network("hall".to_owned())),
    ] {
        let login = login.map(|device| Login {
            name: device.login.clone(),
            proof: Proof::Password(SecretString::from(device.password.as_str())),
        });
        let settings = Settings { client_name: "device.example".to_owned(), tls: TlsPolicy::StartTls, login };
        let mut connection = Connection::open(&world.target(Mode::Starttls), settings).await.unwrap();
        let reply = offer(&world, &mut connection).await;
        assert_eq!(origin(&world, &reply).await, expected);
    }
    world.until_taken(2).await;
    world.finish().await;
}

#[tokio::test]
async fn equal_networks_are_refused_and_nested_ones_are_not() {
    let world = World::start().await;
    world.add_credential("one", without_login(&["10.1.2.0/24"])).await;
    let add = async |login: &str, change: &dyn Fn(&mut NewCredential)| {
        let mut new = NewCredential {
            login: login.to_owned(),
            account: "contoso".to_owned(),
            access: NewAccess::Network(PublicNetworks::Refused),
            senders: Vec::new(),
            networks: vec!["10.1.2.7/24".to_owned()],
            default_from: None,
            forced_from: None,
            intake: control::NewIntakeRules::default(),
            rate_per_minute: None,
            lane: model::credential::Lane::Normal,
        };
        change(&mut new);
        world.control().add_credential(new).await.err().map(|error| error.to_string())
    };
    let taken = add("two", &|_| ()).await.unwrap();
    assert_eq!(taken, "a credential for network 10.1.2.0/24 (one) exists already");
    assert_eq!(add("two", &|new| new.networks = vec!["10.1.2.0/25".to_owned()]).await, None);
    assert_eq!(add("three", &|new| new.access = NewAccess::MadePassword).await, None);
    let public = add("four", &|new| new.networks = vec!["203.0.113.0/24".to_owned()]).await.unwrap();
    assert!(public.contains("--allow-public-networks"), "{public}");
    assert!(add("five", &|new| new.networks.clear()).await.unwrap().contains("--network"));
    let reset = world.control().reset_password("one", None).await.unwrap_err().to_string();
    assert!(reset.contains("has no password"), "{reset}");
    world.finish().await;
}

#[tokio::test]
async fn paths_that_are_no_addresses_are_repaired_where_that_is_allowed() {
    let world = World::start().await;
    world.add_credential("hall", without_login(&["127.0.0.0/8"])).await;
    let mut client = Client::connect(&world).await;
    client.say("EHLO device.example").await;
    let dot = "501 5.1.3 Recipient refused: the domain of the address `a@example.com.` ends with a dot\r\n";
    client.say("MAIL FROM:<scanner@contoso.example>").await;
    assert_eq!(client.say("RCPT TO:<a@example.com.>").await, dot);
    client.say("RSET").await;
    let change =
        CredentialChange { repairs: Some(vec!["envelope".to_owned()]), ..CredentialChange::default() };
    world.control().change_credential("hall", change).await.unwrap();
    for (command, reply) in [
        ("MAIL FROM:<scanner@contoso.example.>", "250 "),
        ("RCPT TO:<a@example.com.>", "250 "),
        ("RCPT TO:<a@example.com>", "250 "),
        ("RCPT TO:Front desk <b@example.com>", "250 "),
        ("RCPT TO:<c@example.com", "250 "),
        ("RCPT TO:<c@example.com>,<d@example.com>", "501 5.1.3 "),
        ("RCPT TO:<front desk@example.com>", "501 5.1.3 "),
        ("RCPT TO:<m\u{fc}ller@example.com>", "553 5.6.7 "),
        ("RCPT TO:<nobody>", "501 5.1.3 "),
        ("DATA", "354"),
    ] {
        let said = client.say(command).await;
        assert!(said.starts_with(reply), "{command}: {said}");
    }
    let text = "From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n.";
    let reply = client.say(text).await;
    world.until_taken(1).await;
    let view = world.view(reply.trim_end().rsplit(' ').next().unwrap().parse().unwrap()).await.unwrap();
    let changes: Vec<&str> = view.changes.iter().map(|change| change.text.as_str()).collect();
    assert_eq!(
        changes,
        [
            "MAIL FROM was \"scanner@contoso.example.\", is <scanner@contoso.example>",
            "RCPT TO was \"a@example.com.\", is <a@example.com>",
            "RCPT TO was \"Front desk <b@example.com>\", is <b@example.com>",
            "RCPT TO was \"<c@example.com\", is <c@example.com>",
        ]
    );
    let counted = world.server().store.queue().repairs().await.unwrap();
    let counted: Vec<_> =
        counted.iter().map(|used| (used.login.as_str(), used.repair.as_str(), used.count)).collect();
    assert_eq!(counted, [("hall", "envelope", 1)], "once for a message");
    for address in ["a@example.com", "b@example.com", "c@example.com"] {
        assert_eq!(world.captured_for(address).len(), 1, "{address}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_long_list_of_repaired_recipients_makes_a_short_story() {
    let world = World::start().await;
    world
        .add_credential("hall", |new| {
            without_login(&["127.0.0.0/8"])(new);
            new.intake.repairs = vec!["envelope".to_owned()];
        })
        .await;
    let mut client = Client::connect(&world).await;
    client.say("EHLO device.example").await;
    client.say("MAIL FROM:<scanner@contoso.example>").await;
    for number in 0..25 {
        assert!(client.say(&format!("RCPT TO:<a{number}@example.com.>")).await.starts_with("250 "));
    }
    client.say("DATA").await;
    let reply = client.say("From: scanner@contoso.example\r\nSubject: s\r\n\r\nx\r\n.").await;
    let id = reply.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
    let view = world.until_view(id, |_| true).await;
    let changes: Vec<&str> = view.changes.iter().map(|change| change.text.as_str()).collect();
    assert_eq!(changes.len(), 11, "{changes:#?}");
    assert_eq!(changes[9], "RCPT TO was \"a9@example.com.\", is <a9@example.com>");
    assert_eq!(changes[10], "RCPT TO was repaired for 15 more");
    world.until_taken(1).await;
    world.finish().await;
}

/// A client that says what a test tells it to.
struct Client(BufStream<TcpStream>);

impl Client {
    async fn connect(world: &World) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", world.port(Mode::Plain))).await.unwrap();
        let mut client = Self(BufStream::new(stream));
        client.reply().await;
        client
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        self.reply().await
    }

    async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let from = reply.len();
            self.0.read_line(&mut reply).await.unwrap();
            if reply.as_bytes().get(from + 3) != Some(&b'-') {
                return reply;
            }
        }
    }
}
