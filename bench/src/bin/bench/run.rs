//! One run of one scenario: start the server, load it, drain it, close the books.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bench::audit::Audit;
use bench::load::{Endpoint, Load, Tally};
use bench::mail::Composer;
use bench::sink::Sink;
use bench::system::{Cloud, Postern, Postfix, Sending, System, Tuning, scratch};
use bench::usage::Family;
use bench::watch::Watch;

use tokio::net::TcpListener;

use crate::idle;
use crate::scenario::{Scenario, Upstream};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Candidate {
    Postern,
    /// The same, without what watches it.
    Unwatched,
    /// Another build of it.
    Against,
    Postfix,
    /// The generator against a sink that keeps nothing: no server can be faster here.
    Ceiling,
}

/// What one run came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Messages a second: accepted where the queue is held, else arrived.
    pub(crate) per_second: f64,
    /// Processor time of the server for 1,000 messages, in seconds.
    pub(crate) processor_seconds: f64,
    /// Half of the replies were faster.
    pub(crate) p50: Duration,
    /// All but one in a hundred were faster.
    pub(crate) p99: Duration,
    /// Messages that were accepted and had not arrived when the load ended.
    pub(crate) backlog: u64,
    /// Largest memory of the server.
    pub(crate) peak_bytes: u64,
    /// Messages of the run.
    pub(crate) messages: u64,
}

const SENDER: &str = "scanner@bench.example";
/// Mail that has not arrived by then is lost.
const PATIENCE: Duration = Duration::from_secs(180);
/// Sends under way at once: enough for the distant upstream, and few enough for Azure's 250 connections.
const AT_ONCE: u16 = 250;
const AT_ONCE_NEAR: u16 = 64;
const SESSIONS_NEAR: u16 = 20;

/// How a candidate is run.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// How long each run loads the server.
    pub(crate) time: Duration,
    /// The program of the build that ours is compared with.
    pub(crate) against: Option<PathBuf>,
}

/// Runs a scenario once.
pub(crate) async fn run(scenario: &Scenario, candidate: Candidate, terms: &Terms) -> anyhow::Result<Sample> {
    let folder = scratch()?;
    let audit = Arc::new(Audit::default());
    let sink = Sink::start(Arc::clone(&audit), scenario.delay(), folder.path()).await?;
    let stage = Stage { scenario, audit, sink, time: terms.time };
    let ca = folder.path().join("sink.pem");
    match candidate {
        Candidate::Postern if scenario.is_watched => stage.watched(&ca).await,
        Candidate::Postern | Candidate::Unwatched => stage.postern(&ca, None).await,
        Candidate::Against => stage.postern(&ca, terms.against.clone()).await,
        Candidate::Postfix => stage.postfix().await,
        Candidate::Ceiling => stage.ceiling().await,
    }
    .with_context(|| format!("{candidate:?}"))
}

struct Stage<'s> {
    scenario: &'s Scenario,
    audit: Arc<Audit>,
    sink: Sink,
    time: Duration,
}

