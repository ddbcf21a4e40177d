//! The GUIDs that Azure names things by, each its own type.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a GUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a GUID such as 00000000-0000-0000-0000-000000000000")]
pub struct NotAGuid(String);

macro_rules! guids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a GUID that is already one.
            #[must_use]
            pub const fn new(guid: Uuid) -> Self {
                Self(guid)
            }

            /// The GUID itself.
            #[must_use]
            pub const fn guid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAGuid;

            /// Reads the hyphenated form, in any case.
            fn from_str(text: &str) -> Result<Self, NotAGuid> {
                let guid = Uuid::try_parse(text).map_err(|_| NotAGuid(text.to_owned()))?;
                if text.len() == 36 { Ok(Self(guid)) } else { Err(NotAGuid(text.to_owned())) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )+};
}

guids! {
    /// A directory of Entra ID.
    TenantId;
    /// An app registration, by the id that it logs in with.
    ClientId;
    /// The object id of a service principal, which role assignments name.
    PrincipalId;
    SubscriptionId;
    /// One send of the Email API, by the id that its caller chose.
    OperationId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_a_guid() {
        let text = "8540C0DE-899f-5cce-acb5-3ec493af3800";
        assert_eq!(text.parse::<TenantId>().unwrap().to_string(), text.to_lowercase());
        for text in ["", "8540c0de899f5cceacb53ec493af3800", "{8540c0de-899f-5cce-acb5-3ec493af3800}", "x"] {
            assert!(text.parse::<TenantId>().is_err(), "{text}");
        }
    }
}
