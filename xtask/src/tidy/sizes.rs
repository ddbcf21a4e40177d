//! How long files and functions may be. The code is formatted, so that indentation tells where a
//! function ends.

use super::{Breach, Source};

/// The longest file and the longest function of the program, in lines.
const PROGRAM: Limits = Limits { file: 400, function: 60 };
/// The same of tests: a story or a table is read from top to bottom.
const TESTS: Limits = Limits { file: 600, function: 100 };

/// What may be longer: a file, or a file and a function of it, and why.
const EXCEPTIONS: &[(&str, &str)] =
    &[("crates/provisioning/src/plan.rs:destruction", "one kind of resource after the other")];

struct Limits {
    file: usize,
    function: usize,
}

/// Something that is longer than it may be.
struct TooLong {
    /// As an exception names it.
    place: String,
    line: usize,
    rule: String,
}

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    let may_be_long = |place: &str| EXCEPTIONS.iter().any(|(exception, _)| *exception == place);
    for TooLong { line, rule, .. } in too_long(source).into_iter().filter(|one| !may_be_long(&one.place)) {
        breaches.push(source.breach(line, rule));
    }
}

fn too_long(source: &Source) -> Vec<TooLong> {
    let limits = if is_test(source) { TESTS } else { PROGRAM };
    let foot = source.program().count();
    let mut found = Vec::new();
    if foot > limits.file {
        let rule = format!("{foot} lines are more than {}", limits.file);
        found.push(TooLong { place: source.path.clone(), line: foot, rule });
    }
    for Function { name, line, lines } in functions(source) {
        // What is behind the program's own lines are its tests.
        let most = if line > foot { TESTS.function } else { limits.function };
        if lines > most {
            let rule = format!("{name} has {lines} lines, more than {most}");
            found.push(TooLong { place: format!("{}:{name}", source.path), line, rule });
        }
    }
    found
}

/// Whether nothing of the file is part of a program.
pub(super) fn is_test(source: &Source) -> bool {
    source.is_test()
        || source.path.ends_with("tests.rs")
        || source.path.starts_with("e2e/")
        || is_recorded(source)
}

/// The twin's comparison with recordings of Azure, which is compiled for tests alone.
fn is_recorded(source: &Source) -> bool {
    source.path.starts_with("crates/twin/src/recorded/")
}

/// An exception that nothing needs any more is forgotten.
pub(super) fn check_exceptions(sources: &[Source], breaches: &mut Vec<Breach>) {
    let long: Vec<String> = sources.iter().flat_map(too_long).map(|one| one.place).collect();
    for (exception, _) in
        EXCEPTIONS.iter().filter(|(exception, _)| !long.iter().any(|place| place == exception))
    {
        let rule = format!("{exception} is not too long, and needs no exception");
        breaches.push(Breach { place: file!().to_owned(), rule });
    }
}

pub(super) struct Function {
    name: String,
    /// The number of its first line.
    pub(super) line: usize,
    /// How many lines it has.
    pub(super) lines: usize,
}

pub(super) fn functions(source: &Source) -> Vec<Function> {
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

pub(super) fn function_name(line: &str) -> Option<String> {
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
