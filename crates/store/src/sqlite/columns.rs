//! Codecs of columns: our nouns as texts and numbers in rows and in the journal, and back.

use std::str::FromStr;

use jiff::Timestamp;
use model::credential::Lane;
use model::division::{Division, Group, RefusedRecipient};
use model::queued::{Cause, Change, Origin, Recipient};
use model::word::UnknownWord;
use serde::{Deserialize, Serialize};
use smtp::parameters::{Notify, OriginalRecipient, Ret};
use smtp::path::ReversePath;

use crate::error::StoreError;

/// A recipient: the address alone, or with what was asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum RecipientText {
    Plain(String),
    WithParameters {
        to: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notify: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original: Option<(String, String)>,
    },
}

/// A change to a message: its cause, and what was changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ChangeText(String, String);

pub(crate) fn damaged(what: &str, value: &str) -> StoreError {
    StoreError::Damaged(format!("{value:?} is no {what}"))
}

pub(crate) fn to_id<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| damaged("id", text))
}

/// An enum by its word.
pub(crate) fn to_word<T: FromStr<Err = UnknownWord>>(word: &str) -> Result<T, StoreError> {
    word.parse().map_err(|error: UnknownWord| StoreError::Damaged(error.to_string()))
}

pub(crate) fn to_time(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| damaged("time", &milliseconds.to_string()))
}

pub(crate) fn from_reverse_path(path: &ReversePath) -> String {
    path.mailbox().map(ToString::to_string).unwrap_or_default()
}

pub(crate) fn to_reverse_path(text: &str) -> Result<ReversePath, StoreError> {
    if text.is_empty() {
        return Ok(ReversePath::Null);
    }
    text.parse().map(ReversePath::Mailbox).map_err(|_| damaged("reverse-path", text))
}

pub(crate) fn from_ret(ret: Ret) -> &'static str {
    match ret {
        Ret::Full => "full",
        Ret::Headers => "headers",
    }
}

pub(crate) fn to_ret(text: &str) -> Result<Ret, StoreError> {
    match text {
        "full" => Ok(Ret::Full),
        "headers" => Ok(Ret::Headers),
        _ => Err(damaged("RET", text)),
    }
}

pub(crate) fn from_origin(origin: &Origin) -> (&'static str, &str) {
    match origin {
        Origin::Credential(login) => ("credential", login),
        Origin::Network(login) => ("network", login),
        Origin::Entra(login) => ("entra", login),
        Origin::Operator => ("operator", ""),
        Origin::Dsn => ("notice", ""),
    }
}

pub(crate) fn to_origin(kind: &str, name: &str) -> Result<Origin, StoreError> {
    match kind {
        "credential" => Ok(Origin::Credential(name.to_owned())),
        "network" => Ok(Origin::Network(name.to_owned())),
        "entra" => Ok(Origin::Entra(name.to_owned())),
        "operator" => Ok(Origin::Operator),
        "notice" => Ok(Origin::Dsn),
        _ => Err(damaged("origin", kind)),
    }
}

/// Lanes as numbers that sort by urgency.
pub(crate) fn lane_rank(lane: Lane) -> u8 {
    match lane {
        Lane::Urgent => 0,
        Lane::Normal => 1,
        Lane::Bulk => 2,
    }
}

pub(crate) fn to_lane(rank: u8) -> Result<Lane, StoreError> {
    let lane = Lane::ALL.into_iter().find(|lane| lane_rank(*lane) == rank);
    lane.ok_or_else(|| damaged("lane", &rank.to_string()))
}

pub(crate) fn from_recipient(recipient: &Recipient) -> RecipientText {
    let to = recipient.mailbox.to_string();
    if recipient.notify.is_none() && recipient.original.is_none() {
        return RecipientText::Plain(to);
    }
    RecipientText::WithParameters {
        to,
        notify: recipient.notify.map(from_notify),
        original: recipient
            .original
            .as_ref()
            .map(|original| (original.kind.clone(), original.address.clone())),
    }
}

pub(crate) fn to_recipient(words: &RecipientText) -> Result<Recipient, StoreError> {
    let (to, notify, original) = match words {
        RecipientText::Plain(to) => (to, None, None),
        RecipientText::WithParameters { to, notify, original } => (to, notify.as_deref(), original.as_ref()),
    };
    Ok(Recipient {
        mailbox: to.parse().map_err(|_| damaged("recipient", to))?,
        notify: notify.map(to_notify),
        original: original
            .map(|(kind, address)| OriginalRecipient { kind: kind.clone(), address: address.clone() }),
    })
}

/// A division as it stands in its row.
#[derive(Serialize, Deserialize)]
struct DivisionText {
    groups: Vec<GroupText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<(RecipientText, String)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    message_taken: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    probing: bool,
}

