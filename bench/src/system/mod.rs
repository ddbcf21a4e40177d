//! The servers that are measured: ours, and a peer.

mod postern;
mod postfix;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

pub use self::postern::{Cloud, Postern, Sending};
pub use self::postfix::{Postfix, Tuning};

use crate::load::Endpoint;
use crate::usage::Family;

/// A server that takes mail.
pub trait System {
    /// Where mail is submitted.
    fn endpoint(&self) -> &Endpoint;
    fn family(&self) -> Family;
}

/// A folder on a real disk, for a server's data.
///
/// # Errors
/// When it cannot be made.
pub fn scratch() -> anyhow::Result<tempfile::TempDir> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|root| root.join("target"));
    let base = target.unwrap_or_else(|| PathBuf::from("target"));
    std::fs::create_dir_all(&base)?;
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(base)?)
}

/// A port of 127.0.0.1 that is free now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
