//! Log fields: each is in the table of `docs/logging.md`, so that one thing has one name.

use std::collections::BTreeSet;

use super::{Breach, Source};

/// Where the scheme is written down: rows that begin with names in backticks.
const DOCUMENT: &str = "docs/logging.md";
const MACROS: [&str; 5] = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];

/// Checks all files against the table.
pub(super) fn check(sources: &[Source], breaches: &mut Vec<Breach>) {
    let Some(document) = sources.iter().find(|source| source.path == DOCUMENT) else { return };
    let known = names(&document.text);
    for source in sources.iter().filter(|source| is_product(source)) {
        let program: String = source.program().map(|(_, line)| format!("{line}\n")).collect();
        for (number, field) in fields(&program) {
            if !known.contains(field.as_str()) {
                breaches.push(source.breach(number, format!("the log field {field} is not in {DOCUMENT}")));
            }
        }
    }
}

fn is_product(source: &Source) -> bool {
    source.path.starts_with("crates/")
        && source.path.ends_with(".rs")
        && source.path.contains("/src/")
        && !source.is_test()
}

/// Names in backticks in the first column of each row.
fn names(document: &str) -> BTreeSet<&str> {
    let cells = document.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// The fields of each event, with the number of the line that the event begins in.
fn fields(program: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for name in MACROS {
        for (at, _) in program.match_indices(name) {
            let before = program[..at].chars().next_back();
            let is_event = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
            if is_event {
                let number = program[..at].matches('\n').count() + 1;
                let before_message = arguments(&program[at + name.len()..]).into_iter();
                let before_message = before_message.take_while(|argument| !argument.trim().starts_with('"'));
                found.extend(before_message.filter_map(field).map(|field| (number, field)));
            }
        }
    }
    found
}

/// What stands between the commas of a macro's outermost parentheses, up to its message.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut is_quoted, mut is_escaped) = (0_u32, 0, false, false);
    let mut arguments = Vec::new();
    for (at, c) in text.char_indices() {
        if is_quoted {
            is_quoted = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '"' => is_quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                arguments.push(&text[begin..at]);
                break;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                arguments.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    arguments
}

/// The name of a field; a message has none.
fn field(argument: &str) -> Option<String> {
    let argument = argument.trim().trim_start_matches(['%', '?']);
    let name = argument.split('=').next()?.trim();
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || "._0123456789".contains(c));
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_from_messages() {
        let program = r#"
            info!(message.id = %id, account = name(a, "x, y"), %error, reason, "sent {}, {count}", why);
            my_info!(nothing);
        "#;
        let found: Vec<String> = fields(program).into_iter().map(|(_, field)| field).collect();
        assert_eq!(found, ["message.id", "account", "error", "reason"]);
        assert_eq!(fields(program)[0].0, 2);
    }

    #[test]
    fn names_are_the_backticks_of_the_first_column() {
        let table = "| field | is |\n| --- | --- |\n| `a`, `b.c` | `no` |\n`d`\n";
        assert_eq!(names(table).into_iter().collect::<Vec<_>>(), ["a", "b.c"]);
    }
}
