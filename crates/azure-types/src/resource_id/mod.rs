//! Resource IDs of Resource Manager: the path of a subscription, of a resource group, or of a resource.
//!
//! Azure writes one id in another case from answer to answer, so that two ids are compared as Resource Manager
//! compares them. Each shows itself as it was written.

mod parse;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

pub use self::parse::{InvalidResourceId, ResourceIdFault};

use self::parse::{encoded, quoted};
use crate::ids::SubscriptionId;

/// The path of a subscription or of something in it.
///
/// ```
/// # use azure_types::resource_id::ResourceId;
/// let text = "/subscriptions/22222222-bbbb-4222-8222-222222222222/resourceGroups/mail";
/// let service = text.parse::<ResourceId>()?.resource("Microsoft.Communication", "communicationServices", "contoso");
/// assert_eq!(service.resource_group(), Some("mail"));
/// assert_eq!(service.name_of("COMMUNICATIONSERVICES"), Some("contoso"));
/// # Ok::<(), azure_types::resource_id::InvalidResourceId>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId {
    /// Begins with `/subscriptions/{guid}`; the other segments are in pairs, as parsing demands.
    path: String,
    subscription: SubscriptionId,
}

/// The namespace, and then types with names.
const PROVIDERS: &str = "providers";
const RESOURCE_GROUPS: &str = "resourceGroups";
/// Segments of `/subscriptions/{guid}` and of `/subscriptions/{guid}/resourceGroups/{name}`.
const OF_SUBSCRIPTION: usize = 2;
const OF_GROUP: usize = 4;

impl ResourceId {
    /// The subscription that it is in.
    #[must_use]
    pub fn subscription(&self) -> SubscriptionId {
        self.subscription
    }

    /// The resource group that it is, or is in.
    #[must_use]
    pub fn resource_group(&self) -> Option<&str> {
        let mut segments = self.segments().skip(OF_SUBSCRIPTION);
        segments.next().filter(|word| word.eq_ignore_ascii_case(RESOURCE_GROUPS))?;
        segments.next()
    }

    /// The id of that group.
    #[must_use]
    pub fn group_id(&self) -> Option<Self> {
        self.resource_group()?;
        Some(self.up_to(OF_GROUP))
    }

    /// The namespace of the last provider, `Microsoft.Communication` and the like.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        let from = self.last_provider()?;
        self.segments().nth(from + 1)
    }

    /// The type with its provider, `Microsoft.Communication/emailServices/domains` and the like.
    #[must_use]
    pub fn resource_type(&self) -> Option<String> {
        let mut resource_type = self.provider()?.to_owned();
        for (kind, _) in self.types() {
            resource_type.push('/');
            resource_type.push_str(kind);
        }
        Some(resource_type)
    }

    /// Types and names of the last provider, the outermost first: `emailServices` and its name, `domains` and its name.
    pub fn types(&self) -> impl Iterator<Item = (&str, &str)> {
        let from = self.last_provider().map_or(usize::MAX, |from| from + 2);
        self.pairs_from(from)
    }

    /// The name that follows a type, in any case.
    #[must_use]
    pub fn name_of(&self, kind: &str) -> Option<&str> {
        self.types().find(|(one, _)| one.eq_ignore_ascii_case(kind)).map(|(_, name)| name)
    }

    /// The last segment: the name of what it is the id of.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// What it is nested in; of what is outermost at its provider, the group, the subscription, or the resource that it
    /// extends. A subscription has none.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let count = self.segments().count();
        // The first type of a provider goes with the provider.
        let own = if self.last_provider().is_some_and(|from| from + 4 == count) { 4 } else { 2 };
        (count > OF_SUBSCRIPTION).then(|| self.up_to(count - own))
    }

    /// A resource group of the subscription.
    #[must_use]
    pub fn group(subscription: SubscriptionId, name: &str) -> Self {
        Self::from(subscription).child(RESOURCE_GROUPS, name)
    }

    /// A resource of a provider: in this group, or as an extension of this resource.
    #[must_use]
    pub fn resource(&self, namespace: &str, kind: &str, name: &str) -> Self {
        self.child(PROVIDERS, namespace).child(kind, name)
    }

    /// A nested resource. A name that cannot be a segment is quoted, so that the id never leads elsewhere; Azure knows
    /// no such resource.
    #[must_use]
    pub fn child(&self, kind: &str, name: &str) -> Self {
        Self { path: format!("{}/{}/{}", self.path, quoted(kind), quoted(name)), ..*self }
    }

    /// The segments of the path, percent-encoded as Azure's own clients do it.
    #[must_use]
    pub fn url_path(&self) -> String {
        self.segments().map(|segment| format!("/{}", encoded(segment))).collect()
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').skip(1)
    }

    /// Where the last `providers` is that is a word and not a name.
    fn last_provider(&self) -> Option<usize> {
        let mut last = None;
        for (number, (word, _)) in self.pairs_from(OF_SUBSCRIPTION).enumerate() {
            if word.eq_ignore_ascii_case(PROVIDERS) {
                last = Some(OF_SUBSCRIPTION + 2 * number);
            }
        }
        last
    }

    fn pairs_from(&self, from: usize) -> impl Iterator<Item = (&str, &str)> {
        let mut segments = self.segments().skip(from);
        std::iter::from_fn(move || segments.next().zip(segments.next()))
    }

    fn up_to(&self, segments: usize) -> Self {
        let path = self.segments().take(segments).map(|segment| format!("/{segment}")).collect();
        Self { path, ..*self }
    }

    /// The path with one case.
    fn folded(&self) -> impl Iterator<Item = char> {
        self.path.chars().map(folded)
    }
}

impl From<SubscriptionId> for ResourceId {
    fn from(subscription: SubscriptionId) -> Self {
        Self { path: format!("/subscriptions/{subscription}"), subscription }
    }
}

/// A character in the one case that is compared. As with Azure, no other letter is taken for one of ASCII.
fn folded(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if upper.is_ascii() == c.is_ascii() => upper,
        _ => c,
    }
}

impl TryFrom<String> for ResourceId {
    type Error = InvalidResourceId;

    fn try_from(text: String) -> Result<Self, InvalidResourceId> {
        text.parse()
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> Self {
        id.path
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.folded().eq(other.folded())
    }
}

impl Eq for ResourceId {}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|c| c.hash(state));
    }
}

#[cfg(test)]
mod tests;
