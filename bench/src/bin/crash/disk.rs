//! Writes and syncs that fail, by strace's tampering.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::stage::Stage;

/// What can fail, and how.
const FAILURES: [(&str, &str); 4] =
    [("fdatasync", "EIO"), ("pwrite64", "ENOSPC"), ("fdatasync", "ENOSPC"), ("pwrite64", "EIO")];
/// Under strace a server is slow; in this time some calls fail and many more follow.
const LOAD: Duration = Duration::from_millis(1_500);
/// The latest call to fail first, counted from the start of the process.
const LATEST_CALL: u64 = 300;

/// Whether strace works here.
pub(crate) async fn check() -> anyhow::Result<()> {
    let mut probe = Command::new("strace");
    probe.args(["-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO", "true"]);
    let works =
        probe.stdout(Stdio::null()).stderr(Stdio::null()).status().await.is_ok_and(|status| status.success());
    ensure!(works, "strace is not installed, or may not trace here");
    Ok(())
}

/// Runs so many cycles; whether nothing was lost and nothing doubled.
pub(crate) async fn run(mut stage: Stage, cycles: u32) -> anyhow::Result<bool> {
    let mut passed = true;
    for cycle in 1..=cycles {
        let (call, error) = FAILURES[(cycle as usize - 1) % FAILURES.len()];
        let first = 1 + stage.random(LATEST_CALL);
        // One failure that passes, or a disk that stays broken.
        let (until, word) = if stage.random(2) == 0 { ("", "once") } else { ("+", "for good") };
        stage.server.stop().await?;
        let inject = format!("inject={call}:error={error}:when={first}{until}");
        let strace =
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject];
        let launched = stage.server.launch(&strace).await;
        // A server may refuse to start on a broken disk, but it must not lie later.
        if launched.is_ok() {
            let tally = stage.load(LOAD).await?;
            println!("   {} refused: {}", tally.failed, tally.first_failure.as_deref().unwrap_or("nothing"));
            stage.server.kill().await?;
        }
        stage.server.launch(&[]).await?;
        let findings = stage.drain().await.with_context(|| stage.server.log())?;
        let name = format!("disk failure {cycle} of {cycles}, {error} from {call} {first} on, {word}");
        passed &= stage.verdict(&name, &findings);
    }
    stage.close().await?;
    Ok(passed)
}
