//! What comes with every message of a server in operation: Event Grid posts an event about each recipient, an endpoint
//! gets web hooks, and metrics are read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clock::Clock;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// A message that the sink took by the Email API.
#[derive(Debug)]
pub struct Taken {
    pub operation: String,
    pub recipients: Vec<String>,
}

/// Everything that watches a server; it ends with this value.
pub struct Watch {
    counts: Arc<Counts>,
    tasks: JoinSet<anyhow::Result<()>>,
}

#[derive(Debug, Default)]
struct Counts {
    posted: AtomicU64,
    /// Events that say that a recipient has the message: the last of each message.
    hooked: AtomicU64,
    scraped: AtomicU64,
}

/// Where Postern takes events: a listener without TLS, as behind a reverse proxy.
#[derive(Clone, Debug)]
pub struct EventUrl {
    pub port: u16,
    pub path_and_query: String,
}

/// Events in a request, as docs/operate/events.md recommends.
const BATCH: usize = 100;
/// Event Grid waits for more events before it posts a batch.
const COLLECTS: Duration = Duration::from_millis(50);
/// Requests at once.
const POSTERS: usize = 4;
/// Prometheus reads every 15 seconds unless it is told otherwise; this is a harder test.
const SCRAPE: Duration = Duration::from_secs(1);

impl Watch {
    /// Posts an event for each recipient of what arrives in `taken`, takes web hooks at `endpoint`, and reads the metrics
    /// at the management socket each second.
    #[must_use]
    pub fn start(
        url: EventUrl,
        taken: mpsc::UnboundedReceiver<Taken>,
        endpoint: TcpListener,
        socket: &Path,
    ) -> Self {
        let (counts, taken) = (Arc::new(Counts::default()), Arc::new(Mutex::new(taken)));
        let mut tasks = JoinSet::new();
        tasks.spawn(take_hooks(endpoint, Arc::clone(&counts)));
        for _ in 0..POSTERS {
            tasks.spawn(post(url.clone(), Arc::clone(&taken), Arc::clone(&counts)));
        }
        tasks.spawn(scrape(socket.to_owned(), Arc::clone(&counts)));
        Self { counts, tasks }
    }

    /// Waits until events about so many recipients were taken, and came back as web hooks.
    ///
    /// # Errors
    /// When Postern rejected one, the metrics could not be read, or events do not arrive in time.
    pub async fn complete(&mut self, events: u64, until: Instant) -> anyhow::Result<()> {
        loop {
            if let Some(ended) = self.tasks.try_join_next() {
                ended?.context("the watch ended")?;
            }
            let [posted, hooked] =
                [&self.counts.posted, &self.counts.hooked].map(|count| count.load(Ordering::Relaxed));
            if posted >= events && hooked >= events {
                ensure!(self.counts.scraped.load(Ordering::Relaxed) > 0, "the metrics were never read");
                return Ok(());
            }
            ensure!(
                Instant::now() < until,
                "{posted} of {events} events were taken, {hooked} web hooks came"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn post(
    url: EventUrl,
    taken: Arc<Mutex<mpsc::UnboundedReceiver<Taken>>>,
    counts: Arc<Counts>,
) -> anyhow::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", url.port)).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        {
            let mut taken = taken.lock().await;
            tokio::time::sleep(COLLECTS / POSTERS as u32).await;
            if taken.recv_many(&mut batch, BATCH).await == 0 {
                return Ok(());
            }
        }
        let events: Vec<Value> = batch.iter().flat_map(events).collect();
        let count = events.len() as u64;
        let request = Request::builder()
            .method(Method::POST)
            .uri(&url.path_and_query)
            .header("Host", "localhost")
            .header("Content-Type", "application/json")
            .body(Full::new(Bytes::from(serde_json::to_vec(&events)?)))?;
        let answer = sender.send_request(request).await?;
        ensure!(answer.status() == StatusCode::OK, "events were answered with {}", answer.status());
        answer.into_body().collect().await?;
        counts.posted.fetch_add(count, Ordering::Relaxed);
    }
}

/// Events of the Event Grid schema, with the members that Microsoft documents.
fn events(taken: &Taken) -> Vec<Value> {
    let now = Clock::system().now().to_string();
    let event = |recipient: &String| {
        json!({
            "id": taken.operation,
            "topic": "/subscriptions/0/resourceGroups/bench/providers/Microsoft.Communication/CommunicationServices/bench",
            "subject": format!("sender/scanner@bench.example/message/{}", taken.operation),
            "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
            "dataVersion": "1.0",
            "metadataVersion": "1",
            "eventTime": now,
            "data": {
                "sender": "scanner@bench.example",
                "recipient": recipient,
                "messageId": taken.operation,
                "status": "Delivered",
                "deliveryStatusDetails": { "statusMessage": "250 2.0.0 OK" },
                "deliveryAttemptTimeStamp": now,
            },
        })
    };
    taken.recipients.iter().map(event).collect()
}

/// Answers 200 at once and counts the deliveries among the events: an endpoint that stores what it gets.
async fn take_hooks(endpoint: TcpListener, counts: Arc<Counts>) -> anyhow::Result<()> {
    loop {
        let (stream, _) = endpoint.accept().await?;
        stream.set_nodelay(true)?;
        let counts = Arc::clone(&counts);
        let service = service_fn(move |request: Request<Incoming>| {
            let counts = Arc::clone(&counts);
            async move {
                let body = request.into_body().collect().await?.to_bytes();
                let events: Vec<Value> = serde_json::from_slice(&body).unwrap_or_default();
                let delivered = events.iter().filter(|event| event["type"] == "message.delivered").count();
                counts.hooked.fetch_add(delivered as u64, Ordering::Relaxed);
                Ok::<_, hyper::Error>(Response::new(Empty::<Bytes>::new()))
            }
        });
        tokio::spawn(server::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn scrape(socket: PathBuf, counts: Arc<Counts>) -> anyhow::Result<()> {
    loop {
        let stream = UnixStream::connect(&socket).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::get("/metrics").header("Host", "localhost").body(Empty::<Bytes>::new())?;
        let answer = sender.send_request(request).await?;
        ensure!(answer.status() == StatusCode::OK, "metrics were answered with {}", answer.status());
        answer.into_body().collect().await?;
        counts.scraped.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(SCRAPE).await;
    }
}
