//! Commands for a POSIX shell.

use super::{Command, Piece, Word};

pub(super) fn line(command: &Command) -> String {
    match command {
        Command::Run { run } => words(run),
        Command::Set { set, run } => format!("{set}=$({})", words(run)),
        Command::File { file, content } => format!("printf '%s\\n' {} > {}", word(content), quote(file)),
        Command::Server { bash } => bash.clone(),
    }
}

fn words(run: &[Word]) -> String {
    run.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn word(word: &Word) -> String {
    let piece = |piece: Piece| match piece {
        Piece::Text(text) if text.is_empty() => String::new(),
        Piece::Text(text) => quote(&text),
        Piece::Variable(name) => format!("\"${name}\""),
    };
    let text: String = word.pieces().into_iter().map(piece).collect();
    if text.is_empty() { "''".to_owned() } else { text }
}

/// A text as one word, whatever is in it.
fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
