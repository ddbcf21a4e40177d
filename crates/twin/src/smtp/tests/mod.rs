//! Conversations with the SMTP endpoint.

mod offers;
mod replies;
mod rules;

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use smtp::server::{Settings, TlsPolicy};
use smtp_server::admission::{Admission, AdmissionLimits, Standing};
use smtp_server::{Endpoint, Timeouts, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_util::sync::CancellationToken;

use super::{SmtpService, settings};
use crate::captured::CapturedMail;
use crate::faults::{Effect, InjectedFault, Operation};
use crate::rehearsal::Rehearsal;
use crate::state::Behaviour;

const MAIL: &str =
    "From: scanner@contoso.example\r\nMessage-ID: <1@x.example>\r\nSubject: s\r\n\r\nx\r\n.\r\n";

/// A client's end of a session.
struct Line(DuplexStream);

/// One endpoint, for several sessions.
struct Context {
    rehearsal: Rehearsal,
    service: Arc<SmtpService>,
}

impl Context {
    fn begin(change: impl FnOnce(&mut Behaviour)) -> Self {
        let rehearsal = Rehearsal::begin();
        rehearsal.backend.change_state(|state| change(&mut state.behaviour));
        let service = Arc::new(SmtpService::new(Arc::clone(&rehearsal.backend)));
        Self { rehearsal, service }
    }

    /// A session as it is behind TLS, without TLS: what is offered and asked for is the same.
    async fn connect(&self) -> Line {
        let behaviour = self.rehearsal.backend.state().behaviour.smtp.clone();
        let endpoint = Endpoint {
            service: Arc::clone(&self.service),
            settings: Arc::new(Settings { tls: TlsPolicy::Absent, ..settings(&behaviour) }),
            tls: None,
            timeouts: Timeouts { failed_login: std::time::Duration::ZERO, ..Timeouts::default() },
            networks: Vec::new(),
        };
        let (ours, theirs) = duplex(1 << 20);
        tokio::spawn(async move {
            let address = SocketAddr::from(([127, 0, 0, 1], 1_025));
            let admission = Admission::new(AdmissionLimits { sessions: 1, sessions_per_network: 1 });
            let permit = admission.admit(address, Standing::Welcome).unwrap();
            let _ = serve(&endpoint, theirs, permit, CancellationToken::new()).await;
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
        self.rehearsal.backend.state().tenants[0].apps[0].secrets[0].value.clone()
    }

    fn last(&self) -> CapturedMail {
        self.rehearsal.backend.captured().all().next().unwrap().clone()
    }

    fn arm(&self, operation: Operation) {
        let effect =
            Effect::Answer { status: 451, code: "4.7.9".into(), message: "no".into(), retry_after: None };
        self.rehearsal.backend.arm(InjectedFault { operation, effect, times: Some(1), one_in: None });
    }
}

impl Line {
    /// Sends bytes and gives the whole reply.
    async fn send(&mut self, bytes: &[u8]) -> String {
        self.0.write_all(bytes).await.unwrap();
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
