//! Ids that we choose. Time and randomness are arguments.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// The text is not an id of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: 26 letters and digits are expected")]
pub struct NotAnId(String);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes an id of that moment (RFC 9562 section 5.7).
            #[must_use]
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                Self(at_moment(at, random))
            }

            /// The moment of which it is, to the millisecond.
            #[must_use]
            pub fn made_at(self) -> Timestamp {
                moment_of(self.0)
            }

            /// An id that was stored.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The bytes to store.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&to_text(self.0.as_u128())).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                from_text(text).map(|number| Self(Uuid::from_u128(number))).ok_or_else(|| NotAnId(text.to_owned()))
            }
        }
    )+};
}

ids! {
    AccountId;
    /// A connection to somebody who keeps zones.
    DnsProviderId;
    CredentialId;
    /// An endpoint of the operator's.
    WebhookId;
    /// A message in the queue: the name that the client is given and the log knows.
    QueueId;
}

/// Letters and digits without those that are mistaken for each other (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of 128 bits.
const LENGTH: usize = 26;

fn at_moment(at: Timestamp, random: [u8; 10]) -> Uuid {
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
}

fn moment_of(id: Uuid) -> Timestamp {
    let milliseconds = i64::try_from(id.as_u128() >> 80).unwrap_or(0);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Which digit a byte is; `NO_DIGIT` where it is none.
const DIGITS: [u8; 256] = {
    let (mut digits, mut digit) = ([NO_DIGIT; 256], 0);
    while digit < ALPHABET.len() {
        digits[ALPHABET[digit] as usize] = digit as u8;
        digits[ALPHABET[digit].to_ascii_uppercase() as usize] = digit as u8;
        digit += 1;
    }
    digits
};
const NO_DIGIT: u8 = u8::MAX;

fn to_text(number: u128) -> [u8; LENGTH] {
    std::array::from_fn(|place| ALPHABET[(number >> ((LENGTH - 1 - place) * 5) & 31) as usize])
}

fn from_text(text: &str) -> Option<u128> {
    let bytes: &[u8; LENGTH] = text.as_bytes().try_into().ok()?;
    // 26 digits have 130 bits: of the first, two are too many.
    let fits = DIGITS[usize::from(bytes[0])] < 8;
    let number = bytes.iter().try_fold(0_u128, |number, byte| {
        let digit = DIGITS[usize::from(*byte)];
        (digit != NO_DIGIT).then_some(number << 5 | u128::from(digit))
    })?;
    fits.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn later_ids_sort_behind_earlier_ones() {
        let at = |second| QueueId::new(Timestamp::from_second(second).unwrap(), [7; 10]);
        assert_eq!(at(1_800_000_000).made_at().as_second(), 1_800_000_000);
        assert!(at(1) < at(2));
        assert!(at(1).to_string() < at(2).to_string());
    }

    #[test]
    fn nonsense_is_no_id() {
        for text in [
            "",
            "01",
            "01aaaaaaaaaaaaaaaaaaaaaaau",
            "zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "80000000000000000000000000",
            "é000000000000000000000000",
        ] {
            assert!(text.parse::<QueueId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(bytes: [u8; 16]) {
            let id = QueueId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        }
    }
}
