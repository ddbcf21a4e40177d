//! Steps that go on, on a terminal or line by line.

use std::collections::HashMap;
use std::io::{IsTerminal as _, stderr};

use control::provision::{ApplyEvent, Outcome};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::output::{self, BAD, GOOD, QUIET, WAITING};

/// Shows steps while they go on.
pub(super) struct LiveSteps {
    bars: Option<MultiProgress>,
    whole: Option<ProgressBar>,
    running: HashMap<String, (String, Option<ProgressBar>)>,
    is_quiet: bool,
}

/// More than that would fill the terminal.
const SHOWN: usize = 12;

impl LiveSteps {
    pub(super) fn new(json: bool) -> Self {
        let is_seen = !json && stderr().is_terminal();
        Self { bars: is_seen.then(MultiProgress::new), whole: None, running: HashMap::new(), is_quiet: json }
    }

    pub(super) fn hear(&mut self, event: &ApplyEvent) {
        match event {
            ApplyEvent::Planned { plan } => self.plan(plan.steps.len()),
            ApplyEvent::Began { key, sentence } => self.begin(key, sentence),
            ApplyEvent::Told { key, sentence } => {
                if let Some((_, Some(bar))) = self.running.get(key) {
                    bar.set_message(sentence.clone());
                } else if self.bars.is_none() {
                    self.line(&format!("{QUIET}  {sentence}{QUIET:#}"));
                }
            }
            // What is in the way is said in the end.
            ApplyEvent::Ended { key, outcome, problem: _ } => self.end(key, *outcome),
            ApplyEvent::Done { .. } => {}
        }
    }

    fn plan(&mut self, count: usize) {
        let Some(bars) = &self.bars else { return };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed:.dim}");
        let bar = ProgressBar::new(count as u64);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.whole = Some(bars.add(bar));
    }

    fn begin(&mut self, key: &str, sentence: &str) {
        let bar = self.bars.as_ref().filter(|_| self.running.len() < SHOWN).map(|bars| {
            let bar = output::spinner().with_message(sentence.to_owned());
            match &self.whole {
                Some(whole) => bars.insert_before(whole, bar),
                None => bars.add(bar),
            }
        });
        self.running.insert(key.to_owned(), (sentence.to_owned(), bar));
    }

    fn end(&mut self, key: &str, outcome: Outcome) {
        if let Some(whole) = &self.whole {
            whole.inc(1);
        }
        let Some((sentence, bar)) = self.running.remove(key) else { return };
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let (sign, style) = match outcome {
            Outcome::Done => ("✓", GOOD),
            Outcome::Waits => ("…", WAITING),
            Outcome::Failed => ("✗", BAD),
            Outcome::Skipped => ("-", QUIET),
        };
        self.line(&format!("{style}{sign}{style:#} {sentence}"));
    }

    fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| anstream::eprintln!("{text}")),
            None if !self.is_quiet => anstream::eprintln!("{text}"),
            None => {}
        }
    }

    pub(super) fn finish(&self) {
        if let Some(whole) = &self.whole {
            whole.finish_and_clear();
        }
    }
}
