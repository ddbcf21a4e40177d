//! What is not known for sure about the Email API, and how sending ends one day: settings here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Behaviour of the Email API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailBehaviour {
    /// How `error` is written of a send that has not failed.
    pub no_error: Absent,
    /// How the members of an error are written that it does not have.
    pub absent_error_members: Absent,
    /// Whether `Operation-Location` has two slashes behind the host, as in the specification's examples.
    pub doubles_slash: bool,
    /// Whether replies have an `x-ms-request-id`.
    pub sends_request_id: bool,
    /// Whether mail without `to` is taken by every api-version, not by 2021-10-01-preview alone.
    pub takes_mail_without_to: bool,
    /// Largest value of one header field, in bytes; 0 is no limit.
    pub max_header_bytes: usize,
    /// What is refused although the documentation allows it. The first rule that fits gives the answer.
    pub refuses: Vec<RestRefusal>,
}

/// How a member is written that has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    #[default]
    Null,
    /// Not at all.
    LeftOut,
}

/// A rule by which the Email API refuses a send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestRefusal {
    /// What it is about.
    pub when: Unwanted,
    /// HTTP's status, 400 to 599.
    #[serde(default = "bad_request")]
    pub status: u16,
    /// The error's code.
    #[serde(default = "bad_request_code")]
    pub code: String,
    #[serde(default)]
    pub message: String,
}

/// Something that the Email API may refuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unwanted {
    Everything,
    /// A send without text, or with nothing but white space.
    NoText,
    /// A recipient, Reply-To or sender that is not ASCII.
    NonAsciiAddress,
    /// Two recipients with the same address.
    RepeatedRecipient,
    /// A header field of that name.
    Header(String),
    /// An attachment of that type: `application/pdf`, or `image/*` for a family.
    AttachmentType(String),
    /// An attachment whose name ends so, such as `.exe`.
    AttachmentName(String),
    /// A request of more bytes.
    LargerThan(usize),
    /// More recipients in all.
    MoreRecipientsThan(usize),
}

/// How the Email API and SMTP end on the day of retirement. All of it is a guess.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    /// From when on, by the twin's clock.
    pub from: Timestamp,
    /// HTTP's status for every call of the Email API.
    #[serde(default = "gone")]
    pub status: u16,
    /// The error's code.
    #[serde(default = "gone_code")]
    pub code: String,
    #[serde(default)]
    pub message: String,
    /// What SMTP does.
    #[serde(default)]
    pub smtp: RetiredSmtp,
}

/// What SMTP does once it is retired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetiredSmtp {
    /// Connections are closed without a word.
    #[default]
    Closed,
    /// The greeting is a 421.
    Unavailable,
    /// Every login fails.
    LoginRefused,
}

fn bad_request() -> u16 {
    400
}

fn bad_request_code() -> String {
    "BadRequest".to_owned()
}

fn gone() -> u16 {
    410
}

fn gone_code() -> String {
    "Gone".to_owned()
}

impl Default for EmailBehaviour {
    fn default() -> Self {
        Self {
            no_error: Absent::Null,
            absent_error_members: Absent::Null,
            doubles_slash: false,
            sends_request_id: false,
            takes_mail_without_to: false,
            max_header_bytes: 32_768,
            refuses: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaviour_is_written_in_plain_words() {
        let text = r#"
            refuses = [
                { when = "no_text" },
                { when = { attachment_type = "image/*" }, status = 415, code = "No", message = "no" },
                { when = { larger_than = 1000 }, status = 413 },
            ]"#;
        let behaviour: EmailBehaviour = toml::from_str(text).unwrap();
        assert_eq!(behaviour.refuses[0].code, "BadRequest");
        assert_eq!(behaviour.refuses[1].when, Unwanted::AttachmentType("image/*".to_owned()));
    }
}
