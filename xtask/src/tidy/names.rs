//! One name, one thing: a type name that is defined in many places tells a reader nothing. Tests are not counted. What is
//! left of older ones may only become fewer.

use std::collections::BTreeMap;

use super::{Breach, Source};

/// Definitions of one name from which on it says nothing.
const MANY: usize = 3;
/// How many definitions such names still have.
const DEFINITIONS: usize = 257;

/// A definition of a type.
struct Definition<'a> {
    source: &'a Source,
    line: usize,
}

/// Checks all programs; tools for tests are not among them.
pub(super) fn check(sources: &[Source], breaches: &mut Vec<Breach>) {
    let often = defined_often(sources);
    let all: usize = often.values().map(Vec::len).sum();
    if all <= DEFINITIONS {
        return;
    }
    for (name, definitions) in often {
        let count = definitions.len();
        for Definition { source, line } in definitions {
            let rule = format!(
                "{name} is defined in {count} places; names of {MANY} or more have {all} definitions, more than {DEFINITIONS}"
            );
            breaches.push(source.breach(line, rule));
        }
    }
}

fn defined_often(sources: &[Source]) -> BTreeMap<&str, Vec<Definition<'_>>> {
    let mut found: BTreeMap<&str, Vec<Definition<'_>>> = BTreeMap::new();
    for source in sources.iter().filter(|source| is_counted(source)) {
        for (line, text) in source.program() {
            if let Some(name) = type_name(text.trim_start()) {
                found.entry(name).or_default().push(Definition { source, line });
            }
        }
    }
    found.retain(|_, definitions| definitions.len() >= MANY);
    found
}

fn is_counted(source: &Source) -> bool {
    let is_program = source.path.starts_with("crates/") || source.path.starts_with("xtask/");
    is_program && source.path.ends_with(".rs") && !super::sizes::is_test(source)
}

/// The name of the type that a line defines.
fn type_name(line: &str) -> Option<&str> {
    let rest = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let name = ["struct ", "enum ", "trait ", "union "].iter().find_map(|kind| rest.strip_prefix(kind))?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    Some(&name[..end]).filter(|name| name.starts_with(|c: char| c.is_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn definitions_of_types_are_found() {
        for (line, expected) in [
            ("pub struct Change {", Some("Change")),
            ("pub(crate) enum Step<'a> {", Some("Step")),
            ("pub(in crate::a) trait Sink: Send {", Some("Sink")),
            ("struct Id(u64);", Some("Id")),
            ("struct Nothing;", Some("Nothing")),
            ("/// struct Change {", None),
            ("let structure = 1;", None),
            ("impl Change {", None),
        ] {
            assert_eq!(type_name(line), expected, "{line}");
        }
    }

    #[test]
    fn a_name_of_three_places_is_one_too_many_and_tests_do_not_count() {
        let two =
            [source("crates/a/src/a.rs", "struct Part;"), source("crates/b/src/b.rs", "pub enum Part {}")];
        let in_tests = [
            source("crates/c/tests/c.rs", "struct Part;"),
            source("crates/c/src/c.rs", "#[cfg(test)]\nstruct Part;"),
            source("e2e/src/e.rs", "struct Part;"),
        ];
        let few: Vec<Source> = two.into_iter().chain(in_tests).collect();
        assert!(defined_often(&few).is_empty());
        let many: Vec<Source> =
            few.into_iter().chain([source("crates/d/src/d.rs", "    pub(super) struct Part<T> {")]).collect();
        let found = defined_often(&many);
        assert_eq!(found.keys().collect::<Vec<_>>(), [&"Part"]);
        assert_eq!(found["Part"].len(), 3);
    }
}
