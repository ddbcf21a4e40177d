//! Sessions that are logged in and silent.

use std::time::Duration;

use anyhow::Context as _;
use bench::system::System;
use tokio::task::JoinSet;

use crate::run::Sample;

/// Sessions at our server.
pub(crate) const OURS: usize = 10_000;
/// Sessions at the peer, which spends a process on each.
pub(crate) const PEERS: usize = 200;
/// Handshakes at once.
const AT_ONCE: usize = 50;
/// Until buffers that were needed for handshakes only are given back.
const REST: Duration = Duration::from_secs(2);

/// Opens the sessions and reads the server's memory before and after. The memory is the sample's peak,
/// for one session.
pub(crate) async fn measure(server: &impl System, sessions: usize) -> anyhow::Result<Sample> {
    let family = server.family();
    // The first sessions pay for what is allocated once.
    let mut open = vec![server.endpoint().open().await?];
    let before = family.resident_bytes();
    let mut opening = JoinSet::new();
    for _ in 0..sessions {
        if opening.len() == AT_ONCE {
            open.push(opened(&mut opening).await?);
        }
        let endpoint = server.endpoint().clone();
        opening.spawn(async move { endpoint.open().await });
    }
    while !opening.is_empty() {
        open.push(opened(&mut opening).await?);
    }
    tokio::time::sleep(REST).await;
    let grown = family.resident_bytes().saturating_sub(before);
    Ok(Sample { peak_bytes: grown / sessions as u64, messages: open.len() as u64, ..Sample::default() })
}

type Opening = JoinSet<Result<smtp_client::Connection, smtp_client::Error>>;

async fn opened(opening: &mut Opening) -> anyhow::Result<smtp_client::Connection> {
    let joined = opening.join_next().await.context("a session was being opened")?;
    joined?.context("a session could not be opened")
}
