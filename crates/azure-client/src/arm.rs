//! Resource Manager: what a subscription is and has, and what may be done there.

use std::sync::Arc;

use azure_types::arm::{GenericResource, Provider, RoleAssignment, Subscription};
use azure_types::communication::{
    API_VERSION, CommunicationService, Domain, Resource, SenderUsername, SmtpUsername,
};
use azure_types::ids::{PrincipalId, SubscriptionId, TenantId};
use azure_types::permission::Permission;
use azure_types::resource_id::ResourceId;
use clock::{Clock, Entropy};
use http_client::{Method, header};
use url::Url;

use crate::credential::Credential;
use crate::failure::Failure;
use crate::gate::Gate;
use crate::http::Http;
use crate::management::Management;

pub use crate::management::{Begun, CallError, Operation};

/// Resource Manager, for one account.
#[derive(Clone, Debug)]
pub struct ArmApi(pub(crate) Management);

const SUBSCRIPTIONS: &str = "2022-12-01";
const RESOURCES: &str = "2021-04-01";
const AUTHORIZATION: &str = "2022-04-01";
/// The resource type of communication services.
const SERVICE_TYPE: &str = "Microsoft.Communication/CommunicationServices";

impl ArmApi {
    /// Resource Manager at `base_url`, to which the credential's tokens are addressed.
    #[must_use]
    pub fn new(
        http: Http,
        base_url: &str,
        credential: Arc<dyn Credential>,
        source: (Clock, Entropy),
        gate: Arc<Gate>,
    ) -> Self {
        Self(Management::new(http, base_url, credential, source, gate))
    }

    /// One subscription.
    ///
    /// # Errors
    /// As all calls: no token, no connection, or Azure says no.
    pub async fn subscription(&self, id: SubscriptionId) -> Result<Subscription, CallError> {
        self.0.get(&format!("/subscriptions/{id}?api-version={SUBSCRIPTIONS}")).await
    }

    /// All subscriptions that the caller sees.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, CallError> {
        self.0.list(&format!("/subscriptions?api-version={SUBSCRIPTIONS}")).await
    }

    /// What the caller may do at a scope, entry by entry.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn permissions(&self, scope: &ResourceId) -> Result<Vec<Permission>, CallError> {
        self.0.list(&extension(scope, "permissions")).await
    }

    /// The roles that were assigned to a principal, at a scope and above.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn role_assignments(
        &self,
        scope: &ResourceId,
        principal: PrincipalId,
    ) -> Result<Vec<RoleAssignment>, CallError> {
        let filter = format!("assignedTo('{principal}')");
        self.0.list(&format!("{}&$filter={filter}", extension(scope, "roleAssignments"))).await
    }

    /// A resource provider, as the subscription has it.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn provider(&self, id: SubscriptionId, namespace: &str) -> Result<Provider, CallError> {
        self.0.get(&format!("/subscriptions/{id}/providers/{namespace}?api-version={RESOURCES}")).await
    }

    /// Asks for a resource provider; it takes a while.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn register(&self, id: SubscriptionId, namespace: &str) -> Result<Provider, CallError> {
        let path = format!("/subscriptions/{id}/providers/{namespace}/register?api-version={RESOURCES}");
        self.0.post(&path, None).await
    }

    /// The communication services that the caller sees, wherever it was let in.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn services(&self, id: SubscriptionId) -> Result<Vec<GenericResource>, CallError> {
        let filter = format!("resourceType%20eq%20'{SERVICE_TYPE}'");
        self.0.list(&format!("/subscriptions/{id}/resources?api-version={RESOURCES}&$filter={filter}")).await
    }

    /// A communication service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn service(&self, id: &ResourceId) -> Result<Resource<CommunicationService>, CallError> {
        self.0.get(&at(id)).await
    }

    /// The email services of a subscription.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn email_services(&self, id: SubscriptionId) -> Result<Vec<GenericResource>, CallError> {
        let path = format!("/subscriptions/{id}/providers/Microsoft.Communication/emailServices");
        self.0.list(&format!("{path}?api-version={API_VERSION}")).await
    }

    /// An id that Azure wrote: of a linked domain and the like.
    ///
    /// # Errors
    /// When it is none.
    pub fn resource_id(&self, text: &str) -> Result<ResourceId, Failure> {
        text.parse().map_err(|error| self.0.garbled(&error))
    }

    /// The domains of an email service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn domains(&self, email_service: &ResourceId) -> Result<Vec<Resource<Domain>>, CallError> {
        self.0.list(&list_at(email_service, "domains")).await
    }

    /// An email domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn domain(&self, id: &ResourceId) -> Result<Resource<Domain>, CallError> {
        self.0.get(&at(id)).await
    }

    /// The sender usernames of a domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn senders(&self, domain: &ResourceId) -> Result<Vec<Resource<SenderUsername>>, CallError> {
        self.0.list(&list_at(domain, "senderUsernames")).await
    }

    /// The logins for SMTP of a communication service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn smtp_usernames(
        &self,
        service: &ResourceId,
    ) -> Result<Vec<Resource<SmtpUsername>>, CallError> {
        self.0.list(&list_at(service, "smtpUsernames")).await
    }
}

/// A resource of `Microsoft.Communication`.
pub(crate) fn at(id: &ResourceId) -> String {
    format!("{}?api-version={API_VERSION}", id.url_path())
}

/// The list of one type of resources that are nested in it.
pub(crate) fn list_at(id: &ResourceId, kind: &str) -> String {
    format!("{}/{kind}?api-version={API_VERSION}", id.url_path())
}

/// What `Microsoft.Authorization` has of a scope.
fn extension(scope: &ResourceId, kind: &str) -> String {
    format!("{}/providers/Microsoft.Authorization/{kind}?api-version={AUTHORIZATION}", scope.url_path())
}

/// The directory that a subscription trusts, as Resource Manager tells whoever asks without a token: the way by
/// which clients learn where to log in. `None` if it does not say.
///
/// # Errors
/// When Resource Manager cannot be asked.
pub async fn tenant_of(http: &Http, base_url: &str, id: SubscriptionId) -> Result<Option<TenantId>, Failure> {
    let host = base_url.trim_start_matches("https://").to_owned();
    let url = Url::parse(&format!("{base_url}/subscriptions/{id}?api-version={SUBSCRIPTIONS}"))
        .map_err(|error| Failure::Garbled { host: host.clone(), what: error.to_string() })?;
    let reply = http.head_of(http.request(Method::GET, url)).await?;
    let challenge = reply.headers.get(header::WWW_AUTHENTICATE);
    let challenge = challenge.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = challenge.split('"').find(|part| part.starts_with("https://")).unwrap_or_default();
    Ok(authority.split('/').find_map(|segment| segment.parse().ok()))
}
