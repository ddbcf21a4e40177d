//! Clients that others wrote, for `e2e/tests/foreign`: installed by name, each at a fixed version.

use std::path::{Path, PathBuf};

use crate::process::{command, quietly, root};
use crate::report::Report;
use crate::test_program::tests;

/// Debian packages, and what succeeds where one is there.
const PACKAGES: [(&str, &str); 11] = [
    ("swaks", "command -v swaks"),
    ("curl", "command -v curl"),
    ("bind9-dnsutils", "command -v dig"),
    ("libnet-ssleay-perl", "perl -MNet::SSLeay -e 1"),
    ("libio-socket-ssl-perl", "perl -MIO::Socket::SSL -e 1"),
    ("libauthen-sasl-perl", "perl -MAuthen::SASL -e 1"),
    ("openssl", "command -v openssl"),
    ("gnupg", "command -v gpg"),
    ("strace", "command -v strace"),
    ("python3-venv", "python3 -c 'import ensurepip, venv'"),
    ("npm", "command -v npm"),
];
const PYTHON: [&str; 5] = [
    "azure-communication-email==1.1.0",
    "azure-identity==1.27.0",
    "dkimpy==1.1.8",
    "openapi-spec-validator==0.9.0",
    "standardwebhooks==1.1.0",
];
/// What reads bounces: Mailman needs many packages of its own, 60 MB.
const BOUNCES: [&str; 2] = ["flufl.bounce==6.0.0", "mailman==3.3.10"];
const BOUNCE_PARSER: [&str; 1] = ["libmail-deliverystatus-bounceparser-perl"];
const NODE: [&str; 2] = ["nodemailer@10.6.0", "standardwebhooks@1.1.1"];
/// 190 MB. It runs on Node 20.
const AZURITE: [&str; 1] = ["azurite@3.35.0"];
/// Programs that check zones, unpacked and not installed: Debian would start some of them as services. Five MB.
const NAME_SERVERS: [&str; 7] =
    ["bind9", "bind9-utils", "knot-dnssecutils", "nsd", "ldnsutils", "pdns-server", "pdns-backend-bind"];

/// `promtool`, unpacked and not installed: Debian would start Prometheus as a service. A third of a GB.
const PROMETHEUS: [&str; 1] = ["prometheus"];

/// What the heavy client tests need, each in a place of its own: the Azure CLI pins its own versions.
const AZURE_CLI: [&str; 1] = ["azure-cli==2.91.0"];
const MANAGEMENT_SDK: [&str; 6] = [
    "azure-identity==1.27.0",
    "azure-mgmt-resource==26.0.0",
    "azure-mgmt-resource-subscriptions==1.0.0",
    "azure-mgmt-authorization==4.0.0",
    "azure-mgmt-communication==3.0.0",
    "azure-mgmt-dns==9.0.0",
];

const MANAGEMENT_JS: [&str; 2] = ["@azure/arm-communication@4.2.0", "@azure/identity@4.13.1"];
const CLOUDFLARE: [&str; 1] = ["cloudflare==5.9.0"];
const DNS_TOOLS: [&str; 3] = ["octodns==1.22.0", "octodns-bind==1.1.0", "dns-lexicon[localzone]==3.25.2"];

/// Programs that send mail, each unpacked in a place of its own: as mail servers they exclude each other. A third
/// of a GB.
const PROGRAMS: [(&str, &[&str]); 15] = [
    ("msmtp", &["msmtp", "msmtp-mta"]),
    ("dma", &["dma"]),
    ("nullmailer", &["nullmailer"]),
    ("exim", &["exim4-daemon-light"]),
    ("postfix", &["postfix"]),
    ("opensmtpd", &["opensmtpd"]),
    ("s-nail", &["s-nail"]),
    ("mutt", &["mutt"]),
    (
        "git-send-email",
        &["git", "git-email", "libio-socket-ssl-perl", "libauthen-sasl-perl", "libmailtools-perl"],
    ),
    ("phpmailer", &["libphp-phpmailer", "php-cli", "php-mbstring"]),
    ("ruby-mail", &["ruby-mail"]),
    ("javamail", &["libmail-java", "default-jdk-headless"]),
    ("emacs", &["emacs-nox"]),
    ("cron-msmtp", &["cron", "msmtp", "msmtp-mta"]),
    ("cron-dma", &["cron", "dma"]),
];

/// Installs the Azure CLI, the management SDKs, Cloudflare's library and what sends mail, some 2 GB, where they outlive the source
/// tree, and has them speak to product and twin.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut report = Report::default();
    let tools = cache();
    report.step("heavy foreign clients: installing", |_| {
        debian();
        step("Azure CLI", &AZURE_CLI, &tools.join("azure-cli"), |folder| python(folder, &AZURE_CLI));
        step("management SDKs", &MANAGEMENT_SDK, &tools.join("sdk"), |folder| {
            python(folder, &MANAGEMENT_SDK)
        });
        step("Cloudflare's library", &CLOUDFLARE, &tools.join("cloudflare"), |folder| {
            python(folder, &CLOUDFLARE)
        });
        step("OctoDNS and dns-lexicon", &DNS_TOOLS, &tools.join("dns-tools"), |folder| {
            python(folder, &DNS_TOOLS)
        });
        for (program, packages) in PROGRAMS {
            step(program, packages, &tools.join("programs").join(program), |folder| unpack(folder, packages));
        }
        let javascript = tools.join("node_modules");
        step("management SDK in JavaScript", &MANAGEMENT_JS, &javascript, |folder| {
            node(folder, &MANAGEMENT_JS)
        });
    });
    report.step("heavy foreign clients", |report| {
        let tools = tools.display().to_string();
        let run =
            ["test", "--package", "e2e", "--locked", "--test", "foreign", "--", "--heavy", "--tools", &tools];
        tests(report, "heavy foreign clients", &run);
    });
    if report.finish() { Ok(()) } else { anyhow::bail!("not everything holds") }
}

