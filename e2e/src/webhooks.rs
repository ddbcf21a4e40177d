//! A receiver of web hooks: it keeps what it is told, and answers what the story says.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::world::{PATIENCE, World};

/// A receiver on this machine.
pub struct Receiver {
    pub url: String,
    kept: Arc<Kept>,
}

/// What its connections share.
struct Kept {
    heard: Mutex<Vec<Heard>>,
    status: AtomicU16,
    news: Notify,
}

/// A request that it was sent.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The fields of its head, in lower case.
    pub fields: Vec<(String, String)>,
    pub body: String,
    /// What it answered.
    pub status: u16,
}

impl Heard {
    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The events in it.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        match serde_json::from_str(&self.body).unwrap() {
            Value::Array(events) => events,
            event => vec![event],
        }
    }

    /// Type and first recipient of each event, or its code.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let word = |event: &Value| {
            let about = event["data"]["recipients"][0].as_str().or(event["data"]["code"].as_str());
            format!("{} {}", event["type"].as_str().unwrap(), about.unwrap_or_default())
        };
        self.events().iter().map(word).collect()
    }
}

impl Receiver {
    /// A receiver that accepts everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let kept =
            Arc::new(Kept { heard: Mutex::default(), status: AtomicU16::new(204), news: Notify::new() });
        let shared = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&shared);
                // A client that hangs up has its own reasons.
                tokio::spawn(async move { drop(serve(stream, &kept).await) });
            }
        });
        Self { url, kept }
    }

    /// Answers so from now on.
    pub fn answers(&self, status: u16) {
        self.kept.status.store(status, Ordering::Relaxed);
    }

    /// All requests until now.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.kept.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has accepted so many events, while the clock goes on.
    pub async fn until_told(&self, events: usize) {
        let told = async {
            while self.words().len() < events {
                self.kept.news.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, told).await.expect("it is not told");
    }

    /// Those that it accepted.
    #[must_use]
    pub fn accepted(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| heard.status < 300).collect()
    }

    /// The events that it accepted, as [`Heard::words`] has them.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.accepted().iter().flat_map(Heard::words).collect()
    }
}

async fn serve(mut stream: TcpStream, kept: &Kept) -> std::io::Result<()> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 8_192]);
    loop {
        let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") else {
            let count = stream.read(&mut piece).await?;
            if count == 0 {
                return Ok(());
            }
            bytes.extend_from_slice(&piece[..count]);
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let field =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let fields: Vec<(String, String)> = head.lines().filter_map(field).collect();
        let length = fields.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        while bytes.len() < end + 4 + length {
            let count = stream.read(&mut piece).await?;
            if count == 0 {
                return Ok(());
            }
            bytes.extend_from_slice(&piece[..count]);
        }
        let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
        let status = kept.status.load(Ordering::Relaxed);
        kept.heard.lock().unwrap_or_else(PoisonError::into_inner).push(Heard { fields, body, status });
        kept.news.notify_one();
        bytes.drain(..end + 4 + length);
        stream.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
    }
}

impl World {
    /// Adds a web hook with these settings to a receiver on this machine; gives its signing secret.
    pub async fn add_webhook(&self, receiver: &Receiver, settings: Value) -> String {
        let mut body = json!({ "url": receiver.url, "name": "crm", "allow_private": true });
        for (name, value) in settings.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let (status, added) = self.request("POST", "/v1/webhooks", body).await;
        assert_eq!(status, 201, "{added}");
        added["secret"].as_str().unwrap().to_owned()
    }
}
