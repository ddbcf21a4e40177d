//! Steps that go on, on a terminal or line by line.

use std::collections::HashMap;
use std::io::{IsTerminal as _, stderr};

use api::infrastructure::progress::{ApplyEvent, StepOutcome};

use crate::output::{self, BAD, Bar, Bars, Format, GOOD, Line, QUIET, WAITING, line};

/// Shows steps while they go on.
pub(super) struct LiveSteps {
    bars: Option<Bars>,
    whole: Option<Bar>,
    running: HashMap<String, (String, Option<Bar>)>,
    is_quiet: bool,
}

/// More than that would fill the terminal.
const SHOWN: usize = 12;

impl LiveSteps {
    pub(super) fn new(format: Format) -> Self {
        let is_seen = format == Format::Text && stderr().is_terminal();
        Self {
            bars: is_seen.then(Bars::new),
            whole: None,
            running: HashMap::new(),
            is_quiet: format == Format::Json,
        }
    }

    pub(super) fn hear(&mut self, event: &ApplyEvent) {
        match event {
            ApplyEvent::Planned { plan } => self.plan(plan.steps.len()),
            ApplyEvent::Began { key, message } => self.begin(key, message),
            ApplyEvent::Progress { key, message } => {
                if let Some((_, Some(bar))) = self.running.get(key) {
                    bar.set_message(message);
                } else if self.bars.is_none() {
                    self.line(&line!("{QUIET}  {message}{QUIET:#}"));
                }
            }
            // What is in the way is said in the end.
            ApplyEvent::Ended { key, outcome, problem: _ } => self.end(key, *outcome),
            ApplyEvent::Done { .. } => {}
        }
    }

    fn plan(&mut self, count: usize) {
        let Some(bars) = &self.bars else { return };
        let bar = Bar::of_steps(count as u64);
        bars.add(&bar);
        self.whole = Some(bar);
    }

    fn begin(&mut self, key: &str, message: &str) {
        let bar = self.bars.as_ref().filter(|_| self.running.len() < SHOWN).map(|bars| {
            let bar = Bar::spinner(message);
            match &self.whole {
                Some(whole) => bars.insert_before(whole, &bar),
                None => bars.add(&bar),
            }
            bar
        });
        self.running.insert(key.to_owned(), (message.to_owned(), bar));
    }

    fn end(&mut self, key: &str, outcome: StepOutcome) {
        if let Some(whole) = &self.whole {
            whole.step();
        }
        let Some((message, bar)) = self.running.remove(key) else { return };
        if let Some(bar) = bar {
            bar.clear();
        }
        let (sign, style) = match outcome {
            StepOutcome::Done => ("✓", GOOD),
            StepOutcome::Pending | StepOutcome::AwaitingApproval => ("…", WAITING),
            StepOutcome::Failed => ("✗", BAD),
            StepOutcome::Skipped => ("-", QUIET),
        };
        self.line(&line!("{style}{sign}{style:#} {message}"));
    }

    fn line(&self, line: &Line) {
        match &self.bars {
            Some(bars) => bars.suspend(|| output::write_aside(line, "\n")),
            None if !self.is_quiet => output::write_aside(line, "\n"),
            None => {}
        }
    }

    pub(super) fn finish(&self) {
        if let Some(whole) = &self.whole {
            whole.clear();
        }
    }
}
