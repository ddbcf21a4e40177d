//! What is seen while something goes on. The text of a bar is a [`Line`] without styles.

use std::fmt::Display;
use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::format::Format;
use super::style::Line;

/// A bar, or a spinner.
#[derive(Clone)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Turns while something goes on, and says for how long.
    pub(crate) fn spinner(message: impl Display) -> Self {
        let bar = ProgressBar::new_spinner().with_style(style("{spinner} {msg} {elapsed:.dim}"));
        bar.enable_steady_tick(Duration::from_millis(100));
        let bar = Self(bar);
        bar.set_message(message);
        bar
    }

    /// Fills with the steps of something.
    pub(crate) fn of_steps(count: u64) -> Self {
        let bar = ProgressBar::new(count);
        bar.set_style(style("{bar:30} {pos}/{len} {elapsed:.dim}"));
        Self(bar)
    }

    pub(crate) fn set_message(&self, message: impl Display) {
        self.0.set_message(Line::of(format_args!("{message}")).as_str().to_owned());
    }

    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Stops, with a sign before the message.
    pub(crate) fn finish_with(&self, sign: &'static str) {
        self.0.set_style(style("{prefix} {msg}"));
        self.0.set_prefix(sign);
        self.0.finish();
    }

    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// Bars below each other.
pub(crate) struct Bars(MultiProgress);

impl Bars {
    pub(crate) fn new() -> Self {
        Self(MultiProgress::new())
    }

    pub(crate) fn add(&self, bar: &Bar) {
        self.0.add(bar.0.clone());
    }

    pub(crate) fn insert_before(&self, next: &Bar, bar: &Bar) {
        self.0.insert_before(&next.0, bar.0.clone());
    }

    /// Does something else on the terminal meanwhile.
    pub(crate) fn suspend(&self, work: impl FnOnce()) {
        self.0.suspend(work);
    }

    pub(crate) fn clear(&self) {
        // What cannot be cleared stays on the terminal.
        let _ = self.0.clear();
    }
}

/// A spinner for one thing, where somebody looks at it.
pub(crate) fn spinner_for(message: &'static str, format: Format) -> Bar {
    let is_seen = format == Format::Text && stderr().is_terminal();
    if is_seen { Bar::spinner(message) } else { Bar(ProgressBar::hidden()) }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_acts() {
        let bar = Bar(ProgressBar::hidden());
        bar.set_message("\u{1b}[2J\nfake");
        assert_eq!(bar.0.message(), "\\u{1b}[2J\\nfake");
    }
}
