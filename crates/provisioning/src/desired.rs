//! From what people wrote to an infrastructure, checked: what Azure would refuse is refused here.

use std::collections::BTreeMap;

use api::infrastructure::manifest::{AZURE, DomainManifest, FullSender, Manifest, SenderManifest};
use jiff::Timestamp;
use model::account::Account;
use model::infrastructure::{
    AZURE_MANAGED, DesiredDomain, DesiredLogin, DesiredSender, DnsWay, DomainOwner, Infrastructure,
};
use smtp::address::{Domain, Mailbox};

use model::fault::Invalid;

/// What is taken where nobody says anything.
const GROUP: &str = "postern";
const LOCATION: &str = "westeurope";
const DATA_LOCATION: &str = "Europe";
/// Characters of a display name; Azure says nothing about it, and receivers show no more.
const MAX_DISPLAY_NAME: usize = 255;

/// The infrastructure that a manifest means for an account.
pub(super) fn infrastructure(
    manifest: Manifest,
    account: &Account,
    now: Timestamp,
) -> Result<Infrastructure, Invalid> {
    let own =
        account.azure().ok().and_then(|azure| azure.service.as_ref()).map(|service| service.name.to_string());
    let service = manifest.service.or(own).unwrap_or_else(|| account.name.to_string());
    let email_service = manifest.email_service.unwrap_or_else(|| plain(&service));
    let group = manifest.resource_group.unwrap_or_else(|| GROUP.to_owned());
    check("resource_group", &group, 90, |c| c.is_alphanumeric() || "_-.()".contains(c))?;
    check("service", &service, 63, |c| c.is_ascii_alphanumeric() || c == '-' || c == '_')?;
    check("email_service", &email_service, 63, |c| c.is_ascii_alphanumeric() || c == '-')?;
    let location = manifest.location.unwrap_or_else(|| LOCATION.to_owned());
    check("location", &location, 40, |c| c.is_ascii_alphanumeric())?;
    let data_location = manifest.data_location.unwrap_or_else(|| DATA_LOCATION.to_owned());
    check("data_location", &data_location, 40, |c| c.is_ascii_alphanumeric() || c == ' ')?;
    let mut domains = BTreeMap::new();
    for (name, desired) in manifest.domain {
        let (name, domain) = domain(&name, desired)?;
        if domains.insert(name.clone(), domain).is_some() {
            return Err(Invalid::new("domain", format!("{name} is there twice")));
        }
    }
    let mut smtp_usernames = BTreeMap::new();
    for (name, login) in manifest.smtp_username {
        check("smtp_username", &name, 253, |c| c.is_ascii_alphanumeric() || c == '-')?;
        if login.username.trim().is_empty() || login.username.eq_ignore_ascii_case(&name) {
            let reason = format!("{name}: Azure wants a username that is not the resource's own name");
            return Err(Invalid::new("smtp_username", reason));
        }
        let login = DesiredLogin { username: login.username.trim().to_owned(), client: login.client };
        smtp_usernames.insert(name, login);
    }
    let access = manifest.access;
    Ok(Infrastructure {
        account: account.id,
        group,
        location,
        data_location,
        service,
        email_service,
        access,
        domains,
        smtp_usernames,
        changed_at: now,
    })
}

/// A domain by its name in the desired state.
pub(super) fn domain(name: &str, desired: DomainManifest) -> Result<(String, DesiredDomain), Invalid> {
    let (name, owner) = domain_name(name)?;
    let dns = match desired.dns.as_deref().map(str::trim) {
        None | Some("") => DnsWay::Manual,
        Some(_) if owner == DomainOwner::Azure => {
            return Err(Invalid::new("dns", "Azure itself keeps the zone of its own domain"));
        }
        Some(word) => DnsWay::from_word(word),
    };
    let dmarc = desired.dmarc.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(text) = &dmarc
        && let Err(error) = dns::dmarc::Policy::read(text)
    {
        return Err(Invalid::new("dmarc", format!("{text:?}: {error}")));
    }
    let mut domain =
        DesiredDomain { owner, dns, tracking: desired.tracking, dmarc, senders: BTreeMap::new() };
    for one in desired.senders {
        let (key, one) = sender(&name, one)?;
        if domain.senders.insert(key, one.clone()).is_some() {
            let reason = format!("{}@{name} is there twice", one.username);
            return Err(Invalid::new("sender", reason));
        }
    }
    Ok((name, domain))
}

/// The name of a domain in the desired state, from what somebody typed.
pub(super) fn domain_name(text: &str) -> Result<(String, DomainOwner), Invalid> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    if name == AZURE || name == AZURE_MANAGED {
        return Ok((AZURE_MANAGED.to_owned(), DomainOwner::Azure));
    }
    let invalid = |why: &str| Err(Invalid::new("domain", format!("{text:?} {why}")));
    if !name.is_ascii() {
        return invalid("has letters that DNS does not have: give its ASCII form, xn--...");
    }
    let is_last_a_word =
        name.rsplit('.').next().is_some_and(|last| last.chars().any(|c| c.is_ascii_alphabetic()));
    let is_host = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    if name.parse::<Domain>().is_err() || !name.contains('.') || !is_last_a_word || !is_host {
        return invalid("is not a domain name, such as mail.contoso.com");
    }
    Ok((name, DomainOwner::Customer))
}

/// A sender by its key in the desired state.
pub(super) fn sender(domain: &str, desired: SenderManifest) -> Result<(String, DesiredSender), Invalid> {
    let FullSender { username, display_name, suppressed } = desired.into_full();
    let username = username.trim().to_owned();
    // The address itself is known only later where Azure gives the domain.
    let host = if domain == AZURE_MANAGED { "azurecomm.net" } else { domain };
    let is_plain = username.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
    if username.is_empty() || !is_plain || format!("{username}@{host}").parse::<Mailbox>().is_err() {
        let reason = format!("{username:?} cannot stand before the @: letters, digits and . _ - + are good");
        return Err(Invalid::new("username", reason));
    }
    let display_name = display_name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if let Some(name) = &display_name
        && (name.contains(char::is_control) || name.chars().count() > MAX_DISPLAY_NAME)
    {
        let reason = format!("it has a control character, or more than {MAX_DISPLAY_NAME} characters");
        return Err(Invalid::new("display name", reason));
    }
    for address in &suppressed {
        if let Err(error) = address.parse::<Mailbox>() {
            return Err(Invalid::new("suppressed", format!("{address:?}: {error}")));
        }
    }
    Ok((username.to_lowercase(), DesiredSender { username, display_name, suppressed }))
}

fn check(field: &'static str, text: &str, max: usize, is_good: impl Fn(char) -> bool) -> Result<(), Invalid> {
    if text.is_empty() || text.chars().count() > max {
        return Err(Invalid::new(field, format!("{text:?} has not 1 to {max} characters")));
    }
    match text.chars().find(|c| !is_good(*c)) {
        Some(c) => Err(Invalid::new(field, format!("{text:?}: Azure takes no {c:?} there"))),
        None => Ok(()),
    }
}

/// A name without what email services may not have in theirs.
fn plain(name: &str) -> String {
    name.replace(['_', '.'], "-")
}
