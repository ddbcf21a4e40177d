//! A transcript as a list of events.

/// A conversation, in order.
pub(crate) struct Transcript {
    pub(crate) events: Vec<Event>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Octets of the client.
    Client(Vec<u8>),
    /// Octets of the server.
    Server(Vec<u8>),
    /// Something outside the session.
    Action(String),
    /// Something that must have come of it.
    Expect(String),
}

impl Transcript {
    pub(crate) fn parse(text: &str) -> Self {
        let events = text.lines().filter_map(|line| {
            let (mark, rest) = line.split_at_checked(2).unwrap_or((line, ""));
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            Some(match mark {
                "C:" => Event::Client(format!("{rest}\r\n").into_bytes()),
                "S:" => Event::Server(format!("{rest}\r\n").into_bytes()),
                "c:" => Event::Client(unescape(rest)),
                "s:" => Event::Server(unescape(rest)),
                "! " => Event::Action(rest.to_owned()),
                "= " => Event::Expect(rest.to_owned()),
                _ if line.is_empty() || line.starts_with('#') => return None,
                _ => panic!("not a line of a transcript: {line}"),
            })
        });
        Self { events: events.collect() }
    }

    /// `! only uncut` spares a transcript whose point is what arrives in one read.
    pub(crate) fn is_only_uncut(&self) -> bool {
        self.events.contains(&Event::Action("only uncut".to_owned()))
    }
}

pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            octets.extend_from_slice(c.to_string().as_bytes());
            continue;
        }
        octets.push(match chars.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('0') => 0,
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).unwrap()
            }
            other => panic!("unknown escape {other:?}"),
        });
    }
    octets
}
