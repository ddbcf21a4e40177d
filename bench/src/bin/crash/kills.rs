//! `kill -9` at random moments.

use std::time::Duration;

use crate::stage::Stage;

/// Latest moment of a kill, after the load has begun.
const LONGEST_MS: u64 = 1_500;
/// Latest moment of a second kill, while the server recovers and drains.
const SECOND_MS: u64 = 150;

/// Runs so many cycles; whether nothing was lost and nothing doubled.
pub(crate) async fn run(mut stage: Stage, cycles: u32) -> anyhow::Result<bool> {
    let mut passed = true;
    for cycle in 1..=cycles {
        let moment = 10 + stage.random(LONGEST_MS);
        let load = stage.load(Duration::from_millis(moment));
        // The kill comes while the sessions are busy, not when they are done.
        tokio::time::sleep(Duration::from_millis(moment - 5)).await;
        stage.server.kill().await?;
        stage.server.launch(&[]).await?;
        if stage.random(3) == 0 {
            let moment = stage.random(SECOND_MS);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            stage.server.kill().await?;
            stage.server.launch(&[]).await?;
        }
        load.await?;
        let findings = stage.drain().await?;
        passed &= stage.verdict(&format!("kill {cycle} of {cycles}, after {moment} ms"), &findings);
    }
    stage.close().await?;
    Ok(passed)
}
