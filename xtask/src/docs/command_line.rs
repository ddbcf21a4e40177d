//! The command line, as its own help tells it.

use std::fmt::Write as _;

use super::postern;

const HEADING: &str = "# Command line\n\nWhat `postern --help` and the help of each command say. \
    Made by `cargo xtask docs`.\n";

pub(super) fn write() -> anyhow::Result<String> {
    let mut document = HEADING.to_owned();
    describe(&mut Vec::new(), &mut document)?;
    Ok(document)
}

/// Describes a command, then those below it.
fn describe(command: &mut Vec<String>, document: &mut String) -> anyhow::Result<()> {
    let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let help = postern(&words)?;
    let name =
        ["postern"].into_iter().chain(command.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let _ = write!(document, "\n## {name}\n\n```text\n{}\n```\n", help.trim_end());
    for below in commands(&help) {
        command.push(below.to_owned());
        describe(command, document)?;
        command.pop();
    }
    Ok(())
}

/// The names under `Commands:`.
fn commands(help: &str) -> impl Iterator<Item = &str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        // Further lines of a description are indented deeper.
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then_some(name)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_commands_of_a_help_text_are_found() {
        let help = "Does things\n\nUsage: x\n\nCommands:\n  one   First\n         and more\n  two   Second\n  help  Print\n\nOptions:\n  -h\n";
        assert_eq!(super::commands(help).collect::<Vec<_>>(), ["one", "two"]);
    }
}
