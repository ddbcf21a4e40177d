//! How a source file is written: its first lines, its names, its comments.

use std::path::Path;

use super::{Breach, Source};

/// Drawers: whatever lies in them has a better place.
const DRAWERS: [&str; 7] = ["common", "util", "utils", "helper", "helpers", "misc", "core"];
/// Names that say nothing.
const EMPTY_NAMES: [&str; 5] = ["fn get_", "fn handle_", "fn process_", "Manager", "Helper"];
/// Marks of unfinished work.
const UNFINISHED: [&str; 5] = ["TODO", "FIXME", "XXX", "unimplemented!", "todo!"];

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    // Here these words are what is looked for.
    if source.path.starts_with("xtask/src/tidy/") {
        return;
    }
    if !source.text.starts_with("//!") {
        breaches.push(source.breach(1, "a file begins by saying what it is for: //!"));
    }
    let stem = Path::new(&source.path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    if stem.is_some_and(|stem| DRAWERS.contains(&stem.as_str())) {
        breaches.push(source.breach(1, "a drawer: find each thing its place"));
    }
    for (number, line) in source.text.lines().enumerate().map(|(number, line)| (number + 1, line)) {
        // Resource Manager, in two words, is a name of Azure's.
        let code = line.split("//").next().unwrap_or_default().replace("Resource Manager", "");
        // A trait of the DNS library's wants it to be called so.
        let code = code.replace("fn handle_request<", "");
        for word in EMPTY_NAMES.iter().filter(|word| code.contains(**word)) {
            breaches.push(source.breach(number, format!("{word}: a name that says nothing")));
        }
        for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
            breaches.push(source.breach(number, format!("{word}: finish it, or write an issue")));
        }
        if line.contains("cfg(feature") || line.contains("cfg!(feature") {
            breaches.push(source.breach(number, "features do not change behaviour"));
        }
        if code.contains("thread::sleep") || (source.is_test() && code.contains("time::sleep")) {
            breaches.push(source.breach(number, "nothing sleeps in tests: move the clock"));
        }
        if !source.path.contains("tests") && code.contains("pub use") && code.contains("::*") {
            breaches.push(source.breach(number, "lib.rs is a table of contents: name what is public"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_say_what_they_are_for() {
        let count = |path: &str, text: &str| {
            let mut breaches = Vec::new();
            check(&Source { path: path.to_owned(), text: text.to_owned() }, &mut breaches);
            breaches.len()
        };
        assert_eq!(count("crates/a/src/a.rs", "//! Words.\n\nfn fine() {}\n"), 0);
        assert_eq!(count("crates/a/src/utils.rs", "fn get_x() {} // TODO\n"), 4);
    }
}
