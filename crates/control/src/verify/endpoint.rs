//! Whether Azure can be reached from here, and whether its clock is ours.

use azure_client::{Failure, Probe};
use jiff::SignedDuration;
use smtp::client::{Settings, TlsPolicy};
use smtp_client::{Connection, Target, Timeouts};
use url::Url;

use super::report::{Check, Finding, Mover};
use super::scene::Scene;

const CHECK: Check = Check::Endpoint;
/// Signatures are good for so long before and after their date.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Worth a word before it hurts.
const NOTICEABLE: SignedDuration = SignedDuration::from_mins(1);

pub(super) async fn check(scene: &Scene) -> Vec<Finding> {
    let cloud = &scene.account.cloud;
    let mut hosts = vec![cloud.authority().to_owned(), cloud.resource_manager().to_owned()];
    if let Some(service) = &scene.account.service {
        hosts.push(service.endpoint.as_str().trim_end_matches('/').to_owned());
    }
    hosts.dedup();
    let probes = hosts.iter().map(|host| async move {
        match Url::parse(host) {
            Ok(url) => scene.http.probe(&url).await,
            Err(error) => Err(Failure::Garbled { host: host.clone(), what: error.to_string() }),
        }
    });
    let (probes, smtp) = tokio::join!(futures_util::future::join_all(probes), by_smtp(scene));
    let mut findings: Vec<Finding> = Vec::new();
    let mut dates = Vec::new();
    for probe in probes {
        match probe {
            Ok(probe) => dates.push(probe),
            Err(failure) => findings.push(unreachable(&failure)),
        }
    }
    findings.extend(smtp);
    findings.extend(clock(scene, &dates));
    if findings.is_empty() {
        let names: Vec<&str> = hosts.iter().map(|host| host.trim_start_matches("https://")).collect();
        let sentence = format!("{} answer, and their clock is ours.", names.join(", "));
        findings.push(Finding::passed(CHECK, "endpoint.reachable", sentence));
    }
    findings
}

fn unreachable(failure: &Failure) -> Finding {
    let why = failure.chain();
    if why.contains("certificate") {
        let sentence = format!(
            "The certificate of Azure's endpoint is not trusted ({why}). Something between here and Azure opens \
             TLS connections, or the CA file of a custom cloud is another one."
        );
        return Finding::failed(CHECK, "endpoint.certificate", sentence).by(Mover::You);
    }
    let sentence = format!(
        "Azure cannot be reached: {why}. Let this machine connect to it on port 443, and look at name resolution \
         and proxies."
    );
    Finding::failed(CHECK, "endpoint.unreachable", sentence).by(Mover::You)
}

/// Whether the SMTP endpoint is there, with TLS. Nobody logs in.
async fn by_smtp(scene: &Scene) -> Option<Finding> {
    if !scene.uses_smtp() {
        return None;
    }
    let (host, port) = scene.account.cloud.smtp();
    let trust = tls::client_config(scene.account.cloud.ca_pem()).ok()?;
    let target = Target { host: host.to_owned(), port, trust, timeouts: Timeouts::default() };
    let settings = Settings { client_name: "postern".to_owned(), tls: TlsPolicy::StartTls, login: None };
    match Connection::open(&target, settings).await {
        Ok(connection) => {
            connection.quit().await;
            None
        }
        Err(error) => {
            let sentence = format!(
                "{host} cannot be reached on port {port} ({}). Only messages that the Email API cannot express need \
                 it; let this machine connect to it, or choose REST alone.",
                store::chain(&error)
            );
            let commands = vec![format!("postern account edit {} --transport rest", scene.account.name)];
            let finding = Finding::warning(CHECK, "endpoint.smtp_unreachable", sentence).by(Mover::You);
            Some(finding.fix(commands, None))
        }
    }
}

fn clock(scene: &Scene, probes: &[Probe]) -> Option<Finding> {
    let now = scene.control.clock.now();
    let dates = probes.iter().filter_map(|probe| probe.date);
    let off = dates.map(|date| now.duration_since(date)).max_by_key(|off| off.abs())?;
    if off.abs() <= NOTICEABLE {
        return None;
    }
    let direction = if off.is_positive() { "ahead of" } else { "behind" };
    let sentence = format!(
        "This machine's clock is {} seconds {direction} Azure's. More than five minutes make signatures and tokens \
         worthless.",
        off.abs().as_secs()
    );
    let commands = vec!["timedatectl set-ntp true".to_owned()];
    let finding = if off.abs() > MARGIN {
        Finding::failed(CHECK, "endpoint.clock_wrong", sentence)
    } else {
        Finding::warning(CHECK, "endpoint.clock_off", sentence)
    };
    Some(finding.by(Mover::You).fix(commands, None))
}
