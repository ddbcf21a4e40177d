//! From text to a resource ID and from names to segments.

use std::str::FromStr;

use super::{PROVIDERS, RESOURCE_GROUPS, ResourceId};
use crate::ids::SubscriptionId;

/// Why a text is no resource ID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a resource ID: {fault}")]
pub struct InvalidResourceId {
    text: String,
    fault: ResourceIdFault,
}

/// What is wrong with a text that should be a resource ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceIdFault {
    /// It is the id of a tenant's own resource, or no path.
    #[error("it does not begin with /subscriptions/")]
    NoSubscription,
    /// A subscription is named by a GUID alone.
    #[error("what follows /subscriptions/ is not a GUID")]
    SubscriptionNotAGuid,
    /// Two slashes in a row, or one at the end.
    #[error("it has an empty segment")]
    EmptySegment,
    /// A path with it leads elsewhere.
    #[error("it has a segment of dots alone")]
    Dots,
    /// It would end the path of a URL, or the line that shows it.
    #[error("it has the character {0:?}")]
    Character(char),
    /// Neither `resourceGroups` nor `providers`.
    #[error("neither resourceGroups nor providers follows the subscription or the resource group")]
    UnknownWord,
    /// A word or a type is the last segment.
    #[error("its last segment is a type without a name")]
    NoName,
    /// `/providers/{namespace}` names a provider, not a resource.
    #[error("no type and name follow its provider")]
    NoType,
}

impl FromStr for ResourceId {
    type Err = InvalidResourceId;

    fn from_str(text: &str) -> Result<Self, InvalidResourceId> {
        match check(text) {
            Ok(subscription) => Ok(Self { path: text.to_owned(), subscription }),
            Err(fault) => Err(InvalidResourceId { text: text.to_owned(), fault }),
        }
    }
}

/// Reads the segments of an id.
fn check(text: &str) -> Result<SubscriptionId, ResourceIdFault> {
    use ResourceIdFault as Fault;

    let mut segments = text.split('/');
    let is_path = segments.next() == Some("");
    if !is_path || !segments.next().is_some_and(|word| word.eq_ignore_ascii_case("subscriptions")) {
        return Err(Fault::NoSubscription);
    }
    let subscription = segments.next().unwrap_or_default().parse();
    let subscription = subscription.map_err(|_| Fault::SubscriptionNotAGuid)?;
    let rest: Vec<&str> = segments.collect();
    for segment in &rest {
        fault_of(segment).map_or(Ok(()), Err)?;
    }
    let is = |at: usize, word: &str| rest.get(at).is_some_and(|one| one.eq_ignore_ascii_case(word));
    let first = if is(0, RESOURCE_GROUPS) { 2 } else { 0 };
    if rest.len() > first && !is(first, PROVIDERS) {
        return Err(Fault::UnknownWord);
    }
    if rest.len() % 2 == 1 {
        return Err(Fault::NoName);
    }
    // Each provider has a type before the next one, or the end.
    let of_provider = |at: &usize| is(*at, PROVIDERS);
    if (first..rest.len())
        .step_by(2)
        .filter(of_provider)
        .any(|at| at + 2 >= rest.len() || is(at + 2, PROVIDERS))
    {
        return Err(Fault::NoType);
    }
    Ok(subscription)
}

/// Why a segment is none.
fn fault_of(segment: &str) -> Option<ResourceIdFault> {
    if segment.is_empty() {
        return Some(ResourceIdFault::EmptySegment);
    }
    // URLs take an encoded dot for a dot.
    if segment.to_ascii_lowercase().replace("%2e", ".").chars().all(|c| c == '.') {
        return Some(ResourceIdFault::Dots);
    }
    segment.chars().find(|c| is_outside(*c)).map(ResourceIdFault::Character)
}

/// Whether a character ends a segment, or is none to be shown.
fn is_outside(c: char) -> bool {
    "/\\?#".contains(c) || c.is_control()
}

/// A name as one segment.
pub(super) fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for c in name.chars() {
        if is_outside(c) || c == '%' {
            let mut bytes = [0; 4];
            quoted.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            quoted.push(c);
        }
    }
    match fault_of(&quoted) {
        None => quoted,
        // Encoded twice: once is not enough against dots.
        Some(_) if quoted.is_empty() => "%00".to_owned(),
        Some(_) => quoted.replace('.', "%252E"),
    }
}

/// A segment as URLs have it; what is encoded already stays.
pub(super) fn encoded(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for (at, byte) in segment.bytes().enumerate() {
        let is_escape = || {
            let digits = segment.as_bytes().get(at + 1..at + 3);
            byte == b'%' && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || is_escape() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
