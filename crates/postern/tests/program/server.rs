//! The program itself, started as an operator does.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use twin::Twin;

/// Real time until something that should come is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test, serving, and where it keeps things.
pub(crate) struct Postern {
    serving: Child,
    folder: tempfile::TempDir,
}

impl Postern {
    /// Starts it beside a twin, with these lines of configuration, and waits until it answers.
    pub(crate) fn start(twin: &Twin, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let config = format!(
            "data_dir = {data:?}\nallow_volatile_data_dir = true\n{more}[dns]\nserver = '{}'\n",
            twin.ready().dns
        );
        fs::write(folder.path().join("postern.toml"), config).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let serving = Command::new(env!("CARGO_BIN_EXE_postern"))
            .args(["serve", "--config"])
            .arg(folder.path().join("postern.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut postern = Self { serving, folder };
        until(|| {
            assert_eq!(postern.serving.try_wait().unwrap(), None, "{}", postern.log());
            postern.run(&["account", "list"], "").status.success().then_some(())
        });
        postern
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command with colours, as on a terminal.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"))
            .args(arguments)
            .arg("--data-dir")
            .arg(self.path("data"))
            .env("CLICOLOR_FORCE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = command.stdin.take().unwrap();
        // A command that reads nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        command.wait_with_output().unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat(), "");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {output:?}"))
    }

    pub(crate) fn listener(&self, login: &str) -> SocketAddr {
        let status = self.json(&["status"]);
        let listeners = status["listeners"].as_array().unwrap();
        let found = listeners.iter().find(|one| one["login"] == login).unwrap();
        found["address"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// Adds the twin's account under a name, with these options.
    pub(crate) fn add_account(&self, name: &str, twin: &Twin, more: &[&str]) -> Output {
        let ready = twin.ready();
        let smtp = format!("{}:{}", ready.smtp_host, ready.smtp_port);
        let ids =
            [&ready.tenant_id.to_string(), &ready.client_id.to_string(), &ready.subscription_id.to_string()];
        let arguments = &[
            "account",
            "add",
            name,
            "--tenant",
            ids[0],
            "--client-id",
            ids[1],
            "--subscription",
            ids[2],
            "--service",
            &ready.communication_service,
            "--endpoint",
            &ready.url,
            "--cloud-authority",
            &ready.url,
            "--cloud-resource-manager",
            &ready.url,
            "--cloud-graph",
            &ready.url,
            "--cloud-smtp",
            &smtp,
            "--cloud-ca",
            &ready.ca,
            "--transport",
            "rest",
        ];
        self.run(&[arguments, more].concat(), &ready.client_secret)
    }
}

impl Drop for Postern {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.serving.kill();
        let _ = self.serving.wait();
    }
}

/// What a command printed, without colours.
pub(crate) fn text(output: &Output) -> String {
    let (mut plain, printed) = (String::new(), String::from_utf8_lossy(&output.stdout));
    for (number, piece) in printed.split("\u{1b}[").enumerate() {
        let end = if number == 0 { 0 } else { piece.find('m').map_or(0, |end| end + 1) };
        plain.push_str(&piece[end..]);
    }
    plain
}

/// Looks until there is something.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "it does not come");
        // Another process says nothing when it is ready.
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
