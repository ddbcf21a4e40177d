//! Whether Azure can be reached from here, and whether its clock is ours.

use api::command::Command;
use api::verification::{ActionOwner, Check, Finding, Outcome};
use azure_client::{Http, Probe, RequestFailure};
use jiff::SignedDuration;
use model::account::Account;
use model::azure::{AzureConnection, TransportChoice};
use model::upstream::Transport;
use smtp::client::{Settings, TlsPolicy};
use smtp_client::{Connection, Target, Timeouts};
use url::Url;

use crate::Control;

const CHECK: Check = Check::Endpoint;
const SMTP_UNREACHABLE: &str = "endpoint.smtp_unreachable";
const SERVICE_UNREACHABLE: &str = "endpoint.service_unreachable";
/// Signatures are good for so long before and after their date.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Worth a word before it hurts.
const NOTICEABLE: SignedDuration = SignedDuration::from_mins(1);

pub(super) async fn check(
    control: &Control,
    account: &Account,
    azure: &AzureConnection,
    http: &Http,
) -> Vec<Finding> {
    let cloud = &azure.cloud;
    let mut hosts = vec![cloud.authority().to_owned(), cloud.resource_manager().to_owned()];
    let service = azure.service.as_ref().map(|service| service.endpoint.as_str().trim_end_matches('/'));
    let service = service.filter(|service| !hosts.iter().any(|host| host == service));
    hosts.extend(service.map(str::to_owned));
    hosts.dedup();
    let probes = hosts.iter().map(|host| async move {
        match Url::parse(host) {
            Ok(url) => http.probe(&url).await,
            Err(error) => Err(RequestFailure::Garbled { host: host.clone(), what: error.to_string() }),
        }
    });
    let (probes, smtp) = tokio::join!(futures_util::future::join_all(probes), by_smtp(account, azure));
    let mut findings: Vec<Finding> = Vec::new();
    let mut dates = Vec::new();
    for (host, probe) in hosts.iter().zip(probes) {
        match probe {
            Ok(probe) => dates.push(probe),
            Err(failure) => findings.push(unreachable(
                &failure,
                if Some(host.as_str()) == service { Host::Service } else { Host::Azure },
            )),
        }
    }
    findings.extend(smtp);
    findings.extend(clock(control, &dates));
    if findings.is_empty() {
        let names: Vec<&str> = hosts.iter().map(|host| host.trim_start_matches("https://")).collect();
        let message =
            format!("Reachable, and this machine's clock agrees with theirs: {}.", names.join(", "));
        findings.push(Finding::passed(CHECK, "endpoint.reachable", message));
    }
    findings
}

/// Whether there is no use in asking Azure for anything more: mail's own endpoint is not asked by the other checks.
pub(super) fn is_in_the_way(finding: &Finding) -> bool {
    finding.outcome == Outcome::Failed
        && ![SERVICE_UNREACHABLE, SMTP_UNREACHABLE].contains(&finding.code.as_str())
}

/// What cannot be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    /// The communication service.
    Service,
    /// Entra or Resource Manager.
    Azure,
}

fn unreachable(failure: &RequestFailure, host: Host) -> Finding {
    let why = failure.chain();
    if why.contains("certificate") {
        let message = format!(
            "This machine does not trust the certificate of Azure's endpoint ({why}). Either something between this \
             machine and Azure intercepts TLS, or the CA file of a custom cloud is the wrong one."
        );
        return Finding::failed(CHECK, "endpoint.certificate", message).by(ActionOwner::You);
    }
    if host == Host::Service {
        let message = format!(
            "Postern cannot reach the communication service: {why}. If the rest of Azure is reachable, the service's name \
             may be wrong, or its public network access is disabled."
        );
        return Finding::failed(CHECK, SERVICE_UNREACHABLE, message).by(ActionOwner::You);
    }
    let message = format!(
        "Postern cannot reach Azure: {why}. Allow this machine to connect to it, and check name resolution and proxies."
    );
    Finding::failed(CHECK, "endpoint.unreachable", message).by(ActionOwner::You)
}

/// Whether the SMTP endpoint is there, with TLS. Nobody logs in.
async fn by_smtp(account: &Account, azure: &AzureConnection) -> Option<Finding> {
    if !account.may_use(Transport::Smtp) {
        return None;
    }
    let (host, port) = azure.cloud.smtp();
    let trust = tls::client_config(azure.cloud.ca_pem()).ok()?;
    let target = Target { host: host.to_owned(), port, trust, timeouts: Timeouts::default() };
    let settings = Settings { client_name: "postern".to_owned(), tls: TlsPolicy::StartTls, login: None };
    match Connection::open(&target, settings).await {
        Ok(connection) => {
            connection.quit().await;
            None
        }
        Err(error) if azure.transport == TransportChoice::Smtp => {
            let message = format!(
                "Postern cannot open a TLS session with {host} on port {port} ({}), through which this account sends all its \
                 mail: allow this machine to connect to it.",
                model::error_chain(&error)
            );
            Some(Finding::failed(CHECK, SMTP_UNREACHABLE, message).by(ActionOwner::You))
        }
        Err(error) => {
            let message = format!(
                "Postern cannot open a TLS session with {host} on port {port} ({}). Only messages that the Email API cannot \
                 represent need it: allow this machine to connect to it, or select REST only.",
                model::error_chain(&error)
            );
            let commands = vec![Command::postern(&format!("account edit {} --transport rest", account.name))];
            let finding = Finding::warning(CHECK, SMTP_UNREACHABLE, message).by(ActionOwner::You);
            Some(finding.fix(commands, None))
        }
    }
}

fn clock(control: &Control, probes: &[Probe]) -> Option<Finding> {
    let now = control.clock.now();
    let dates = probes.iter().filter_map(|probe| probe.date);
    let off = dates.map(|date| now.duration_since(date)).max_by_key(|off| off.abs())?;
    if off.abs() <= NOTICEABLE {
        return None;
    }
    let direction = if off.is_positive() { "ahead of" } else { "behind" };
    let message = format!(
        "This machine's clock is {} seconds {direction} Azure's. Azure rejects signatures and tokens if the difference \
         exceeds five minutes.",
        off.abs().as_secs()
    );
    let commands = vec![Command::server("timedatectl set-ntp true")];
    let finding = if off.abs() > MARGIN {
        Finding::failed(CHECK, "endpoint.clock_wrong", message)
    } else {
        Finding::warning(CHECK, "endpoint.clock_off", message)
    };
    Some(finding.by(ActionOwner::You).fix(commands, None))
}