impl Stage<'_> {
    async fn postern(self, ca: &Path, program: Option<PathBuf>) -> anyhow::Result<Sample> {
        let (cloud, sending) = (Cloud::of_sink(&self.sink, ca.to_owned()), self.sending());
        let mut server = match program {
            Some(program) => Postern::start_build(program, &cloud, sending).await?,
            None => Postern::start(&cloud, sending).await?,
        };
        let sample = self.measure(&server, None).await?;
        server.stop().await?;
        Ok(sample)
    }

    fn sending(&self) -> Sending {
        let is_far = !self.scenario.delay().is_zero();
        let is_large = self.scenario.message_bytes > 1_000_000;
        let transport = match self.scenario.upstream {
            Upstream::Smtp(_) => "smtp",
            // More than the Email API takes in one request.
            Upstream::Held if is_large => "smtp",
            Upstream::Held | Upstream::Rest(_) | Upstream::Idle => "rest",
        };
        let (requests, smtp_sessions) = match (is_large, is_far) {
            // What waits for the sink in memory is not what a session costs.
            (true, _) => (1, 1),
            (_, true) => (AT_ONCE + 50, AT_ONCE),
            (_, false) => (AT_ONCE_NEAR, SESSIONS_NEAR),
        };
        Sending { transport, requests, smtp_sessions }
    }

    /// The same with everything on. Events that Postern does not take leave the run without a rate.
    async fn watched(self, ca: &Path) -> anyhow::Result<Sample> {
        let cloud = Cloud::of_sink(&self.sink, ca.to_owned());
        let (mut server, url) = Postern::start_with_events(&cloud, self.sending()).await?;
        let endpoint = TcpListener::bind("127.0.0.1:0").await?;
        let hooks = format!("http://{}/", endpoint.local_addr()?);
        let add = ["webhook", "add", &hooks, "--batch", "100", "--allow-private", "--insecure", "--json"];
        server.command(&add, "").await?;
        let mut watch = Watch::start(url, self.sink.taken(), endpoint, &server.socket());
        let sample = self.measure(&server, Some(&mut watch)).await?;
        server.stop().await?;
        Ok(sample)
    }

    async fn measure(&self, server: &Postern, watch: Option<&mut Watch>) -> anyhow::Result<Sample> {
        if self.scenario.upstream == Upstream::Idle {
            return idle::measure(server, idle::OURS).await;
        }
        if self.scenario.upstream == Upstream::Held {
            self.sink.hold();
        }
        let result = self.load(server).await;
        self.sink.release();
        self.close(result, server.family(), watch).await.with_context(|| server.log())
    }

    async fn postfix(self) -> anyhow::Result<Sample> {
        let deliveries = if self.scenario.delay().is_zero() { SESSIONS_NEAR } else { AT_ONCE };
        let is_idle = self.scenario.upstream == Upstream::Idle;
        let hold = self.scenario.upstream == Upstream::Held;
        let sessions = if is_idle { idle::PEERS } else { self.scenario.sessions };
        let tuning = Tuning { sessions, deliveries: usize::from(deliveries), hold };
        let server = Postfix::start(&self.sink, tuning).await?;
        if is_idle {
            return idle::measure(&server, idle::PEERS).await;
        }
        let result = self.load(&server).await;
        if hold {
            server.release().await?;
        }
        self.close(result, server.family(), None).await
    }

    async fn ceiling(self) -> anyhow::Result<Sample> {
        let endpoint = Endpoint::new(self.sink.smtp_port, &self.sink.certificate_pem, "device", "x")?;
        let tally = self.submit(&endpoint).await;
        self.close(Loaded::new(tally, &self.audit), Family { parent: 0 }, None).await
    }

    async fn submit(&self, endpoint: &Endpoint) -> Tally {
        let load = Load {
            endpoint: endpoint.clone(),
            sessions: self.scenario.sessions,
            messages_per_session: self.scenario.messages_per_session,
            composer: Composer::new(SENDER, self.scenario.message_bytes),
        };
        load.run(&self.audit, Instant::now() + self.time).await
    }

    async fn load(&self, server: &impl System) -> Loaded {
        let (family, start) = (server.family(), Instant::now());
        let before = family.processor_time();
        let mut peak = 0;
        let submitting = self.submit(server.endpoint());
        tokio::pin!(submitting);
        let tally = loop {
            tokio::select! {
                tally = &mut submitting => break tally,
                () = tokio::time::sleep(Duration::from_millis(500)) => peak = family.resident_bytes().max(peak),
            }
        };
        let mut loaded = Loaded::new(tally, &self.audit);
        (loaded.start, loaded.before, loaded.after, loaded.peak_bytes) =
            (start, before, family.processor_time(), peak);
        loaded
    }

    /// Waits for the last message, and for the last event where there are events, and counts.
    async fn close(
        &self,
        loaded: Loaded,
        family: Family,
        watch: Option<&mut Watch>,
    ) -> anyhow::Result<Sample> {
        let in_time = tokio::time::timeout(PATIENCE, self.audit.complete()).await;
        let mut last = self.audit.last_arrival();
        if let Some(watch) = watch {
            watch.complete(self.audit.counts().0, Instant::now() + PATIENCE).await?;
            last = Some(Instant::now());
        }
        let findings = self.audit.findings();
        ensure!(in_time.is_ok() && findings.is_clean(), "the run has no rate: {findings}");
        let Loaded { tally, start, before, after, accepted, backlog, peak_bytes } = loaded;
        ensure!(accepted > 0, "nothing was accepted: {}", tally.first_failure.unwrap_or_default());
        ensure!(tally.failed == 0, "{} failed: {}", tally.failed, tally.first_failure.unwrap_or_default());
        let is_held = self.scenario.upstream == Upstream::Held;
        let last = last.map_or(tally.took, |last| last.duration_since(start));
        let took = if is_held { tally.took } else { last };
        let used = if is_held { after } else { family.processor_time() }.saturating_sub(before);
        Ok(Sample {
            per_second: accepted as f64 / took.as_secs_f64(),
            processor_seconds: used.as_secs_f64() * 1_000.0 / accepted as f64,
            p50: tally.percentile(50),
            p99: tally.percentile(99),
            backlog: if is_held { 0 } else { backlog },
            peak_bytes,
            messages: accepted,
        })
    }
}

/// What is known when the load ends.
struct Loaded {
    tally: Tally,
    start: Instant,
    before: Duration,
    after: Duration,
    accepted: u64,
    backlog: u64,
    peak_bytes: u64,
}

impl Loaded {
    fn new(tally: Tally, audit: &Audit) -> Self {
        let (accepted, backlog) = audit.counts();
        let none = Duration::ZERO;
        Self { tally, start: Instant::now(), before: none, after: none, accepted, backlog, peak_bytes: 0 }
    }
}
