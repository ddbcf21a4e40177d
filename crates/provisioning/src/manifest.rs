//! The desired state of an account as a manifest.

use api::infrastructure::manifest::{
    AZURE, DomainManifest, FullSender, LoginManifest, Manifest, SenderManifest,
};
use model::infrastructure::{
    AZURE_MANAGED, DesiredDomain, DesiredLogin, DesiredSender, DnsWay, DomainOwner, Infrastructure,
};

/// The manifest that says the same as an infrastructure.
#[must_use]
pub fn manifest_of(infrastructure: &Infrastructure) -> Manifest {
    let domain = |(name, domain): (&String, &DesiredDomain)| {
        let name = if name == AZURE_MANAGED { AZURE.to_owned() } else { name.clone() };
        (name, domain_manifest(domain))
    };
    let login = |(name, login): (&String, &DesiredLogin)| {
        (name.clone(), LoginManifest { username: login.username.clone(), client: login.client })
    };
    Manifest {
        account: None,
        resource_group: Some(infrastructure.group.clone()),
        location: Some(infrastructure.location.clone()),
        data_location: Some(infrastructure.data_location.clone()),
        service: Some(infrastructure.service.clone()),
        email_service: Some(infrastructure.email_service.clone()),
        access: infrastructure.access,
        domain: infrastructure.domains.iter().map(domain).collect(),
        smtp_username: infrastructure.smtp_usernames.iter().map(login).collect(),
    }
}

fn domain_manifest(domain: &DesiredDomain) -> DomainManifest {
    let dns = (domain.owner == DomainOwner::Customer && domain.dns != DnsWay::Manual)
        .then(|| domain.dns.to_string());
    DomainManifest {
        dns,
        tracking: domain.tracking,
        dmarc: domain.dmarc.clone(),
        senders: domain.senders.values().map(sender_manifest).collect(),
    }
}

fn sender_manifest(sender: &DesiredSender) -> SenderManifest {
    if sender.display_name.is_none() && sender.suppressed.is_empty() {
        return SenderManifest::Plain(sender.username.clone());
    }
    let DesiredSender { username, display_name, suppressed } = sender.clone();
    SenderManifest::Full(FullSender { username, display_name, suppressed })
}
