//! Transcripts of the server's session.
//!
//! Actions: `tls absent|starttls|implicit`, `login none|optional|required`, `with` and `without <EHLO keyword>`, `clear only <EHLO keyword>`, `tolerated DSN`,
//! `hold <seconds>`,
//! `limit <name> <number>` set the listener up; `tls established` is the handshake. With `sender any` the service
//! takes what is no reverse-path, with `recipient any` what is no forward-path, with `line-ends repaired` it has bare line ends repaired. The service
//! behind the session takes any login whose proof is `good`, ends the session when it is `busy`, refuses
//! clients that are called `blocked`, addresses whose local part is `blocked`, and messages that hold the word
//! REFUSE, and those from `nodata` before they begin.
//! Expectations: `login <name>`, `message <escaped octets>`, `repaired <line ends>`, `ending <why>`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use smtp::extension::{Extension, Extensions};
use smtp::mail_data::LineEnds;
use smtp::reply::{Refusal, Reply};
use smtp::sasl::Proof;
use smtp::server::{LoginPolicy, LongestHold, Session, Settings, Step, TlsPolicy};

use crate::transcript::{Event, Transcript, unescape};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// One read for each run of client lines.
    Lines,
    /// One read for each octet.
    Octets,
    /// One read for everything that the client says up to the next TLS handshake.
    Nowhere,
}

pub(crate) fn replay(name: &str, transcript: &Transcript, cut: Cut) {
    if cut == Cut::Octets && transcript.is_only_uncut() {
        return;
    }
    let (settings, service, events) = set_up(&transcript.events);
    let mut world = World {
        session: None,
        output: Vec::new(),
        refusals: Vec::new(),
        happened: Vec::new(),
        message: Vec::new(),
        has_no_data: false,
        service,
    };
    let session = Session::open(Arc::new(settings), IpAddr::V4(Ipv4Addr::LOCALHOST));
    world.run(session);
    for input in inputs(events, cut) {
        match input {
            Some(octets) => world.feed(&octets),
            None => world.establish_tls(),
        }
    }
    let server: Vec<u8> = events
        .iter()
        .flat_map(|event| if let Event::Server(octets) = event { octets.clone() } else { Vec::new() })
        .collect();
    let context = format!("{name} cut at {cut:?}");
    assert_eq!(String::from_utf8_lossy(&world.output), String::from_utf8_lossy(&server), "{context}");
    let expected: Vec<String> = events
        .iter()
        .filter_map(|event| if let Event::Expect(text) = event { Some(text.clone()) } else { None })
        .collect();
    assert_eq!(world.happened, expected, "{context}");
    assert_eq!(world.refusals, negative(&world.output), "{context}");
}

/// The negative replies among what the server said, by their last lines.
fn negative(output: &[u8]) -> Vec<String> {
    let is_negative = |line: &&str| line.starts_with(['4', '5']) && line[3..].starts_with(' ');
    String::from_utf8_lossy(output).lines().filter(is_negative).map(str::to_owned).collect()
}

/// Applies the leading actions; gives the events behind them.
fn set_up(events: &[Event]) -> (Settings, Service, &[Event]) {
    let mut service = Service::default();
    let mut settings = Settings::submission("relay.example", TlsPolicy::Absent);
    settings.login = LoginPolicy::Optional;
    let mut used = 0;
    for event in events {
        let Event::Action(action) = event else { break };
        let words: Vec<&str> = action.split(' ').collect();
        match words[..] {
            ["tls", "absent"] => settings.tls = TlsPolicy::Absent,
            ["tls", "starttls"] => settings.tls = TlsPolicy::StartTls,
            ["tls", "implicit"] => settings.tls = TlsPolicy::Implicit,
            ["login", "none"] => settings.login = LoginPolicy::NotOffered,
            ["login", "optional"] => settings.login = LoginPolicy::Optional,
            ["login", "required"] => settings.login = LoginPolicy::Required,
            ["without", keyword] => {
                let gone =
                    [Extension::Chunking, Extension::Dsn, Extension::SmtpUtf8, Extension::EightBitMime]
                        .into_iter()
                        .find(|extension| extension.keyword() == keyword)
                        .unwrap();
                settings.extensions = settings.extensions.without(gone);
            }
            ["tolerated", "DSN"] => settings.tolerated = settings.tolerated.with(Extension::Dsn),
            ["with", "BINARYMIME"] => {
                settings.extensions = settings.extensions.with(Extension::BinaryMime);
            }
            ["hold", seconds] => {
                let latest = Arc::new(|| "2026-12-29T10:00:00Z".to_owned());
                settings.longest_hold = Some(LongestHold { seconds: seconds.parse().unwrap(), latest });
            }
            ["clear", "only", "SIZE"] => {
                settings.extensions_in_clear = Extensions::none().with(Extension::Size);
            }
            ["limit", name, number] => {
                let limits = &mut settings.limits;
                match name {
                    "command" => limits.command_octets = number.parse().unwrap(),
                    "message" => limits.message_octets = number.parse().unwrap(),
                    "recipients" => limits.recipients = number.parse().unwrap(),
                    "errors" => limits.errors = number.parse().unwrap(),
                    "fruitless" => limits.fruitless_commands = number.parse().unwrap(),
                    "messages" => limits.messages = number.parse().unwrap(),
                    _ => panic!("unknown limit {name}"),
                }
            }
            ["sender", "any"] => service.any_sender = true,
            ["recipient", "any"] => service.any_recipient = true,
            ["line-ends", "repaired"] => service.line_ends = LineEnds::Repaired,
            ["only", "uncut"] => {}
            _ => break,
        }
        used += 1;
    }
    (settings, service, &events[used..])
}

