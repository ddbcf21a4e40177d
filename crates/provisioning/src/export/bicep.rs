//! An infrastructure as a Bicep file: a deployment to its resource group.
//!
//! Senders, addresses and logins are lists that are looped over. Azure takes a limited number of resources in one
//! deployment; an infrastructure that has more is deployed part by part, each a slice of every list.

mod parts;

use model::infrastructure::{DesiredSender, DomainOwner, Infrastructure};

use self::parts::{Parts, Placed, place};
use super::{ExportContext, at_azure, is_unseen, remark, word};

const API: &str = "2025-09-01";

pub(super) fn text(infrastructure: &Infrastructure, home: &ExportContext) -> String {
    let domains = place(infrastructure, home);
    let parts = Parts::of(infrastructure, &domains);
    let mut text = head(infrastructure, home, &parts);
    text.push_str(&parameters(&parts));
    text.push_str(&email_service(infrastructure));
    for placed in &domains {
        text.push_str(&domain(placed));
    }
    text.push_str(&senders(&domains, &parts));
    text.push_str(&suppressed(&domains, &parts));
    text.push_str(&service(infrastructure, &domains));
    text.push_str(&logins(infrastructure, home, &parts));
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn head(infrastructure: &Infrastructure, home: &ExportContext, parts: &Parts) -> String {
    let subscription = home.subscription;
    let (group, location) = (remark(&word(&infrastructure.group)), remark(&word(&infrastructure.location)));
    let deploy = format!("az deployment group create --subscription {subscription} --resource-group {group}");
    let mut text = format!(
        "\
// What Postern keeps at Azure in one resource group. With what-if in place of create, az says what would change.
//
//   az group create --subscription {subscription} --name {group} --location {location}
//   {deploy} --template-file postern.bicep
//
// Where all of it is there already, nothing changes but two things: tags that are not named here are taken off, and
// domains that are linked and not named here are linked no more.
// In another place, domains have to be verified before they can be linked: deploy with linkDomains=false, verify
// them, and deploy again.
// Not in it: records in DNS, the app with its secret, and the role that lets it send.
"
    );
    if parts.count > 1 {
        text.push_str(&format!(
            "//\n// These are more resources than Azure takes at once. Deploy all parts, one after another:\n\
             //   --parameters part=0, and so on up to part={}\n",
            parts.count - 1
        ));
    }
    if parts.is_too_much {
        text.push_str(
            "// There are so many domains and suppression lists that Azure does not take them in one deployment.\n",
        );
    }
    text.push_str("\ntargetScope = 'resourceGroup'\n\n");
    text
}

fn parameters(parts: &Parts) -> String {
    let mut text = "@description('Whether domains are linked. Azure links those that are verified.')\n\
                    param linkDomains bool = true\n\n"
        .to_owned();
    if parts.count > 1 {
        text.push_str(&format!(
            "@description('Which part is deployed.')\n@minValue(0)\n@maxValue({})\nparam part int\n\n",
            parts.count - 1
        ));
    }
    text
}

fn email_service(infrastructure: &Infrastructure) -> String {
    let body = [
        format!("name: {}", string(&infrastructure.email_service)),
        "location: 'global'".to_owned(),
        "properties: {".to_owned(),
        format!("  dataLocation: {}", string(&infrastructure.data_location)),
        "}".to_owned(),
    ];
    resource("emailService", "emailServices", None, &body)
}

fn domain(placed: &Placed<'_>) -> String {
    let management = match placed.domain.owner {
        DomainOwner::Customer => "CustomerManaged",
        DomainOwner::Azure => "AzureManaged",
    };
    let tracking = if placed.domain.tracking { "Enabled" } else { "Disabled" };
    let body = [
        "parent: emailService".to_owned(),
        format!("name: {}", string(at_azure(placed.name))),
        "location: 'global'".to_owned(),
        "properties: {".to_owned(),
        format!("  domainManagement: '{management}'"),
        format!("  userEngagementTracking: '{tracking}'"),
        "}".to_owned(),
    ];
    resource(&placed.symbol, "emailServices/domains", None, &body)
}

fn senders(domains: &[Placed<'_>], parts: &Parts) -> String {
    let with: Vec<_> = domains.iter().filter(|placed| !placed.domain.senders.is_empty()).collect();
    if with.is_empty() {
        return String::new();
    }
    let mut text = "// Senders by domain.\nvar senders = {\n".to_owned();
    for placed in &with {
        text.push_str(&format!("  {}: [\n", placed.symbol));
        let mut senders: Vec<_> = placed.domain.senders.values().collect();
        if parts.count > 1 {
            // Those with lists are in the first part, because all lists are.
            senders.sort_by_key(|sender| sender.suppressed.is_empty());
        }
        for sender in senders {
            text.push_str(&format!("    {}\n", sender_entry(sender)));
        }
        text.push_str("  ]\n");
    }
    text.push_str("}\n\n");
    for placed in with {
        let list = parts.slice(&format!("senders.{}", placed.symbol));
        let body = [
            format!("parent: {}", placed.symbol),
            "name: sender.username".into(),
            "properties: sender".into(),
        ];
        let kind = "emailServices/domains/senderUsernames";
        text.push_str(&resource(&placed.senders, kind, Some(("sender", &list)), &body));
    }
    text
}

fn sender_entry(sender: &DesiredSender) -> String {
    let username = string(&sender.username);
    match &sender.display_name {
        Some(name) => format!("{{ username: {username}, displayName: {} }}", string(name)),
        None => format!("{{ username: {username} }}"),
    }
}

fn suppressed(domains: &[Placed<'_>], parts: &Parts) -> String {
    let all = || domains.iter().flat_map(|placed| placed.lists.iter().map(move |list| (placed, list)));
    if all().next().is_none() {
        return String::new();
    }
    let mut text = "// Addresses that nothing is sent to, by list.\nvar suppressed = {\n".to_owned();
    for (_, (symbol, list)) in all() {
        text.push_str(&format!("  {symbol}: [\n"));
        for (id, address) in &list.addresses {
            text.push_str(&format!("    {{ name: '{id}', email: {} }}\n", string(address)));
        }
        text.push_str("  ]\n");
    }
    text.push_str("}\n\n");
    for (placed, (symbol, list)) in all() {
        let body = [
            format!("parent: {}", placed.symbol),
            format!("name: '{}'", list.id),
            "properties: {".to_owned(),
            format!("  listName: {}", string(&list.sender.username)),
            "}".to_owned(),
            "dependsOn: [".to_owned(),
            format!("  {}", placed.senders),
            "]".to_owned(),
        ];
        text.push_str(&resource(symbol, "emailServices/domains/suppressionLists", None, &body));
        let entries = parts.slice(&format!("suppressed.{symbol}"));
        let body = [
            format!("parent: {symbol}"),
            "name: address.name".to_owned(),
            "properties: {".to_owned(),
            "  email: address.email".to_owned(),
            "}".to_owned(),
        ];
        let kind = "emailServices/domains/suppressionLists/suppressionListAddresses";
        let addresses = format!("addresses_of_{symbol}");
        text.push_str(&resource(&addresses, kind, Some(("address", &entries)), &body));
    }
    text
}

fn service(infrastructure: &Infrastructure, domains: &[Placed<'_>]) -> String {
    let mut body = vec![
        format!("name: {}", string(&infrastructure.service)),
        "location: 'global'".to_owned(),
        "properties: {".to_owned(),
        format!("  dataLocation: {}", string(&infrastructure.data_location)),
    ];
    if !domains.is_empty() {
        body.push("  linkedDomains: linkDomains ? [".to_owned());
        body.extend(domains.iter().map(|placed| format!("    {}.id", placed.symbol)));
        body.push("  ] : []".to_owned());
    }
    body.push("}".to_owned());
    resource("communicationService", "communicationServices", None, &body)
}

fn logins(infrastructure: &Infrastructure, home: &ExportContext, parts: &Parts) -> String {
    if infrastructure.smtp_usernames.is_empty() {
        return String::new();
    }
    let mut text = "// Logins that Azure's SMTP endpoint takes.\nvar logins = [\n".to_owned();
    for (name, login) in &infrastructure.smtp_usernames {
        text.push_str(&format!(
            "  {{ name: {}, username: {}, app: '{}' }}\n",
            string(name),
            string(&login.username),
            login.client.unwrap_or(home.client)
        ));
    }
    text.push_str("]\n\n");
    let body = [
        "parent: communicationService".to_owned(),
        "name: login.name".to_owned(),
        "properties: {".to_owned(),
        "  username: login.username".to_owned(),
        "  entraApplicationId: login.app".to_owned(),
        format!("  tenantId: '{}'", home.tenant),
        "}".to_owned(),
    ];
    let list = parts.slice("logins");
    text.push_str(&resource(
        "smtpUsernames",
        "communicationServices/smtpUsernames",
        Some(("login", &list)),
        &body,
    ));
    text
}

/// A resource, or one for each entry of a list.
fn resource(symbol: &str, kind: &str, each: Option<(&str, &str)>, body: &[String]) -> String {
    let (open, close) = match each {
        Some((entry, list)) => (format!("[for {entry} in {list}: {{"), "}]"),
        None => ("{".to_owned(), "}"),
    };
    let body: String = body.iter().map(|line| format!("  {line}\n")).collect();
    format!("resource {symbol} 'Microsoft.Communication/{kind}@{API}' = {open}\n{body}{close}\n\n")
}

/// A value as a string of Bicep's.
fn string(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\\' | '\'' | '$' => quoted.extend(['\\', c]),
            c if is_unseen(c) => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}
