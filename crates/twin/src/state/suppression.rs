//! Whom nothing is sent to.

use super::Domain;

impl Domain {
    /// Whether mail from `username` to `address` is dropped: a list for that sender, or for all of them, has the
    /// address. Names and addresses are compared without case.
    #[must_use]
    pub fn suppresses(&self, username: &str, address: &str) -> bool {
        self.suppression_lists
            .iter()
            .filter(|list| list.list_name.is_empty() || list.list_name.eq_ignore_ascii_case(username))
            .any(|list| list.addresses.iter().any(|one| one.email.eq_ignore_ascii_case(address)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::super::{Seed, SuppressionList};

    #[test]
    fn a_list_is_for_one_sender_or_for_all() {
        let now = Timestamp::UNIX_EPOCH;
        let mut domain = Seed::standard().into_state(now).domains.remove(0);
        let list = |sender: &str, email: &str| -> SuppressionList {
            serde_json::from_value(json!({
                "name": sender, "list_name": sender, "created_at": now, "updated_at": now,
                "addresses": [{ "name": email, "email": email, "updated_at": now }],
            }))
            .unwrap()
        };
        domain.suppression_lists = vec![list("Scanner", "a@example.com"), list("", "B@example.com")];
        for (sender, address, expected) in [
            ("scanner", "A@Example.com", true),
            ("noreply", "a@example.com", false),
            ("noreply", "b@example.com", true),
            ("scanner", "c@example.com", false),
        ] {
            assert_eq!(domain.suppresses(sender, address), expected, "{sender} {address}");
        }
    }
}
