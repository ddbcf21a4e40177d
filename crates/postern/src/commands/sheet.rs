//! CSV files as spreadsheets save them: with commas, semicolons or tabs, with a byte order mark or without, in UTF-8 or
//! UTF-16. One reader for all that commands read.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use model::visible::visible;

/// The rows of a file, and those that are none.
#[derive(Debug)]
pub(super) struct Sheet {
    /// Lower-case names, with `_` for blanks and hyphens.
    columns: Vec<String>,
    /// In order, without empty ones and the one that names the columns.
    pub(super) rows: Vec<Row>,
    /// Lines that cannot be read, and why not.
    pub(super) problems: Vec<(u64, String)>,
}

/// A row, and the line on which it begins, counted from 1.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    cells: Vec<String>,
}

/// What the columns of a file are called.
pub(super) struct Columns<'a> {
    /// What they are, in this order, where the first line does not say.
    pub(super) usual: &'a [&'a str],
    /// A column that only a first line with names has.
    pub(super) sign: &'a str,
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, or is no text.
pub(super) fn read(file: &Path, columns: &Columns<'_>) -> anyhow::Result<Sheet> {
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    parse(&bytes, columns).with_context(|| file.display().to_string())
}

pub(super) fn parse(bytes: &[u8], columns: &Columns<'_>) -> anyhow::Result<Sheet> {
    let text = decoded(bytes)?;
    let (skipped, delimiter) = delimiter(&text);
    let text = &text[skipped..];
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let usual = columns.usual.iter().map(|name| (*name).to_owned()).collect();
    let mut sheet = Sheet { columns: usual, rows: Vec::new(), problems: Vec::new() };
    let first_line = u64::from(skipped > 0);
    for (number, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = first_line + line_of(text.as_bytes(), error.position());
                sheet.problems.push((line, format!("it is no row: {error}")));
                continue;
            }
        };
        let names: Vec<String> = record.iter().map(name).collect();
        if number == 0 && names.iter().any(|name| name == columns.sign) {
            sheet.columns = names;
        } else if record.iter().any(|cell| !cell.is_empty()) {
            let line = first_line + line_of(text.as_bytes(), record.position());
            let filled = record.len() - record.iter().rev().take_while(|cell| cell.is_empty()).count();
            if filled > sheet.columns.len() {
                let columns = sheet.columns.len();
                sheet
                    .problems
                    .push((line, format!("it has {filled} cells, and there are {columns} columns")));
                continue;
            }
            sheet.rows.push(Row { line, cells: record.iter().map(plain).collect() });
        }
    }
    Ok(sheet)
}

impl Sheet {
    /// What the columns are called.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A cell of a row, by one of the names that its column may have. None if there is nothing in it.
    pub(super) fn cell<'a>(&self, row: &'a Row, names: &[&str]) -> Option<&'a str> {
        let at = self.columns.iter().position(|column| names.contains(&column.as_str()))?;
        row.cells.get(at).map(String::as_str).filter(|text| !text.is_empty())
    }
}

/// The text of a file. Windows' own character sets are not guessed at: a name would be stored with the wrong letters.
fn decoded(bytes: &[u8]) -> anyhow::Result<String> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes[2..].as_chunks::<2>();
        let text = String::from_utf16(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>());
        text.ok()
            .filter(|_| rest.is_empty())
            .ok_or_else(|| anyhow!("it begins as UTF-16 and is not: save it anew"))
    };
    match bytes {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let Err(error) = std::str::from_utf8(bytes) else {
                return Ok(String::from_utf8_lossy(bytes).into_owned());
            };
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            bail!(
                "line {line} is not UTF-8: save the file as CSV UTF-8 (in Excel: File, Save As, type \"CSV UTF-8 (Comma delimited)\")"
            )
        }
    }
}

/// The sign between cells, and the bytes of a line that only names it (`sep=;`, as Excel has it).
fn delimiter(text: &str) -> (usize, u8) {
    let first = text.split_inclusive('\n').find(|line| !line.trim().is_empty()).unwrap_or_default();
    if let Some(sign) = first.trim_end().strip_prefix("sep=")
        && let [sign] = sign.as_bytes()
        && text.starts_with(first)
    {
        return (first.len(), *sign);
    }
    let mut is_quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in first.bytes() {
        is_quoted ^= byte == b'"';
        for (sign, count) in &mut counts {
            *count += usize::from(*sign == byte && !is_quoted);
        }
    }
    // The first of those that are there most often.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    (0, most.map_or(b',', |(sign, _)| *sign))
}

