//! An infrastructure as Terraform: `azurerm` where it has the resource, `azapi` for the rest, and an `import` block for each,
//! so that what is there is taken over instead of made.
//!
//! Domains, senders, addresses and logins are maps that `for_each` goes through, in the imports too: a file of
//! ten thousand senders has one block for them, and a line each.

use model::infrastructure::{DomainOwner, Infrastructure};

use super::{ExportContext, List, Names, at_azure, is_unseen, lists, remark};

/// Geographies, as `azurerm` spells them and in no other way.
const GEOGRAPHIES: [&str; 17] = [
    "Africa",
    "Asia Pacific",
    "Australia",
    "Brazil",
    "Canada",
    "Europe",
    "France",
    "Germany",
    "India",
    "Japan",
    "Korea",
    "Norway",
    "Switzerland",
    "UAE",
    "UK",
    "United States",
    "usgov",
];
/// Bytes of a display name that `azurerm` takes.
const MAX_DISPLAY_NAME: usize = 253;

/// Whether the file has resources that only the provider `azapi` knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Azapi {
    Used,
    Unused,
}

/// A key of a map, and what stands behind it.
type Row = (String, String);

pub(super) fn text(infrastructure: &Infrastructure, home: &ExportContext) -> String {
    let ids = infrastructure.ids(home.subscription);
    let lists = lists(infrastructure, &ids);
    let has_logins = !infrastructure.smtp_usernames.is_empty();
    let azapi = if has_logins || !lists.is_empty() { Azapi::Used } else { Azapi::Unused };
    let mut text = head(infrastructure);
    text.push_str(&providers(home, azapi));
    text.push_str(&format!(
        "locals {{\n  group         = {}\n  email_service = {}\n  service       = {}\n",
        string(&ids.group().to_string()),
        string(&ids.email_service().to_string()),
        string(&ids.service().to_string())
    ));
    text.push_str(&map("domains", &domains(infrastructure)));
    text.push_str(&map("senders", &senders(infrastructure)));
    if !lists.is_empty() {
        text.push_str(&map("suppression_lists", &lists.iter().map(list).collect::<Vec<_>>()));
        text.push_str(&map("suppressed", &lists.iter().flat_map(addresses).collect::<Vec<_>>()));
    }
    if has_logins {
        text.push_str(&map("smtp_usernames", &logins(infrastructure, home)));
    }
    text.push_str("}\n\n");
    text.push_str(&services(infrastructure));
    text.push_str(include_str!("terraform/domains.tf"));
    if !lists.is_empty() {
        text.push_str(include_str!("terraform/suppressed.tf"));
    }
    if has_logins {
        text.push_str(include_str!("terraform/smtp_usernames.tf"));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn head(infrastructure: &Infrastructure) -> String {
    let mut text = "\
# What Postern keeps at Azure. As long as `postern drift` shows nothing, `terraform plan` shows all of it as imported
# and nothing as changed. After `terraform apply` the import blocks can be deleted.
#
# azurerm has no logins for SMTP and no suppression lists: azapi has those.
# Not in it: records in DNS, the app with its secret, and the role that lets it send.
"
    .to_owned();
    for refusal in refusals(infrastructure) {
        text.push_str(&format!("# azurerm refuses {}\n", remark(&refusal)));
    }
    text.push('\n');
    text
}

/// What Azure takes and `azurerm` does not.
fn refusals(infrastructure: &Infrastructure) -> Vec<String> {
    let is_good = |name: &String| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.ends_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let mut refusals = Vec::new();
    for name in
        [&infrastructure.service, &infrastructure.email_service].into_iter().filter(|name| !is_good(name))
    {
        refusals.push(format!("the name {name}: a letter, then letters, digits and hyphens, no hyphen last"));
    }
    for (name, domain) in &infrastructure.domains {
        let is_long = |name: &String| name.len() > MAX_DISPLAY_NAME;
        for sender in domain.senders.values().filter(|one| one.display_name.as_ref().is_some_and(is_long)) {
            let address = format!("{}@{}", sender.username, at_azure(name));
            refusals.push(format!("the display name of {address}: more than {MAX_DISPLAY_NAME} bytes"));
        }
    }
    refusals
}

fn providers(home: &ExportContext, azapi: Azapi) -> String {
    let (subscription, tenant) = (home.subscription, home.tenant);
    let mut whose = format!("  subscription_id = \"{subscription}\"\n  tenant_id       = \"{tenant}\"\n");
    if let Some(environment) = home.environment {
        whose.push_str(&format!("  environment     = \"{environment}\"\n"));
    }
    let mut text = "\
terraform {
  # The first that imports a whole map.
  required_version = \">= 1.7.0\"
  required_providers {
    azurerm = {
      source  = \"hashicorp/azurerm\"
      version = \">= 4.53.0\"
    }
"
    .to_owned();
    if azapi == Azapi::Used {
        text.push_str(
            "    azapi = {\n      source  = \"Azure/azapi\"\n      version = \">= 2.0.0\"\n    }\n",
        );
    }
    text.push_str(&format!("  }}\n}}\n\nprovider \"azurerm\" {{\n  features {{}}\n{whose}}}\n\n"));
    if azapi == Azapi::Used {
        text.push_str(&format!("provider \"azapi\" {{\n{whose}}}\n\n"));
    }
    text
}

fn domains(infrastructure: &Infrastructure) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, domain) in &infrastructure.domains {
        let management = match domain.owner {
            DomainOwner::Customer => "CustomerManaged",
            DomainOwner::Azure => "AzureManaged",
        };
        let value = format!("{{ management = \"{management}\", tracking = {} }}", domain.tracking);
        rows.push((at_azure(name).to_owned(), value));
    }
    rows
}

fn senders(infrastructure: &Infrastructure) -> Vec<Row> {
    let mut names = Names::default();
    let mut rows = Vec::new();
    for (name, domain) in &infrastructure.domains {
        for (username, sender) in &domain.senders {
            let display_name = sender.display_name.as_deref().map_or_else(|| "null".to_owned(), string);
            let (name, written) = (at_azure(name), string(&sender.username));
            let value = format!(
                "{{ domain = {}, username = {written}, display_name = {display_name} }}",
                string(name)
            );
            rows.push((names.unique(format!("{username}@{name}"), " "), value));
        }
    }
    rows
}

fn list(list: &List<'_>) -> Row {
    let (domain, name) = (string(at_azure(list.domain)), string(&list.sender.username));
    (list.id.to_string(), format!("{{ domain = {domain}, list_name = {name} }}"))
}

fn addresses(list: &List<'_>) -> Vec<Row> {
    let row = |(id, address): (&uuid::Uuid, &&str)| {
        (id.to_string(), format!("{{ list = \"{}\", email = {} }}", list.id, string(address)))
    };
    list.addresses.iter().map(row).collect()
}

fn logins(infrastructure: &Infrastructure, home: &ExportContext) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, login) in &infrastructure.smtp_usernames {
        let client = login.client.unwrap_or(home.client);
        let (username, tenant) = (string(&login.username), home.tenant);
        let value = format!("{{ username = {username}, app = \"{client}\", tenant = \"{tenant}\" }}");
        rows.push((name.clone(), value));
    }
    rows
}

