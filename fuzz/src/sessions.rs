//! Both sessions, driven by hostile input from several states.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use smtp::client::{self, Envelope, TransactionReplies};
use smtp::mail_data::LineEnds;
use smtp::path::ReversePath;
use smtp::reply::{Refusal, Reply};
use smtp::server::{self, LoginPolicy, Session, Settings, TlsPolicy};

/// Where a server's session is when the hostile input begins.
const BEGINNINGS: [&str; 7] = [
    "",
    "EHLO a.example\r\n",
    "EHLO a.example\r\nAUTH LOGIN\r\n",
    "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n",
    "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n",
    "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n",
    "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 9\r\n",
];

/// The first byte chooses a state, the second the cut.
pub fn server_session(data: &[u8]) {
    let [state, cut, data @ ..] = data else { return };
    let beginning = BEGINNINGS[usize::from(*state) % BEGINNINGS.len()];
    for line_ends in [LineEnds::Strict, LineEnds::Repaired] {
        let whole = serve(beginning, data, (data.len().max(1), line_ends));
        let cut_up = serve(beginning, data, (usize::from(*cut).max(1), line_ends));
        assert_eq!(whole, cut_up, "where the input is cut matters");
    }
}

/// Everything that happened, the same however the input was cut.
#[derive(Debug, Default, PartialEq, Eq)]
struct Happened {
    output: Vec<u8>,
    messages: Vec<Vec<u8>>,
    closed: bool,
}

fn serve(beginning: &str, data: &[u8], (step, line_ends): (usize, LineEnds)) -> Happened {
    let mut settings = Settings::submission("relay.example", TlsPolicy::Absent);
    settings.login = LoginPolicy::Optional;
    let session = Session::open(Arc::new(settings), IpAddr::V4(Ipv4Addr::LOCALHOST));
    let mut happened = Happened::default();
    let mut message = Vec::new();
    let mut session = advance(session, line_ends, &mut happened, &mut message);
    for piece in std::iter::once(beginning.as_bytes()).chain(data.chunks(step)) {
        let Some(mut waiting) = session else { break };
        waiting.input().extend_from_slice(piece);
        session = advance(waiting, line_ends, &mut happened, &mut message);
    }
    happened
}

fn advance(mut session: Session, line_ends: LineEnds, happened: &mut Happened, message: &mut Vec<u8>) -> Option<Session> {
    loop {
        session = match session.advance() {
            server::Step::NeedsInput(mut session) => {
                happened.output.append(session.pending());
                return Some(session);
            }
            server::Step::Closed(mut session, _) => {
                happened.output.append(session.pending());
                happened.closed = true;
                return None;
            }
            server::Step::StartTls(_) => panic!("there is no TLS here"),
            server::Step::Authenticate(ask) if ask.login().name.len() % 2 == 0 => ask.accept(),
            server::Step::Authenticate(ask) => ask.reject(Refusal::permanent(535, (7, 3), "no")),
            server::Step::Mail(ask) => {
                message.clear();
                ask.accept(line_ends)
            }
            server::Step::Hello(ask) => ask.accept(),
            server::Step::Data(ask) => ask.accept(),
            server::Step::Recipient(ask) => ask.accept(),
            server::Step::MailData(ask) => {
                message.extend_from_slice(ask.bytes());
                ask.taken()
            }
            server::Step::EndOfData(ask) => {
                assert_eq!(ask.measures().octets, message.len() as u64);
                assert!(
                    smtp::mail_data::ChunkReader::default().read(message).is_ok(),
                    "something bare passed"
                );
                happened.messages.push(std::mem::take(message));
                ask.accept(&Reply::positive(250, (0, 0), "taken"))
            }
        };
    }
}

/// The first byte says how often the server's words are cut.
pub fn client_session(data: &[u8]) {
    let Some((cut, data)) = data.split_first() else { return };
    let settings =
        client::Settings { client_name: "a.example".to_owned(), tls: client::TlsPolicy::Absent, login: None };
    let mut session = Some(client::Session::open(settings));
    let mut sent = 0;
    for piece in data.chunks(usize::from(*cut).max(1)) {
        let Some(mut waiting) = session else { return };
        waiting.input().extend_from_slice(piece);
        session = speak(waiting, &mut sent);
    }
}

fn speak(mut session: client::Session, sent: &mut usize) -> Option<client::Session> {
    loop {
        session = match session.advance() {
            client::Step::NeedsInput(mut session) => {
                session.pending().clear();
                return Some(session);
            }
            client::Step::Ready(ready) if *sent < 3 => {
                *sent += 1;
                ready.send(envelope())
            }
            client::Step::Ready(ready) => ready.quit(),
            client::Step::MailData(mut ask) => {
                ask.write(b"Subject: s\r\n\r\n.\r\n").expect("the message is clean");
                ask.finish().expect("the message is clean")
            }
            client::Step::Finished(finished) => {
                let (session, TransactionReplies { recipients, message }) = finished.into_parts();
                let refused_at_once = recipients.is_empty() && matches!(message, Some(Err(_)));
                assert!(recipients.len() == 2 || refused_at_once, "somebody was forgotten");
                session
            }
            client::Step::StartTls(_) => panic!("nobody asked for TLS"),
            client::Step::Failed(_) => return None,
        };
    }
}

fn envelope() -> Envelope {
    let recipients = ["c@d.example", "e@f.example"].map(|one| one.parse().expect("it is an address"));
    Envelope {
        reverse_path: ReversePath::Null,
        recipients: recipients.into(),
        size_octets: 18,
        eight_bit: false,
        smtputf8: false,
    }
}
