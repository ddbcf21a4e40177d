//! Domains that are linked to a communication service.

use api::infrastructure::manifest::AZURE;
use azure_client::arm::CallError;
use azure_types::communication::{Domain, Resource, SenderUsername};
use azure_types::resource_id::ResourceId;
use futures_util::StreamExt as _;
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

/// Domains that are read at once.
const AT_ONCE: usize = 16;

/// Does reads of domains side by side, within a bound; gives what came of them in their order.
pub(super) async fn side_by_side<T>(reads: Vec<impl Future<Output = T>>) -> Vec<T> {
    futures_util::stream::iter(reads).buffered(AT_ONCE).collect().await
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
    use std::sync::atomic::{AtomicUsize, Ordering};

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

    #[tokio::test]
    async fn reads_are_side_by_side_within_a_bound_and_keep_their_order() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let read = async |number: usize| {
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            // The first ones take longest.
            for _ in number..100 {
                tokio::task::yield_now().await;
            }
            running.fetch_sub(1, Ordering::Relaxed);
            number
        };
        let found = side_by_side((0..40).map(read).collect()).await;
        assert_eq!(found, (0..40).collect::<Vec<_>>());
        assert_eq!(most.into_inner(), AT_ONCE);
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
