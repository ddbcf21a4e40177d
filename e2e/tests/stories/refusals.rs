//! Whatever a client is refused can be seen: in the list, with what to do, and in the metrics.

use control::{NewAccess, PublicNetworks};
use e2e::{Device, Setup, World};
use postern::config::raw::Mode;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a client says first that knows no TLS later than 1.0: a record, its ClientHello with 32 bytes of randomness and no
/// session, one cipher suite, no compression.
pub(crate) const OLD_HELLO: &[u8] =
    b"\x16\x03\x01\0\x2d\x01\0\0\x29\x03\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\x2f\x01\0";

/// A client that says what it likes.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn connect(world: &World, mode: Mode) -> Self {
        Self(TcpStream::connect(("127.0.0.1", world.port(mode))).await.unwrap())
    }

    pub(crate) async fn says(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads until a reply begins with this.
    pub(crate) async fn hears(&mut self, reply: &str) {
        let mut heard = String::new();
        while !heard.lines().any(|line| line.starts_with(reply)) || !heard.ends_with("\r\n") {
            let mut bytes = [0; 4_096];
            let read = self.0.read(&mut bytes).await.unwrap();
            assert!(read > 0, "{reply:?} is not among {heard:?}");
            heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    pub(crate) async fn hears_the_end(&mut self) {
        let _ = self.0.read_to_end(&mut Vec::new()).await;
    }
}

/// What the list says about its newest entry.
async fn newest(world: &World) -> Value {
    world.list("/v1/refusals?limit=1").await[0].clone()
}

fn said<'a>(refusal: &'a Value, field: &str) -> &'a str {
    refusal[field].as_str().unwrap_or_default()
}

async fn count(world: &World, code: &str) -> u64 {
    let metrics = world.text("/metrics").await;
    let name = format!("postern_refusals_total{{reply=\"{code}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |number| number.parse().unwrap())
}

#[tokio::test]
async fn each_refusal_is_seen_with_what_to_do_and_a_restart_forgets_none() {
    let mut world = World::start().await;

    let mut before_tls = Raw::connect(&world, Mode::Starttls).await;
    before_tls.says(b"EHLO d\r\nMAIL FROM:<scanner@contoso.example>\r\n").await;
    before_tls.hears("530 ").await;
    let seen = newest(&world).await;
    assert_eq!((said(&seen, "code"), said(&seen, "peer")), ("530 5.7.0", "127.0.0.1"));
    assert!(said(&seen, "advice").contains("switch on STARTTLS"), "{seen}");
    world.clock.advance(std::time::Duration::from_secs(1));
    before_tls.says(b"AUTH PLAIN AGEAYg==\r\n").await;
    before_tls.hears("538 ").await;
    assert_eq!(said(&newest(&world).await, "code"), "538 5.7.11");

    world.clock.advance(std::time::Duration::from_secs(1));
    let wrong = Device { login: "Scanner1".to_owned(), password: "wrong-password".to_owned() };
    assert!(world.log_in(&wrong).await.is_err());
    let seen = newest(&world).await;
    assert_eq!((said(&seen, "code"), said(&seen, "login")), ("535 5.7.3", "scanner1"));
    assert_eq!(said(&seen, "reason"), "the password is wrong");
    assert!(seen["credential"].is_null() && said(&seen, "tls").starts_with("TLS"), "{seen}");

    world.clock.advance(std::time::Duration::from_secs(1));
    let bound = |new: &mut control::NewCredential| new.senders = vec!["noreply@contoso.example".to_owned()];
    let device = world.add_credential("bound", bound).await;
    let mut connection = world.log_in(&device).await.unwrap();
    let message = b"From: scanner@contoso.example\r\nMessage-ID: <7@device.example>\r\n\r\nx\r\n";
    let verdict = world.offer(&mut connection, &["a@example.com"], message).await;
    assert!(verdict.message.unwrap().is_err());
    let seen = newest(&world).await;
    assert_eq!((said(&seen, "code"), said(&seen, "credential")), ("550 5.7.1", "bound"));
    assert_eq!(said(&seen, "message_id"), "<7@device.example>");
    assert_eq!(said(&seen, "sender"), "<scanner@contoso.example>");
    assert!(said(&seen, "advice").contains("postern credential edit bound --sender"), "{seen}");

    world.clock.advance(std::time::Duration::from_secs(1));
    let hall = |new: &mut control::NewCredential| {
        new.access = NewAccess::Network(PublicNetworks::Refused);
        new.networks = vec!["127.0.0.0/8".to_owned()];
    };
    world.add_credential("hall-3", hall).await;
    let mut bare = Raw::connect(&world, Mode::Plain).await;
    bare.says(b"EHLO d\r\nMAIL FROM:<scanner@contoso.example>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n").await;
    bare.hears("354 ").await;
    bare.says(b"From: scanner@contoso.example\r\nMessage-ID: <8@device.example>\r\n\r\na\nb\r\n.\r\n").await;
    bare.hears("550 5.6.11").await;
    let seen = newest(&world).await;
    assert_eq!((said(&seen, "credential"), said(&seen, "message_id")), ("hall-3", "<8@device.example>"));
    assert!(said(&seen, "advice").contains("credential edit hall-3 --repair line-ends"), "{seen}");

    world.clock.advance(std::time::Duration::from_secs(1));
    let mut old = Raw::connect(&world, Mode::Tls).await;
    old.says(OLD_HELLO).await;
    old.hears_the_end().await;
    let seen = newest(&world).await;
    assert_eq!(said(&seen, "code"), "no TLS");
    assert!(said(&seen, "reply").contains("TLS 1.0 at most"), "{seen}");

    for code in ["530 5.7.0", "538 5.7.11", "535 5.7.3", "550 5.7.1", "550 5.6.11", "no TLS"] {
        assert_eq!(count(&world, code).await, 1, "{code}");
    }
    let of_scanner = world.list("/v1/refusals?credential=scanner1").await;
    assert_eq!(
        of_scanner.as_array().unwrap().len(),
        1,
        "a wrong password is a matter of its login: {of_scanner}"
    );
    let all = world.list("/v1/refusals").await;
    connection.quit().await;
    drop((before_tls, bare));
    world.stop_server().await;
    world.start_server().await;
    let again = world.list("/v1/refusals?limit=2000").await;
    for refusal in all.as_array().unwrap() {
        assert!(again.as_array().unwrap().contains(refusal), "{refusal} is not in {again}");
    }
    assert_eq!(count(&world, "550 5.7.1").await, 0, "metrics start anew");
    world.finish().await;
}

#[tokio::test]
async fn a_connection_that_is_turned_away_is_seen() {
    let world = World::start_with(Setup { closed: Some(Mode::Plain), ..Setup::default() }).await;
    let mut stranger = Raw::connect(&world, Mode::Plain).await;
    stranger.hears("554 5.7.1").await;
    let seen = newest(&world).await;
    assert_eq!((said(&seen, "code"), seen["count"].as_u64()), ("554 5.7.1", Some(1)));
    assert!(said(&seen, "advice").contains("`networks`"), "{seen}");
    assert_eq!(count(&world, "554 5.7.1").await, 1);
    world.finish().await;
}
