//! What reading costs while much is stored: the same questions with few messages and with many, that wait and that
//! are done with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bench::audit::Audit;
use bench::load::Load;
use bench::mail::{Composer, RECIPIENT};
use bench::sink::Sink;
use bench::system::{Cloud, Postern, Sending, System as _, scratch};
use comfy_table::{CellAlignment, Table, presets};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;

/// What it is called on the command line.
pub(crate) const NAME: &str = "stored";
pub(crate) const ABOUT: &str = "Time of reads with 10,000 messages stored, and with many (--stored)";

const FEW: u64 = 10_000;
const SENDER: &str = "scanner@bench.example";
const SESSIONS: usize = 20;
/// Reads of each kind; the median counts.
const READS: usize = 21;
/// A load ends within this time after the wanted number is reached.
const SLICE: Duration = Duration::from_millis(300);
/// Time for all to be sent on.
const PATIENCE: Duration = Duration::from_mins(20);

/// A read of the management API, and what it took at each [`Moment`].
#[derive(Debug)]
struct Read {
    name: &'static str,
    path: String,
    took: Vec<Duration>,
}

/// What was stored when the reads were timed.
#[derive(Debug)]
struct Moment {
    stored: u64,
    waiting: u64,
}

/// All reads at all moments.
#[derive(Debug)]
pub(crate) struct Reads {
    moments: Vec<Moment>,
    reads: Vec<Read>,
}

/// Fills a server and times the reads: with few messages that wait and with few that are done with, then with `many`.
///
/// # Errors
/// When the server fails, or a message is lost.
pub(crate) async fn measure(many: u64) -> anyhow::Result<Reads> {
    let folder = scratch()?;
    let audit = Arc::new(Audit::default());
    let sink = Sink::start(Arc::clone(&audit), Duration::ZERO, folder.path()).await?;
    let sending = Sending { transport: "rest", requests: 64, smtp_sessions: SESSIONS as u16 };
    let cloud = Cloud::of_sink(&sink, folder.path().join("sink.pem"));
    let mut server = Postern::start(&cloud, sending).await?;
    let stage = Stage { audit, sink, socket: server.socket() };
    let mut reads = Reads { moments: Vec::new(), reads: Vec::new() };
    for stored in [FEW, many] {
        stage.sink.hold();
        stage.fill(&server, stored).await?;
        if reads.reads.is_empty() {
            reads.reads = stage.questions().await?;
        }
        stage.time(&mut reads).await?;
        stage.sink.release();
        stage.drain().await?;
        stage.time(&mut reads).await?;
    }
    server.stop().await?;
    Ok(reads)
}

struct Stage {
    audit: Arc<Audit>,
    sink: Sink,
    socket: PathBuf,
}

impl Stage {
    async fn fill(&self, server: &Postern, stored: u64) -> anyhow::Result<()> {
        let load = Load {
            endpoint: server.endpoint().clone(),
            sessions: SESSIONS,
            messages_per_session: u64::MAX,
            composer: Composer::new(SENDER, 4_096),
        };
        while self.audit.counts().0 < stored {
            let tally = load.run(&self.audit, Instant::now() + SLICE).await;
            ensure!(
                tally.failed == 0,
                "{} failed: {}",
                tally.failed,
                tally.first_failure.unwrap_or_default()
            );
        }
        Ok(())
    }

    async fn drain(&self) -> anyhow::Result<()> {
        let in_time = tokio::time::timeout(PATIENCE, self.audit.complete()).await;
        let findings = self.audit.findings();
        ensure!(in_time.is_ok() && findings.is_clean(), "the run does not count: {findings}");
        Ok(())
    }

    /// What an operator asks, about the message that was accepted first.
    async fn questions(&self) -> anyhow::Result<Vec<Read>> {
        let oldest = format!("/v1/messages?recipient={RECIPIENT}&limit=1");
        let page: Value = serde_json::from_slice(&read(&self.socket, &oldest).await?)?;
        let id = page["items"][0]["id"].as_str().context("no message is listed")?;
        let questions = [
            ("status", "/v1/status".to_owned()),
            ("metrics", "/metrics".to_owned()),
            ("first page of the queue", "/v1/queue?limit=50".to_owned()),
            ("newest messages of a recipient", format!("/v1/messages?recipient={RECIPIENT}&limit=50")),
            ("story of a message", format!("/v1/messages/{id}")),
        ];
        Ok(questions.map(|(name, path)| Read { name, path, took: Vec::new() }).into())
    }

    async fn time(&self, reads: &mut Reads) -> anyhow::Result<()> {
        let (stored, waiting) = self.audit.counts();
        reads.moments.push(Moment { stored, waiting });
        for question in &mut reads.reads {
            let mut times = Vec::with_capacity(READS);
            for _ in 0..READS {
                let start = Instant::now();
                read(&self.socket, &question.path).await?;
                times.push(start.elapsed());
            }
            times.sort_unstable();
            question.took.push(times[READS / 2]);
        }
        Ok(())
    }
}

/// One request on a connection of its own, as the command line makes it.
async fn read(socket: &Path, path: &str) -> anyhow::Result<Bytes> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = hyper::Request::get(path).header("Host", "localhost").body(Empty::<Bytes>::new())?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
    Ok(body)
}

impl Reads {
    pub(crate) fn print(&self) {
        println!("\n{NAME}: {ABOUT}");
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        let columns =
            self.moments.iter().map(|moment| format!("{} ({} wait)", moment.stored, moment.waiting));
        let heads = ["waiting: ratio", "done: ratio"].map(str::to_owned);
        table.set_header(std::iter::once("milliseconds".to_owned()).chain(columns).chain(heads));
        for read in &self.reads {
            let times = read.took.iter().map(|took| format!("{:.2}", milliseconds(*took)));
            let ratios = ratios(read).map(|ratio| format!("{ratio:.2}"));
            table.add_row(std::iter::once(read.name.to_owned()).chain(times).chain(ratios));
        }
        table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        println!("{table}");
    }

    pub(crate) fn json(&self) -> Value {
        let rows = self.reads.iter().map(|read| {
            let times: Vec<f64> = read.took.iter().copied().map(milliseconds).collect();
            let [waiting, done] = ratios(read);
            json!({ "read": read.name, "ms": times, "ratio_waiting": waiting, "ratio_done": done })
        });
        let moments =
            self.moments.iter().map(|moment| json!({ "stored": moment.stored, "waiting": moment.waiting }));
        json!({
            "scenario": NAME,
            "moments": moments.collect::<Vec<_>>(),
            "rows": rows.collect::<Vec<_>>(),
        })
    }
}

/// How many times as long a read takes with many: while they wait, and once they are done with.
fn ratios(read: &Read) -> [f64; 2] {
    [0, 1].map(|few| match (read.took.get(few), read.took.get(few + 2)) {
        (Some(few), Some(many)) => many.as_secs_f64() / few.as_secs_f64(),
        _ => f64::NAN,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_compared_with_few() {
        let took = [10, 20, 15, 80].map(Duration::from_millis).into();
        let [waiting, done] = ratios(&Read { name: "status", path: String::new(), took });
        assert!((waiting - 1.5).abs() < 1e-9 && (done - 4.0).abs() < 1e-9);
    }
}
