//! The programs that the tests need, and whether they are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Swaks,
    Curl,
    Dig,
    Python,
    Authors,
    Faithful,
    OldDevice,
    Node,
    EmailSdk,
    AzureCli,
    ManagementSdk,
    IdentitySdk,
    CommunicationSdk,
    CommunicationJs,
    /// Queues of Azurite.
    Azurite,
    /// What puts events there.
    AzuriteQueue,
    Cloudflare,
    /// BIND, and what Knot, NSD, ldns and PowerDNS check zones with. The program's name comes first.
    NameServers,
    DnsTools,
    OpenApi,
    StandardWebhooks,
    StandardWebhooksJs,
    Promtool,
    /// flufl.bounce, Mailman and Mail::DeliveryStatus::BounceParser.
    Bounces,
    Mailman,
    Notices,
    /// A program of Debian's in a room of its own, by its name in `clients/programs`.
    Program(&'static str),
}

/// The program of Azurite for queues, which starts neither blobs nor tables.
const AZURITE: &str = "azurite/node_modules/azurite/dist/src/queue/main.js";

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
        let webhooks = [&venv.display().to_string(), "-c", "import standardwebhooks.webhooks"];
        let webhooks_js = folder.join("node_modules/standardwebhooks");
        let openapi = [&venv.display().to_string(), "-c", "import openapi_spec_validator"];
        let python = folder.join("sdk/bin/python").display().to_string();
        let management =
            [&python, "-c", "import azure.mgmt.authorization, azure.mgmt.resource, azure.identity"];
        let communication = [&python, "-c", "import azure.mgmt.communication, azure.mgmt.dns"];
        let cloudflare = folder.join("cloudflare/bin/python").display().to_string();
        let cloudflare = [cloudflare.as_str(), "-c", "import cloudflare"];
        let dns_tools = folder.join("dns-tools/bin/python").display().to_string();
        let dns_tools = [dns_tools.as_str(), "-c", "import lexicon, octodns, octodns_bind"];
        let name_servers =
            [server_software(&folder), vec!["kzonecheck".to_owned(), "-V".to_owned()]].concat();
        let name_servers: Vec<&str> = name_servers.iter().map(String::as_str).collect();
        let promtool = promtool(&folder);
        let bounces = folder.join("bounces/bin/python").display().to_string();
        let bounces = [bounces.as_str(), "-c", "import flufl.bounce, mailman"];
        let nodemailer = folder.join("node_modules/nodemailer");
        let azurite = folder.join(AZURITE);
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
            (Client::Authors, runs(&["python3", "-c", "import smtplib, ssl"]), "python3 is not installed"),
            (Client::Faithful, runs(&faithful), "dkimpy is not installed"),
            (Client::OldDevice, runs(&["python3", "-c", "import smtplib, ssl"]), "python3 is not installed"),
            (Client::OldDevice, runs(&["openssl", "version"]), "openssl is not installed"),
            (Client::Node, runs(&["node", "--version"]), "node is not installed"),
            (Client::Node, nodemailer.is_dir(), "nodemailer is not installed"),
            (Client::EmailSdk, runs(&sdk), "the Azure SDK for Python is not installed"),
            (Client::AzureCli, folder.join("azure-cli/bin/az").is_file(), "the Azure CLI is not installed"),
            (Client::ManagementSdk, runs(&management), "the management SDKs are not installed"),
            (Client::IdentitySdk, runs(&management), "the management SDKs are not installed"),
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
            (Client::Azurite, runs(&["node", "--version"]), "node is not installed"),
            (Client::Azurite, azurite.is_file(), "Azurite is not installed"),
            (Client::Azurite, runs(&["python3", "-c", "import ssl"]), "python3 is not installed"),
            (Client::Cloudflare, runs(&cloudflare), "Cloudflare's library is not installed"),
            (Client::NameServers, runs(&name_servers), "the name servers are not installed"),
            (Client::NameServers, runs(&["dig", "-v"]), "dig is not installed"),
            (Client::DnsTools, runs(&dns_tools), "OctoDNS and dns-lexicon are not installed"),
            (Client::Bounces, runs(&bounces), "flufl.bounce and Mailman are not installed"),
            (
                Client::Bounces,
                folder.join("bounce-parser").is_dir(),
                "Mail::DeliveryStatus::BounceParser is not unpacked",
            ),
            (Client::StandardWebhooks, runs(&webhooks), "standardwebhooks for Python is not installed"),
            (Client::StandardWebhooksJs, webhooks_js.is_dir(), "standardwebhooks for Node is not installed"),
            (Client::OpenApi, runs(&openapi), "openapi-spec-validator is not installed"),
            (Client::Promtool, runs(&[&promtool, "--version"]), "promtool is not unpacked"),
        ];
        let missing = found.into_iter().filter(|(_, there, _)| !there);
        Self { missing: missing.map(|(client, _, reason)| (client, reason)).collect(), folder }
    }

    /// Whether a client can be run, or why not.
    pub(crate) fn has(&self, client: Client) -> Result<(), &'static str> {
        if let Client::Program(name) = client {
            let is_there = self.packages(name).is_dir();
            return if is_there { Ok(()) } else { Err("its Debian packages are not unpacked") };
        }
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
            Client::Authors => vec!["python3".to_owned(), script("authors_client.py")],
            Client::Faithful => {
                let python = self.folder.join("venv/bin/python").display().to_string();
                vec![python, script("faithful_client.py")]
            }
            Client::OldDevice => vec!["python3".to_owned(), script("old_device_client.py")],
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
            Client::IdentitySdk => {
                let python = self.folder.join("sdk/bin/python").display().to_string();
                vec![python, script("certificate_client.py")]
            }
            Client::CommunicationSdk => {
                let python = self.folder.join("sdk/bin/python").display().to_string();
                vec![python, script("communication_sdk_client.py")]
            }
            Client::CommunicationJs => vec!["node".to_owned(), script("arm_communication_client.mjs")],
            Client::Program(_) => vec!["python3".to_owned(), script("programs_client.py")],
            Client::Azurite => {
                vec![
                    "node".to_owned(),
                    self.folder.join(AZURITE).display().to_string(),
                    "--disableTelemetry".to_owned(),
                ]
            }
            Client::AzuriteQueue => vec!["python3".to_owned(), script("azurite_client.py")],
            Client::Cloudflare => {
                let python = self.folder.join("cloudflare/bin/python").display().to_string();
                vec![python, script("cloudflare_client.py")]
            }
            Client::NameServers => server_software(&self.folder),
            Client::DnsTools => {
                let python = self.folder.join("dns-tools/bin/python").display().to_string();
                vec![python, script("dns_tools_client.py")]
            }
            Client::Bounces | Client::Mailman => {
                let python = self.folder.join("bounces/bin/python").display().to_string();
                let name = if client == Client::Bounces { "bounce_judges.py" } else { "mailman_judge.py" };
                vec![python, script(name)]
            }
            Client::Notices => vec!["python3".to_owned(), script("notices_client.py")],
            Client::StandardWebhooks => {
                let python = self.folder.join("venv/bin/python").display().to_string();
                vec![python, script("standardwebhooks_client.py")]
            }
            Client::StandardWebhooksJs => vec!["node".to_owned(), script("standardwebhooks_client.mjs")],
            Client::OpenApi => {
                let python = self.folder.join("venv/bin/python").display().to_string();
                vec![python, "-m".to_owned(), "openapi_spec_validator".to_owned()]
            }
            Client::Promtool => vec![promtool(&self.folder)],
        }
    }

    /// Where the modules of PowerDNS are.
    pub(crate) fn powerdns_modules(&self) -> PathBuf {
        libraries(&self.folder).join("pdns")
    }

    /// Where Mail::DeliveryStatus::BounceParser is unpacked.
    pub(crate) fn bounce_parser(&self) -> PathBuf {
        self.folder.join("bounce-parser")
    }

    /// Where a program's Debian packages are unpacked.
    pub(crate) fn packages(&self, program: &str) -> PathBuf {
        self.folder.join("programs").join(program)
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

/// The words before a program that was unpacked from Debian's packages and not installed, so that nothing is started
/// by itself.
fn server_software(folder: &Path) -> Vec<String> {
    let root = folder.join("name-servers");
    let usual = std::env::var("PATH").unwrap_or_default();
    let path = format!("PATH={0}/usr/sbin:{0}/usr/bin:{usual}", root.display());
    vec!["env".to_owned(), path, format!("LD_LIBRARY_PATH={}", libraries(folder).display())]
}

fn promtool(folder: &Path) -> String {
    folder.join("prometheus/usr/bin/promtool").display().to_string()
}

fn libraries(folder: &Path) -> PathBuf {
    folder.join(format!("name-servers/usr/lib/{}-linux-gnu", std::env::consts::ARCH))
}

fn runs(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
