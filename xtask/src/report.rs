//! What passed, what failed, what was skipped and why.

use std::time::Instant;

/// Counts checks and tests.
#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: usize,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Report {
    /// Counts one check.
    pub(crate) fn check(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed.push(name.to_owned());
        }
    }

    /// Notes something that was not done.
    pub(crate) fn skip(&mut self, name: &str, reason: &str) {
        self.skipped.push(format!("{name}: {reason}"));
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
            ("ok", _) => self.passed += 1,
            ("ignored" | "skipped", reason) => self.skip(name, reason),
            _ => self.failed.push(name.to_owned()),
        }
        verdict != "ok"
    }

    /// Begins a step: its heading, and the time it takes.
    pub(crate) fn step<T>(&mut self, heading: &str, run: impl FnOnce(&mut Self) -> T) -> T {
        println!("\n── {heading}");
        let (start, before) = (Instant::now(), (self.passed, self.failed.len()));
        let result = run(self);
        let (passed, failed) = (self.passed - before.0, self.failed.len() - before.1);
        println!("   {passed} passed, {failed} failed, {:.0} s", start.elapsed().as_secs_f64());
        result
    }

    /// Prints what is left to say, the counts last. Whether nothing failed.
    pub(crate) fn finish(self) -> bool {
        println!();
        for skipped in &self.skipped {
            println!("skipped {skipped}");
        }
        for failed in &self.failed {
            println!("failed {failed}");
        }
        println!("{} passed, {} failed", self.passed, self.failed.len());
        self.failed.is_empty()
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
            ("thread 'a::d' panicked", true),
            ("test result: ok. 2 passed; 0 failed", false),
            ("test result: FAILED. 2 passed; 1 failed", true),
        ] {
            assert_eq!(report.read(line), is_shown, "{line}");
        }
        assert_eq!((report.passed, report.failed.len()), (2, 1));
        assert_eq!(report.skipped, ["a::e: takes hours", "f: there is no swaks"]);
    }
}
