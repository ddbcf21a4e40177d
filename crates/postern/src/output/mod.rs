//! What people see: words in colour where the terminal has it, tables, times.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

/// Prints a line. A reader that has gone ends the program in peace, a full disk with an error.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::write_line(format_args!($($text)*)) };
}
pub(crate) use say;

/// What [`say!`] does.
pub(crate) fn write_line(text: std::fmt::Arguments<'_>) {
    let mut output = anstream::stdout().lock();
    let Err(error) = writeln!(output, "{text}").and_then(|()| output.flush()) else { return };
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    anstream::eprintln!(
        "{BAD}error:{BAD:#} standard output cannot be written, but the command was carried out: {error}"
    );
    std::process::exit(1);
}

/// For what went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// For what did not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// For what waits.
pub(crate) const WAITING: Style = AnsiColor::Yellow.on_default();
/// For what matters.
pub(crate) const STRONG: Style = Style::new().bold();
/// For what matters less.
pub(crate) const QUIET: Style = Style::new().dimmed();

/// Prints an error with everything behind it.
pub(crate) fn error(error: &anyhow::Error) {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    anstream::eprintln!("{BAD}error:{BAD:#} {text}");
}

/// Prints a value for programs.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a table, or a sentence when there is nothing in it.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: Vec<[Cell; N]>, empty: &str) {
    if rows.is_empty() {
        say!("{empty}");
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header).add_rows(rows);
    say!("{table}");
}

/// A cell of a table.
pub(crate) fn cell(text: impl ToString) -> Cell {
    Cell::new(text)
}

/// A state or a result in its colour.
pub(crate) fn state_cell(word: &str) -> Cell {
    let style = style_of(word);
    let color = [(GOOD, Color::Green), (BAD, Color::Red)].into_iter().find(|(known, _)| *known == style);
    Cell::new(word).fg(color.map_or(Color::Yellow, |(_, color)| color))
}

/// Prints names and values, one pair a line.
pub(crate) fn pairs(pairs: &[(&str, String)]) {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in pairs {
        say!("{QUIET}{name:width$}{QUIET:#}  {value}");
    }
}

/// A time of day here, with the date if it is not today's.
pub(crate) fn time(time: Timestamp) -> String {
    let (here, now) = (time.to_zoned(TimeZone::system()), Timestamp::now().to_zoned(TimeZone::system()));
    let format = if here.date() == now.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    here.strftime(format).to_string()
}

/// Whole days from now; negative ones are over.
pub(crate) fn days_until(time: Timestamp) -> i64 {
    time.duration_since(Timestamp::now()).as_secs().div_euclid(86_400)
}

/// Turns while something goes on, and says for how long.
pub(crate) fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}");
    let bar =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A spinner for one thing, where somebody looks at it.
pub(crate) fn spinner_for(message: &'static str, json: bool) -> ProgressBar {
    let is_seen = !json && stderr().is_terminal();
    if is_seen { spinner().with_message(message) } else { ProgressBar::hidden() }
}

/// The style of a state or a result.
pub(crate) fn style_of(word: &str) -> Style {
    match word {
        "sent" | "accepted" | "delivered" => GOOD,
        "failed" | "dropped" => BAD,
        _ => WAITING,
    }
}
