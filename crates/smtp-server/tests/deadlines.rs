//! What a client that is slow, silent or in the way meets. Time is paused: nothing waits for real.

#![allow(clippy::unwrap_used, reason = "a broken pipe fails the test")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smtp::mail_data::Measures;
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::path::{ForwardPath, OfferedPath};
use smtp::reply::{Refusal, Reply};
use smtp::sasl::Login;
use smtp::server::{Ending, LoginPolicy, Settings, TlsPolicy};
use smtp_server::admission::{Admission, AdmissionLimits, Permit, Standing};
use smtp_server::{Answer, Endpoint, Peer, Refused, Service, Timeouts, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Takes every message and no login; keeps the negative replies.
#[derive(Default)]
struct Sink(Mutex<Vec<String>>);

impl Service for Sink {
    type Principal = ();
    type Transaction = ();

    async fn authenticate(&self, _: &Peer, _: &Login) -> Result<(), Refusal> {
        Err(Refusal::permanent(535, (7, 3), "Authentication unsuccessful"))
    }

    async fn mail(
        &self,
        _: &Peer,
        _: Option<&()>,
        _: &OfferedPath,
        _: &MailParameters,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    async fn recipient(
        &self,
        (): &mut (),
        _: &OfferedPath<ForwardPath>,
        _: &RecipientParameters,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    async fn data(&self, (): &mut (), _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    async fn finish(&self, (): &mut (), measures: Measures) -> Result<Reply, Refusal> {
        Ok(Reply::positive(250, (0, 0), "").with_text(format!("{} bytes", measures.octets)))
    }

    fn refused(&self, refused: &Refused<'_, Self>) {
        let login = refused.login.map(|login| format!("{login}: ")).unwrap_or_default();
        let message = refused.transaction.map(|()| " (of a message)").unwrap_or_default();
        if let Answer::Reply(refusal) = refused.answer {
            self.0.lock().unwrap().push(format!("{login}{refusal}{message}"));
        }
    }
}

fn empty() -> Arc<Admission> {
    Admission::new(AdmissionLimits { sessions: 8, sessions_per_network: 8 })
}

fn permit(admission: &Arc<Admission>, standing: Standing) -> Permit {
    admission.admit(SocketAddr::from(([192, 0, 2, 1], 40_000)), standing).unwrap()
}

struct Client {
    pipe: DuplexStream,
    server: JoinHandle<std::io::Result<Ending>>,
    shutdown: CancellationToken,
    sink: Arc<Sink>,
}

impl Client {
    async fn connect() -> Self {
        Self::sit_down(permit(&empty(), Standing::Welcome)).await
    }

    async fn sit_down(permit: Permit) -> Self {
        let mut client = Self::arrive(permit, 1 << 20);
        client.hears("220 relay.example ESMTP ready\r\n").await;
        client
    }

    fn arrive(permit: Permit, pipe_bytes: usize) -> Self {
        let mut settings = Settings::submission("relay.example", TlsPolicy::Absent);
        settings.login = LoginPolicy::Optional;
        let sink = Arc::new(Sink::default());
        let endpoint = Endpoint {
            service: Arc::clone(&sink),
            settings: Arc::new(settings),
            tls: None,
            timeouts: Timeouts::default(),
            networks: Vec::new(),
        };
        let (pipe, theirs) = tokio::io::duplex(pipe_bytes);
        let shutdown = CancellationToken::new();
        let server = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { serve(&endpoint, theirs, permit, shutdown).await }
        });
        Self { pipe, server, shutdown, sink }
    }

    async fn says(&mut self, text: &str) {
        self.pipe.write_all(text.as_bytes()).await.unwrap();
    }

    async fn hears(&mut self, text: &str) {
        let mut heard = vec![0; text.len()];
        self.pipe.read_exact(&mut heard).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&heard), text);
    }

    async fn begins_a_message(&mut self) {
        self.says("HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nDATA\r\n").await;
        self.hears(
            "250 relay.example Hello [192.0.2.1]\r\n250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n",
        )
        .await;
        self.hears("354 End the message with a dot on a line by itself\r\n").await;
    }

    async fn ending(self) -> std::io::Result<Ending> {
        drop(self.pipe);
        self.server.await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_told_and_left() {
    let start = Instant::now();
    let mut client = Client::connect().await;
    client.hears("421 4.4.2 Waited too long for you\r\n").await;
    assert_eq!(start.elapsed(), Timeouts::default().command);
    assert_eq!(client.ending().await.unwrap(), Ending::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_has_less_time_and_least_when_seats_are_scarce() {
    let admission = empty();
    let start = Instant::now();
    let mut client = Client::sit_down(permit(&admission, Standing::Stranger)).await;
    client.hears("421 4.4.2 Waited too long for you\r\n").await;
    assert_eq!(start.elapsed(), Timeouts::default().stranger.command);
    assert_eq!(client.ending().await.unwrap(), Ending::Refused);

    // Seats may also become scarce while a stranger is waited for.
    let start = Instant::now();
    let mut waiting = Client::sit_down(permit(&admission, Standing::Stranger)).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    let _crowd: Vec<Permit> = (0..5).map(|_| permit(&admission, Standing::Stranger)).collect();
    waiting.hears("421 4.4.2 Waited too long for you\r\n").await;
    assert_eq!(start.elapsed(), Timeouts::default().crowded.command);

    // Who belongs here has the time that it always had.
    let start = Instant::now();
    let mut welcome = Client::sit_down(permit(&admission, Standing::Welcome)).await;
    welcome.hears("421 4.4.2 Waited too long for you\r\n").await;
    assert_eq!(start.elapsed(), Timeouts::default().command);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_that_always_has_something_to_say_is_sent_away() {
    for (crowd, limit) in [(0, Timeouts::default().stranger), (5, Timeouts::default().crowded)] {
        let admission = empty();
        let _crowd: Vec<Permit> = (0..crowd).map(|_| permit(&admission, Standing::Stranger)).collect();
        let start = Instant::now();
        let mut client = Client::sit_down(permit(&admission, Standing::Stranger)).await;
        let mut answer = [0; 4_096];
        // One byte at a time, or one command at a time: neither makes the session longer.
        for byte in b"NOOP\r\n".iter().cycle() {
            client.pipe.write_all(&[*byte]).await.unwrap();
            let pause = limit.command.mul_f64(0.9);
            let heard = tokio::time::timeout(pause, client.pipe.read(&mut answer)).await;
            if let Ok(Ok(length)) = heard
                && answer[..length].starts_with(b"421")
            {
                break;
            }
        }
        assert_eq!(start.elapsed(), limit.session);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_whose_message_is_accepted_is_none_any_more() {
    let admission = empty();
    let mut client = Client::sit_down(permit(&admission, Standing::Stranger)).await;
    client.begins_a_message().await;
    client.says("hello\r\n.\r\n").await;
    client.hears("250 2.0.0 7 bytes\r\n").await;
    let start = Instant::now();
    client.hears("421 4.4.2 Waited too long for you\r\n").await;
    assert_eq!(start.elapsed(), Timeouts::default().command);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_that_takes_no_reply_is_left() {
    let start = Instant::now();
    // The greeting and the answer to EHLO are more than the pipe holds, and nobody reads them.
    let mut client = Client::arrive(permit(&empty(), Standing::Stranger), 64);
    client.says("EHLO c\r\n").await;
    assert_eq!(client.server.await.unwrap().unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), Timeouts::default().stranger.command);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stays_for_ever_is_sent_away_between_messages() {
    let mut client = Client::connect().await;
    let start = Instant::now();
    while start.elapsed() < Timeouts::default().session - Duration::from_secs(200) {
        tokio::time::advance(Duration::from_secs(200)).await;
        client.says("NOOP\r\n").await;
        client.hears("250 2.0.0 OK\r\n").await;
    }
    client.hears("421 4.4.2 Enough for one session: connect again\r\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_trickles_in_is_cut_off() {
    let mut client = Client::connect().await;
    client.begins_a_message().await;
    let start = Instant::now();
    let mut refused = [0; 3];
    loop {
        let trickle =
            tokio::time::timeout(Duration::from_secs(10), client.pipe.read_exact(&mut refused)).await;
        if trickle.is_ok() {
            break;
        }
        client.says("x").await;
    }
    assert_eq!(&refused, b"421");
    let grace = Timeouts::default().data_grace;
    assert!(start.elapsed() >= grace && start.elapsed() < grace + Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn failed_logins_take_longer_and_longer() {
    let mut client = Client::connect().await;
    client.says("EHLO c\r\n").await;
    let mut greeting = vec![0; 512];
    let _ = client.pipe.read(&mut greeting).await.unwrap();
    for nth in 1..4 {
        let start = Instant::now();
        client.says("AUTH PLAIN AGEAYQ==\r\n").await;
        client.hears("535 5.7.3 Authentication unsuccessful\r\n").await;
        assert_eq!(start.elapsed(), Timeouts::default().failed_login * nth);
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_the_message_under_way() {
    let mut idle = Client::connect().await;
    let mut busy = Client::connect().await;
    busy.begins_a_message().await;
    idle.shutdown.cancel();
    busy.shutdown.cancel();
    idle.hears("421 4.3.2 Shutting down: try again in a minute\r\n").await;
    busy.says("hello\r\n.\r\n").await;
    busy.hears("250 2.0.0 7 bytes\r\n421 4.3.2 Shutting down: try again in a minute\r\n").await;
    assert_eq!(busy.ending().await.unwrap(), Ending::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_leaves_nothing_behind() {
    let mut client = Client::connect().await;
    client.begins_a_message().await;
    client.says("half a mess").await;
    assert_eq!(client.ending().await.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test(start_paused = true)]
async fn the_service_hears_of_every_negative_reply_and_what_it_was_about() {
    let mut client = Client::connect().await;
    client.says("DATA\r\nEHLO c\r\n").await;
    let mut greeting = vec![0; 512];
    let _ = client.pipe.read(&mut greeting).await.unwrap();
    client.says("AUTH PLAIN AGEAYQ==\r\n").await;
    client.hears("535 5.7.3 Authentication unsuccessful\r\n").await;
    client.says("RSET\r\n").await;
    client.hears("250 2.0.0 OK\r\n").await;
    client.begins_a_message().await;
    client.says("a: b\r\n\r\na\nb\r\n.\r\n").await;
    client.hears("550 5.6.11 The message holds a bare line feed: lines end with CR LF\r\n").await;
    let sink = Arc::clone(&client.sink);
    client.ending().await.unwrap();
    let refused = sink.0.lock().unwrap();
    assert_eq!(
        *refused,
        [
            "503 5.5.1 Say MAIL FROM first",
            "a: 535 5.7.3 Authentication unsuccessful",
            "a: 550 5.6.11 The message holds a bare line feed: lines end with CR LF (of a message)",
        ]
    );
}
