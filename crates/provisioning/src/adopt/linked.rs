//! Domains that are linked to a communication service.

use api::infrastructure::manifest::AZURE;
use azure_client::arm::CallError;
use azure_types::communication::{Domain, Resource, SenderUsername};
use azure_types::resource_id::ResourceId;
use model::fault::Invalid;

use crate::azure_account::AzureAccount;

/// A linked domain with its senders.
pub(super) struct Linked {
    pub(super) domain: Resource<Domain>,
    pub(super) senders: Vec<Resource<SenderUsername>>,
}

impl Linked {
    pub(super) async fn read(azure: &AzureAccount, id: &ResourceId) -> Result<Self, CallError> {
        let (domain, senders) = tokio::join!(azure.arm.domain(id), azure.arm.senders(id));
        Ok(Self { domain: domain?, senders: senders? })
    }

    /// The domain of its senders' addresses.
    pub(super) fn host(&self) -> &str {
        &self.domain.properties.from_sender_domain
    }

    /// Whether a request means it: by the domain of its addresses, its name at Azure, or `azure`.
    pub(super) fn is_called(&self, text: &str) -> bool {
        let text = text.trim().trim_end_matches('.');
        let is_azure = self.domain.properties.domain_management == "AzureManaged";
        let short = if is_azure { AZURE } else { self.host() };
        [short, self.host(), &self.domain.name].iter().any(|name| name.eq_ignore_ascii_case(text))
    }
}

/// Those of the names; all if there are no names.
pub(super) fn named<'a>(
    linked: &'a [Linked],
    service: &str,
    names: &[String],
) -> Result<Vec<&'a Linked>, Invalid> {
    for name in names {
        if !linked.iter().any(|one| one.is_called(name)) {
            let hosts: Vec<&str> = linked.iter().map(Linked::host).collect();
            let there = if hosts.is_empty() { "none".to_owned() } else { hosts.join(", ") };
            let reason =
                format!("{name} is not one of the domains of {service} that can be imported: {there}");
            return Err(Invalid::new("domains", reason));
        }
    }
    let is_named = |one: &&Linked| names.is_empty() || names.iter().any(|name| one.is_called(name));
    Ok(linked.iter().filter(is_named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(name: &str, host: &str, management: &str) -> Linked {
        let properties = Domain {
            domain_management: management.to_owned(),
            from_sender_domain: host.to_owned(),
            ..Domain::default()
        };
        let (id, kind) = (String::new(), String::new());
        let domain = Resource { id, name: name.to_owned(), kind, location: None, properties };
        Linked { domain, senders: Vec::new() }
    }

    #[test]
    fn a_domain_is_named_by_its_addresses_or_as_azures_own() {
        let all = [
            linked("contoso.example", "contoso.example", "CustomerManaged"),
            linked("AzureManagedDomain", "0f1e.azurecomm.net", "AzureManaged"),
        ];
        let hosts = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            named(&all, "mail", &names).map(|found| found.into_iter().map(Linked::host).collect::<Vec<_>>())
        };
        let (own, azure) = ("contoso.example", "0f1e.azurecomm.net");
        for (names, expected) in [
            (vec![], vec![own, azure]),
            (vec![" Contoso.Example. "], vec![own]),
            (vec!["azure"], vec![azure]),
            (vec!["AzureManagedDomain"], vec![azure]),
            (vec!["0F1E.azurecomm.net", own], vec![own, azure]),
        ] {
            assert_eq!(hosts(&names).unwrap(), expected, "{names:?}");
        }
        let error = hosts(&[own, "fabrikam.example"]).unwrap_err();
        assert_eq!(error.field, "domains");
        assert!(error.reason.starts_with("fabrikam.example is not one of the domains of mail"), "{error}");
        assert!(error.reason.ends_with("imported: contoso.example, 0f1e.azurecomm.net"), "{error}");
    }
}
