//! Communication services, the domains that are linked to them, and whether Postern's own senders are among
//! what Azure would send from.

use api::command::Command;
use api::verification::{ActionOwner, Check, DomainFound, Finding, Fix, Outcome, SenderFound, ServiceFound};
use azure_client::arm::CallError;
use azure_client::segment;
use azure_types::communication::{Domain, is_same_location};
use azure_types::resource_id::ResourceId;
use model::account::Account;
use model::azure::Service;
use model::sender::Sender;

use super::context::trouble;
use provisioning::AzureAccount;
use provisioning::endpoint;

const CHECK: Check = Check::Services;
const NO_DOMAIN: &str = "services.no_domain";
/// Findings about single senders or domains; more would only be long.
const NAMED: usize = 20;

/// Whether all services, domains and senders could be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coverage {
    Whole,
    Partial,
}

pub(super) async fn check(context: &AzureAccount) -> (Vec<Finding>, Vec<ServiceFound>) {
    let listed = match context.services().await {
        Ok(listed) => listed,
        Err(why) => {
            let message = format!("Postern cannot list the communication services: {why}.");
            return (
                vec![Finding::failed(CHECK, "services.unreadable", message).by(ActionOwner::You)],
                Vec::new(),
            );
        }
    };
    let looks = listed.iter().map(|service| look(context, &service.id));
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    for looked in futures_util::future::join_all(looks).await {
        match looked {
            Ok((service, unseen)) => {
                found.push(service);
                findings.extend(unseen.iter().map(denied));
            }
            Err(error) => findings.push(denied(&error)),
        }
    }
    let names: Vec<&str> = listed.iter().map(|service| service.name.as_str()).collect();
    // One way to be denied is said once, however many services it hides.
    findings.dedup_by(|one, other| one.code == other.code && one.message == other.message);
    let coverage = if findings.is_empty() { Coverage::Whole } else { Coverage::Partial };
    findings.extend(judge(context, &names, &found, coverage));
    if let Some(finding) = findings.iter_mut().find(|finding| finding.code == NO_DOMAIN) {
        let own = found.iter().find(|one| context.is_own(&one.name));
        let steps = match own {
            Some(own) => link_commands(context, own).await,
            None => Vec::new(),
        };
        let portal = finding.fix.take().and_then(|fix| fix.portal);
        finding.fix = Some(Fix { portal, ..Fix::of(steps) });
    }
    (findings, found)
}

/// How all domains are linked that could be: Azure replaces the whole list.
async fn link_commands(context: &AzureAccount, own: &ServiceFound) -> Vec<Command> {
    let services = context.arm.email_services(context.connection.subscription).await.unwrap_or_default();
    let lists = services.iter().map(|service| context.arm.domains(&service.id));
    let domains = futures_util::future::join_all(lists).await.into_iter().flatten().flatten();
    let is_good = |domain: &Domain| {
        domain.verification_states.missing().next().is_none()
            && is_same_location(&domain.data_location, &own.data_location)
    };
    let ids: Vec<String> =
        domains.filter(|domain| is_good(&domain.properties)).map(|domain| domain.id).collect();
    if ids.is_empty() {
        return Vec::new();
    }
    let links = serde_json::json!({ "properties": { "linkedDomains": ids } });
    vec![Command::file(LINKS_FILE, &links, &[]), rest(context, "PATCH", &own.id, LINKS_FILE)]
}

/// A request to Resource Manager whose body is in a file.
fn rest(context: &AzureAccount, method: &str, path: &str, file: &str) -> Command {
    let manager = context.connection.cloud.resource_manager();
    let url = format!("{manager}{path}?api-version=2025-09-01");
    Command::az(&format!("rest --method {method} --url")).arg(url).arg("--body").arg(format!("@{file}"))
}

const LINKS_FILE: &str = "postern-links.json";
const SENDER_FILE: &str = "postern-sender.json";

/// A service, and what kept parts of it from being seen.
async fn look(context: &AzureAccount, id: &ResourceId) -> Result<(ServiceFound, Vec<CallError>), CallError> {
    let service = context.arm.service(id).await?;
    let (domains, logins) = tokio::join!(
        futures_util::future::join_all(
            service.properties.linked_domains.iter().map(|id| domain(context, id))
        ),
        context.arm.smtp_usernames(id),
    );
    // Versions of Azure before 2025-09-01 do not have them.
    let logins = match logins {
        Ok(logins) => {
            context.provisioning.keep_smtp_usernames(&context.account, &service.name, &logins).await;
            logins
        }
        Err(_) => Vec::new(),
    };
    let mut found = ServiceFound {
        name: service.name,
        id: service.id,
        host_name: service.properties.host_name,
        data_location: service.properties.data_location,
        local_auth_disabled: service.properties.disable_local_auth,
        public_network_access: service.properties.public_network_access.as_deref() != Some("Disabled"),
        domains: Vec::new(),
        smtp_usernames: logins.into_iter().map(|one| one.properties.username).collect(),
    };
    let mut unseen = Vec::new();
    for domain in domains {
        match domain {
            Ok(domain) => found.domains.push(domain),
            Err(error) => unseen.push(error),
        }
    }
    Ok((found, unseen))
}

