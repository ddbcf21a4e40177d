//! Commands that people type, and the shells they type them into. Pure.
//!
//! `az` runs where the administrator is: in a POSIX shell, in PowerShell or in cmd. Everything else runs on the server, in
//! its POSIX shell. A [`Command`] keeps its arguments apart, so that each [`Shell`] can quote them as it wants them. JSON
//! is never an argument, because Windows PowerShell 5.1 takes its quotation marks away: it stands in a file.

mod bash;
mod cmd;
mod powershell;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What somebody types to get one thing done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Command {
    /// The output of a command becomes a variable.
    Set {
        /// The variable.
        set: String,
        /// Program and arguments.
        run: Vec<Word>,
    },
    /// A program runs.
    Run {
        /// Program and arguments.
        run: Vec<Word>,
    },
    /// A file is made in the current directory.
    File {
        /// Its name.
        file: String,
        /// What it holds: JSON, in ASCII.
        content: Word,
    },
    /// Something for the server's own shell.
    Server {
        /// As it is typed.
        bash: String,
    },
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Word {
    /// Text.
    Text(String),
    /// Text with values of variables in it.
    Joined(Vec<Piece>),
}

/// A part of an argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Text.
    Text(String),
    /// The value of a variable.
    Variable(String),
}

/// A shell that people type into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shell {
    /// A POSIX shell.
    #[default]
    Bash,
    /// Windows PowerShell 5.1 and PowerShell 7, on Windows.
    PowerShell,
    /// The command prompt of Windows.
    Cmd,
}

impl Command {
    /// `az` with words that hold no blank, and no value of somebody else's.
    #[must_use]
    pub fn az(words: &str) -> Self {
        let run = std::iter::once("az").chain(words.split_ascii_whitespace());
        Self::Run { run: run.map(Word::from).collect() }
    }

    /// A command of Postern's own, with words that hold no blank.
    #[must_use]
    pub fn postern(words: &str) -> Self {
        let run = std::iter::once("postern").chain(words.split_ascii_whitespace());
        Self::Run { run: run.map(Word::from).collect() }
    }

    /// Another program of a POSIX shell, with words that hold no blank.
    #[must_use]
    pub fn program(words: &str) -> Self {
        Self::Run { run: words.split_ascii_whitespace().map(Word::from).collect() }
    }

    /// The same with one more argument, whatever is in it.
    #[must_use]
    pub fn arg(self, text: impl AsRef<str>) -> Self {
        self.arg_word(Word::from(text))
    }

    /// The same with one more argument that may have values of variables in it.
    #[must_use]
    pub fn arg_word(mut self, word: Word) -> Self {
        if let Self::Run { run } | Self::Set { run, .. } = &mut self {
            run.push(word);
        }
        self
    }

    /// The same with more words that hold no blank.
    #[must_use]
    pub fn args(self, words: &str) -> Self {
        words.split_ascii_whitespace().fold(self, Self::arg)
    }

    /// The same, with its output in a variable.
    #[must_use]
    pub fn into_variable(self, name: &str) -> Self {
        match self {
            Self::Run { run } => Self::Set { set: name.to_owned(), run },
            other => other,
        }
    }

    /// A file with JSON. Texts that are `@NAME` are values of the variables of that name.
    #[must_use]
    pub fn file(name: &str, json: &Value, variables: &[&str]) -> Self {
        let mut pieces = vec![Piece::Text(harmless(&json.to_string()))];
        for variable in variables {
            let mark = format!("@{variable}");
            let split = |piece: Piece| match piece {
                Piece::Text(text) => {
                    let mut parts = text.split(&mark).map(|part| Piece::Text(part.to_owned()));
                    let first = parts.next();
                    let rest = parts.flat_map(|part| [Piece::Variable((*variable).to_owned()), part]);
                    first.into_iter().chain(rest).collect()
                }
                variable @ Piece::Variable(_) => vec![variable],
            };
            pieces = pieces.into_iter().flat_map(split).collect();
        }
        Self::File { file: name.to_owned(), content: Word::Joined(pieces) }
    }

    /// Something for the server's own shell, as it is typed.
    #[must_use]
    pub fn server(text: &str) -> Self {
        Self::Server { bash: text.to_owned() }
    }

    /// Whether it is typed on the server, and not where the administrator is.
    #[must_use]
    pub fn is_for_server(&self) -> bool {
        match self {
            Self::Run { run } | Self::Set { run, .. } => {
                run.first().is_none_or(|word| *word != Word::from("az"))
            }
            Self::File { .. } => false,
            Self::Server { .. } => true,
        }
    }

    /// As it is typed into a shell, or on the server into its own.
    #[must_use]
    pub fn text(&self, shell: Shell) -> String {
        match shell {
            _ if self.is_for_server() => bash::line(self),
            Shell::Bash => bash::line(self),
            Shell::PowerShell => powershell::line(self),
            Shell::Cmd => cmd::line(self),
        }
    }
}

impl Word {
    fn pieces(&self) -> Vec<Piece> {
        match self {
            Self::Text(text) => vec![Piece::Text(text.clone())],
            Self::Joined(pieces) => pieces.clone(),
        }
    }
}

impl<T: AsRef<str>> From<T> for Word {
    /// Control characters would end a line, or do worse on a terminal: no name at Azure has one.
    fn from(text: T) -> Self {
        Self::Text(text.as_ref().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
    }
}

/// A text in a script of PowerShell.
#[must_use]
pub fn powershell_text(text: &str) -> String {
    powershell::literal(text)
}

/// JSON that means the same, and in which no shell finds anything of its own: whatever is special to one stands as an
/// escape, and there is nothing beyond ASCII.
fn harmless(json: &str) -> String {
    let mut harmless = String::new();
    let mut characters = json.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('"') => harmless.push_str("\\u0022"),
                Some('\\') => harmless.push_str("\\u005c"),
                Some(other) => harmless.extend(['\\', other]),
                None => harmless.push('\\'),
            },
            '\'' | '&' | '|' | '<' | '>' | '^' | '%' | '!' | '$' | '`' => {
                harmless.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ if character.is_ascii() && !character.is_ascii_control() => harmless.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    harmless.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    harmless
}

#[cfg(test)]
mod tests;