/// The group and the two services, of which there is one each.
fn services(infrastructure: &Infrastructure) -> String {
    let (group, location) = (string(&infrastructure.group), string(&infrastructure.location));
    let data_location = string(geography(&infrastructure.data_location));
    let mut text = resource(
        "azurerm_resource_group",
        "group",
        &[("name", &group), ("location", &location)],
        "local.group",
    );
    for (kind, label, name) in [
        ("azurerm_email_communication_service", "email", &infrastructure.email_service),
        ("azurerm_communication_service", "service", &infrastructure.service),
    ] {
        let arguments = [
            ("name", string(name)),
            ("resource_group_name", "azurerm_resource_group.group.name".to_owned()),
            ("data_location", data_location.clone()),
        ];
        let arguments: Vec<_> = arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let id = if label == "email" { "local.email_service" } else { "local.service" };
        text.push_str(&resource(kind, label, &arguments, id));
    }
    text
}

/// A resource with tags of which nothing is known here, so that nothing is done about them.
fn resource(kind: &str, label: &str, arguments: &[(&str, &str)], id: &str) -> String {
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let line = |(name, value): &(&str, &str)| format!("  {name:width$} = {value}\n");
    let arguments: String = arguments.iter().map(line).collect();
    format!(
        "resource \"{kind}\" \"{label}\" {{\n{arguments}\n  lifecycle {{\n    ignore_changes = [tags]\n  }}\n}}\n\n\
         import {{\n  to = {kind}.{label}\n  id = {id}\n}}\n\n"
    )
}

/// A map among the locals, its values below each other.
fn map(name: &str, rows: &[Row]) -> String {
    if rows.is_empty() {
        return format!("\n  {name} = {{}}\n");
    }
    let keys: Vec<String> = rows.iter().map(|(key, _)| string(key)).collect();
    let width = keys.iter().map(|key| key.chars().count()).max().unwrap_or_default();
    let line = |(key, (_, value)): (&String, &Row)| format!("    {key:width$} = {value}\n");
    let rows: String = keys.iter().zip(rows).map(line).collect();
    format!("\n  {name} = {{\n{rows}  }}\n")
}

/// Azure writes geographies with and without blanks, and in any case.
fn geography(text: &str) -> &str {
    let plain = |text: &str| text.replace(' ', "").to_lowercase();
    GEOGRAPHIES.into_iter().find(|known| plain(known) == plain(text)).unwrap_or(text)
}

/// A value as a string of Terraform's. What would begin a template is written by its number: doubling its first
/// character means something else where another one stands before it.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let begins = matches!(c, '$' | '%') && rest.peek() == Some(&'{');
        match c {
            '\\' | '"' => quoted.extend(['\\', c]),
            c if begins || is_unseen(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
