//! Names that people choose.

use std::fmt;
use std::str::FromStr;

use smtp::address::Mailbox;

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
    #[error("{0:?} cannot be in a name: ASCII letters, digits and . _ - are allowed")]
    Character(char),
    /// It has an at sign and is no address that devices can type.
    #[error("{0:?} is neither a plain name nor an e-mail address such as scanner@example.com in ASCII")]
    Address(String),
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $check:ident, $max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text, $max).map(Self)
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
    AccountName, plain, 64;
    /// What a device logs in as: a short and plain name that the weakest device can store, or an e-mail address,
    /// which some devices insist on. Logins that differ in case alone are the same login.
    LoginName, login, 64;
    /// A communication service: the resource name in ARM and the first label of its host name.
    ServiceName, plain, 63;
}

/// Longest address (RFC 5321 section 4.5.3.1.3: 256 bytes with the two brackets).
const MAX_ADDRESS: usize = 254;

/// A plain name, or an address in ASCII without quotes. A delimiter of Entra logins is in neither of them.
fn login(text: &str, max: usize) -> Result<String, NameError> {
    if !text.contains('@') {
        return plain(text, max);
    }
    if text.len() > MAX_ADDRESS {
        return Err(NameError::TooLong(MAX_ADDRESS));
    }
    let is_typed = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '|' | '[' | ']' | '\\');
    let is_address = text.chars().all(is_typed) && text.parse::<Mailbox>().is_ok();
    if is_address { Ok(text.to_owned()) } else { Err(NameError::Address(text.to_owned())) }
}

fn plain(text: &str, max: usize) -> Result<String, NameError> {
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

    #[test]
    fn logins_may_be_addresses_and_other_names_may_not() {
        let long = format!("scanner@{}.example.com", "x".repeat(63));
        for login in
            ["scanner@contoso.com", "Scanner.2+floor@xn--bcher-kva.example", "o'hara@a.example", &long]
        {
            assert_eq!(login.parse::<LoginName>().unwrap().as_str(), login);
            assert!(login.parse::<AccountName>().is_err());
        }
        let too_long =
            format!("{}@{}", "x".repeat(64), ["y".repeat(63), "y".repeat(63), "y".repeat(63)].join("."));
        assert_eq!(too_long.parse::<LoginName>(), Err(NameError::TooLong(254)));
        for wrong in [
            "@contoso.com",
            "scanner@",
            "a b@contoso.com",
            "\"a b\"@contoso.com",
            "a@b@contoso.com",
            "scänner@contoso.com",
            "scanner@bücher.example",
            "scanner@[192.0.2.1]",
            "a|b@contoso.com",
            ".a@contoso.com",
        ] {
            assert_eq!(wrong.parse::<LoginName>(), Err(NameError::Address(wrong.to_owned())), "{wrong}");
        }
    }
}
