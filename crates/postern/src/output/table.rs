//! Tables.

use std::fmt::{Display, Write as _};

use comfy_table::{Color, ColumnConstraint, ContentArrangement, Table, presets};

use super::style::{BAD, GOOD, Line, Style, WAITING};

/// A cell of a table. It can be made of [`cell`] and its like alone, so nothing in it acts on a terminal.
pub(crate) struct Cell {
    cell: comfy_table::Cell,
    is_whole: bool,
}

/// A cell of a table.
pub(crate) fn cell(text: impl Display) -> Cell {
    Cell::new(Line::of(format_args!("{text}")).as_str())
}

/// A cell of several lines.
pub(crate) fn cell_of_lines(lines: &[&dyn Display]) -> Cell {
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let lead = if number == 0 { "" } else { "\n" };
        // A String takes everything.
        let _ = write!(text, "{lead}{}", Line::of(format_args!("{line}")).as_str());
    }
    Cell::new(&text)
}

impl Cell {
    fn new(text: &str) -> Self {
        Self { cell: comfy_table::Cell::new(text), is_whole: false }
    }

    /// The cell in one piece however narrow the terminal is, such as an id that is copied.
    pub(crate) fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// The cell in a colour; styles that are none leave it as it is.
    pub(crate) fn styled(self, style: Style) -> Self {
        let colors = [(GOOD, Color::Green), (BAD, Color::Red), (WAITING, Color::Yellow)];
        match colors.into_iter().find(|(known, _)| *known == style) {
            Some((_, color)) => Self { cell: self.cell.fg(color), ..self },
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
    let first = rows.first().into_iter().flatten();
    let whole: Vec<usize> = first.enumerate().filter(|(_, cell)| cell.is_whole).map(|(at, _)| at).collect();
    table.set_header(header).add_rows(rows.into_iter().map(|row| row.map(|cell| cell.cell)));
    for at in whole {
        if let Some(column) = table.column_mut(at) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_whole_is_not_broken() {
        let id = "01m8hr6jc9eg3bfwgnpxf27hcz";
        let rows = vec![[cell(id).whole(), cell("scanner@contoso.example and more text")]];
        let mut table = drawn(["Queue id", "From, to"], rows);
        assert!(table.set_width(48).to_string().contains(id));
    }

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
