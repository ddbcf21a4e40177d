//! BIND with a zone of its own on loopback, where `nsupdate` may write.

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::context::{Context, Ended};
use crate::tools::Client;

/// A name server.
pub(crate) struct NameServer {
    /// Where it listens.
    pub(crate) address: std::net::SocketAddr,
    zone: String,
    _process: Child,
    _folder: TempDir,
}

/// What a zone has before anything else is in it.
pub(crate) fn head(zone: &str) -> String {
    format!(
        "$ORIGIN {zone}.\n$TTL 3600\n@ IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ IN NS ns1\nns1 IN A 192.0.2.1\n"
    )
}

impl NameServer {
    /// Starts it with the zone's head and these lines.
    pub(crate) async fn start(context: &Context, zone: &str, lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = folder.path().display();
        let configuration = format!(
            "options {{ directory \"{place}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
             pid-file none; lock-file none; session-keyfile \"{place}/session.key\"; recursion no;\n\
             dnssec-validation no; notify no; }};\n\
             controls {{ }};\n\
             zone \"{zone}\" {{ type primary; file \"zone\"; allow-update {{ 127.0.0.1; }}; }};\n"
        );
        std::fs::write(folder.path().join("named.conf"), configuration).unwrap();
        std::fs::write(folder.path().join("zone"), head(zone) + lines).unwrap();
        let configuration = format!("{place}/named.conf");
        let mut process =
            context.begin(Client::NameServers, &["named", "-4", "-g", "-n", "1", "-c", &configuration]);
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = String::new();
        loop {
            let line = log.next_line().await.unwrap().unwrap_or_else(|| panic!("BIND ended: {said}"));
            said = said + &line + "\n";
            if line.ends_with(" running") {
                break;
            }
        }
        // A full pipe would hold it up.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        Self { address, zone: zone.to_owned(), _process: process, _folder: folder }
    }

    /// Runs a script as somebody who administers the zone does.
    pub(crate) async fn update(&self, context: &Context, script: &str) -> Ended {
        let script = format!("server {} {}\n{script}", self.address.ip(), self.address.port());
        context.run(Client::NameServers, &["nsupdate"], &script).await
    }

    /// What it answers: a line for each record, without the name, in order.
    pub(crate) async fn records(&self, context: &Context, name: &str, kind: &str) -> Vec<String> {
        let (server, port) = (format!("@{}", self.address.ip()), self.address.port().to_string());
        let full = if name.is_empty() { format!("{}.", self.zone) } else { format!("{name}.{}.", self.zone) };
        let words = ["dig", "-r", &server, "-p", &port, "+noall", "+answer", "+tries=1", &full, kind];
        let answer = context.run(Client::NameServers, &words, "").await.expect(0);
        let mut lines: Vec<String> = answer
            .lines()
            .filter_map(|line| line.split_once(char::is_whitespace))
            .map(|(_, rest)| rest.trim_start().replace('\t', " "))
            .collect();
        lines.sort();
        lines
    }
}
