//! A send that the Email API refused for good, and what its refusal says about the reason. Pure.

use azure_client::Answered;
use model::queued::Recipient;

use super::rest_answers;
use crate::deliver::division::Clue;
use crate::deliver::outcome::AttemptOutcome;

/// A refusal of a request as it is: Azure has nothing of it, and would take it as little at another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefusedByRest(Answered);

impl RefusedByRest {
    /// The refusal in an answer, if it is one: about the request, and neither about the caller, the sender's
    /// domain or the time.
    pub(crate) fn of(answered: Answered) -> Result<Self, Answered> {
        let is_about_the_request = matches!(answered.http_status, 400 | 413 | 415 | 422);
        let is_about_the_sender =
            matches!(answered.code.as_str(), "DomainNotLinked" | "InvalidSenderUserName");
        if is_about_the_request && !is_about_the_sender { Ok(Self(answered)) } else { Err(answered) }
    }

    /// What Azure said, with the ids that its support asks for.
    pub(crate) fn words(&self) -> String {
        self.0.ids.behind(&self.0.to_string())
    }

    /// What it means where there is no other transport.
    pub(crate) fn outcome(&self) -> AttemptOutcome {
        rest_answers::of_answer(&self.0)
    }

    /// Whether fewer recipients might be taken: not where the size, the form or the content is meant.
    pub(crate) fn may_be_about_recipients(&self) -> bool {
        matches!(self.0.http_status, 400 | 422)
            && !self.0.code.contains("ApiVersion")
            && !self.0.particulars.iter().any(|text| is_about_content(text))
    }

    /// What it says about `recipients`.
    pub(in crate::deliver) fn clue(&self, recipients: &[Recipient]) -> Clue {
        let sentences = || std::iter::once(&self.0.message).chain(&self.0.particulars);
        let is_named = |recipient: &Recipient| {
            let address = recipient.mailbox.to_string();
            sentences().any(|sentence| names(sentence, &address))
        };
        let places = recipients.iter().enumerate();
        Clue {
            named: places.filter(|(_, recipient)| is_named(recipient)).map(|(place, _)| place).collect(),
            is_their_number: self.0.code.eq_ignore_ascii_case("TooManyRecipients"),
        }
    }
}

/// Whether an error's target is a member of the document that recipients have no part in.
fn is_about_content(target: &str) -> bool {
    let target = target.trim_start_matches("$.").trim_start_matches("message.").to_ascii_lowercase();
    ["content.", "attachments", "headers", "senderaddress", "replyto", "subject"]
        .iter()
        .any(|member| target.starts_with(member))
        || target == "content"
}

/// Whether a sentence names an address, and not one that only contains it.
fn names(sentence: &str, address: &str) -> bool {
    let (sentence, address) = (sentence.to_ascii_lowercase(), address.to_ascii_lowercase());
    let is_part_of_one = |c: char| c.is_alphanumeric() || "@._-+".contains(c);
    sentence.match_indices(&address).any(|(start, found)| {
        let before = sentence[..start].chars().next_back();
        let mut behind = sentence[start + found.len()..].chars();
        let next = behind.next();
        // A full stop that ends the sentence ends the address too.
        let goes_on = match next {
            Some('.') => behind.next().is_some_and(char::is_alphanumeric),
            next => next.is_some_and(is_part_of_one),
        };
        !goes_on && !before.is_some_and(is_part_of_one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(http_status: u16, code: &str, message: &str) -> Answered {
        Answered {
            http_status,
            code: code.to_owned(),
            message: message.to_owned(),
            particulars: Vec::new(),
            retry_after: None,
            ids: azure_client::RequestIds::default(),
        }
    }

    #[test]
    fn only_answers_about_the_request_are_refusals_of_it() {
        for status in [400, 413, 415, 422] {
            assert!(RefusedByRest::of(answered(status, "BadRequest", "")).is_ok(), "{status}");
        }
        for status in [401, 403, 404, 405, 409, 410, 429, 500, 503] {
            assert!(RefusedByRest::of(answered(status, "", "")).is_err(), "{status}");
        }
        for code in ["DomainNotLinked", "InvalidSenderUserName"] {
            assert!(RefusedByRest::of(answered(400, code, "")).is_err(), "{code}");
        }
    }

    #[test]
    fn what_no_recipient_can_change_is_not_divided() {
        let divisible = |answered| RefusedByRest::of(answered).unwrap().may_be_about_recipients();
        assert!(divisible(answered(400, "BadRequest", "no")));
        assert!(divisible(answered(422, "InvalidRequest", "no")));
        assert!(divisible(answered(400, "TooManyRecipients", "no")));
        assert!(!divisible(answered(413, "RequestBodyTooLarge", "no")));
        assert!(!divisible(answered(415, "", "no")));
        assert!(!divisible(answered(400, "UnsupportedApiVersion", "no")));
        let about = |target: &str| {
            let particulars = vec![target.to_owned()];
            divisible(Answered { particulars, ..answered(400, "BadRequest", "no") })
        };
        for target in
            ["content.html", "Attachments[0].contentType", "$.headers.x", "senderAddress", "replyTo"]
        {
            assert!(!about(target), "{target}");
        }
        for target in ["recipients.to[1].address", "recipients", "", "Operation-Id"] {
            assert!(about(target), "{target}");
        }
    }

    #[test]
    fn recipients_that_are_named_are_found() {
        let recipients: Vec<Recipient> = ["a@example.com", "B@example.com", "aa@example.com"]
            .into_iter()
            .map(|one| Recipient { mailbox: one.parse().unwrap(), notify: None, original: None })
            .collect();
        for (message, named) in [
            ("Invalid format for email address: 'b@example.com'", vec![1]),
            ("Invalid format for email address: aa@example.com.", vec![2]),
            ("a@example.com and b@example.com are not valid", vec![0, 1]),
            ("a@example.com.au", vec![]),
            ("no", vec![]),
        ] {
            let refused = RefusedByRest::of(answered(400, "BadRequest", message)).unwrap();
            assert_eq!(refused.clue(&recipients).named, named, "{message}");
        }
    }
}
