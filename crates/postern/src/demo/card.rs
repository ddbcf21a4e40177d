//! What the demo prints around its story.

use twin::Twin;

use super::Scene;
use super::folder::Folder;
use crate::output::{self, QUIET, STRONG, say};
use crate::server::Server;

/// What is running, and where it keeps its data.
pub(super) fn heading(folder: &Folder, twin: &Twin) {
    say!("{STRONG}Postern demo{STRONG:#}: a relay and a twin of Azure in one process.");
    say!(
        "{QUIET}Nothing leaves this machine. Data: {}. Twin: {}.{QUIET:#}\n",
        folder.path().display(),
        twin.ready().url
    );
}

/// How to send through it oneself.
pub(super) fn print(server: &Server, twin: &Twin, scene: &Scene) {
    let Scene { login, password, sender, starttls_port, tls_port, .. } = scene;
    let ready = twin.ready();
    let certificate = server.data_dir.join("tls/certificate.pem");
    let certificate = certificate.display();
    output::pairs(&[
        ("SMTP host", "localhost".to_owned()),
        ("Ports", format!("{starttls_port} (STARTTLS), {tls_port} (TLS)")),
        ("Login", format!("{STRONG}{login}{STRONG:#}")),
        ("Password", format!("{STRONG}{password}{STRONG:#}")),
        ("Senders", format!("{sender}, noreply@{}", super::provision::DOMAIN)),
        ("Entra login", scene.entra_login.clone()),
        ("  its secret", ready.client_secret.clone()),
        ("Certificate", certificate.to_string()),
        ("Captured mail", format!("{STRONG}{}{STRONG:#}", ready.inspect_url)),
        ("Commands", format!("postern queue list --data-dir {}", server.data_dir.display())),
    ]);
    say!("\nSend one yourself:\n");
    say!(
        "  printf 'From: {sender}\\nTo: you@example.com\\nSubject: by curl\\n\\nhello\\n' | curl --ssl-reqd --crlf \\\n    \
         --cacert {certificate} --url smtp://localhost:{starttls_port} --user '{login}:{password}' \\\n    \
         --mail-from {sender} --mail-rcpt you@example.com --upload-file -\n"
    );
    say!(
        "  swaks --server localhost --port {starttls_port} --tls --auth LOGIN --auth-user {login} \\\n    \
         --auth-password {password} --from {sender} --to you@example.com --header 'Subject: by swaks'\n"
    );
    say!("Ctrl-C stops it.");
}
