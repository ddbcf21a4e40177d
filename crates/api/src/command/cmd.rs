//! Commands for the command prompt of Windows, typed at the prompt and not kept in a batch file.
//!
//! Inside of quotation marks only `%` is special: it stands between two quoted parts, behind a `^`, so that no variable of
//! the name that follows is found. A backslash before a quotation mark is doubled, as programs read it.

use super::{Command, Piece, Word};

pub(super) fn line(command: &Command) -> String {
    match command {
        Command::Run { run } => words(run),
        Command::Set { set, run } => {
            format!("for /f \"usebackq delims=\" %i in (`{}`) do set {set}=%i", words(run))
        }
        // The file first: a digit before the mark would be a number of a stream.
        Command::File { file, content } => format!(">{} echo {}", quote(file), plain(content)),
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
        Piece::Variable(name) => format!("\"%{name}%\""),
    };
    let text: String = word.pieces().into_iter().map(piece).collect();
    if text.is_empty() { "\"\"".to_owned() } else { text }
}

/// What `echo` prints: JSON in which nothing is special.
fn plain(word: &Word) -> String {
    let piece = |piece: Piece| match piece {
        Piece::Text(text) => text,
        Piece::Variable(name) => format!("%{name}%"),
    };
    word.pieces().into_iter().map(piece).collect()
}

fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for character in text.chars() {
        match character {
            '%' => {
                quoted.push_str(&"\\".repeat(backslashes));
                quoted.push_str("\"^%\"");
            }
            '"' => {
                quoted.push_str(&"\\".repeat(backslashes));
                quoted.push_str("\"\\^\"\"");
            }
            _ => quoted.push(character),
        }
        backslashes = if character == '\\' { backslashes + 1 } else { 0 };
    }
    quoted.push_str(&"\\".repeat(backslashes));
    quoted.push('"');
    quoted
}