#[derive(Serialize, Deserialize)]
struct GroupText {
    to: Vec<RecipientText>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    other_half: bool,
}

pub(crate) fn from_division(division: &Division) -> String {
    let group = |group: &Group| GroupText {
        to: group.recipients.iter().map(from_recipient).collect(),
        other_half: group.is_other_half,
    };
    let refused = |one: &RefusedRecipient| (from_recipient(&one.recipient), one.words.clone());
    let words = DivisionText {
        groups: division.groups.iter().map(group).collect(),
        refused: division.refused.iter().map(refused).collect(),
        message_taken: division.is_message_taken,
        probing: division.is_probing,
    };
    serde_json::to_string(&words).unwrap_or_default()
}

pub(crate) fn to_division(json: &str) -> Result<Division, StoreError> {
    let words: DivisionText = serde_json::from_str(json).map_err(|_| damaged("division", json))?;
    let group = |words: &GroupText| {
        let recipients: Result<Vec<Recipient>, _> = words.to.iter().map(to_recipient).collect();
        Ok(Group { recipients: recipients?, is_other_half: words.other_half })
    };
    let refused = |(recipient, words): &(RecipientText, String)| {
        Ok(RefusedRecipient { recipient: to_recipient(recipient)?, words: words.clone() })
    };
    Ok(Division {
        groups: words.groups.iter().map(group).collect::<Result<_, StoreError>>()?,
        refused: words.refused.iter().map(refused).collect::<Result<_, StoreError>>()?,
        is_message_taken: words.message_taken,
        is_probing: words.probing,
    })
}

pub(crate) fn from_change(change: &Change) -> ChangeText {
    let cause = match change.cause {
        Cause::Rule => "rule",
        Cause::Repair(repair) => repair.as_str(),
    };
    ChangeText(cause.to_owned(), change.text.clone())
}

pub(crate) fn to_change(ChangeText(cause, text): &ChangeText) -> Result<Change, StoreError> {
    let cause = match cause.as_str() {
        "rule" => Cause::Rule,
        repair => Cause::Repair(to_word(repair)?),
    };
    Ok(Change { cause, text: text.clone() })
}

pub(crate) fn from_changes(changes: &[Change]) -> String {
    let words: Vec<ChangeText> = changes.iter().map(from_change).collect();
    serde_json::to_string(&words).unwrap_or_default()
}

pub(crate) fn to_changes(json: &str) -> Result<Vec<Change>, StoreError> {
    let words: Vec<ChangeText> = serde_json::from_str(json).map_err(|_| damaged("list of changes", json))?;
    words.iter().map(to_change).collect()
}

pub(crate) fn from_notify(notify: Notify) -> String {
    let events = [(notify.success, "success"), (notify.failure, "failure"), (notify.delay, "delay")];
    let words: Vec<&str> = events.into_iter().filter(|(wanted, _)| *wanted).map(|(_, word)| word).collect();
    words.join(",")
}

pub(crate) fn to_notify(text: &str) -> Notify {
    let has = |word| text.split(',').any(|event| event == word);
    Notify { success: has("success"), failure: has("failure"), delay: has("delay") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_survive_with_and_without_parameters() {
        let plain = Recipient { mailbox: "a@b.example".parse().unwrap(), notify: None, original: None };
        let notify = Some(Notify { failure: true, delay: true, success: false });
        let original = Some(OriginalRecipient { kind: "rfc822".into(), address: "c@d".into() });
        let parameters = Recipient { notify, original, ..plain.clone() };
        let never = Recipient { notify: Some(Notify::default()), ..plain.clone() };
        let all = vec![plain, parameters, never];
        let texts: Vec<RecipientText> = all.iter().map(from_recipient).collect();
        let json = serde_json::to_string(&texts).unwrap();
        assert!(json.starts_with(r#"["a@b.example",{"to":"#), "{json}");
        let texts: Vec<RecipientText> = serde_json::from_str(&json).unwrap();
        let read: Result<Vec<Recipient>, _> = texts.iter().map(to_recipient).collect();
        assert_eq!(read.unwrap(), all);
        assert!(to_recipient(&RecipientText::Plain("no address".to_owned())).is_err());
        let division = Division {
            groups: vec![
                Group { recipients: all[..2].to_vec(), is_other_half: false },
                Group { recipients: all[2..].to_vec(), is_other_half: true },
            ],
            refused: vec![RefusedRecipient { recipient: all[1].clone(), words: "no".into() }],
            is_message_taken: true,
            is_probing: true,
        };
        assert_eq!(to_division(&from_division(&division)).unwrap(), division);
        assert!(to_division("{}").is_err());
    }
}
