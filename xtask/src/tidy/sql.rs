//! How SQL is written: a row names its columns, so that a column more does not break it.

use super::{Breach, Source};

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    if source.package() != "store" || source.is_test() {
        return;
    }
    for (number, line) in source.program() {
        if by_position(line) {
            breaches.push(source.breach(number, "INSERT without a list of columns: name them"));
        }
    }
}

/// Whether the line inserts into a table without saying into which columns.
fn by_position(line: &str) -> bool {
    line.split_once("INSERT").and_then(|(_, rest)| rest.split_once("INTO ")).is_some_and(|(_, rest)| {
        let after_the_name = rest.split_once(' ').map_or("", |(_, after)| after);
        !after_the_name.starts_with('(')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named() {
        for line in [
            "INSERT INTO a VALUES (?)",
            "INSERT OR REPLACE INTO a VALUES (?1)",
            "INSERT INTO a SELECT * FROM b",
        ] {
            assert!(by_position(line), "{line}");
        }
        for line in
            ["INSERT INTO a (b) VALUES (:b)", "INSERT OR IGNORE INTO a (b, c) VALUES (1, 2)", "UPDATE a"]
        {
            assert!(!by_position(line), "{line}");
        }
    }
}
