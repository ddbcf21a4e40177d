//! One sequence, submitted.

use std::io;

use bench::random::Random;

use super::atoms::{self, Atom};
use super::{Framing, LENGTH, LineEnds, Route};
use crate::client::{Client, Reply};
use crate::stage::{Ports, sender_for};

/// What is submitted.
pub(super) struct Attempt {
    /// What is in all addresses of the attempt. It holds the route, too: an equal message from a client that may not
    /// have heard its reply would be taken for a repetition of the first one, and sent once.
    pub(super) label: String,
    /// Mail data: header section, the sequence, and a last line; without an end mark.
    pub(super) data: Vec<u8>,
    /// Where the atoms begin that hold a whole message.
    pub(super) messages: Vec<usize>,
    sender: &'static str,
    pipelined: bool,
}

/// What the server said to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Messages that it took.
    pub(super) accepted: u64,
    /// The connection could not be made, or broke before the message was there.
    pub(super) broken: Option<String>,
}

const LAST_LINE: &[u8] = b"\r\nend\r\n";

impl Attempt {
    pub(super) fn new(route: Route, sequence: usize, random: &mut Random) -> Self {
        let sender = sender_for(route.from);
        let label = format!("{}-{sequence}", route.label);
        let head = format!(
            "From: {sender}\r\nTo: {}\r\nSubject: {label}\r\nMessage-ID: <{label}@attack.example>\r\n\r\nx",
            recipient(&label)
        );
        let mut data = head.into_bytes();
        let mut messages = Vec::new();
        for atom in atoms::of_sequence(sequence, LENGTH) {
            match atom {
                Atom::Bytes(bytes) => data.extend_from_slice(bytes),
                Atom::Message => {
                    messages.push(data.len());
                    data.extend_from_slice(smuggled_message(&label, sender).as_bytes());
                }
            }
        }
        data.extend_from_slice(LAST_LINE);
        Self { label, data, messages, sender, pipelined: random.below(2) == 0 }
    }

    /// Submits it on a connection of its own.
    pub(super) async fn make(&self, route: Route, ports: Ports, random: &mut Random) -> Seen {
        let port = match route.line_ends {
            LineEnds::Strict => ports.strict,
            LineEnds::Repaired => ports.repairing,
        };
        match self.submit(route, port, random).await {
            Ok(replies) => {
                let accepted = replies.iter().filter(|reply| reply.is_acceptance()).count() as u64;
                Seen { accepted, broken: None }
            }
            Err(error) => Seen { accepted: 0, broken: Some(error.to_string()) },
        }
    }

    async fn submit(&self, route: Route, port: u16, random: &mut Random) -> io::Result<Vec<Reply>> {
        let mut client = Client::greeted(route.from, port).await?;
        let (before, rest) = match route.framing {
            Framing::Dots => {
                (self.envelope(self.sender, "DATA\r\n"), [&self.data[..], b".\r\nQUIT\r\n"].concat())
            }
            Framing::Chunks => (self.envelope(self.sender, ""), self.chunks(random)),
            Framing::Orphans => (self.envelope("nobody@nowhere.example", ""), self.chunks(random)),
        };
        if self.pipelined {
            say_in_two(&mut client, &[before.as_bytes(), &rest].concat(), random).await?;
        } else {
            for line in before.split_inclusive("\r\n") {
                client.ask(line).await?;
            }
            say_in_two(&mut client, &rest, random).await?;
        }
        Ok(client.rest().await)
    }

    fn envelope(&self, sender: &str, data: &str) -> String {
        format!("MAIL FROM:<{sender}>\r\nRCPT TO:<{}>\r\n{data}", recipient(&self.label))
    }

    /// The mail data in one to three chunks that are cut anywhere.
    fn chunks(&self, random: &mut Random) -> Vec<u8> {
        let length = self.data.len() as u64;
        let mut cuts: Vec<usize> = (0..random.below(3)).map(|_| random.below(length + 1) as usize).collect();
        cuts.sort_unstable();
        cuts.push(self.data.len());
        let (mut output, mut begin) = (Vec::new(), 0);
        for (index, end) in cuts.iter().enumerate() {
            let last = if index + 1 == cuts.len() { " LAST" } else { "" };
            output.extend_from_slice(format!("BDAT {}{last}\r\n", end - begin).as_bytes());
            output.extend_from_slice(&self.data[begin..*end]);
            begin = *end;
        }
        output.extend_from_slice(b"QUIT\r\n");
        output
    }
}

/// Whom the message is for.
pub(super) fn recipient(label: &str) -> String {
    format!("try-{label}@sink.example")
}

/// Whom the message inside of it is for.
pub(super) fn smuggled_recipient(label: &str) -> String {
    format!("smuggled-{label}@sink.example")
}

fn smuggled_message(label: &str, sender: &str) -> String {
    let recipient = smuggled_recipient(label);
    format!(
        "MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nFrom: {sender}\r\nSubject: smuggled\r\n\r\ny"
    )
}

/// Says bytes in two pieces, so that what belongs together may come apart. A server that hangs up early has said why.
async fn say_in_two(client: &mut Client, bytes: &[u8], random: &mut Random) -> io::Result<()> {
    let cut = random.below(bytes.len() as u64 + 1) as usize;
    for piece in [&bytes[..cut], &bytes[cut..]] {
        match client.say(piece).await {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) =>
            {
                break;
            }
            said => said?,
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}
