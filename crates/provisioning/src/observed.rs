//! What Azure and DNS show of an infrastructure.

use std::collections::{BTreeMap, BTreeSet};

use azure_client::arm::CallError;
use azure_types::communication::{
    CommunicationService, Domain, Resource, SenderUsername, VerificationRecords, VerificationStates,
};
use azure_types::resource_id::ResourceId;
use model::infrastructure::{AZURE_MANAGED, DomainOwner, Infrastructure, ResourceIds};

use super::azure_account::AzureAccount;
use super::capability::may_send;
use super::endpoint;

/// What is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Whether `Microsoft.Communication` is registered.
    pub is_registered: bool,
    /// Where the resource group is kept.
    pub group: Option<String>,
    /// The email service.
    pub email_service: Option<ObservedService>,
    /// The communication service.
    pub service: Option<ObservedService>,
    /// Whether the account sends through that one.
    pub is_chosen: bool,
    /// Domains, by their names in the desired state.
    pub domains: BTreeMap<String, ObservedDomain>,
    /// Logins for SMTP, by resource name in lower case: username and app.
    pub logins: BTreeMap<String, (String, String)>,
    /// Whether the app may send.
    pub has_access: bool,
    /// Addresses that devices may send from, in lower case.
    pub local: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedService {
    /// The geography that its data stay in.
    pub data_location: String,
    /// How far it is.
    pub progress: Progress,
    /// The linked domains.
    pub links: BTreeSet<ResourceId>,
    /// The host of its data plane.
    pub host_name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedDomain {
    /// Whose it is.
    pub owner: DomainOwner,
    /// The geography that its data stay in.
    pub data_location: String,
    /// How far it is.
    pub progress: Progress,
    /// Whether opens and clicks are followed.
    pub tracking: bool,
    /// What stands behind the `@`.
    pub address: String,
    /// How far its verification is.
    pub states: VerificationStates,
    /// The records that Azure requires in DNS.
    pub records: VerificationRecords,
    /// Whether they are there, if DNS has been read.
    pub dns: Option<bool>,
    /// Sender usernames in lower case.
    pub senders: BTreeMap<String, Option<String>>,
    /// Addresses that nothing is sent to, by sender username.
    pub suppressed: BTreeMap<String, BTreeSet<String>>,
}

/// How far a resource is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It is there.
    #[default]
    Ready,
    /// It is being made.
    Going,
    /// Making it failed.
    Failed,
}

impl Progress {
    /// What a `provisioningState` means. It is an open list: what is not known is on its way.
    pub(super) fn of(state: &str) -> Self {
        match state {
            "Succeeded" => Self::Ready,
            "Failed" | "Canceled" => Self::Failed,
            _ => Self::Going,
        }
    }
}

impl ObservedDomain {
    /// What is said of a domain, without its senders.
    pub(super) fn of(domain: &Domain) -> Self {
        let owner = if domain.domain_management == "AzureManaged" {
            DomainOwner::Azure
        } else {
            DomainOwner::Customer
        };
        Self {
            owner,
            data_location: domain.data_location.clone(),
            progress: Progress::of(&domain.provisioning_state),
            tracking: domain.user_engagement_tracking == "Enabled",
            address: domain.from_sender_domain.clone(),
            states: domain.verification_states.clone(),
            records: domain.verification_records.clone(),
            ..Self::default()
        }
    }

    /// Whether all is verified that mail needs.
    #[must_use]
    pub(crate) fn is_verified(&self) -> bool {
        self.states.missing().next().is_none()
    }
}

impl ObservedService {
    pub(super) fn of(service: &CommunicationService) -> Self {
        Self {
            data_location: service.data_location.clone(),
            progress: Progress::of(&service.provisioning_state),
            links: service.linked_domains.iter().flat_map(|id| id.parse()).collect(),
            host_name: service.host_name.clone(),
        }
    }
}

/// Looks at all that the desired state is about. What is not there is no error.
pub(super) async fn observe(
    azure: &AzureAccount,
    infrastructure: &Infrastructure,
    ids: &ResourceIds,
) -> Result<Observed, CallError> {
    let arm = &azure.arm;
    let provider =
        arm.provider(azure.connection.subscription, azure_types::arm::COMMUNICATION_NAMESPACE).await?;
    let mut observed =
        Observed { is_registered: provider.registration_state == "Registered", ..Observed::default() };
    observed.group = optional(arm.group(ids.group())).await?.map(|group| group.location);
    observed.local = local(azure);
    if observed.group.is_none() || !observed.is_registered {
        return Ok(observed);
    }
    let (service, email_service) =
        tokio::join!(optional(arm.service(ids.service())), optional(arm.email_service(ids.email_service())));
    observed.service = service?.map(|found| ObservedService::of(&found.properties));
    observed.email_service = email_service?.map(|found| ObservedService {
        data_location: found.properties.data_location,
        progress: Progress::of(&found.properties.provisioning_state),
        ..ObservedService::default()
    });
    if let Some(service) = &observed.service {
        observed.is_chosen = is_chosen(azure, infrastructure, service);
        observed.logins = logins(azure, infrastructure, ids).await?;
        observed.has_access = !infrastructure.access || may_send(&arm.permissions(ids.service()).await?);
    }
    if observed.email_service.is_some() {
        observed.domains = domains(azure, infrastructure, ids).await?;
    }
    Ok(observed)
}