async fn domain(context: &AzureAccount, id: &str) -> Result<DomainFound, CallError> {
    let id = context.arm.resource_id(id)?;
    let (domain, senders) = tokio::join!(context.arm.domain(&id), context.arm.senders(&id));
    let (domain, senders) = (domain?, senders?);
    let name = domain.properties.from_sender_domain;
    let unverified = domain.properties.verification_states.missing().map(str::to_owned).collect();
    let sender = |username: &str, display_name: Option<String>| SenderFound {
        address: format!("{username}@{name}"),
        display_name: display_name.filter(|text| !text.is_empty()),
    };
    let senders = senders
        .into_iter()
        .map(|one| sender(&one.properties.username, one.properties.display_name))
        .collect();
    Ok(DomainFound {
        id: domain.id,
        management: domain.properties.domain_management,
        unverified,
        senders,
        name,
    })
}

fn denied(error: &CallError) -> Finding {
    if error.answered().is_some_and(|answered| answered.code == "MissingSubscriptionRegistration") {
        let message = "Postern can check them only once the resource provider is registered.";
        return Finding::new(CHECK, "services.skipped", Outcome::Skipped, message);
    }
    if !error.is(403) {
        return trouble(CHECK, error);
    }
    let message = "The app may not read all of its communication services, domains and senders, and Postern cannot check \
                    what the app may not read. See the findings about permissions.";
    Finding::warning(CHECK, "services.hidden", message).by(ActionOwner::SubscriptionOwner)
}

/// What is said about the account's own service. What could not be read is not missing: of a partial view
/// only what was seen is judged.
fn judge(context: &AzureAccount, names: &[&str], found: &[ServiceFound], coverage: Coverage) -> Vec<Finding> {
    let account = &context.account;
    let Some(chosen) = &context.connection.service else { return vec![unchosen(account, names)] };
    let is_own = |name: &str| name.eq_ignore_ascii_case(chosen.name.as_str());
    let Some(own) = found.iter().find(|one| is_own(&one.name)) else {
        let is_listed = names.iter().any(|name| is_own(name));
        return if is_listed { Vec::new() } else { vec![missing(account, chosen, names)] };
    };
    let mut findings: Vec<Finding> = place(context, chosen, own).into_iter().collect();
    if !own.public_network_access {
        let message = format!(
            "{} cannot be reached from outside Azure: its public network access is disabled.",
            own.name
        );
        let commands = vec![
            Command::az("resource update --set properties.publicNetworkAccess=Enabled --ids").arg(&own.id),
        ];
        findings.push(
            Finding::failed(CHECK, "services.network_closed", message)
                .by(ActionOwner::SubscriptionOwner)
                .fix(commands, format!("Communication Services > {} > Networking", own.name)),
        );
    }
    if !(coverage == Coverage::Partial && own.domains.is_empty()) {
        findings.extend(domains(own));
    }
    if coverage == Coverage::Whole && !own.domains.is_empty() {
        findings.extend(senders(context, own));
    }
    if findings.is_empty() && coverage == Coverage::Whole {
        let names: Vec<&str> = own.domains.iter().map(|domain| domain.name.as_str()).collect();
        let senders: usize = own.domains.iter().map(|domain| domain.senders.len()).sum();
        let message =
            format!("{} has {} verified and linked, with {senders} senders.", own.name, names.join(", "));
        findings.push(Finding::passed(CHECK, "services.ready", message));
    }
    findings
}

/// Whether mail goes where Azure says that the service is.
fn place(context: &AzureAccount, chosen: &Service, own: &ServiceFound) -> Option<Finding> {
    if own.host_name.is_empty() {
        return None;
    }
    let (name, endpoint) = (&own.name, chosen.endpoint.as_str().trim_end_matches('/'));
    let Some(wanted) = endpoint::believed(&context.connection.cloud, &own.host_name) else {
        let message = format!(
            "Azure gives {} as the host of {name}, which is not in Azure's own domain. Postern does not use it and \
             continues to send to {endpoint}.",
            own.host_name
        );
        return Some(Finding::warning(CHECK, "services.strange_host", message).by(ActionOwner::Microsoft));
    };
    if endpoint::is_same(&wanted, &chosen.endpoint) {
        return None;
    }
    let wanted = wanted.as_str().trim_end_matches('/');
    let message = format!(
        "The account sends to {endpoint}, but according to Azure {name} is at {wanted}. Unless you set another endpoint \
         on purpose, mail does not reach the service."
    );
    let commands =
        vec![Command::postern(&format!("account edit {} --endpoint", context.account.name)).arg(wanted)];
    Some(Finding::warning(CHECK, "services.other_endpoint", message).by(ActionOwner::You).fix(commands, None))
}

