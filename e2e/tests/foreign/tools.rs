//! The programs that the witnesses need, and whether they are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Swaks,
    Curl,
    Dig,
    Python,
    Faithful,
    Node,
    EmailSdk,
    AzureCli,
    ManagementSdk,
    CommunicationSdk,
    CommunicationJs,
    Cloudflare,
}

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    folder: PathBuf,
    missing: Vec<(Client, &'static str)>,
}

impl Tools {
    /// Looks for all of them; `folder` holds what was installed for these tests alone.
    pub(crate) fn find(folder: PathBuf) -> Self {
        let venv = folder.join("venv/bin/python");
        let sdk = [&venv.display().to_string(), "-c", "import azure.communication.email, azure.identity"];
        let faithful = [&venv.display().to_string(), "-c", "import dkim, cryptography"];
        let python = folder.join("sdk/bin/python").display().to_string();
        let management =
            [&python, "-c", "import azure.mgmt.authorization, azure.mgmt.resource, azure.identity"];
        let communication = [&python, "-c", "import azure.mgmt.communication, azure.mgmt.dns"];
        let cloudflare = folder.join("cloudflare/bin/python").display().to_string();
        let cloudflare = [cloudflare.as_str(), "-c", "import cloudflare"];
        let nodemailer = folder.join("node_modules/nodemailer");
        let communication_js = folder.join("node_modules/@azure/arm-communication");
        let found = [
            (Client::Swaks, runs(&["swaks", "--version"]), "swaks is not installed"),
            (
                Client::Swaks,
                runs(&["perl", "-MNet::SSLeay", "-MAuthen::SASL", "-e1"]),
                "swaks has no TLS here",
            ),
            (Client::Curl, runs(&["curl", "--version"]), "curl is not installed"),
            (Client::Dig, runs(&["dig", "-v"]), "dig is not installed"),
            (Client::Python, runs(&["python3", "-c", "import smtplib, ssl"]), "python3 is not installed"),
            (Client::Faithful, runs(&faithful), "dkimpy is not installed"),
            (Client::Node, runs(&["node", "--version"]), "node is not installed"),
            (Client::Node, nodemailer.is_dir(), "nodemailer is not installed"),
            (Client::EmailSdk, runs(&sdk), "the Azure SDK for Python is not installed"),
            (Client::AzureCli, folder.join("azure-cli/bin/az").is_file(), "the Azure CLI is not installed"),
            (Client::ManagementSdk, runs(&management), "the management SDKs are not installed"),
            (
                Client::CommunicationSdk,
                runs(&communication),
                "the SDKs for communication and DNS are not installed",
            ),
            (Client::CommunicationJs, runs(&["node", "--version"]), "node is not installed"),
            (
                Client::CommunicationJs,
                communication_js.is_dir(),
                "the SDK for communication in JavaScript is not installed",
            ),
            (Client::Cloudflare, runs(&cloudflare), "Cloudflare's library is not installed"),
        ];
        let missing = found.into_iter().filter(|(_, there, _)| !there);
        Self { missing: missing.map(|(client, _, reason)| (client, reason)).collect(), folder }
    }

    /// Whether a client can be run, or why not.
    pub(crate) fn has(&self, client: Client) -> Result<(), &'static str> {
        self.missing.iter().find(|(missing, _)| *missing == client).map_or(Ok(()), |(_, reason)| Err(reason))
    }

    /// The command line that a client's own begins with.
    pub(crate) fn command(&self, client: Client) -> Vec<String> {
        let script = |name: &str| {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/foreign/clients")
                .join(name)
                .display()
                .to_string()
        };
        match client {
            Client::Swaks => vec!["swaks".to_owned()],
            Client::Curl => vec!["curl".to_owned(), "--silent".to_owned(), "--show-error".to_owned()],
            // Nobody's own settings.
            Client::Dig => vec!["dig".to_owned(), "-r".to_owned()],
            Client::Python => vec!["python3".to_owned(), script("smtplib_client.py")],
            Client::Faithful => {
                let python = self.folder.join("venv/bin/python").display().to_string();
                vec![python, script("faithful_client.py")]
            }
            Client::Node => vec!["node".to_owned(), script("nodemailer_client.mjs")],
            Client::EmailSdk => {
                let python = self.folder.join("venv/bin/python").display().to_string();
                vec![python, script("email_sdk_client.py")]
            }
            // A shell: what Postern prints is typed as it stands.
            Client::AzureCli => vec!["bash".to_owned(), "-euc".to_owned()],
            Client::ManagementSdk => {
                let python = self.folder.join("sdk/bin/python").display().to_string();
                vec![python, script("management_sdk_client.py")]
            }
            Client::CommunicationSdk => {
                let python = self.folder.join("sdk/bin/python").display().to_string();
                vec![python, script("communication_sdk_client.py")]
            }
            Client::CommunicationJs => vec!["node".to_owned(), script("arm_communication_client.mjs")],
            Client::Cloudflare => {
                let python = self.folder.join("cloudflare/bin/python").display().to_string();
                vec![python, script("cloudflare_client.py")]
            }
        }
    }

    /// Where the Azure CLI is.
    pub(crate) fn azure_cli(&self) -> PathBuf {
        self.folder.join("azure-cli/bin")
    }

    /// The folder of the Node packages.
    pub(crate) fn node_modules(&self) -> PathBuf {
        self.folder.join("node_modules")
    }
}

fn runs(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
