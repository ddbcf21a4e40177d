//! What a principal may do at a scope (`Microsoft.Authorization/permissions`, api-version 2022-04-01).

use serde::{Deserialize, Serialize};

use crate::absent::or_default;

/// What one role assignment allows there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// What may be done; `*` stands for anything.
    #[serde(default, deserialize_with = "or_default")]
    pub actions: Vec<String>,
    /// What may not be done although `actions` say so.
    #[serde(default, deserialize_with = "or_default")]
    pub not_actions: Vec<String>,
    /// The same for data.
    #[serde(default, deserialize_with = "or_default")]
    pub data_actions: Vec<String>,
    /// The same for data.
    #[serde(default, deserialize_with = "or_default")]
    pub not_data_actions: Vec<String>,
}

impl Permission {
    /// Whether this assignment alone allows an action. An exception limits only its own entry.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| matches(pattern, action))
            && !self.not_actions.iter().any(|pattern| matches(pattern, action))
    }

    /// As [`Permission::allows`], for data inside of resources.
    #[must_use]
    pub fn allows_on_data(&self, action: &str) -> bool {
        self.data_actions.iter().any(|pattern| matches(pattern, action))
            && !self.not_data_actions.iter().any(|pattern| matches(pattern, action))
    }
}

/// Whether an action fits a pattern with `*`, in any case.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(before) = last.replace(piece) {
            match rest.find(before) {
                Some(at) => rest = &rest[at + before.len()..],
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_actions() {
        for (pattern, action, expected) in [
            ("*", "A/b/Read", true),
            ("A/b/read", "a/B/Read", true),
            ("A/b", "A/b/Read", false),
            ("A/*", "A/b/Read", true),
            ("*/read", "A/b/Read", true),
            ("A/*/Write", "A/b/Read", false),
            ("A/*/c/*/Read", "A/b/c/d/Read", true),
            ("A/*/c/*/Read", "A/b/d/Read", false),
        ] {
            assert_eq!(matches(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn an_exception_takes_away_only_from_its_own_entry() {
        let all_but_writing = Permission {
            actions: vec!["*".into()],
            not_actions: vec!["*/Write".into()],
            ..Permission::default()
        };
        assert!(all_but_writing.allows("A/b/Read"));
        assert!(!all_but_writing.allows("A/b/write"));
        let writing = Permission { actions: vec!["A/*".into()], ..Permission::default() };
        assert!([all_but_writing, writing].iter().any(|one| one.allows("A/b/Write")));
    }
}
