//! Documents: links lead somewhere, decisions are short, and no text names a machine.

use std::path::Path;

use super::{Breach, Source};
use crate::process::root;

const DECISION_LINES: usize = 40;
/// Beginnings of paths that exist on somebody's machine only.
const MACHINES: [&str; 3] = ["/home/", "/root/", "/work/"];

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    let is_this = source.path == file!();
    for (number, line) in source.text.lines().enumerate().map(|(number, line)| (number + 1, line)) {
        for machine in MACHINES.iter().filter(|machine| !is_this && line.contains(**machine)) {
            breaches.push(source.breach(number, format!("{machine} is a path of one machine")));
        }
    }
    if !source.path.ends_with(".md") {
        return;
    }
    let lines = source.text.lines().count();
    if source.path.starts_with("docs/decisions/") && lines > DECISION_LINES {
        breaches.push(source.breach(lines, format!("a decision has at most {DECISION_LINES} lines")));
    }
    let folder = root().join(&source.path).parent().map(Path::to_owned).unwrap_or_default();
    for (number, line) in source.text.lines().enumerate().map(|(number, line)| (number + 1, line)) {
        for target in links(line) {
            if !folder.join(target).exists() {
                breaches.push(source.breach(number, format!("{target} is not there")));
            }
        }
    }
}

/// Targets of links within the repository: `[text](path#heading)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split([')', '#']).next()?;
        let is_ours = !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:");
        is_ours.then_some(target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_within_the_repository_are_found() {
        let line = "See [a](docs/a.md#x), [b](https://b.example) and ![c](c.png), [d](#here).";
        assert_eq!(links(line).collect::<Vec<_>>(), ["docs/a.md", "c.png"]);
    }
}
