//! Clients of the HTTP endpoints: the management socket, the metrics, the twin's captured mail. A client that holds
//! connections without saying what they want must not keep out those who do; and a page of somebody else's gets nothing from
//! the twin.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::stage::{ROOMY, Stage};
use crate::verdict::{AttackResult, Ledger};

/// For an answer, which the clients that are ahead may hold up until their header has to be there.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two bytes of a header that does not end.
const DRIP: Duration = Duration::from_millis(250);
/// For the clients that are ahead to take their seats.
const SETTLE: Duration = Duration::from_millis(500);

/// Where clients crowd, and what is asked for behind them.
#[derive(Clone, Debug)]
enum Endpoint {
    Socket(PathBuf),
    Tcp(u16, &'static str),
}

/// What the clients that are ahead do.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Silent,
    /// A header, a byte now and then.
    Dripping,
}

/// Something that bytes go through both ways.
trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Tries all endpoints at once, each with a server of its own.
pub(crate) async fn run(ledger: &mut Ledger) -> anyhow::Result<()> {
    let mut crowds = JoinSet::new();
    for (name, manner, clients) in [
        ("the management socket, clients that say nothing", Manner::Silent, 100),
        ("metrics, clients that say nothing", Manner::Silent, 64),
        ("metrics, headers that do not end", Manner::Dripping, 64),
        ("captured mail, clients that say nothing", Manner::Silent, 1_000),
        ("captured mail, headers that do not end", Manner::Dripping, 1_000),
    ] {
        // One after another: each looks for free ports.
        let stage = Stage::set(ROOMY).await?;
        let endpoint = match name.split(',').next() {
            Some("the management socket") => Endpoint::Socket(stage.server.socket()),
            Some("metrics") => Endpoint::Tcp(stage.ports.metrics, "/metrics"),
            _ => Endpoint::Tcp(captured_mail(&stage)?, "/api/status"),
        };
        crowds.spawn(async move {
            let verdict = crowd(format!("endpoints: {name}"), &endpoint, manner, clients).await;
            stage.close().await?;
            anyhow::Ok(verdict)
        });
    }
    let stage = Stage::set(ROOMY).await?;
    ledger.enter(pages_from_elsewhere(&stage).await?);
    stage.close().await?;
    while let Some(verdict) = crowds.join_next().await {
        ledger.enter(verdict??);
    }
    Ok(())
}

fn captured_mail(stage: &Stage) -> anyhow::Result<u16> {
    let url = &stage.twin.ready().inspect_url;
    let port = url.trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
    port.with_context(|| format!("{url} has no port"))
}

async fn crowd(name: String, endpoint: &Endpoint, manner: Manner, clients: u64) -> AttackResult {
    let mut verdict = AttackResult { tried: clients, ..AttackResult::new(name) };
    let mut ahead = JoinSet::new();
    for _ in 0..clients {
        let endpoint = endpoint.clone();
        ahead.spawn(async move { endpoint.hold(manner).await });
    }
    sleep(SETTLE).await;
    let start = Instant::now();
    match timeout(PATIENCE, endpoint.ask("GET", "Host: localhost\r\n")).await {
        Ok(Ok(200)) => {}
        Ok(Ok(status)) => verdict.breach(format!("the answer is {status}")),
        Ok(Err(error)) => verdict.breach(format!("no answer: {error}")),
        Err(_) => verdict.breach("no answer in time"),
    }
    verdict.note = format!("an answer after {:.1} s", start.elapsed().as_secs_f32());
    verdict
}

impl Endpoint {
    async fn open(&self) -> io::Result<Box<dyn Io>> {
        Ok(match self {
            Self::Socket(path) => Box::new(UnixStream::connect(path).await?),
            Self::Tcp(port, _) => Box::new(TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await?),
        })
    }

    fn path(&self) -> &'static str {
        match self {
            Self::Socket(_) => "/v1/status",
            Self::Tcp(_, path) => path,
        }
    }

    /// Holds a connection until it is aborted.
    async fn hold(&self, manner: Manner) -> io::Result<()> {
        let mut stream = self.open().await?;
        match manner {
            Manner::Silent => {}
            Manner::Dripping => {
                stream
                    .write_all(format!("GET {} HTTP/1.1\r\nHost: localhost\r\nX: ", self.path()).as_bytes())
                    .await?;
                while stream.write_all(b"x").await.is_ok() {
                    sleep(DRIP).await;
                }
            }
        }
        std::future::pending::<()>().await;
        drop(stream);
        Ok(())
    }

    /// Asks for something in good manners; gives the status of the answer.
    async fn ask(&self, method: &str, headers: &str) -> io::Result<u16> {
        let mut stream = self.open().await?;
        let request = format!(
            "{method} {} HTTP/1.1\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n",
            self.path()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let status = answer
            .strip_prefix(b"HTTP/1.1 ")
            .and_then(|rest| std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok());
        status.ok_or_else(|| io::Error::other(format!("{} bytes that are no answer", answer.len())))
    }
}

/// What browsers send for pages of others, and what has to come of it: 421 for a name that is not the twin's, 403 for a
/// change from elsewhere. What the twin shows its own pages it does not keep from programs.
async fn pages_from_elsewhere(stage: &Stage) -> anyhow::Result<AttackResult> {
    let mut verdict = AttackResult::new("endpoints: captured mail, pages from elsewhere");
    let port = captured_mail(stage)?;
    let changes =
        [("DELETE", "/api/mail"), ("POST", "/api/reset"), ("POST", "/api/clock"), ("DELETE", "/api/faults")];
    let reads = [("GET", "/api/mail"), ("GET", "/"), ("GET", "/api/status")];
    for host in [
        "rebound.example",
        "rebound.example:80",
        "localhost.rebound.example",
        "127.0.0.1.rebound.example",
        "",
    ] {
        for (method, path) in reads.into_iter().chain(changes) {
            let got = Endpoint::Tcp(port, path).ask(method, &format!("Host: {host}\r\n")).await?;
            verdict.tried += 1;
            verdict.expect(got == 421, || format!("{method} {path} for the host {host:?}: {got}"));
        }
    }
    for (method, path) in changes {
        for from in [
            "Origin: http://other.example",
            "Origin: null",
            "Origin: http://localhost:1",
            "Origin: http://127.0.0.1",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site",
        ] {
            let headers = format!("Host: localhost:{port}\r\n{from}\r\n");
            let got = Endpoint::Tcp(port, path).ask(method, &headers).await?;
            verdict.tried += 1;
            verdict.expect(got == 403, || format!("{method} {path} with {from:?}: {got}"));
        }
    }
    Ok(verdict)
}
