//! The context of a third-party client test: product and twin with the time of day, and a client to run.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;

use clock::Clock;
use e2e::{Device, Setup, World};
use postern::config::raw::Mode;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use twin::captured::CapturedMail;
use twin::state::Behaviour;

use crate::tools::{Client, Tools};

/// One third-party client test.
#[derive(Clone, Copy)]
pub(crate) struct ClientTest {
    pub(crate) name: &'static str,
    /// The client that is needed.
    pub(crate) client: Client,
    /// How the twin behaves.
    pub(crate) behaviour: fn() -> Behaviour,
    pub(crate) run: fn(Context) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Makes a table of tests from a client and functions named by sentences.
macro_rules! client_tests {
    ($client:expr => $($name:ident),+ $(,)?) => {
        pub(crate) const TESTS: &[crate::context::ClientTest] = &[$(crate::context::ClientTest {
            name: concat!(module_path!(), "::", stringify!($name)),
            client: $client,
            behaviour: twin::state::Behaviour::default,
            run: |context| Box::pin($name(context)),
        }),+];
    };
}
pub(crate) use client_tests;

/// Product, twin and clients.
pub(crate) struct Context {
    pub(crate) world: World,
    tools: Tools,
    /// What clients keep.
    folder: TempDir,
}

/// What a client left.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it printed, both streams.
    pub(crate) words: String,
}

/// The program name of Postern in these tests.
pub(crate) const POSTERN: &str = "postern";
/// Certificates of product and twin.
const TRUST: &str = "trust.pem";
/// A client that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(600);

impl Context {
    /// A fresh world; its clock runs, because the clients have clocks of their own.
    pub(crate) async fn start(tools: Tools, behaviour: Behaviour) -> Self {
        let world = World::start_with(Setup { clock: Clock::system(), behaviour, ..Setup::default() }).await;
        let folder = tempfile::tempdir().unwrap();
        let both = [world.certificate(), PathBuf::from(&world.twin.ready().ca)];
        let both = both.map(|path| std::fs::read_to_string(path).unwrap()).concat();
        std::fs::write(folder.path().join(TRUST), both).unwrap();
        let programs = folder.path().join("bin");
        std::fs::create_dir(&programs).unwrap();
        std::os::unix::fs::symlink(std::env::current_exe().unwrap(), programs.join(POSTERN)).unwrap();
        Self { world, tools, folder }
    }

    /// Runs a client to its end.
    pub(crate) async fn run(&self, client: Client, arguments: &[&str], input: &str) -> Ended {
        self.run_as(&self.tools.command(client), arguments, input).await
    }

    /// Types a line at a shell, such as a command of Postern's.
    pub(crate) async fn type_in(&self, line: &str) -> Ended {
        self.run_as(&["bash".to_owned(), "-euc".to_owned()], &[line], "").await
    }

    /// Writes a file for a client to read.
    pub(crate) fn keep(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts a program that goes on until it is dropped.
    pub(crate) fn begin(&self, client: Client, arguments: &[&str]) -> Child {
        self.command(&self.tools.command(client), arguments).spawn().unwrap()
    }

    /// The programs that are there.
    pub(crate) fn tools(&self) -> &Tools {
        &self.tools
    }

    /// The folder of the client's files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn run_as(&self, words: &[String], arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(words, arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A client that refuses its arguments does not read.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output())
            .await
            .expect("the client hangs")
            .unwrap();
        let both = [output.stdout, output.stderr].concat();
        Ended { code: output.status.code().unwrap_or(-1), words: String::from_utf8_lossy(&both).into_owned() }
    }

    fn command(&self, words: &[String], arguments: &[&str]) -> Command {
        let ready = self.world.twin.ready();
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(arguments)
            .env("REQUESTS_CA_BUNDLE", &ready.ca)
            .env("SSL_CERT_FILE", &ready.ca)
            .env("NODE_EXTRA_CA_CERTS", self.folder.path().join(TRUST))
            .env("POSTERN_DATA_DIR", &self.world.server().data_dir)
            .env("PACKAGES", self.tools.node_modules())
            .env("AZURE_CONFIG_DIR", self.folder.path().join("azure"))
            .env("AZURE_CORE_INSTANCE_DISCOVERY", "false")
            .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
            .env("PATH", self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The usual path, with the Azure CLI and Postern before everything else.
    fn path(&self) -> std::ffi::OsString {
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let ours = [self.tools.azure_cli(), self.folder.path().join("bin")];
        let folders = ours.into_iter().chain(std::env::split_paths(&usual));
        std::env::join_paths(folders).unwrap_or(usual)
    }

    /// The one mail that the twin gets, once it has it.
    pub(crate) async fn one_mail(&self) -> CapturedMail {
        self.world.until_taken(1).await;
        let mut captured = self.world.captured();
        assert_eq!(captured.len(), 1, "one mail was sent");
        captured.remove(0)
    }

    /// Where a program's Debian packages are unpacked.
    pub(crate) fn packages(&self, program: &str) -> String {
        self.tools.packages(program).display().to_string()
    }

    /// The port of the product as text.
    pub(crate) fn port(&self, mode: Mode) -> String {
        self.world.port(mode).to_string()
    }

    /// What a client of the product has to trust.
    pub(crate) fn certificate(&self) -> String {
        self.world.certificate().display().to_string()
    }

    /// The login that Azure's own SMTP knows.
    pub(crate) fn entra(&self, delimiter: &str) -> Device {
        let ready = self.world.twin.ready();
        let parts =
            [ready.communication_service.clone(), ready.client_id.to_string(), ready.tenant_id.to_string()];
        Device { login: parts.join(delimiter), password: ready.client_secret.clone() }
    }
}

impl Ended {
    /// Fails unless the client ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}", self.words);
        self.words
    }
}