/// The domains of the email service, and the senders of those that are desired.
async fn domains(
    azure: &AzureAccount,
    infrastructure: &Infrastructure,
    ids: &ResourceIds,
) -> Result<BTreeMap<String, ObservedDomain>, CallError> {
    let found = azure.arm.domains(ids.email_service()).await?;
    let looks = found.iter().map(|resource| async move {
        let name = desired_name(resource);
        let mut observed = ObservedDomain::of(&resource.properties);
        if let Some(desired) = infrastructure.domains.get(&name) {
            observed.senders = senders(&azure.arm.senders(&ids.domain(&name)).await?);
            if desired.senders.values().any(|sender| !sender.suppressed.is_empty()) {
                observed.suppressed = suppressed(azure, &ids.domain(&name)).await?;
            }
        }
        Ok::<_, CallError>((name, observed))
    });
    futures_util::future::join_all(looks).await.into_iter().collect()
}

/// What a domain is called in the desired state.
pub(super) fn desired_name(resource: &Resource<Domain>) -> String {
    let name = resource.name.to_lowercase();
    if resource.properties.domain_management == "AzureManaged" { AZURE_MANAGED.to_owned() } else { name }
}

pub(super) fn senders(found: &[Resource<SenderUsername>]) -> BTreeMap<String, Option<String>> {
    let sender = |one: &Resource<SenderUsername>| {
        let name = one.properties.display_name.clone().filter(|name| !name.is_empty());
        (one.properties.username.to_lowercase(), name)
    };
    found.iter().map(sender).collect()
}

async fn logins(
    azure: &AzureAccount,
    infrastructure: &Infrastructure,
    ids: &ResourceIds,
) -> Result<BTreeMap<String, (String, String)>, CallError> {
    if infrastructure.smtp_usernames.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = azure.arm.smtp_usernames(ids.service()).await?;
    let login = |one: Resource<azure_types::communication::SmtpUsername>| {
        let properties = one.properties;
        (one.name.to_lowercase(), (properties.username, properties.entra_application_id.to_lowercase()))
    };
    Ok(found.into_iter().map(login).collect())
}

/// Whether the account sends through the service. Another endpoint than Azure says is somebody's choice, unless it was
/// only guessed.
fn is_chosen(azure: &AzureAccount, infrastructure: &Infrastructure, observed: &ObservedService) -> bool {
    let own = azure.provisioning.account(azure.account.name.as_str()).ok();
    let own = own.as_ref().and_then(|account| account.azure().ok()?.service.as_ref());
    own.is_some_and(|own| {
        let cloud = &azure.connection.cloud;
        let wanted = endpoint::believed(cloud, &observed.host_name);
        let is_right = wanted.is_none_or(|wanted| endpoint::is_same(&wanted, &own.endpoint));
        own.name.as_str().eq_ignore_ascii_case(&infrastructure.service)
            && (is_right || !endpoint::is_guess(cloud, own))
    })
}

fn local(azure: &AzureAccount) -> BTreeSet<String> {
    let directory = azure.provisioning.store.directory();
    let senders = directory.senders(azure.account.id);
    senders.map(|one| one.mailbox.to_string().to_lowercase()).collect()
}

/// What is there, or nothing where Azure says that nothing is.
pub(super) async fn optional<T>(
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<Option<T>, CallError> {
    match call.await {
        Err(error) if error.is(404) => Ok(None),
        found => found.map(Some),
    }
}

/// Whom nothing is sent to, by sender username in lower case.
async fn suppressed(
    azure: &AzureAccount,
    domain: &ResourceId,
) -> Result<BTreeMap<String, BTreeSet<String>>, CallError> {
    let mut all = BTreeMap::new();
    for list in azure.arm.suppression_lists(domain).await? {
        let id = domain.child("suppressionLists", &list.name);
        let addresses = azure.arm.suppressed_addresses(&id).await?;
        let addresses = addresses.into_iter().map(|one| one.properties.email.to_lowercase()).collect();
        all.insert(list.properties.list_name.to_lowercase(), addresses);
    }
    Ok(all)
}
