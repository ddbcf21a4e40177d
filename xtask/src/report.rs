//! What passed, what failed, what was skipped and why.

use std::fmt;
use std::time::Instant;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckResult {
    Passed,
    Failed,
}

/// Counts checks and tests.
#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: usize,
    failed: Vec<String>,
    /// Names and reasons.
    skipped: Vec<(String, String)>,
}

impl Report {
    /// Counts one check.
    pub(crate) fn check(&mut self, name: &str, verdict: CheckResult) {
        match verdict {
            CheckResult::Passed => self.passed += 1,
            CheckResult::Failed => self.failed.push(name.to_owned()),
        }
    }

    /// Notes something that was not done.
    pub(crate) fn skip(&mut self, name: &str, reason: &str) {
        self.skipped.push((name.to_owned(), reason.to_owned()));
    }

    /// How many have passed so far.
    pub(crate) fn passed(&self) -> usize {
        self.passed
    }

    /// How many have failed so far.
    pub(crate) fn failures(&self) -> usize {
        self.failed.len()
    }

    /// Reads a line that a test program printed; says whether it is worth showing.
    pub(crate) fn read(&mut self, line: &str) -> bool {
        let Some((name, verdict)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
        else {
            let is_noise =
                line.is_empty() || line.starts_with("running ") || line.starts_with("test result: ok");
            return !is_noise;
        };
        match verdict.split_once(", ").unwrap_or((verdict, "no reason is given")) {
            ("ok", _) => {
                self.passed += 1;
                // It was skipped before, and then asked for.
                self.skipped.retain(|(skipped, _)| skipped != name);
            }
            ("ignored" | "skipped", reason) => self.skip(name, reason),
            (_, "no reason is given") => self.failed.push(name.to_owned()),
            (_, reason) => self.failed.push(format!("{name}: {reason}")),
        }
        verdict != "ok"
    }

    /// Begins a step: its heading, and the time it takes.
    pub(crate) fn step<T>(&mut self, heading: &str, run: impl FnOnce(&mut Self) -> T) -> T {
        println!("\n── {heading}");
        let start = Instant::now();
        let (passed, failed, skipped) = (self.passed, self.failed.len(), self.skipped.len());
        let result = run(self);
        let counts = Counts {
            passed: self.passed - passed,
            failed: self.failed.len() - failed,
            skipped: self.skipped.len().saturating_sub(skipped),
        };
        println!("   {counts}, {:.0} s", start.elapsed().as_secs_f64());
        result
    }

    /// Prints what is left to say, the counts last. Whether nothing failed.
    pub(crate) fn finish(self) -> bool {
        println!();
        for (name, reason) in &self.skipped {
            println!("skipped {name}: {reason}");
        }
        for failed in &self.failed {
            println!("failed {failed}");
        }
        let (passed, failed, skipped) = (self.passed, self.failed.len(), self.skipped.len());
        println!("{}", Counts { passed, failed, skipped });
        self.failed.is_empty()
    }
}

/// How many of each. What was skipped has not passed, and is named only where there is some.
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_programs_are_understood() {
        let mut report = Report::default();
        for (line, is_shown) in [
            ("running 4 tests", false),
            ("test a::b ... ok", false),
            ("test a::c - should panic ... ok", false),
            ("test a::d ... FAILED", true),
            ("test a::e ... ignored, takes hours", true),
            ("test f ... skipped, there is no swaks", true),
            ("test g ... FAILED, curl is not installed", true),
            ("thread 'a::d' panicked", true),
            ("test result: ok. 2 passed; 0 failed", false),
            ("test result: FAILED. 2 passed; 1 failed", true),
        ] {
            assert_eq!(report.read(line), is_shown, "{line}");
        }
        assert_eq!(
            (report.passed, report.failed.as_slice()),
            (2, &["a::d".to_owned(), "g: curl is not installed".to_owned()][..])
        );
        let skipped: Vec<&str> = report.skipped.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(skipped, ["a::e", "f"]);
        report.read("test a::e ... ok");
        assert_eq!((report.passed, report.skipped.len()), (3, 1), "what is asked for later is not skipped");
    }
}
