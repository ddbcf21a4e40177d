//! How often each reply was given.

use std::collections::BTreeMap;

/// Counts by code; they only grow.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<String, u64>);

/// Codes that are counted apart. Those that are given here are some forty; what Azure answers an Entra login can be
/// anything.
const CODES: usize = 200;
const OTHERS: &str = "other";

impl Counts {
    pub(super) fn add(&mut self, code: &str) {
        if let Some(count) = self.0.get_mut(code) {
            *count += 1;
            return;
        }
        let code = if self.0.len() < CODES { code } else { OTHERS };
        *self.0.entry(code.to_owned()).or_default() += 1;
    }

    pub(super) fn all(&self) -> Vec<(String, u64)> {
        self.0.iter().map(|(code, count)| (code.clone(), *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_counted_and_there_are_not_too_many_of_them() {
        let mut counts = Counts::default();
        (0..1_000).for_each(|code| counts.add(&format!("5.0.{code}")));
        counts.add("5.0.7");
        let all = counts.all();
        assert_eq!(all.len(), CODES + 1);
        assert!(all.contains(&("5.0.7".to_owned(), 2)));
        assert!(all.contains(&(OTHERS.to_owned(), 800)));
    }
}
