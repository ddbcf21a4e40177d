//! Commands for PowerShell: Windows PowerShell 5.1 and PowerShell 7, on Windows, where `az` is a batch file.
//!
//! What is in single quotation marks is taken as it is; the typographic ones count as such marks, too. A batch file's
//! arguments are read once more by cmd: what is special there and stands without a blank, so that PowerShell puts no
//! quotation marks around it, gets them here.

use super::{Command, Piece, Word};

pub(super) fn line(command: &Command) -> String {
    match command {
        Command::Run { run } => words(run),
        Command::Set { set, run } => format!("${set} = {}", words(run)),
        Command::File { file, content } => {
            format!("Set-Content -Encoding ascii -Path {} -Value {}", literal(file), value(content))
        }
        Command::Server { bash } => bash.clone(),
    }
}

fn words(run: &[Word]) -> String {
    run.iter().map(argument).collect::<Vec<_>>().join(" ")
}

/// An argument of a program.
fn argument(word: &Word) -> String {
    match &word.pieces()[..] {
        [Piece::Text(text)] => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+".contains(c);
            if !text.is_empty() && text.chars().all(is_plain) {
                return text.clone();
            }
            literal(&for_batch(text))
        }
        _ => value(word),
    }
}

/// A value of PowerShell's own: nothing but PowerShell reads it.
fn value(word: &Word) -> String {
    let pieces: Vec<String> = word
        .pieces()
        .into_iter()
        .filter(|piece| *piece != Piece::Text(String::new()))
        .map(|piece| match piece {
            Piece::Text(text) => literal(&text),
            Piece::Variable(name) => format!("${name}"),
        })
        .collect();
    match &pieces[..] {
        [] => "''".to_owned(),
        [only] => only.clone(),
        // A text first: adding to one makes one.
        several => format!("({})", several.join(" + ")),
    }
}

pub(super) fn literal(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        quoted.push(character);
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(character);
        }
    }
    quoted.push('\'');
    quoted
}

fn for_batch(text: &str) -> String {
    let text = text.replace('"', "\\\"");
    let is_special = |c: char| "()&|<>^".contains(c);
    if text.contains(is_special) && !text.contains(char::is_whitespace) {
        format!("\"{text}\"")
    } else {
        text
    }
}
