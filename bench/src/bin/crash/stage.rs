//! Twin, server, load and books of all cycles.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bench::audit::{Audit, Findings};
use bench::load::{Load, Tally};
use bench::mail::{Composer, read, read_message};
use bench::random::Random;
use bench::system::{Cloud, Postern, Sending, System as _};
use clock::Clock;
use tokio::task::JoinHandle;
use twin::captured::{CapturedMail, Path};
use twin::state::Limits;
use twin::{Options, Twin};

pub(crate) struct Stage {
    pub(crate) server: Postern,
    pub(crate) audit: Arc<Audit>,
    twin: Twin,
    seen: u64,
    random: Random,
}

const SENDER: &str = "scanner@contoso.example";
const SESSIONS: usize = 8;
const MESSAGES_PER_SESSION: u64 = 25;
const MESSAGE_BYTES: usize = 2_048;
/// Mail that has not left after this time is stuck.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(10);

impl Stage {
    pub(crate) async fn set(seed: u64) -> anyhow::Result<Self> {
        tls::install_provider();
        let twin = Twin::start(Options::ephemeral(Clock::system())).await?;
        twin.backend().change_state(|state| {
            for subscription in &mut state.subscriptions {
                let plenty = 10_000_000;
                subscription.limits = Some(Limits {
                    sends_per_minute: plenty,
                    sends_per_hour: plenty,
                    status_reads_per_minute: plenty,
                    status_reads_per_hour: plenty,
                });
            }
        });
        let ready = twin.ready();
        let cloud = Cloud {
            url: ready.url.clone(),
            smtp_port: ready.smtp_port,
            ca: PathBuf::from(&ready.ca),
            ids: [
                ready.tenant_id.to_string(),
                ready.client_id.to_string(),
                ready.subscription_id.to_string(),
            ],
            secret: ready.client_secret.clone(),
            service: ready.communication_service.clone(),
            sender: SENDER,
        };
        // By REST, where Azure knows an id when it sees it again. SMTP has no such thing.
        let sending = Sending { transport: "rest", requests: 16, smtp_sessions: 1 };
        let server = Postern::start(&cloud, sending).await?;
        Ok(Self { server, audit: Arc::default(), twin, seen: 0, random: Random::new(seed) })
    }

    /// Submits for a while, in the background.
    pub(crate) fn load(&self, time: Duration) -> JoinHandle<Tally> {
        let load = Load {
            endpoint: self.server.endpoint().clone(),
            sessions: SESSIONS,
            messages_per_session: MESSAGES_PER_SESSION,
            composer: Composer::new(SENDER, MESSAGE_BYTES),
        };
        let (audit, until) = (Arc::clone(&self.audit), Instant::now() + time);
        tokio::spawn(async move { load.run(&audit, until).await })
    }

    /// Waits until the queue is empty and the twin has everything.
    pub(crate) async fn drain(&mut self) -> anyhow::Result<Findings> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.read_captured();
            let is_empty = self.server.unfinished().await? == 0;
            self.read_captured();
            if is_empty || Instant::now() > deadline {
                return Ok(self.audit.findings());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn read_captured(&mut self) {
        let captured = self.twin.backend().captured();
        let fresh: Vec<_> =
            captured.all().take_while(|mail| mail.number > self.seen).map(read_captured).collect();
        self.seen = captured.taken();
        drop(captured);
        fresh.into_iter().for_each(|mail| self.audit.arrive(mail));
    }

    /// A random number below `limit`.
    pub(crate) fn random(&mut self, limit: u64) -> u64 {
        self.random.below(limit)
    }

    /// Says how a cycle went, as test programs do.
    pub(crate) fn verdict(&self, name: &str, findings: &Findings) -> bool {
        println!("   {findings}");
        let passed = findings.is_clean();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        if !passed {
            println!("{}", self.server.log());
        }
        passed
    }

    /// Ends the run in good order.
    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        self.server.stop().await.context("the server was told to stop")?;
        self.twin.stop().await;
        Ok(())
    }
}

fn read_captured(mail: &CapturedMail) -> Option<bench::mail::Mail> {
    match mail.path {
        Path::Rest => read(mail.parts().text?.as_bytes()),
        Path::Smtp => read_message(&mail.raw),
    }
}
