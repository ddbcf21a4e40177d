//! Test programs, run and counted.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::process::cargo;
use crate::report::{CheckResult, Report};

/// Runs a test program and counts what it prints. One that fails without naming a test counts itself.
pub(crate) fn tests(report: &mut Report, name: &str, arguments: &[&str]) {
    let before = report.failures();
    let passed = watch(report, cargo(arguments));
    if !passed && report.failures() == before {
        report.check(name, CheckResult::Failed);
    }
}

fn watch(report: &mut Report, mut command: Command) -> bool {
    let Ok(mut child) = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() else { return false };
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if report.read(&line) {
                println!("{line}");
            }
        }
    }
    child.wait().is_ok_and(|status| status.success())
}