/// The user's cache, where it is kept from one checkout to the next.
fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    cache.unwrap_or_else(std::env::temp_dir).join("postern/foreign")
}

/// Where the tools are.
pub(crate) fn tools() -> PathBuf {
    root().join("target/foreign")
}

/// Installs what is missing and can be installed. The tests skip what is not there and say so.
pub(crate) fn install() -> PathBuf {
    let tools = tools();
    debian();
    step("Python packages", &PYTHON, &tools.join("venv"), |folder| python(folder, &PYTHON));
    step("bounce readers", &BOUNCES, &tools.join("bounces"), |folder| python(folder, &BOUNCES));
    step("bounce parser", &BOUNCE_PARSER, &tools.join("bounce-parser"), |folder| {
        unpack(folder, &BOUNCE_PARSER)
    });
    step("name servers", &NAME_SERVERS, &tools.join("name-servers"), |folder| unpack(folder, &NAME_SERVERS));
    step("promtool", &PROMETHEUS, &tools.join("prometheus"), |folder| unpack(folder, &PROMETHEUS));
    step("Azurite", &AZURITE, &tools.join("azurite/node_modules"), |folder| node(folder, &AZURITE));
    step("Node packages", &NODE, &tools.join("node_modules"), |folder| node(folder, &NODE));
    tools
}

/// Installs once; what was installed is written beside it.
fn step(what: &str, wanted: &[&str], folder: &Path, install: impl Fn(&Path) -> anyhow::Result<()>) {
    let (mark, wanted) = (folder.join(".installed"), wanted.join(" "));
    if std::fs::read_to_string(&mark).is_ok_and(|there| there == wanted) {
        println!("   {what}: {wanted} are there");
        return;
    }
    println!("   {what}: installing {wanted}");
    let result = install(folder).and_then(|()| Ok(std::fs::write(mark, wanted)?));
    if let Err(error) = result {
        println!("   {what}: {error:#}");
    }
}

fn debian() {
    let is_missing = |(_, sign): &&(&str, &str)| quietly(command("sh", &["-c", sign])).is_err();
    let missing: Vec<&str> = PACKAGES.iter().filter(is_missing).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        println!("   Debian packages: all are there");
        return;
    }
    println!("   Debian packages: installing {}", missing.join(" "));
    let install: Vec<&str> =
        ["install", "--no-install-recommends"].into_iter().chain(missing.iter().copied()).collect();
    let installed = apt(&["update"]).and_then(|_| apt(&install));
    if let Err(error) = installed {
        println!("   Debian packages: {error:#}");
    }
}

/// Without rights to install, sudo may give them, but must not ask.
fn apt(arguments: &[&str]) -> anyhow::Result<String> {
    let is_root = quietly(command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    let mut words = if is_root { vec!["env"] } else { vec!["sudo", "-n", "env"] };
    words.extend(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-qq"]);
    words.extend(arguments);
    quietly(command(words[0], &words[1..]))
}

/// Fetches packages, with what they need and the machine does not have, and unpacks them.
fn unpack(folder: &Path, wanted: &[&str]) -> anyhow::Result<()> {
    let packages = folder.join("packages");
    std::fs::create_dir_all(packages.join("partial"))?;
    let archives = format!("Dir::Cache::archives={}", packages.display());
    let fetch = ["install", "--no-install-recommends", "--reinstall", "--download-only", "-o", &archives];
    apt(&["update"])?;
    apt(&fetch.iter().chain(wanted).copied().collect::<Vec<_>>())?;
    for entry in std::fs::read_dir(&packages)? {
        let package = entry?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            let words = ["-x", &package.display().to_string(), &folder.display().to_string()];
            quietly(command("dpkg", &words))?;
        }
    }
    // The user who fetched it owns the rest.
    let _ = std::fs::remove_dir_all(packages);
    Ok(())
}

fn python(folder: &Path, packages: &[&str]) -> anyhow::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let folder = folder.display().to_string();
    quietly(command("python3", &["-m", "venv", &folder]))?;
    let install: Vec<&str> = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        .into_iter()
        .chain(packages.iter().copied())
        .collect();
    quietly(command(&format!("{folder}/bin/python"), &install)).map(drop)
}

fn node(folder: &Path, packages: &[&str]) -> anyhow::Result<()> {
    let prefix = folder.parent().unwrap_or(folder).display().to_string();
    std::fs::create_dir_all(&prefix)?;
    let install: Vec<&str> = ["install", "--silent", "--no-audit", "--no-fund", "--prefix", &prefix]
        .into_iter()
        .chain(packages.iter().copied())
        .collect();
    quietly(command("npm", &install)).map(drop)
}
