//! A client without manners: it says what it is given, in whatever pieces, from any loopback address.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// An open connection.
pub(crate) struct Client {
    stream: TcpStream,
    input: Vec<u8>,
}

/// A server that says nothing for so long has nothing to say.
const PATIENCE: Duration = Duration::from_secs(20);

impl Client {
    /// Connects to 127.0.0.1, from another address of the loopback.
    pub(crate) async fn connect(from: Ipv4Addr, port: u16) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((from, 0)))?;
        let connect = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let stream = timeout(PATIENCE, connect).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, input: Vec::new() })
    }

    /// The same, with greeting and EHLO behind it. A client that is turned away is an error.
    pub(crate) async fn greeted(from: Ipv4Addr, port: u16) -> io::Result<Self> {
        let mut client = Self::connect(from, port).await?;
        let greeting = client.reply().await?;
        if greeting.code != 220 {
            return Err(io::Error::other(greeting.text));
        }
        client.ask("EHLO [127.0.0.1]\r\n").await?;
        Ok(client)
    }

    /// Says bytes as they are.
    pub(crate) async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes)).await?
    }

    /// Says something and reads one reply.
    pub(crate) async fn ask(&mut self, line: &str) -> io::Result<Reply> {
        self.say(line.as_bytes()).await?;
        self.reply().await
    }

    /// Says something that should be answered with a positive reply.
    pub(crate) async fn must(&mut self, line: &str) -> io::Result<Reply> {
        let reply = self.ask(line).await?;
        if reply.code < 400 { Ok(reply) } else { Err(io::Error::other(format!("{line:?}: {reply}"))) }
    }

    pub(crate) async fn log_in(&mut self, login: &str, password: &str) -> io::Result<Reply> {
        let response = STANDARD.encode(format!("\0{login}\0{password}"));
        self.ask(&format!("AUTH PLAIN {response}\r\n")).await
    }

    /// One reply, all of its lines.
    pub(crate) async fn reply(&mut self) -> io::Result<Reply> {
        loop {
            if let Some((reply, used)) = Reply::read(&self.input) {
                self.input.drain(..used);
                return Ok(reply);
            }
            if !self.fill().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// All replies until the server hangs up. A connection that breaks is over, too.
    pub(crate) async fn rest(&mut self) -> Vec<Reply> {
        while self.fill().await.unwrap_or(false) {}
        self.replies()
    }

    /// Says bytes and reads at the same time, until the server hangs up: `None` when it never does.
    pub(crate) async fn throw(mut self, bytes: &[u8]) -> Option<Vec<Reply>> {
        let (mut reading, mut writing) = self.stream.split();
        let write = async {
            // A server that hangs up early has said why.
            let _ = writing.write_all(bytes).await;
        };
        let read = async { while reading.read_buf(&mut self.input).await.is_ok_and(|bytes| bytes > 0) {} };
        // Once the server has hung up nobody reads what is still to be said.
        let both = async { tokio::join!(write, read) };
        timeout(PATIENCE, both).await.ok()?;
        Some(self.replies())
    }

    fn replies(&mut self) -> Vec<Reply> {
        let mut replies = Vec::new();
        let mut begin = 0;
        while let Some((reply, used)) = Reply::read(&self.input[begin..]) {
            begin += used;
            replies.push(reply);
        }
        replies
    }

    async fn fill(&mut self) -> io::Result<bool> {
        let read = self.stream.read_buf(&mut self.input);
        Ok(timeout(PATIENCE, read).await?? > 0)
    }
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) text: String,
}

impl Reply {
    fn read(input: &[u8]) -> Option<(Self, usize)> {
        let mut used = 0;
        loop {
            let length = memchr::memchr(b'\n', &input[used..])? + 1;
            let line = String::from_utf8_lossy(&input[used..used + length]).into_owned();
            used += length;
            if line.as_bytes().get(3) != Some(&b'-') {
                let code = line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
                return Some((Self { code, text: line.trim_end().to_owned() }, used));
            }
        }
    }

    /// Whether this is the reply to a message that was taken.
    pub(crate) fn is_acceptance(&self) -> bool {
        self.code == 250 && self.text.contains("Queued as ")
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_to_their_last_line() {
        let (reply, used) = Reply::read(b"250-a\r\n250 2.0.0 Queued as x\r\n221 ").unwrap();
        assert_eq!((used, reply.is_acceptance()), (30, true));
        assert_eq!(Reply::read(b"250-a\r\n250 b"), None);
    }
}
