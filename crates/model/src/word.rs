//! Words of enums without fields: what rows, JSON, metrics, logs and the command line have for a variant. Each enum has
//! one table, made by [`words!`](crate::words).

/// The text is not a word of the enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not one of {}", .known.join(", "))]
pub struct UnknownWord {
    word: String,
    /// The words of the enum.
    known: &'static [&'static str],
}

impl UnknownWord {
    /// The error for a word that is not among those `known`.
    #[must_use]
    pub fn new(word: &str, known: &'static [&'static str]) -> Self {
        Self { word: word.to_owned(), known }
    }
}

/// Gives an enum `ALL`, `WORDS`, `as_str`, `Display` and `FromStr`, from a table that names every variant. Words are on disk and
/// in programs of others: they never change.
#[macro_export]
macro_rules! words {
    ($name:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every variant, in the order of the words.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];
            /// The word of every variant, in the order of [`Self::ALL`].
            pub const WORDS: [&'static str; [$($word),+].len()] = [$($word),+];

            /// The variant's word, as rows, JSON, metrics and the command line have it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::word::UnknownWord::new(word, &Self::WORDS)),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::delivery::{AttemptResult, Reason};

    #[test]
    fn words_are_read_as_they_are_written() {
        for reason in Reason::ALL {
            assert_eq!(reason.to_string().parse(), Ok(reason));
        }
        assert_eq!(AttemptResult::WORDS, ["accepted", "deferred", "failed"]);
        for wrong in ["Failed", "failed ", "", "FAILED"] {
            let error = wrong.parse::<AttemptResult>().unwrap_err();
            assert_eq!(error.to_string(), format!("{wrong:?} is not one of accepted, deferred, failed"));
        }
    }
}
