//! What people see, and the only place that writes to a terminal.
//!
//! Subjects, display names, answers of Azure's and DNS are texts of strangers. None of them reaches a terminal as it is:
//! lines are made by [`say!`], [`aside!`] and [`line!`], cells by [`cell`], bars by [`Bar`], and each makes visible what
//! would act ([`model::visible`]). What breaks a line is shown, too; who wants several lines, says several.

mod format;
mod log;
mod progress;
mod style;
mod table;

use std::fmt::{self, Display};
use std::io::{self, IsTerminal as _, Write as _};

use api::command::{Command, Shell};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::visible::{visible, visible_json};
use serde::Serialize;

pub(crate) use self::format::Format;
pub(crate) use self::log::LogLines;
pub(crate) use self::progress::{Bar, Bars, spinner_for};
pub(crate) use self::style::{BAD, GOOD, Line, QUIET, STRONG, Style, WAITING, style_of};
pub(crate) use self::table::{Cell, cell, cell_of_lines, table};

/// Prints a line. A reader that has gone ends the program in peace, a full disk with an error.
macro_rules! say {
    ($format:literal $($rest:tt)*) => {{
        const { assert!(!$crate::output::breaks($format), "one line a say!") };
        $crate::output::write_line(&$crate::output::line!($format $($rest)*))
    }};
}
pub(crate) use say;

/// Prints a line to standard error, beside what a program would read.
macro_rules! aside {
    ($format:literal $($rest:tt)*) => {{
        const { assert!(!$crate::output::breaks($format), "one line an aside!") };
        $crate::output::write_aside(&$crate::output::line!($format $($rest)*), "\n")
    }};
}
pub(crate) use aside;

/// Makes a [`Line`] of a format and its arguments.
macro_rules! line {
    ($($text:tt)*) => { $crate::output::Line::of(format_args!($($text)*)) };
}
pub(crate) use line;

/// Whether a format would break the line.
pub(crate) const fn breaks(format: &str) -> bool {
    let (bytes, mut at) = (format.as_bytes(), 0);
    while at < bytes.len() {
        if bytes[at] == b'\n' {
            return true;
        }
        at += 1;
    }
    false
}

/// What [`say!`] does.
pub(crate) fn write_line(line: &Line) {
    write_safe(format_args!("{}", line.as_str()));
}

/// Prints what was made safe before.
fn write_safe(text: fmt::Arguments<'_>) {
    let mut output = anstream::stdout().lock();
    ended(writeln!(output, "{text}").and_then(|()| output.flush()));
}

/// What [`aside!`] does.
pub(crate) fn write_aside(line: &Line, end: &str) {
    let mut output = anstream::stderr().lock();
    // There is nowhere left to say that it cannot be said.
    let _ = write!(output, "{}{end}", line.as_str()).and_then(|()| output.flush());
}

/// Asks for something to be typed on the same line.
pub(crate) fn prompt(what: impl Display) {
    write_aside(&line!("{what}: "), "");
}

/// Prints a document of lines. For a program it stays as it is; on a terminal nothing in it acts but tabs.
pub(crate) fn document(text: &str) {
    let mut output = io::stdout().lock();
    let written = if output.is_terminal() {
        let shown = |line: &str| line.split('\t').map(visible).collect::<Vec<_>>().join("\t");
        text.lines().try_for_each(|line| writeln!(output, "{}", shown(line)))
    } else {
        output.write_all(text.as_bytes())
    };
    ended(written.and_then(|()| output.flush()));
}

fn ended(written: io::Result<()>) {
    let Err(error) = written else { return };
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    aside!("{BAD}error:{BAD:#} standard output cannot be written, but the command was carried out: {error}");
    std::process::exit(1);
}

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
    aside!("{BAD}error:{BAD:#} {text}");
}

/// Prints a value for programs. It says the same as ever, and nothing in it acts on a terminal.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let document = serde_json::to_string_pretty(value)?;
    write_safe(format_args!("{}", visible_json(&document)));
    Ok(())
}

/// Prints names and values, one pair a line.
pub(crate) fn pairs(pairs: &[(&str, impl Display)]) {
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

/// Where a command is typed, if that is not where the others are: the server has a POSIX shell.
pub(crate) fn place(command: &Command, shell: Shell) -> &'static str {
    if shell != Shell::Bash && command.is_for_server() { "(on the server) " } else { "" }
}

/// Whole days from now; negative ones are over.
pub(crate) fn days_until(time: Timestamp) -> i64 {
    time.duration_since(Timestamp::now()).as_secs().div_euclid(86_400)
}
