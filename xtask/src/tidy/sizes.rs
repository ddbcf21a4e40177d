//! How long files and functions may be. The code is formatted, so that indentation tells where a
//! function ends.

use super::{Breach, Source};

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 100;

/// What may be longer: a file, or a file and a function of it, and why.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    let may_be_long = |place: &str| EXCEPTIONS.iter().any(|(exception, _)| *exception == place);
    let lines = source.program().count();
    if lines > FILE_LINES && !may_be_long(&source.path) {
        breaches.push(source.breach(lines, format!("{lines} lines are more than {FILE_LINES}")));
    }
    for function in functions(source) {
        let place = format!("{}:{}", source.path, function.name);
        if function.lines > FUNCTION_LINES && !may_be_long(&place) {
            let rule = format!("{} has {} lines, more than {FUNCTION_LINES}", function.name, function.lines);
            breaches.push(source.breach(function.line, rule));
        }
    }
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
