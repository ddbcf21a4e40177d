//! How long files and functions may be. The code is formatted, so that indentation tells where a
//! function ends.

use super::{Breach, Source};

/// The longest file and the longest function of the program, in lines.
const PROGRAM: Limits = Limits { file: 400, function: 60 };
/// The same of tests: a story or a table is read from top to bottom.
const TESTS: Limits = Limits { file: 600, function: 100 };

/// What may be longer: a file, or a file and a function of it, and why.
const EXCEPTIONS: [(&str, &str); 10] = [
    ("crates/api/src/verification.rs", "one document with all that it is made of"),
    ("crates/control/src/accounts/change.rs:change_once", "one member of an account after the other"),
    ("crates/control/src/provision/plan.rs:destruction", "one kind of resource after the other"),
    ("crates/control/src/verify/authentication.rs:refusal", "a match of Entra's codes"),
    ("crates/control/src/verify/subscription.rs:check", "a match of what Azure says of a subscription"),
    ("crates/postern/src/config/mod.rs:meaning", "one section of the configuration after the other"),
    ("crates/postern/src/server.rs:start", "opens, binds and spawns in the one order that is safe"),
    ("crates/smtp/src/server/mod.rs", "the commands of one session"),
    ("crates/twin/src/state/seed.rs:into_state", "one kind of resource after the other"),
    ("crates/twin/src/twin.rs:start", "opens and binds all endpoints"),
];

struct Limits {
    file: usize,
    function: usize,
}

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    let may_be_long = |place: &str| EXCEPTIONS.iter().any(|(exception, _)| *exception == place);
    let limits = if is_test(source) { TESTS } else { PROGRAM };
    let lines = source.program().count();
    if lines > limits.file && !may_be_long(&source.path) {
        breaches.push(source.breach(lines, format!("{lines} lines are more than {}", limits.file)));
    }
    let foot = lines;
    for function in functions(source) {
        let place = format!("{}:{}", source.path, function.name);
        // What is behind the program's own lines are its tests.
        let most = if function.line > foot { TESTS.function } else { limits.function };
        if function.lines > most && !may_be_long(&place) {
            let rule = format!("{} has {} lines, more than {most}", function.name, function.lines);
            breaches.push(source.breach(function.line, rule));
        }
    }
}

/// Whether nothing of the file is part of a program.
fn is_test(source: &Source) -> bool {
    source.is_test()
        || source.path.ends_with("tests.rs")
        || source.path.starts_with("e2e/")
        || is_recorded(source)
}

/// The twin's comparison with recordings of Azure, which is compiled for tests alone.
fn is_recorded(source: &Source) -> bool {
    source.path.starts_with("crates/twin/src/recorded/")
}

/// An exception for something that is not there any more is forgotten.
pub(super) fn check_exceptions(sources: &[Source], breaches: &mut Vec<Breach>) {
    for (exception, _) in EXCEPTIONS {
        let path = exception.split(':').next().unwrap_or_default();
        if !sources.iter().any(|source| source.path == path) {
            let rule = format!("there is no {path} to make an exception for");
            breaches.push(Breach { place: file!().to_owned(), rule });
        }
    }
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

fn functions(source: &Source) -> Vec<Function> {
    let mut open: Vec<(usize, Function)> = Vec::new();
    let mut closed = Vec::new();
    for (number, line) in source.text.lines().enumerate().map(|(number, line)| (number + 1, line)) {
        let indent = line.len() - line.trim_start().len();
        if let Some(name) = function_name(line.trim_start()) {
            if !line.ends_with([';', '}']) {
                open.push((indent, Function { name, line: number, lines: 0 }));
            }
            continue;
        }
        let is_end = line.trim_end() == format!("{}}}", " ".repeat(indent)) || line.trim_start() == ";";
        if is_end && let Some((_, function)) = open.pop_if(|(begun, _)| *begun == indent) {
            closed.push(Function { lines: number - function.line + 1, ..function });
        }
    }
    closed
}

fn function_name(line: &str) -> Option<String> {
    let mut words = line.split(' ').skip_while(|word| {
        word.starts_with("pub") || matches!(*word, "const" | "async" | "unsafe" | "in" | "crate)")
    });
    if words.next()? != "fn" {
        return None;
    }
    Some(words.next()?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let text = "impl A {\n    pub(crate) async fn long(\n        a: u8,\n    ) -> u8 {\n        if a {\n        }\n    }\n    fn short() {}\n}\nfn outer() {\n    x\n}\n";
        let source = Source { path: "a.rs".into(), text: text.into() };
        let found: Vec<(String, usize)> = functions(&source).into_iter().map(|f| (f.name, f.lines)).collect();
        assert_eq!(found, [("long".to_owned(), 6), ("outer".to_owned(), 3)]);
    }
}