/// A column's name as it is compared.
fn name(cell: &str) -> String {
    cell.to_lowercase().replace([' ', '-'], "_")
}

/// The line that a row begins on: empty lines before it are counted as part of it.
fn line_of(text: &[u8], position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let empty = text.iter().skip(from).take_while(|byte| matches!(byte, b'\n' | b'\r'));
    position.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

/// The text of a cell that was marked as one.
fn plain(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if harmless(rest) == text => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// What a spreadsheet would take for a formula is marked as text, and what would act on a terminal is shown.
pub(super) fn harmless(text: &str) -> String {
    let text = visible(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns<'static> = Columns { usual: &["domain", "username", "name"], sign: "username" };

    fn rows(bytes: &[u8]) -> Vec<(u64, String, String)> {
        let sheet = parse(bytes, &COLUMNS).unwrap();
        assert!(sheet.problems.is_empty(), "{sheet:?}");
        let cell = |row: &Row, name: &str| sheet.cell(row, &[name]).unwrap_or_default().to_owned();
        sheet.rows.iter().map(|row| (row.line, cell(row, "domain"), cell(row, "name"))).collect()
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn every_form_that_spreadsheets_save_is_read() {
        let commas = "domain,username,name\r\na.example,x,\"M\u{fc}ller; Co, \"\"K\"\"\"\r\n";
        let semicolons = "domain;username;name\r\na.example;x;\"M\u{fc}ller; Co, \"\"K\"\"\"\r\n";
        let tabs = "domain\tusername\tname\r\na.example\tx\t\"M\u{fc}ller; Co, \"\"K\"\"\"\r\n";
        for (text, line) in [
            (commas.to_owned(), 2),
            (semicolons.to_owned(), 2),
            (tabs.to_owned(), 2),
            (format!("\u{feff}{semicolons}"), 2),
            (format!("sep=;\r\n{semicolons}"), 3),
        ] {
            let expected = vec![(line, "a.example".to_owned(), "M\u{fc}ller; Co, \"K\"".to_owned())];
            assert_eq!(rows(text.as_bytes()), expected, "{text:?}");
            if !text.starts_with('\u{feff}') {
                assert_eq!(rows(&utf16(&text, u16::to_le_bytes)), expected, "{text:?}");
                assert_eq!(rows(&utf16(&text, u16::to_be_bytes)), expected, "{text:?}");
            }
        }
        let unnamed = rows(b"a.example;x;Contoso, Ltd\nb.example;y\n");
        assert_eq!(unnamed[0], (1, "a.example".into(), "Contoso, Ltd".into()));
    }

    #[test]
    fn a_row_with_more_cells_than_columns_has_slipped() {
        let sheet = parse(b"domain;username\na.example;x;y\nb.example;y;;\n", &COLUMNS).unwrap();
        assert_eq!(sheet.problems, [(2, "it has 3 cells, and there are 2 columns".to_owned())]);
        assert_eq!(sheet.rows.len(), 1, "empty cells at the end are a spreadsheet's habit");
    }

    #[test]
    fn what_is_not_utf_8_is_not_guessed_at() {
        let error = parse(b"a.example;x\nb.example;M\xfcller\n", &COLUMNS).unwrap_err().to_string();
        assert!(error.starts_with("line 2 is not UTF-8: save the file as CSV UTF-8"), "{error}");
        assert!(parse(b"\xff\xfea", &COLUMNS).is_err());
        assert!(parse(b"\xff\xfe\x00\xd8", &COLUMNS).is_err());
        assert!(parse(b"", &COLUMNS).unwrap().rows.is_empty());
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(harmless("=cmd()"), "'=cmd()");
        assert_eq!(harmless("Contoso"), "Contoso");
        assert_eq!(harmless("\t=a\u{1b}\r\n"), "\\t=a\\u{1b}\\r\\n");
        for text in ["=cmd()", "+1", "Contoso", "'tis"] {
            assert_eq!(plain(&harmless(text)), text);
        }
    }
}
