//! What the demo prints around its story.

use twin::Twin;

use super::Demo;
use super::folder::Folder;
use crate::output::{self, QUIET, STRONG, line, say};
use crate::server::Server;

/// What is running, and where it keeps its data.
pub(super) fn heading(folder: &Folder, twin: &Twin) {
    say!("{STRONG}Postern demo{STRONG:#}: a relay and a twin of Azure in one process.");
    say!(
        "{QUIET}Nothing leaves this machine. Data: {}. Twin: {}.{QUIET:#}",
        folder.path().display(),
        twin.ready().url
    );
    say!("");
}

/// How to send through it oneself.
pub(super) fn print(server: &Server, twin: &Twin, demo: &Demo) {
    let Demo { login, password, sender, starttls_port, tls_port, .. } = demo;
    let ready = twin.ready();
    let certificate = server.data_dir.join("tls/certificate.pem");
    let certificate = certificate.display();
    output::pairs(&[
        ("SMTP host", line!("localhost")),
        ("Ports", line!("{starttls_port} (STARTTLS), {tls_port} (TLS)")),
        ("Login", line!("{STRONG}{login}{STRONG:#}")),
        ("Password", line!("{STRONG}{password}{STRONG:#}")),
        ("Senders", line!("{sender}, noreply@{}", super::provision::DOMAIN)),
        ("Entra login", line!("{}", demo.entra_login)),
        ("  its secret", line!("{}", ready.client_secret)),
        ("Certificate", line!("{certificate}")),
        ("Captured mail", line!("{STRONG}{}{STRONG:#}", ready.inspect_url)),
        ("Commands", line!("postern queue list --data-dir {}", server.data_dir.display())),
    ]);
    say!("");
    say!("Send one yourself:");
    say!("");
    say!(
        "  printf 'From: {sender}\\nTo: you@example.com\\nSubject: by curl\\n\\nhello\\n' | curl --ssl-reqd --crlf \\"
    );
    say!("    --cacert {certificate} --url smtp://localhost:{starttls_port} --user '{login}:{password}' \\");
    say!("    --mail-from {sender} --mail-rcpt you@example.com --upload-file -");
    say!("");
    say!("  swaks --server localhost --port {starttls_port} --tls --auth LOGIN --auth-user {login} \\");
    say!("    --auth-password {password} --from {sender} --to you@example.com --header 'Subject: by swaks'");
    say!("");
    say!("Ctrl-C stops it.");
}
