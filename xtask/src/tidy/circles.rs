//! No circle of files: within a crate, files that name each other through others belong together or apart.
//!
//! A file depends on the modules that its paths (`crate::a::b`, `super::b`) lead to, and on those that it declares.
//! What a file takes from the modules that it lies in does not count, nor do modules that are compiled for tests alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{Breach, Source};

/// The modules of a crate and what each depends on, by path within the crate.
type Graph = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// Checks all crates.
pub(super) fn check(sources: &[Source], breaches: &mut Vec<Breach>) {
    let mut crates: BTreeMap<&str, Vec<(Vec<String>, &Source)>> = BTreeMap::new();
    for source in sources {
        if let Some((folder, file)) =
            source.path.split_once("/src/").filter(|(_, file)| file.ends_with(".rs"))
        {
            crates.entry(folder).or_default().push((module(file), source));
        }
    }
    for files in crates.values_mut() {
        let tests = test_modules(files);
        files.retain(|(module, _)| !tests.iter().any(|test| module.starts_with(test)));
        for circle in circles(&graph(files)) {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            let first = files.iter().find(|(module, _)| *module == circle[0]);
            let Some((_, source)) = first else { continue };
            breaches.push(source.breach(1, format!("a circle of files: {}", names.join(", "))));
        }
    }
}

/// The module that a file below `src` is; the crate's root is the empty one.
fn module(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let is_folder = parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    parts.truncate(parts.len() - usize::from(is_folder));
    parts
}

/// The modules that are compiled for tests alone.
fn test_modules(files: &[(Vec<String>, &Source)]) -> Vec<Vec<String>> {
    let mut tests = Vec::new();
    for (module, source) in files {
        let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]") {
            let declared = pair[1].strip_suffix(';').and_then(|line| line.rsplit_once("mod "));
            tests.extend(declared.map(|(_, name)| [module.as_slice(), &[name.to_owned()]].concat()));
        }
    }
    tests
}

fn graph(files: &[(Vec<String>, &Source)]) -> Graph {
    let modules: BTreeSet<&[String]> = files.iter().map(|(module, _)| module.as_slice()).collect();
    let mut graph = Graph::new();
    for (module, source) in files.iter().filter(|(module, _)| !module.is_empty()) {
        let text: Vec<&str> =
            source.program().map(|(_, line)| line.split("//").next().unwrap_or_default()).collect();
        let text = text.join("\n");
        let mut on = BTreeSet::new();
        for path in paths(&text, module) {
            let known = (1..=path.len()).rev().map(|length| &path[..length]);
            let target = known.into_iter().find(|prefix| modules.contains(prefix));
            on.extend(target.filter(|target| !module.starts_with(target)).map(<[String]>::to_vec));
        }
        on.extend(modules.iter().filter(|other| is_child(other, module)).map(|other| other.to_vec()));
        graph.insert(module.clone(), on);
    }
    graph
}

fn is_child(other: &[String], module: &[String]) -> bool {
    other.len() == module.len() + 1 && other.starts_with(module)
}

/// The paths in a file's text, as seen from the crate's root.
fn paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (word, start) in [("crate::", &[] as &[String]), ("super::", &module[..module.len() - 1])] {
        for (at, _) in text.match_indices(word) {
            let before = text[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                tree(&text[at + word.len()..], start.to_vec(), &mut paths);
            }
        }
    }
    paths
}

/// Reads `a::b` or `a::{b, c::d}`; gives what is left behind it.
fn tree<'a>(text: &'a str, mut path: Vec<String>, paths: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = tree(rest, path.clone(), paths).trim_start();
            // What comes of `as` and of macros ends the group.
            let Some(more) = rest.strip_prefix(',') else {
                return rest.strip_prefix('}').unwrap_or(rest);
            };
            rest = more;
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name == "super" {
        path.pop();
    } else if !name.is_empty() && name != "self" {
        path.push(name.to_owned());
    }
    match rest.strip_prefix("::") {
        Some(rest) => tree(rest, path, paths),
        None => {
            paths.push(path);
            rest
        }
    }
}

/// Groups of modules each of which leads to every other.
fn circles(graph: &Graph) -> Vec<Vec<Vec<String>>> {
    let reached: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> =
        graph.keys().map(|module| (module, reach(graph, module))).collect();
    let mut circles: Vec<Vec<Vec<String>>> = Vec::new();
    for module in graph.keys().filter(|module| reached[module].contains(module)) {
        if !circles.iter().any(|circle| circle.contains(module)) {
            let others = graph.keys().filter(|other| {
                reached[module].contains(other)
                    && reached.get(other).is_some_and(|back| back.contains(module))
            });
            circles.push(others.cloned().collect());
        }
    }
    circles
}

fn reach<'a>(graph: &'a Graph, from: &'a Vec<String>) -> BTreeSet<&'a Vec<String>> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        for on in graph.get(module).into_iter().flatten() {
            if reached.insert(on) {
                next.push(on);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(path, text)| Source { path: format!("crates/a/src/{path}"), text: (*text).to_owned() })
            .collect();
        let mut breaches = Vec::new();
        check(&sources, &mut breaches);
        breaches.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_circle_is_found_through_folders_and_groups() {
        let queue = ("queue/mod.rs", "use crate::{body, journal::{Entry, Journal}};");
        let keeper = ("journal/keeper.rs", "fn f() { crate::queue::seal(); }");
        let journal = ("journal/mod.rs", "mod keeper;");
        assert_eq!(
            breaches(&[queue, keeper, journal, ("body.rs", "")]),
            ["crates/a/src/journal/mod.rs:1: a circle of files: journal, journal::keeper, queue"]
        );
        let above = ("journal/keeper.rs", "use super::Entry; // crate::queue");
        assert_eq!(breaches(&[queue, above, journal]), [] as [&str; 0]);
    }

    #[test]
    fn modules_of_tests_make_no_circle() {
        let root = ("lib.rs", "mod q;\n#[cfg(test)]\npub(crate) mod whole;\n");
        let queue = ("q/mod.rs", "#[cfg(test)]\nmod tests;\n");
        let tests = ("q/tests.rs", "use crate::whole::Whole;");
        assert_eq!(breaches(&[root, queue, tests, ("whole.rs", "use crate::q;")]).len(), 0);
        assert_eq!(breaches(&[queue, tests, ("whole.rs", "use crate::q;")]).len(), 0);
        assert_eq!(breaches(&[("q/mod.rs", "mod tests;"), tests, ("whole.rs", "use crate::q;")]).len(), 1);
    }

    #[test]
    fn files_of_one_folder_make_circles_too() {
        let (one, two) = (("q/one.rs", "use super::two::Two;"), ("q/two.rs", "use super::one;"));
        assert_eq!(breaches(&[("q/mod.rs", ""), one, two]).len(), 1);
        assert_eq!(
            breaches(&[("q/mod.rs", ""), one, ("q/two.rs", "#[cfg(test)]\nuse super::one;")]).len(),
            0
        );
    }
}
