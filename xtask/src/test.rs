//! Everything that has to hold, in one command.
//!
//! 1. Format, clippy, the house rules, whether the fuzz targets compile, the generated documents.
//! 2. Unit, transcript, route and story tests, then those in the documentation, then those that need Azure's
//!    published specifications.
//! 3. Foreign clients, after installing them.
//! 4. A few kills under load.
//! 5. The attacks in their short form.

use std::process::Command;

use anyhow::bail;
use clap::Args;

use crate::process::{cargo, root, succeeds};
use crate::report::{CheckResult, Report};
use crate::test_program::tests;
use crate::{docs, foreign, tidy};

/// Kills in one run of the test command; `cargo xtask crash` goes on for longer.
const KILLS: &str = "5";
/// Failures of the disk in one run of the test command.
const DISK_FAILURES: &str = "3";

/// What is done about clients that others wrote.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Options {
    /// Install nothing: foreign clients that are not there are skipped, and counted as skipped
    #[arg(long)]
    offline: bool,
    /// Fail where a foreign client is not there, in place of skipping it
    #[arg(long)]
    require: bool,
}

pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let mut report = Report::default();
    report.step("format", |report| {
        report.check("format", judged(cargo(&["fmt", "--all", "--", "--check"])));
    });
    report.step("house rules", |report| {
        report.check("house rules", shown(tidy::run(&tidy::Options::default())));
    });
    report.step("clippy", |report| {
        let clippy =
            ["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
        report.check("clippy", judged(cargo(&clippy)));
    });
    report.step("fuzz targets compile", |report| {
        // A workspace of its own, which shares what it can of the build.
        let check = ["check", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target"];
        report.check("fuzz targets compile", judged(cargo(&check)));
    });
    report.step("tests", |report| {
        tests(report, "tests", &["test", "--workspace", "--locked", "--no-fail-fast", "--all-targets"]);
    });
    report.step("tests in the documentation", |report| {
        tests(report, "documentation", &["test", "--workspace", "--locked", "--no-fail-fast", "--doc"]);
    });
    report.step("published specifications", published);
    report.step("generated documents", |report| {
        report.check("generated documents", shown(docs::run(docs::Purpose::Check)));
    });
    let tools = report.step("foreign clients: installing", |_| {
        if options.offline {
            println!("   nothing is installed: --offline");
            return foreign::tools();
        }
        foreign::install()
    });
    report.step("foreign clients", |report| {
        let tools = tools.display().to_string();
        let mut run =
            vec!["test", "--package", "e2e", "--locked", "--test", "foreign", "--", "--tools", &tools];
        if options.require {
            run.push("--require");
        }
        tests(report, "foreign clients", &run);
    });
    report.step("kills under load", |report| {
        let crash = ["run", "--quiet", "--locked", "--package", "bench", "--bin", "crash", "--"];
        for arguments in [["--cycles", KILLS], ["--disk-failures", DISK_FAILURES]] {
            tests(report, "kills under load", &[&crash[..], &arguments[..]].concat());
        }
    });
    report.step("attacks", |report| {
        let attack = ["run", "--quiet", "--locked", "--package", "bench", "--bin", "attack", "--", "--short"];
        tests(report, "attacks", &attack);
    });
    if report.finish() { Ok(()) } else { bail!("not everything holds") }
}

/// Runs the tests that are ignored where Azure's specifications are not at hand. Where `../shared` is, each has to run.
fn published(report: &mut Report) {
    if !root().join("../shared").is_dir() {
        println!("   skipped: there is no ../shared, so nothing is compared with what Azure has published");
        return;
    }
    for (package, target) in
        [("azure-types", &["--test", "published"][..]), ("twin", &["--lib", "published"])]
    {
        let before = (report.passed(), report.failures());
        let run = [&["test", "--locked", "--package", package], target, &["--", "--ignored"]].concat();
        tests(report, package, &run);
        if (report.passed(), report.failures()) == before {
            report.check(
                &format!("{package}: nothing is compared with what Azure has published"),
                CheckResult::Failed,
            );
        }
    }
}

fn judged(command: Command) -> CheckResult {
    if succeeds(command) { CheckResult::Passed } else { CheckResult::Failed }
}

fn shown(result: anyhow::Result<()>) -> CheckResult {
    match result {
        Ok(()) => CheckResult::Passed,
        Err(error) => {
            println!("{error:#}");
            CheckResult::Failed
        }
    }
}
