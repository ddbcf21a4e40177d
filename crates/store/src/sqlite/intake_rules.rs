//! A credential's rules for mail on its way in, as members of its JSON.

use jiff::SignedDuration;
use model::credential::{DsnRecipient, IntakeRules, ReversePathRule};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::sqlite::columns;

/// Nothing of it is there for a credential without such rules, as those of older builds are.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct IntakeWords {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reply_to_author: bool,
    /// Domains beside those of the account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reverse_path_domains: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reverse_path_anywhere: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repairs: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suppressed: Option<String>,
    /// Absent for the sender; empty for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dsn_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline_seconds: Option<i64>,
}

impl IntakeWords {
    pub(crate) fn of(rules: &IntakeRules) -> Self {
        let domains = match &rules.reverse_paths {
            ReversePathRule::Anywhere => Vec::new(),
            ReversePathRule::Domains(domains) => domains.iter().map(ToString::to_string).collect(),
        };
        Self {
            reply_to_author: rules.reply_to_author,
            reverse_path_anywhere: rules.reverse_paths == ReversePathRule::Anywhere,
            reverse_path_domains: domains,
            suppressed: rules.suppressed.map(|word| word.as_str().to_owned()),
            repairs: rules.repairs.iter().map(|repair| repair.as_str().to_owned()).collect(),
            dsn_to: match &rules.dsn_to {
                DsnRecipient::Sender => None,
                DsnRecipient::Address(mailbox) => Some(mailbox.to_string()),
                DsnRecipient::Nobody => Some(String::new()),
            },
            deadline_seconds: rules.deadline.map(|deadline| deadline.as_secs()),
        }
    }

    pub(crate) fn into_rules(self) -> Result<IntakeRules, StoreError> {
        let domains = self.reverse_path_domains.iter().map(|text| columns::to_id(text));
        let reverse_paths = if self.reverse_path_anywhere {
            ReversePathRule::Anywhere
        } else {
            ReversePathRule::Domains(domains.collect::<Result<_, _>>()?)
        };
        let repairs = self.repairs.iter().map(|word| columns::to_word(word));
        let repairs = repairs.collect::<Result<_, StoreError>>()?;
        Ok(IntakeRules {
            reply_to_author: self.reply_to_author,
            reverse_paths,
            repairs,
            suppressed: self.suppressed.as_deref().map(columns::to_word).transpose()?,
            dsn_to: match self.dsn_to.as_deref() {
                None => DsnRecipient::Sender,
                Some("") => DsnRecipient::Nobody,
                Some(mailbox) => DsnRecipient::Address(columns::to_id(mailbox)?),
            },
            deadline: self.deadline_seconds.map(SignedDuration::from_secs),
        })
    }
}

#[cfg(test)]
mod tests {
    use model::repair::Repair;
    use model::suppression::OnSuppressed;

    use super::*;

    #[test]
    fn rules_survive_and_older_ones_have_none() {
        let rules = IntakeRules {
            reply_to_author: true,
            reverse_paths: ReversePathRule::Domains(vec!["lists.example".parse().unwrap()]),
            repairs: Repair::ALL.into_iter().collect(),
            suppressed: Some(OnSuppressed::Drop),
            dsn_to: DsnRecipient::Address("ops@b.example".parse().unwrap()),
            deadline: Some(SignedDuration::from_mins(10)),
        };
        let anywhere = IntakeRules { reverse_paths: ReversePathRule::Anywhere, ..IntakeRules::default() };
        let nobody = IntakeRules { dsn_to: DsnRecipient::Nobody, ..IntakeRules::default() };
        for rules in [rules, anywhere, nobody, IntakeRules::default()] {
            let json = serde_json::to_string(&IntakeWords::of(&rules)).unwrap();
            let words: IntakeWords = serde_json::from_str(&json).unwrap();
            assert_eq!(words.into_rules().unwrap(), rules, "{json}");
        }
        let old: IntakeWords = serde_json::from_str(r#"{"networks":["10.0.0.0/8"]}"#).unwrap();
        assert_eq!(old.into_rules().unwrap(), IntakeRules::default());
        let unknown: IntakeWords = serde_json::from_str(r#"{"repairs":["everything"]}"#).unwrap();
        assert!(unknown.into_rules().is_err());
    }
}
