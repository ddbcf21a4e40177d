//! The next server by SMTP, which keeps the bytes as they came. It shares no parser with the server under attack.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tls::{Names, ServerIdentity, Stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::reader;

/// The sink, running.
pub(crate) struct Sink {
    pub(crate) port: u16,
    pub(crate) certificate_pem: String,
    kept: Arc<Mutex<Vec<Arrival>>>,
    listening: JoinHandle<()>,
}

/// A message that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// RCPT TO, the whole lines.
    pub(crate) recipients: Vec<String>,
    /// What followed DATA, the end mark included.
    pub(crate) bytes: Vec<u8>,
    /// Bytes of it that are content.
    pub(crate) content: usize,
}

impl Arrival {
    /// The message, its transparency dots removed.
    pub(crate) fn message(&self) -> Vec<u8> {
        reader::without_transparency(&self.bytes[..self.content])
    }

    /// Header section and body.
    pub(crate) fn parts(&self) -> (String, Vec<u8>) {
        let message = self.message();
        let end = memchr::memmem::find(&message, b"\r\n\r\n").map_or(message.len(), |end| end + 2);
        let body = message.get(end + 2..).unwrap_or_default().to_vec();
        (String::from_utf8_lossy(&message[..end]).into_owned(), body)
    }
}

impl Sink {
    /// Listens on a free port.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let (certificate, key) = (folder.join("wire.pem"), folder.join("wire.key"));
        let names = Names { hosts: vec!["localhost".to_owned()], addresses: vec!["127.0.0.1".parse()?] };
        let (certificate_pem, key_pem) = tls::self_signed(&names)?;
        std::fs::write(&certificate, &certificate_pem)?;
        std::fs::write(&key, key_pem)?;
        let config = ServerIdentity::load(&certificate, &key)?.server_config(&[])?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (port, kept) = (listener.local_addr()?.port(), Arc::default());
        let listening = tokio::spawn(accept(listener, config, Arc::clone(&kept)));
        Ok(Self { port, certificate_pem, kept, listening })
    }

    /// What has arrived since the last call.
    pub(crate) fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// For a client to finish its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);

async fn accept(listener: TcpListener, config: Arc<ServerConfig>, kept: Arc<Mutex<Vec<Arrival>>>) {
    loop {
        let Ok((tcp, _)) = listener.accept().await else { continue };
        let _ = tcp.set_nodelay(true);
        let session = Session {
            stream: Stream::Clear(tcp),
            input: Vec::new(),
            arrival: Arrival::none(),
            logging_in: 0,
        };
        let (config, kept) = (Arc::clone(&config), Arc::clone(&kept));
        // A server that is stopped leaves its connections broken.
        tokio::spawn(async move { session.run(config, &kept).await });
    }
}

struct Session {
    stream: Stream<TcpStream>,
    input: Vec<u8>,
    arrival: Arrival,
    /// Lines of a login that are still to come.
    logging_in: u8,
}

impl Arrival {
    fn none() -> Self {
        Self { recipients: Vec::new(), bytes: Vec::new(), content: 0 }
    }
}

impl Session {
    async fn run(mut self, config: Arc<ServerConfig>, kept: &Mutex<Vec<Arrival>>) -> io::Result<()> {
        self.say("220 localhost ESMTP\r\n").await?;
        loop {
            let line = self.line().await?;
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            if self.logging_in > 0 {
                self.logging_in -= 1;
                let reply = if self.logging_in > 0 { "334 UGFzc3dvcmQ6\r\n" } else { "235 2.7.0 in\r\n" };
                self.say(reply).await?;
                continue;
            }
            match verb.as_str() {
                "EHLO" => self.say(self.offer()).await?,
                "STAR" => {
                    self.say("220 2.0.0 go\r\n").await?;
                    let accepted = self.stream.accept(Arc::clone(&config), HANDSHAKE).await;
                    accepted.map_err(io::Error::other)?;
                }
                "AUTH" => self.begin_login(&line).await?,
                "MAIL" => {
                    self.arrival = Arrival::none();
                    self.say("250 2.1.0 sender\r\n").await?;
                }
                "RCPT" => {
                    self.arrival.recipients.push(line);
                    self.say("250 2.1.5 recipient\r\n").await?;
                }
                "DATA" => {
                    self.say("354 go\r\n").await?;
                    let arrival = self.data().await?;
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(arrival);
                    self.say("250 2.0.0 taken\r\n").await?;
                }
                "RSET" | "NOOP" => self.say("250 2.0.0 fine\r\n").await?,
                "QUIT" => return self.say("221 2.0.0 bye\r\n").await,
                _ => self.say("500 5.5.1 what\r\n").await?,
            }
        }
    }

    fn offer(&self) -> &'static str {
        match self.stream {
            Stream::Clear(_) => "250-localhost\r\n250 STARTTLS\r\n",
            _ => "250-localhost\r\n250-8BITMIME\r\n250-SIZE 67108864\r\n250 AUTH LOGIN PLAIN\r\n",
        }
    }

    async fn begin_login(&mut self, line: &str) -> io::Result<()> {
        let is_login = line.to_ascii_uppercase().contains("LOGIN");
        let has_response = line.split(' ').count() > 2;
        self.logging_in = u8::from(is_login) + u8::from(!has_response);
        let reply = match self.logging_in {
            0 => "235 2.7.0 in\r\n",
            1 if is_login => "334 UGFzc3dvcmQ6\r\n",
            1 => "334 \r\n",
            _ => "334 VXNlcm5hbWU6\r\n",
        };
        self.say(reply).await
    }

    async fn data(&mut self) -> io::Result<Arrival> {
        let mut searched = 0;
        loop {
            if let Some(end) = reader::strict_end(&self.input, searched) {
                let bytes = self.input.drain(..end.used).collect();
                let arrival = std::mem::replace(&mut self.arrival, Arrival::none());
                return Ok(Arrival { bytes, content: end.content, ..arrival });
            }
            searched = self.input.len();
            self.fill().await?;
        }
    }

    /// A command without its line end. A line that ends otherwise stays in it, and no address then fits.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.input, b"\r\n") {
                let line: Vec<u8> = self.input.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }
}
