//! Doc comments: public items have one, and none has one or two words, which say less than the name below them.

use super::{Breach, Source};

const ITEMS: [&str; 6] = ["fn", "struct", "enum", "trait", "type", "union"];
const QUALIFIERS: [&str; 3] = ["async", "const", "unsafe"];
/// Where a doc comment becomes a text for operators: `--help`, the manual of options, the API's document.
const TEXTS: [&str; 3] = ["crates/postern/src/cli/", "crates/postern/src/config/raw", "crates/api/src/"];

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    if TEXTS.iter().any(|text| source.path.starts_with(text)) {
        return;
    }
    let (mut comment, mut begins_at) = (Vec::new(), 0);
    for (number, line) in source.program() {
        let line = line.trim_start();
        if let Some(text) = line.strip_prefix("///") {
            if comment.is_empty() {
                begins_at = number;
            }
            comment.push(text.trim());
        } else if line.starts_with("#[doc") || line.starts_with("$(#[doc") || line.starts_with("$(#[$") {
            comment.push("the text is an argument of the macro");
        } else if !line.starts_with("#[") {
            if is_noise(&comment) {
                breaches.push(source.breach(begins_at, "a doc comment of one or two words says nothing"));
            }
            if comment.is_empty() && is_public_item(line) {
                breaches.push(source.breach(number, "a public item has no doc comment"));
            }
            comment.clear();
        }
    }
}

/// Routes in backticks say something.
fn is_noise(comment: &[&str]) -> bool {
    let [text] = comment else { return false };
    text.split_whitespace().count() <= 2 && !(text.contains('`') && text.contains('/'))
}

fn is_public_item(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("pub")
        && words.find(|word| !QUALIFIERS.contains(word)).is_some_and(|word| ITEMS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(text: &str) -> Vec<String> {
        let source = Source { path: "crates/smtp/src/a.rs".to_owned(), text: text.to_owned() };
        let mut breaches = Vec::new();
        check(&source, &mut breaches);
        breaches.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn noise_and_silence_are_found() {
        let fine = "/// Bytes of the header section.\n#[must_use]\npub const fn size() {}\npub(crate) fn inner() {}\n";
        assert!(breaches(fine).is_empty());
        assert!(breaches("/// `GET /v1/queue`.\npub fn list() {}\n").is_empty());
        assert!(breaches("/// The size.\nsize: u64,\n")[0].contains(":1: "));
        assert!(breaches("x\npub async fn silent() {}\n")[0].contains(":2: "));
    }
}
