//! Debian's Postfix as a smarthost, with a configuration of its own: nothing of the system's is touched.
//!
//! Tuned for fairness: as many processes as there are sessions, no artificial delays, TLS and login on
//! both sides, connections and TLS sessions reused where Postfix can.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::ensure;
use tempfile::TempDir;
use tokio::process::Command;

use super::{System, free_port, scratch};
use crate::load::Endpoint;
use crate::sink::Sink;
use crate::usage::Family;

/// A running Postfix.
pub struct Postfix {
    folder: TempDir,
    master: u32,
    endpoint: Endpoint,
}

/// How much is allowed to happen at once, and what happens to mail.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Sessions of the load.
    pub sessions: usize,
    /// Sessions with the sink.
    pub deliveries: usize,
    /// Mail is put on hold until it is released.
    pub hold: bool,
}

const LOGIN: &str = "device";
const PASSWORD: &str = "secret-of-the-bench";

impl Postfix {
    /// Whether Postfix is installed, and its part for logins.
    ///
    /// # Errors
    /// With the reason.
    pub async fn check() -> anyhow::Result<()> {
        let is_root = rustix::process::geteuid().is_root();
        ensure!(is_root, "Postfix can only be started by root");
        for (program, package) in [("postfix", "postfix"), ("saslpasswd2", "sasl2-bin and libsasl2-modules")]
        {
            let found = Command::new("which").arg(program).stdout(Stdio::null()).status().await?;
            ensure!(found.success(), "install the Debian packages {package}");
        }
        Ok(())
    }

    /// Starts it in front of the SMTP sink.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(sink: &Sink, tuning: Tuning) -> anyhow::Result<Self> {
        let (folder, port) = (scratch()?, free_port()?);
        // Postfix' processes drop their rights and have to get through.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        for part in ["etc", "etc/sasl", "queue", "data"] {
            fs::create_dir(folder.path().join(part))?;
        }
        run(Command::new("chown").arg("postfix").arg(folder.path().join("data"))).await?;
        let certificate_pem = certificate(folder.path())?;
        logins(folder.path()).await?;
        fs::write(folder.path().join("sink.pem"), &sink.certificate_pem)?;
        let etc = folder.path().join("etc");
        fs::write(etc.join("main.cf"), main_cf(folder.path(), sink, tuning))?;
        fs::write(etc.join("master.cf"), master_cf(port, tuning))?;
        let upstream = format!("[localhost]:{} {LOGIN}:{PASSWORD}\n", sink.smtp_port);
        fs::write(etc.join("upstream"), upstream)?;
        run(Command::new("postmap")
            .arg("-c")
            .arg(&etc)
            .arg(format!("hash:{}", etc.join("upstream").display())))
        .await?;
        let login = format!("{LOGIN}@localhost");
        let endpoint = Endpoint::new(port, &certificate_pem, &login, PASSWORD)?;
        let mut server = Self { folder, master: 0, endpoint };
        run(server.postfix("postfix").arg("start")).await?;
        server.master = server.read_master().await?;
        Ok(server)
    }

    /// Lets mail on hold go.
    ///
    /// # Errors
    /// When Postfix does not do so.
    pub async fn release(&self) -> anyhow::Result<()> {
        run(self.postfix("postsuper").args(["-H", "ALL"])).await?;
        run(self.postfix("postqueue").arg("-f")).await
    }

    async fn read_master(&self) -> anyhow::Result<u32> {
        let path = self.folder.path().join("queue/pid/master.pid");
        for _ in 0..500 {
            if let Some(id) = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()) {
                return Ok(id);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        anyhow::bail!("Postfix does not come up: {log}")
    }

    fn postfix(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.folder.path().join("etc"));
        command
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let mut stop = self.postfix("postfix").into_std();
        let stopped = stop.arg("stop").stderr(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("Postfix does not stop");
        }
    }
}

impl System for Postfix {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn family(&self) -> Family {
        Family { parent: self.master }
    }
}

fn certificate(folder: &Path) -> anyhow::Result<String> {
    let names = tls::Names { hosts: vec!["localhost".to_owned()], addresses: Vec::new() };
    let (certificate, key) = tls::self_signed(&names)?;
    fs::write(folder.join("etc/server.pem"), &certificate)?;
    fs::write(folder.join("etc/server.key"), key)?;
    Ok(certificate)
}

