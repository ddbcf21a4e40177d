//! Colours and weights, and the one place where they mix with text that others wrote.

use std::cell::Cell;
use std::fmt::{self, Write};

use anstyle::AnsiColor;
use model::visible::visible;

/// A colour or a weight: `{}` begins it, `{:#}` ends it. It has an effect in [`say!`], [`aside!`] and [`line!`] alone;
/// in a `format!` it becomes text like any other, and is shown as such.
///
/// [`say!`]: crate::output::say
/// [`aside!`]: crate::output::aside
/// [`line!`]: crate::output::line
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style(anstyle::Style);

/// For what went well.
pub(crate) const GOOD: Style = Style(AnsiColor::Green.on_default());
/// For what did not.
pub(crate) const BAD: Style = Style(AnsiColor::Red.on_default());
/// For what waits.
pub(crate) const WAITING: Style = Style(AnsiColor::Yellow.on_default());
/// For what matters.
pub(crate) const STRONG: Style = Style(anstyle::Style::new().bold());
/// For what matters less.
pub(crate) const QUIET: Style = Style(anstyle::Style::new().dimmed());

/// The style of a state or a result.
pub(crate) fn style_of(word: &str) -> Style {
    match word {
        "sent" | "accepted" | "delivered" | "expanded" => GOOD,
        "failed" | "dropped" | "undelivered" | "quarantined" | "filtered_spam" | "suppressed" | "bounced" => {
            BAD
        }
        _ => WAITING,
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        as_ours(|| if f.alternate() { write!(f, "{:#}", self.0) } else { write!(f, "{}", self.0) })
    }
}

/// One line for the terminal: nothing but a [`Style`] acts in it, whatever was written into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(String);

impl Line {
    /// What [`line!`](crate::output::line) does.
    pub(crate) fn of(text: fmt::Arguments<'_>) -> Self {
        let mut line = Self::default();
        // A String takes everything; a Display that fails ends the line early.
        let _ = line.write_fmt(text);
        line
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Write for Line {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if OURS.get() {
            self.0.push_str(piece);
        } else {
            self.0.push_str(&visible(piece));
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        as_ours(|| f.write_str(&self.0))
    }
}

thread_local! {
    /// Whether a style is being written, or a line that was made safe before. Pieces of text do not say whose they are.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

fn as_ours(write: impl FnOnce() -> fmt::Result) -> fmt::Result {
    OURS.set(true);
    let written = write();
    OURS.set(false);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: fmt::Arguments<'_>) -> String {
        Line::of(text).0
    }

    #[test]
    fn only_styles_act() {
        let foreign = "\u{1b}[2J\r\nroot \u{202e}";
        let shown = "\\u{1b}[2J\\r\\nroot \\u{202e}";
        assert_eq!(line(format_args!("{BAD}{foreign}{BAD:#}")), format!("\u{1b}[31m{shown}\u{1b}[0m"));
        let inner = Line::of(format_args!("{STRONG}{foreign}{STRONG:#}"));
        assert_eq!(line(format_args!("{inner} {foreign}")), format!("\u{1b}[1m{shown}\u{1b}[0m {shown}"));
    }

    #[test]
    fn a_style_that_went_through_a_text_is_text() {
        let text = format!("{GOOD}");
        assert_eq!(line(format_args!("{text}")), "\\u{1b}[32m");
    }
}
