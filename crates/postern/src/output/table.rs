//! Tables.

use std::fmt::{Display, Write as _};

use comfy_table::{Color, ContentArrangement, Table, presets};

use super::style::{BAD, GOOD, Line, Style, WAITING, style_of};

/// A cell of a table. It can be made of [`cell`] and its like alone, so nothing in it acts on a terminal.
pub(crate) struct Cell(comfy_table::Cell);

/// A cell of a table.
pub(crate) fn cell(text: impl Display) -> Cell {
    Cell(comfy_table::Cell::new(Line::of(format_args!("{text}")).as_str()))
}

/// A cell of several lines.
pub(crate) fn cell_of_lines(lines: &[&dyn Display]) -> Cell {
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let lead = if number == 0 { "" } else { "\n" };
        // A String takes everything.
        let _ = write!(text, "{lead}{}", Line::of(format_args!("{line}")).as_str());
    }
    Cell(comfy_table::Cell::new(text))
}

/// A state or a result in its colour.
pub(crate) fn state_cell(word: &str) -> Cell {
    cell(word).styled(style_of(word))
}

impl Cell {
    /// The cell in a colour; styles that are none leave it as it is.
    pub(crate) fn styled(self, style: Style) -> Self {
        let colors = [(GOOD, Color::Green), (BAD, Color::Red), (WAITING, Color::Yellow)];
        match colors.into_iter().find(|(known, _)| *known == style) {
            Some((_, color)) => Self(self.0.fg(color)),
            None => self,
        }
    }
}

/// Prints a table, or a sentence when there is nothing in it.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: Vec<[Cell; N]>, empty: &str) {
    if rows.is_empty() {
        super::say!("{empty}");
        return;
    }
    super::write_safe(format_args!("{}", drawn(header, rows)));
}

fn drawn<const N: usize>(header: [&str; N], rows: Vec<[Cell; N]>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header).add_rows(rows.into_iter().map(|row| row.map(|cell| cell.0)));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_acts() {
        let rows = vec![[cell("\u{9b}2J\r\nx"), cell_of_lines(&[&"a\nb", &"\u{1b}]0;c\u{7}"])]];
        let shown = drawn(["One", "Two"], rows).to_string();
        assert!(!shown.contains(|c: char| c != '\n' && model::visible::acts(c)), "{shown:?}");
        for part in ["\\u{9b}2J\\r\\nx", "a\\nb", "\\u{1b}]0;c\\u{7}"] {
            assert!(shown.contains(part), "{shown}");
        }
    }
}
