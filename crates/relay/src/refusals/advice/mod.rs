//! What an operator can do about a reply. Pure.

mod table;
#[cfg(test)]
mod tests;

use model::refused::Refused;

pub(super) use self::table::TABLE;

/// What to do about a refusal, in one sentence. A login gets into a command if it is one that the client had proved, or
/// a name of plain characters: whatever else a stranger calls itself is nothing to paste into a shell.
#[must_use]
pub fn advice(refused: &Refused) -> String {
    let advice = row(refused).map_or(UNKNOWN, |(_, _, advice)| advice);
    let claimed = refused.login.as_deref().filter(|login| is_plain(login));
    advice.replace("{login}", refused.credential.as_deref().or(claimed).unwrap_or("LOGIN"))
}

/// The row of the table that is meant; what Azure answers for itself has none.
pub(super) fn row(refused: &Refused) -> Option<&'static (&'static str, &'static str, &'static str)> {
    TABLE.iter().find(|(code, words, _)| {
        refused.code == *code && (refused.reply.contains(words) || reason_has(refused, words))
    })
}

/// Whether every shell takes it as one word, and no program as an option.
fn is_plain(login: &str) -> bool {
    login.starts_with(|first: char| first.is_ascii_alphanumeric())
        && login.chars().all(|one| one.is_ascii_alphanumeric() || ".-_@+".contains(one))
}

fn reason_has(refused: &Refused, words: &str) -> bool {
    refused.reason.as_ref().is_some_and(|reason| reason.contains(words))
}

/// What Azure answers for itself.
const UNKNOWN: &str = "Azure itself answered this to an Entra login: see the text of the reply.";