/// Logins in a file of Cyrus SASL's.
async fn logins(folder: &Path) -> anyhow::Result<()> {
    let database = folder.join("data/sasldb2");
    let line =
        format!("printf %s {PASSWORD} | saslpasswd2 -p -c -u localhost -f {} {LOGIN}", database.display());
    run(Command::new("sh").arg("-c").arg(line)).await?;
    run(Command::new("chown").arg("postfix").arg(&database)).await?;
    let settings = format!(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {}\n",
        database.display()
    );
    // Debian looks beside main.cf, whatever cyrus_sasl_config_path says.
    fs::write(folder.join("etc/sasl/smtpd.conf"), settings)?;
    Ok(())
}

fn main_cf(folder: &Path, sink: &Sink, tuning: Tuning) -> String {
    let folder = folder.display();
    let (deliveries, port) = (tuning.deliveries, sink.smtp_port);
    let hold = if tuning.hold { "static:HOLD" } else { "static:DUNNO" };
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {folder}/queue\n\
         data_directory = {folder}/data\n\
         maillog_file = {folder}/log\n\
         maillog_file_prefixes = {folder}\n\
         myhostname = localhost\n\
         mydestination =\n\
         inet_interfaces = loopback-only\n\
         inet_protocols = ipv4\n\
         alias_maps =\n\
         local_recipient_maps =\n\
         mynetworks =\n\
         smtputf8_enable = no\n\
         default_process_limit = 200\n\
         message_size_limit = 20971520\n\
         smtpd_client_connection_count_limit = 0\n\
         smtpd_client_connection_rate_limit = 0\n\
         smtpd_client_message_rate_limit = 0\n\
         smtpd_client_event_limit_exceptions = static:all\n\
         smtpd_peername_lookup = no\n\
         smtpd_tls_security_level = encrypt\n\
         smtpd_tls_cert_file = {folder}/etc/server.pem\n\
         smtpd_tls_key_file = {folder}/etc/server.key\n\
         smtpd_tls_auth_only = yes\n\
         smtpd_sasl_auth_enable = yes\n\
         smtpd_sasl_local_domain = localhost\n\
         smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
         smtpd_recipient_restrictions = check_sender_access {hold}, permit_sasl_authenticated, reject\n\
         relayhost = [localhost]:{port}\n\
         smtp_host_lookup = native\n\
         smtp_tls_security_level = secure\n\
         smtp_tls_CAfile = {folder}/sink.pem\n\
         smtp_tls_verify_cert_match = hostname\n\
         smtp_tls_connection_reuse = yes\n\
         smtp_sasl_auth_enable = yes\n\
         smtp_sasl_security_options =\n\
         smtp_sasl_password_maps = hash:{folder}/etc/upstream\n\
         smtp_connection_cache_on_demand = yes\n\
         smtp_destination_concurrency_limit = {deliveries}\n\
         initial_destination_concurrency = {deliveries}\n\
         default_destination_recipient_limit = 50\n\
         in_flow_delay = 0\n\
         qmgr_message_active_limit = 100000\n\
         qmgr_message_recipient_limit = 100000\n"
    )
}

fn master_cf(port: u16, tuning: Tuning) -> String {
    let (sessions, deliveries) = (tuning.sessions + 5, tuning.deliveries + 5);
    format!(
        "127.0.0.1:{port} inet n - n - {sessions} smtpd\n\
         pickup unix n - n 60 1 pickup\n\
         cleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\n\
         tlsmgr unix - - n 1000? 1 tlsmgr\n\
         rewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\n\
         flush unix n - n 1000? 0 flush\n\
         proxymap unix - - n - - proxymap\n\
         smtp unix - - n - {deliveries} smtp\n\
         relay unix - - n - {deliveries} smtp\n\
         error unix - - n - - error\n\
         retry unix - - n - - error\n\
         discard unix - - n - - discard\n\
         anvil unix - - n - 1 anvil\n\
         scache unix - - n - 1 scache\n\
         tlsproxy unix - - n - 0 tlsproxy\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}

async fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().await?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {words}", command.as_std());
    Ok(())
}