/// What the client says in reads, with `None` for a TLS handshake.
fn inputs(events: &[Event], cut: Cut) -> Vec<Option<Vec<u8>>> {
    let mut inputs: Vec<Option<Vec<u8>>> = Vec::new();
    let mut server_spoke = true;
    for event in events {
        match event {
            Event::Client(octets) => match inputs.last_mut() {
                Some(Some(last)) if cut == Cut::Nowhere || !server_spoke => last.extend_from_slice(octets),
                _ => inputs.push(Some(octets.clone())),
            },
            Event::Action(action) if action == "tls established" => inputs.push(None),
            Event::Action(action) => panic!("unknown action {action}"),
            Event::Server(_) | Event::Expect(_) => {}
        }
        server_spoke = !matches!(event, Event::Client(_));
    }
    if cut == Cut::Octets {
        let octets = |input: Option<Vec<u8>>| match input {
            Some(octets) => octets.into_iter().map(|octet| Some(vec![octet])).collect(),
            None => vec![None],
        };
        return inputs.into_iter().flat_map(octets).collect();
    }
    inputs
}

struct World {
    session: Option<Waiting>,
    output: Vec<u8>,
    /// What the session said of its own negative replies.
    refusals: Vec<String>,
    happened: Vec<String>,
    message: Vec<u8>,
    has_no_data: bool,
    service: Service,
}

/// What the service behind the session was told by its operator.
#[derive(Default)]
struct Service {
    /// Whether it does not matter what MAIL says.
    any_sender: bool,
    /// Whether it does not matter what RCPT says.
    any_recipient: bool,
    /// What becomes of bare line ends.
    line_ends: LineEnds,
}

enum Waiting {
    ForInput(Session),
    ForTls(smtp::server::StartTls),
}

impl World {
    fn feed(&mut self, octets: &[u8]) {
        match self.session.take() {
            Some(Waiting::ForInput(mut session)) => {
                session.input().extend_from_slice(octets);
                self.run(session);
            }
            Some(Waiting::ForTls(_)) => panic!("the client speaks where the handshake should be"),
            None => {}
        }
    }

    fn establish_tls(&mut self) {
        match self.session.take() {
            Some(Waiting::ForTls(start)) => self.run(start.established()),
            _ => panic!("the session does not wait for TLS"),
        }
    }

    fn run(&mut self, mut session: Session) {
        loop {
            let mut step = session.advance();
            self.refusals.extend(step.refusals().iter().map(ToString::to_string));
            session = match step {
                Step::NeedsInput(mut session) => {
                    self.output.append(session.pending());
                    return self.session = Some(Waiting::ForInput(session));
                }
                Step::StartTls(mut start) => {
                    self.output.append(start.pending());
                    return self.session = Some(Waiting::ForTls(start));
                }
                Step::Closed(mut session, ending) => {
                    self.output.append(session.pending());
                    return self.happened.push(format!("ending {ending:?}"));
                }
                Step::Authenticate(ask) => {
                    let (Proof::Password(secret) | Proof::Token(secret)) = &ask.login().proof;
                    match secret.expose_secret() {
                        "good" => {
                            self.happened.push(format!("login {}", ask.login().name));
                            ask.accept()
                        }
                        "busy" => ask.reject(Refusal::temporary(421, (7, 0), "Come back later")),
                        _ => ask.reject(Refusal::permanent(535, (7, 3), "Authentication unsuccessful")),
                    }
                }
                Step::Mail(ask) if ask.path().to_string().starts_with("<blocked@") => {
                    ask.reject(&Refusal::permanent(550, (7, 1), "Sender refused"))
                }
                Step::Mail(ask) => match ask.path().readable() {
                    Err(refusal) if !self.service.any_sender => ask.reject(&refusal),
                    _ => {
                        self.message.clear();
                        self.has_no_data = ask.path().to_string().starts_with("<nodata@");
                        ask.accept(self.service.line_ends)
                    }
                },
                Step::Hello(ask) if ask.client().name.to_string() == "blocked" => {
                    ask.reject(&Refusal::permanent(550, (7, 1), "Client refused"))
                }
                Step::Hello(ask) => ask.accept(),
                Step::Data(ask) if self.has_no_data => {
                    ask.reject(&Refusal::temporary(451, (3, 0), "Not now"))
                }
                Step::Data(ask) => ask.accept(),
                Step::Recipient(ask) if ask.path().to_string().starts_with("<blocked@") => {
                    ask.reject(&Refusal::permanent(550, (1, 1), "Recipient refused"))
                }
                Step::Recipient(ask) => match ask.path().readable() {
                    Err(refusal) if !self.service.any_recipient => ask.reject(&refusal),
                    _ => ask.accept(),
                },
                Step::MailData(ask) => {
                    self.message.extend_from_slice(ask.bytes());
                    if self.message.windows(6).any(|window| window == b"REFUSE") {
                        ask.refuse(Refusal::temporary(451, (3, 0), "No room"))
                    } else {
                        ask.taken()
                    }
                }
                Step::EndOfData(ask) => {
                    let message = std::mem::take(&mut self.message);
                    let measures = ask.measures();
                    assert_eq!(measures.octets, message.len() as u64);
                    self.happened.push(format!("message {}", escape(&message)));
                    if measures.repaired_line_ends > 0 {
                        self.happened.push(format!("repaired {}", measures.repaired_line_ends));
                    }
                    ask.accept(&Reply::positive(250, (0, 0), "Queued"))
                }
            };
        }
    }
}

fn escape(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets).replace('\r', "\\r").replace('\n', "\\n");
    assert_eq!(unescape(&text), octets);
    text
}
