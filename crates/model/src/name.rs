//! Names that people choose.

use std::fmt;
use std::str::FromStr;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left of it.
    #[error("the name is empty")]
    Empty,
    /// It is too long.
    #[error("the name has more than {0} characters")]
    TooLong(usize),
    /// A character has no place in it.
    #[error("{0:?} cannot be in a name: letters, digits and . _ - are allowed")]
    Character(char),
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                checked(text, $max).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

names! {
    /// What the operator calls an account.
    AccountName, 64;
    /// What a device logs in as. Short and plain, so that the weakest device can store it.
    LoginName, 64;
    /// A communication service: the resource name in ARM and the first label of its host name.
    ServiceName, 63;
}

fn checked(text: &str, max: usize) -> Result<String, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().count() > max {
        return Err(NameError::TooLong(max));
    }
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-')) {
        Some(c) => Err(NameError::Character(c)),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_short() {
        assert_eq!("scanner-1.floor_2".parse::<LoginName>().unwrap().as_str(), "scanner-1.floor_2");
        assert_eq!("".parse::<LoginName>(), Err(NameError::Empty));
        assert_eq!("a b".parse::<LoginName>(), Err(NameError::Character(' ')));
        assert_eq!("ü".parse::<LoginName>(), Err(NameError::Character('ü')));
        assert_eq!("a".repeat(65).parse::<LoginName>(), Err(NameError::TooLong(64)));
    }
}