fn unchosen(account: &Account, names: &[&str]) -> Finding {
    if names.is_empty() {
        let message =
            "The app sees no communication service. Either there is none yet, or the app has no role on it.";
        return Finding::failed(CHECK, "services.none", message)
            .by(ActionOwner::SubscriptionOwner)
            .fix(Vec::new(), "Communication Services > Create".to_owned());
    }
    let message = format!(
        "No communication service has been selected for this account. The app sees: {}.",
        names.join(", ")
    );
    let import = Command::postern(&format!("adopt --account {} --senders-only --service", account.name));
    let commands = names.iter().map(|name| import.clone().arg(name));
    Finding::failed(CHECK, "services.not_chosen", message).by(ActionOwner::You).fix(commands.collect(), None)
}

fn missing(account: &Account, chosen: &Service, names: &[&str]) -> Finding {
    let wanted = &chosen.name;
    let others = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let message = format!("The app does not see the communication service {wanted}; it sees {others}.");
    let import = Command::postern(&format!("adopt --account {} --senders-only --service", account.name));
    let commands = names.iter().map(|name| import.clone().arg(name));
    Finding::failed(CHECK, "services.missing", message).by(ActionOwner::You).fix(commands.collect(), None)
}

fn domains(own: &ServiceFound) -> Vec<Finding> {
    if own.domains.is_empty() {
        let message = format!("No domain is linked to {}, so it cannot send any mail.", own.name);
        let portal = format!("Communication Services > {} > Email > Domains > Connect domain", own.name);
        return vec![
            Finding::failed(CHECK, NO_DOMAIN, message)
                .by(ActionOwner::SubscriptionOwner)
                .fix(Vec::new(), portal),
        ];
    }
    let unverified = own.domains.iter().filter(|domain| !domain.unverified.is_empty()).take(NAMED);
    unverified
        .map(|domain| {
            let message =
                format!("{} is linked, but {} is not verified.", domain.name, domain.unverified.join(", "));
            // One after the other: Azure looks at nothing else before the domain itself is verified.
            let commands = |part: &String| {
                let file = format!("postern-verify-{}.json", part.to_ascii_lowercase());
                let is_verified = format!("properties.verificationStates.{part}.status=='Verified'");
                let begin =
                    Command::az("resource invoke-action --action initiateVerification --ids").arg(&domain.id);
                [
                    Command::file(&file, &serde_json::json!({ "verificationType": part }), &[]),
                    begin.arg("--request-body").arg(format!("@{file}")),
                    Command::az("resource wait --ids").arg(&domain.id).arg("--custom").arg(is_verified),
                ]
            };
            Finding::warning(CHECK, "services.unverified_domain", message).by(ActionOwner::You).fix(
                domain.unverified.iter().flat_map(commands).collect(),
                "Email Communication Services > Provision domains".to_owned(),
            )
        })
        .collect()
}

/// Senders that Postern would send from, and Azure would not.
fn senders(context: &AzureAccount, own: &ServiceFound) -> Vec<Finding> {
    let directory = context.provisioning.store.directory();
    let mut senders: Vec<&Sender> = directory.senders(context.account.id).collect();
    senders.sort_by_key(|sender| sender.mailbox.to_string());
    let problem = |sender: &Sender| {
        let address = sender.mailbox.to_string();
        let domain =
            own.domains.iter().find(|one| one.name.eq_ignore_ascii_case(sender.mailbox.domain().as_str()));
        let Some(domain) = domain else {
            let message =
                format!("Postern has the sender {address}, but its domain is not linked to {}.", own.name);
            let commands = vec![
                Command::postern("sender remove")
                    .arg(&address)
                    .args(&format!("--account {}", context.account.name)),
            ];
            return Some(
                Finding::warning(CHECK, "services.domain_not_linked", message).by(ActionOwner::You).fix(
                    commands,
                    format!("Communication Services > {} > Email > Domains > Connect domain", own.name),
                ),
            );
        };
        if domain.senders.iter().any(|one| one.address.eq_ignore_ascii_case(&address)) {
            return None;
        }
        let message = format!("Postern has the sender {address}, but Azure does not know that username.");
        let username = sender.mailbox.local_part().to_string();
        let path = format!("{}/senderUsernames/{}", domain.id, segment(&username));
        let body = serde_json::json!({ "properties": { "username": username } });
        let commands = vec![Command::file(SENDER_FILE, &body, &[]), rest(context, "PUT", &path, SENDER_FILE)];
        Some(
            Finding::warning(CHECK, "services.unknown_sender", message)
                .by(ActionOwner::SubscriptionOwner)
                .fix(
                    commands,
                    format!("Email Communication Services > {} > MailFrom addresses > Add", domain.name),
                ),
        )
    };
    senders.into_iter().filter_map(problem).take(NAMED).collect()
}
