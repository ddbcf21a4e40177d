//! Our server as its own process, set up with its own command line.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{System, free_port, scratch};
use crate::load::Endpoint;
use crate::usage::Family;
use crate::watch::EventUrl;

/// The server, its folder and its login.
pub struct Postern {
    program: PathBuf,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
    endpoint: Option<Endpoint>,
}

/// An Azure for the server's account.
pub struct Cloud {
    /// Origin of tokens and of the Email API.
    pub url: String,
    /// Its SMTP port on this machine.
    pub smtp_port: u16,
    /// What both certificates are to be checked with, a PEM file.
    pub ca: PathBuf,
    /// Directory, application and subscription.
    pub ids: [String; 3],
    /// The application's secret.
    pub secret: String,
    /// The communication service.
    pub service: String,
    pub sender: &'static str,
}

/// How the server sends.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    /// `rest`, `smtp` or `auto`.
    pub transport: &'static str,
    /// Requests that wait for an answer at once.
    pub requests: u16,
    /// Sessions at once.
    pub smtp_sessions: u16,
}

/// Room for more sessions than a peer would have.
const ROOMY: &str = "[smtp]\nmax_sessions = 30000\nmax_sessions_per_network = 30000\n";
/// A server that does not come up in this time does not come up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Postern {
    /// Starts the server and connects an account.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(cloud: &Cloud, sending: Sending) -> anyhow::Result<Self> {
        Self::start_build(built_beside()?, cloud, sending).await
    }

    /// The same with another build's program.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_build(program: PathBuf, cloud: &Cloud, sending: Sending) -> anyhow::Result<Self> {
        let mut server = Self::start_empty(program, ROOMY).await?;
        server.connect(cloud, sending).await?;
        Ok(server)
    }

    /// Starts the server with a listener for events, and connects an account; gives the URL of its events.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_with_events(cloud: &Cloud, sending: Sending) -> anyhow::Result<(Self, EventUrl)> {
        let port = free_port()?;
        let events = format!(
            "{ROOMY}[events]\nlisten = \"127.0.0.1:{port}\"\nplain = true\nurl = \"https://bench.example\"\n"
        );
        let mut server = Self::start_empty(built_beside()?, &events).await?;
        server.connect(cloud, sending).await?;
        let printed = server.command(&["events", "url", "--account", "bench", "--json"], "").await?;
        let url = printed["url"].as_str().and_then(|url| url.strip_prefix("https://bench.example"));
        let path_and_query = url.context("the server prints no URL for events")?.to_owned();
        Ok((server, EventUrl { port, path_and_query }))
    }

    /// Starts the server with nothing in it; `configuration` follows the data directory and a listener with STARTTLS.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_without_account(configuration: &str) -> anyhow::Result<Self> {
        Self::start_empty(built_beside()?, configuration).await
    }

    async fn start_empty(program: PathBuf, configuration: &str) -> anyhow::Result<Self> {
        let (folder, port) = (scratch()?, free_port()?);
        let config = format!(
            "data_dir = {:?}\nallow_volatile_data_dir = true\nhost_name = \"localhost\"\n\
             [[listener]]\naddress = \"127.0.0.1:{port}\"\nmode = \"starttls\"\n\
             [log]\nfilter = \"error\"\n{configuration}",
            folder.path().join("data"),
        );
        std::fs::write(folder.path().join("postern.toml"), config)?;
        let mut server = Self { program, folder, port, child: None, endpoint: None };
        server.launch(&[]).await?;
        Ok(server)
    }

    /// Starts the process, through another program if `wrapper` names one, and waits for its listener.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn launch(&mut self, wrapper: &[&str]) -> anyhow::Result<()> {
        let program = self.program.display().to_string();
        let words: Vec<&str> =
            wrapper.iter().copied().chain([program.as_str(), "serve", "--config"]).collect();
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log"))?;
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(self.config()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = command.kill_on_drop(true).spawn().with_context(|| words.join(" "))?;
        let up = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::select! {
                    ended = child.wait() => bail!("the server ended: {}\n{}", ended?, self.log()),
                    () = tokio::time::sleep(Duration::from_millis(5)) => {}
                }
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, up).await.context("the server does not come up")??;
        self.child = Some(child);
        Ok(())
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When there is nobody to kill.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let family = self.family();
        let mut child = self.child.take().context("the server is not running")?;
        family.kill().await;
        child.wait().await?;
        Ok(())
    }

    /// Stops in good order.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("the server is not running")?;
        let id = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        rustix::process::kill_process(id.context("the server has ended")?, rustix::process::Signal::TERM)?;
        tokio::time::timeout(PATIENCE, child.wait()).await.context("the server does not stop")??;
        Ok(())
    }

    /// Messages that are not done with.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn unfinished(&self) -> anyhow::Result<u64> {
        let status = self.command(&["status", "--json"], "").await?;
        let count = |state: &str| status["sends"][state].as_u64().unwrap_or(0);
        Ok(count("queued") + count("sending"))
    }

    /// What the server had to say.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Adds an account with one sender, without a look at Azure.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_account(&self, name: &str, cloud: &Cloud, sending: Sending) -> anyhow::Result<()> {
        let [tenant, client, subscription] = &cloud.ids;
        let (ca, smtp) = (cloud.ca.display().to_string(), format!("localhost:{}", cloud.smtp_port));
        let (requests, sessions) = (sending.requests.to_string(), sending.smtp_sessions.to_string());
        let mut account =
            vec!["account", "add", name, "--no-verify", "--tenant", tenant, "--client-id", client];
        account.extend(["--subscription", subscription, "--service", &cloud.service]);
        account.extend(["--endpoint", &cloud.url, "--cloud-authority", &cloud.url]);
        account.extend(["--cloud-smtp", &smtp, "--cloud-ca", &ca, "--transport", sending.transport]);
        account.extend(["--quota", "10000000/1000000000", "--json"]);
        account.extend(["--requests-at-once", &requests, "--smtp-sessions", &sessions]);
        self.command(&account, &cloud.secret).await?;
        self.command(&["sender", "add", cloud.sender, "--account", name, "--json"], "").await?;
        Ok(())
    }

    /// Where its first listener is.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its operator's commands go.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("data/control.sock")
    }

    async fn connect(&mut self, cloud: &Cloud, sending: Sending) -> anyhow::Result<()> {
        self.add_account("bench", cloud, sending).await?;
        let issued =
            self.command(&["credential", "add", "device", "--account", "bench", "--json"], "").await?;
        let password = issued["password"].as_str().context("the credential has no password")?;
        let certificate = std::fs::read_to_string(self.folder.path().join("data/tls/certificate.pem"))?;
        self.endpoint = Some(Endpoint::new(self.port, &certificate, "device", password)?);
        Ok(())
    }

    /// One of the operator's commands, with `input` at its standard input; what it prints, which has to be JSON.
    ///
    /// # Errors
    /// When the command fails, with what it says.
    pub async fn command(&self, words: &[&str], input: &str) -> anyhow::Result<Value> {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--config").arg(self.config());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        let output = child.wait_with_output().await?;
        let failure = || format!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), failure());
        serde_json::from_slice(&output.stdout).with_context(failure)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("postern.toml")
    }
}

impl System for Postern {
    fn endpoint(&self) -> &Endpoint {
        self.endpoint
            .as_ref()
            .unwrap_or_else(|| unreachable!("only a server from `start` is loaded through its endpoint"))
    }

    fn family(&self) -> Family {
        Family { parent: self.child.as_ref().and_then(Child::id).unwrap_or(0) }
    }
}

impl Cloud {
    /// The sinks of [`crate::sink`]: they take any login.
    #[must_use]
    pub fn of_sink(sink: &crate::sink::Sink, ca: PathBuf) -> Self {
        let id = |digit: char| format!("00000000-0000-4000-8000-{}", String::from(digit).repeat(12));
        Self {
            url: format!("https://localhost:{}", sink.https_port),
            smtp_port: sink.smtp_port,
            ca,
            ids: [id('1'), id('2'), id('3')],
            secret: "secret-of-the-bench".to_owned(),
            service: "bench".to_owned(),
            sender: "scanner@bench.example",
        }
    }
}

/// The server's program, which was built beside this one.
fn built_beside() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let program = here.parent().map(|folder| folder.join("postern")).filter(|program| program.exists());
    program.context("build postern first, with the same profile")
}
