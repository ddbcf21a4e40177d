//! Parameters that say nothing where a function is called: a `bool` is an enum, a tuple is a struct. Traits' own signatures,
//! and those that a trait demands, are not counted. What is left may only become fewer: the two numbers of an enhanced
//! status code (`(7, 1)` is X.7.1 wherever it is written), an item of a map or list that a closure gives on, and the
//! twin's answers, most of which say at the call by a variable's name what is true.

use super::sizes::function_name;
use super::{Breach, Source};

/// How many parameters are still a `bool`.
const BOOLEANS: usize = 11;
/// How many parameters are still a tuple.
const TUPLES: usize = 20;

/// A parameter that says nothing, and where.
struct Mute<'a> {
    source: &'a Source,
    line: usize,
    text: String,
}

/// Checks all programs; tools for tests are not among them.
pub(super) fn check(sources: &[Source], breaches: &mut Vec<Breach>) {
    let (mut booleans, mut tuples) = (Vec::new(), Vec::new());
    for source in sources.iter().filter(|source| is_counted(source)) {
        for (line, text) in parameters(source) {
            match kind(&text) {
                Some(Kind::Boolean) => booleans.push(Mute { source, line, text }),
                Some(Kind::Tuple) => tuples.push(Mute { source, line, text }),
                None => {}
            }
        }
    }
    for (found, most, what) in [(booleans, BOOLEANS, "a bool"), (tuples, TUPLES, "a tuple")] {
        let all = found.len();
        for Mute { source, line, text } in found.iter().take(if all > most { all } else { 0 }) {
            let rule = format!("{text}: {what} as a parameter, one of {all}, more than {most}");
            breaches.push(source.breach(*line, rule));
        }
    }
}

fn is_counted(source: &Source) -> bool {
    let is_program = source.path.starts_with("crates/") || source.path.starts_with("xtask/");
    is_program && source.path.ends_with(".rs") && !super::sizes::is_test(source)
}

enum Kind {
    Boolean,
    Tuple,
}

/// What is wrong with `name: type`.
fn kind(parameter: &str) -> Option<Kind> {
    let (_, kind) = split_name(parameter)?;
    let kind = kind.trim_start_matches('&').trim_start();
    let kind = match kind.strip_prefix('\'') {
        Some(lifetime) => lifetime.split_once(' ').map_or("", |(_, kind)| kind),
        None => kind,
    };
    let kind = kind.trim_start_matches("mut ");
    match kind {
        "bool" | "Option<bool>" => Some(Kind::Boolean),
        _ if kind.starts_with("(dyn ") || kind.starts_with("(impl ") => None,
        _ if kind.starts_with('(') => Some(Kind::Tuple),
        _ => None,
    }
}

/// Divides at the first colon outside brackets.
fn split_name(parameter: &str) -> Option<(&str, &str)> {
    let mut depth = 0_i32;
    for (at, c) in parameter.char_indices() {
        depth += step(c);
        if c == ':' && depth == 0 {
            return Some((&parameter[..at], parameter[at + 1..].trim()));
        }
    }
    None
}

fn step(c: char) -> i32 {
    match c {
        '(' | '[' | '{' | '<' => 1,
        ')' | ']' | '}' | '>' => -1,
        _ => 0,
    }
}

/// The parameters of all functions outside of traits, each with the line of its function.
fn parameters(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_of_trait = false;
    let lines: Vec<(usize, &str)> = source.program().collect();
    for (index, (number, line)) in lines.iter().enumerate() {
        if line.starts_with("impl") {
            is_of_trait = line.contains(" for ");
        } else if line.starts_with('}') {
            is_of_trait = false;
        } else if !is_of_trait && function_name(line.trim_start()).is_some() {
            let text = signature(lines[index..].iter().map(|(_, line)| *line));
            found.extend(of_signature(&text).into_iter().map(|parameter| (*number, parameter)));
        }
    }
    found
}

/// A function from its first line to where its body begins.
fn signature<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim());
        text.push(' ');
        if line.ends_with(['{', ';', '}']) {
            break;
        }
    }
    text
}

fn of_signature(text: &str) -> Vec<String> {
    let text = text.split_once("fn ").map_or(text, |(_, text)| text).replace("->", "  ");
    let (mut depth, mut parameters, mut begun) = (0_i32, Vec::new(), None);
    for (at, c) in text.char_indices() {
        match (c, begun) {
            ('(', None) if depth == 0 => begun = Some(at + 1),
            (',', Some(start)) if depth == 1 => {
                parameters.push(text[start..at].trim().to_owned());
                begun = Some(at + 1);
            }
            (')', Some(start)) if depth == 1 => {
                parameters.push(text[start..at].trim().to_owned());
                break;
            }
            _ => {}
        }
        depth += step(c);
    }
    parameters.retain(|parameter| !parameter.is_empty());
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mute(text: &str) -> Vec<(usize, String)> {
        let source = Source { path: "crates/a/src/a.rs".to_owned(), text: text.to_owned() };
        parameters(&source).into_iter().filter(|(_, parameter)| kind(parameter).is_some()).collect()
    }

    #[test]
    fn booleans_and_tuples_are_found() {
        for parameter in
            ["is_new: bool", "(a, b): (A, B)", "both: &(A, B)", "flag: &mut bool", "a: Option<bool>"]
        {
            let text = format!("pub(crate) async fn f<T: Fn() -> bool>(\n    &self,\n    {parameter},\n) {{");
            assert_eq!(mute(&text), [(1, parameter.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_says_something_is_not_found() {
        for text in [
            "fn f(of: impl Fn((A, B)) -> bool, all: &[(A, B)]) -> (bool, bool) {",
            "fn f(error: &(dyn Error + 'static)) {}",
            "impl A for B {\n    fn f(&self, is_new: bool) {\n    }\n}",
            "#[cfg(test)]\nfn f(is_new: bool) {",
        ] {
            assert_eq!(mute(text), [], "{text}");
        }
    }
}
