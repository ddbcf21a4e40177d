//! The socket in the data directory.

use std::fs;
use std::future::IntoFuture as _;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;

use crate::api::Peer;

/// How long a server that stops waits for its last answers to be taken.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Why the socket cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the management socket {path} cannot be opened")]
pub struct SocketError {
    path: PathBuf,
    source: io::Error,
}

/// Opens the socket for this user alone. One that a dead server left behind is replaced; a living one
/// would hold the lock of the data directory.
///
/// # Errors
/// When the path is too long for a socket, or cannot be written.
pub fn bind_socket(path: &Path) -> Result<UnixListener, SocketError> {
    let failed = |source| SocketError { path: path.to_owned(), source };
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

/// Serves over TCP until `shutdown`, for what everybody may see who may connect.
///
/// # Errors
/// When the listener breaks.
pub async fn serve_tcp(listener: TcpListener, router: Router, shutdown: CancellationToken) -> io::Result<()> {
    let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    unless_it_lasts(served.into_future(), shutdown).await
}

/// Serves until `shutdown`.
///
/// # Errors
/// When the socket breaks.
pub async fn serve_socket(
    listener: UnixListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let served = axum::serve(listener, router.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    unless_it_lasts(served.into_future(), shutdown).await
}

/// Waits for open requests after `shutdown`, but not for clients that never end theirs.
async fn unless_it_lasts(
    served: impl Future<Output = io::Result<()>>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let patience = async {
        shutdown.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        ended = served => ended,
        () = patience => Ok(()),
    }
}
