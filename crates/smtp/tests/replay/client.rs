//! Transcripts of the client's session.
//!
//! Actions: `tls absent|starttls|implicit`, `password <name> <password>`, `token <name> <token>` set the
//! session up; `tls established` is the handshake; `send <reverse-path> <recipient>... [8bit]` begins a
//! transaction; `content <escaped octets>` writes the message; `quit` says goodbye.
//! Expectations: `tls wanted`, `ready`, `wanted` (the message), `verdict ...`, `failed ...`.

use secrecy::SecretString;
use smtp::client::{
    Envelope, MailData, Ready, Session, Settings, StartTls, Step, TlsPolicy, TransactionReplies,
};
use smtp::path::ReversePath;
use smtp::sasl::{Login, Proof};

use crate::transcript::{Event, Transcript, unescape};

enum State {
    ForInput(Session),
    ForTls(StartTls),
    Ready(Ready),
    Wanted(MailData),
    Over,
}

pub(crate) fn replay(name: &str, transcript: &Transcript, octet_by_octet: bool) {
    if octet_by_octet && transcript.is_only_uncut() {
        return;
    }
    let context = |event: &Event| format!("{name}, octet by octet: {octet_by_octet}, at {event:?}");
    let (settings, events) = set_up(&transcript.events);
    let mut happened = Vec::new();
    let mut state = run(Session::open(settings), &mut happened);
    let mut said = Vec::new();
    for event in events {
        said.append(&mut pending(&mut state));
        match event {
            Event::Server(octets) => {
                let step = if octet_by_octet { 1 } else { octets.len() };
                for piece in octets.chunks(step) {
                    state = match hear(state, piece, &mut happened) {
                        Some(state) => state,
                        None => panic!("{}: nothing is awaited", context(event)),
                    };
                    said.append(&mut pending(&mut state));
                }
            }
            Event::Client(octets) => {
                let (now, later) = said.split_at(octets.len().min(said.len()));
                assert_eq!(
                    String::from_utf8_lossy(now),
                    String::from_utf8_lossy(octets),
                    "{}",
                    context(event)
                );
                said = later.to_vec();
            }
            Event::Action(action) => state = act(state, action, &mut happened),
            Event::Expect(text) => {
                // A transcript need not mention that the session was ready.
                while text != "ready" && happened.first().is_some_and(|first| first == "ready") {
                    happened.remove(0);
                }
                assert!(!happened.is_empty(), "{}: nothing happened", context(event));
                assert_eq!(&happened.remove(0), text, "{}", context(event));
            }
        }
    }
    said.append(&mut pending(&mut state));
    assert_eq!(String::from_utf8_lossy(&said), "", "{name}: the client said more");
    happened.retain(|event| event != "ready");
    assert_eq!(happened, Vec::<String>::new(), "{name}: more happened");
}

fn set_up(events: &[Event]) -> (Settings, &[Event]) {
    let mut settings = Settings { client_name: "relay.example".into(), tls: TlsPolicy::Absent, login: None };
    let mut used = 0;
    for event in events {
        let Event::Action(action) = event else { break };
        match action.split(' ').collect::<Vec<_>>()[..] {
            ["tls", "absent"] => settings.tls = TlsPolicy::Absent,
            ["tls", "starttls"] => settings.tls = TlsPolicy::StartTls,
            ["tls", "implicit"] => settings.tls = TlsPolicy::Implicit,
            ["password", name, password] => {
                let proof = Proof::Password(SecretString::from(password));
                settings.login = Some(Login { name: name.into(), proof });
            }
            ["token", name, token] => {
                settings.login =
                    Some(Login { name: name.into(), proof: Proof::Token(SecretString::from(token)) });
            }
            ["only", "uncut"] => {}
            _ => break,
        }
        used += 1;
    }
    (settings, &events[used..])
}

fn hear(state: State, octets: &[u8], happened: &mut Vec<String>) -> Option<State> {
    let mut session = match state {
        State::ForInput(session) => session,
        State::Ready(ready) => ready.into_session(),
        State::Over => return Some(State::Over),
        State::ForTls(_) | State::Wanted(_) => return None,
    };
    session.input().extend_from_slice(octets);
    Some(run(session, happened))
}

fn act(state: State, action: &str, happened: &mut Vec<String>) -> State {
    let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
    match (verb, state) {
        ("tls", State::ForTls(start)) => run(start.established(), happened),
        ("send", State::Ready(ready)) => run(ready.send(envelope(rest)), happened),
        ("quit", State::Ready(ready)) => run(ready.quit(), happened),
        ("content", State::Wanted(mut ask)) => {
            let written = unescape(rest).chunks(3).try_for_each(|piece| ask.write(piece));
            let mut pending = std::mem::take(ask.pending());
            match written.and_then(|()| ask.finish()) {
                Ok(mut session) => {
                    pending.append(session.pending());
                    *session.pending() = pending;
                    run(session, happened)
                }
                Err(violation) => {
                    happened.push(format!("violation {violation}"));
                    State::Over
                }
            }
        }
        _ => panic!("{action} does not fit here"),
    }
}

fn envelope(words: &str) -> Envelope {
    let mut words: Vec<&str> = words.split(' ').collect();
    let eight_bit = words.last() == Some(&"8bit");
    if eight_bit {
        words.pop();
    }
    let reverse_path = match words[0] {
        "<>" => ReversePath::Null,
        mailbox => ReversePath::Mailbox(mailbox.parse().unwrap()),
    };
    let recipients = words[1..].iter().map(|word| word.parse().unwrap()).collect();
    Envelope { reverse_path, recipients, size_octets: 42, eight_bit, smtputf8: false }
}

fn pending(state: &mut State) -> Vec<u8> {
    match state {
        State::ForInput(session) => std::mem::take(session.pending()),
        State::Wanted(ask) => std::mem::take(ask.pending()),
        State::ForTls(_) | State::Ready(_) | State::Over => Vec::new(),
    }
}

fn run(mut session: Session, happened: &mut Vec<String>) -> State {
    loop {
        session = match session.advance() {
            Step::NeedsInput(session) => return State::ForInput(session),
            Step::StartTls(start) => {
                happened.push("tls wanted".into());
                return State::ForTls(start);
            }
            Step::Ready(ready) => {
                happened.push("ready".into());
                return State::Ready(ready);
            }
            Step::MailData(ask) => {
                happened.push("wanted".into());
                return State::Wanted(ask);
            }
            Step::Finished(finished) => {
                let (session, replies) = finished.into_parts();
                happened.push(shown(&replies));
                session
            }
            Step::Failed(failure) => {
                happened.push(format!("failed {failure}"));
                return State::Over;
            }
        };
    }
}

fn shown(replies: &TransactionReplies) -> String {
    let recipients: Vec<String> = replies
        .recipients
        .iter()
        .map(|recipient| recipient.as_ref().map_or_else(ToString::to_string, |()| "ok".into()))
        .collect();
    let message = match &replies.message {
        None => "unsent".to_owned(),
        Some(Ok(reply)) => format!("taken: {reply}"),
        Some(Err(refusal)) => format!("refused: {refusal}"),
    };
    format!("verdict [{}] {message}", recipients.join(", "))
}
