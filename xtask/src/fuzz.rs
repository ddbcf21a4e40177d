//! Fuzzing with libFuzzer on the stable toolchain: the coverage that it is guided by is a pass of LLVM's.

use anyhow::bail;

use crate::process::{cargo, root, succeeds};

const TARGETS: [&str; 14] = [
    "addresses",
    "author",
    "client_session",
    "commands",
    "dmarc",
    "dns_record",
    "header",
    "journal_envelope",
    "journal_record",
    "mail_data",
    "parts",
    "server_session",
    "seven_bit",
    "spf",
];

/// What libFuzzer needs to see which branches an input takes.
const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Fuzzes one target, or all, each for so many seconds.
pub(crate) fn run(wanted: Option<&str>, seconds: u32) -> anyhow::Result<()> {
    let targets: Vec<&str> =
        TARGETS.into_iter().filter(|target| wanted.is_none_or(|wanted| wanted == *target)).collect();
    if targets.is_empty() {
        bail!("there is no such target; there are {}", TARGETS.join(", "));
    }
    for target in targets {
        println!("\n── {target}, {seconds} s");
        one(target, seconds)?;
    }
    Ok(())
}

fn one(target: &str, seconds: u32) -> anyhow::Result<()> {
    let corpus = root().join("target/fuzz/corpus").join(target);
    let findings = root().join("target/fuzz/findings").join(target);
    std::fs::create_dir_all(&corpus)?;
    std::fs::create_dir_all(&findings)?;
    let seeds = root().join("fuzz/seeds").join(target);
    let (corpus, findings) = (corpus.display().to_string(), format!("{}/", findings.display()));
    // Naming the platform keeps the instrumentation out of build scripts.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut run = cargo(&["run", "--quiet", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    run.args(["--target", &platform, "--target-dir", "target/fuzz", "--bin", target, "--", &corpus]);
    run.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={findings}"));
    run.args(["-max_len=8192", "-print_final_stats=1", "-verbosity=0"]);
    if seeds.is_dir() {
        run.arg(seeds);
    }
    run.env("RUSTFLAGS", INSTRUMENTATION);
    if succeeds(run) { Ok(()) } else { bail!("{target} found something: look into {findings}") }
}
