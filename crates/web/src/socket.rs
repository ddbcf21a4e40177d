//! The socket in the data directory, and the listeners for metrics and web hooks: so many connections, and so long for a
//! header. Clients of the listeners also take what they are sent, or go; at the socket are the operator's own programs, which may pause.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::serve::Listener;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tls::ServerIdentity;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use crate::api::Peer;
use crate::impatient::{Impatient, ImpatientListener};

/// How long a server that stops waits for its last answers to be taken.
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// For a request's header to arrive, counted from the connection or from the answer before.
const HEADER: Duration = Duration::from_secs(10);

/// How many connections a listener has at once.
#[derive(Clone, Copy, Debug)]
pub struct Seats(usize);

impl Seats {
    /// Many more than an operator has terminals, or Prometheus servers.
    pub const OPERATORS: Self = Self(64);
    /// Event Grid delivers side by side, and strangers take seats until their time for a header is over. Only who has
    /// the key may send a body, which is what takes memory.
    pub const HOOKS: Self = Self(1_024);
}

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
pub async fn serve_tcp(listener: TcpListener, router: Router, seats: Seats, shutdown: CancellationToken) {
    let routes = move |_: &Impatient<TcpStream>| router.clone();
    let door = Door { listener: ImpatientListener(listener), seats };
    serve(door, routes, |stream| async { Some(stream) }, shutdown).await;
}

/// As [`serve_tcp`] for web hooks, with TLS. A handshake that fails, or takes too long, ends the connection.
pub async fn serve_tls(
    listener: TcpListener,
    router: Router,
    identity: Arc<ServerIdentity>,
    shutdown: CancellationToken,
) {
    let routes = move |_: &Impatient<TcpStream>| router.clone();
    let secured = move |io| {
        let config = identity.server_config(&[b"http/1.1"]);
        async move {
            let mut stream = tls::Stream::Clear(io);
            if let Err(error) = stream.accept(config.ok()?, HEADER).await {
                debug!(%error, "a client of the web hooks failed the handshake");
                return None;
            }
            Some(stream)
        }
    };
    let door = Door { listener: ImpatientListener(listener), seats: Seats::HOOKS };
    serve(door, routes, secured, shutdown).await;
}

/// Serves until `shutdown`.
pub async fn serve_socket(listener: UnixListener, router: Router, shutdown: CancellationToken) {
    let known = move |stream: &UnixStream| router.clone().layer(Extension(ConnectInfo(Peer::of(stream))));
    let door = Door { listener, seats: Seats::OPERATORS };
    serve(door, known, |stream| async { Some(stream) }, shutdown).await;
}

struct Door<L> {
    listener: L,
    seats: Seats,
}

/// Serves as many connections as there are seats; others wait until one is free. After `shutdown` open requests are
/// waited for, but not clients that never end theirs.
async fn serve<L, IO, F>(
    Door { mut listener, seats }: Door<L>,
    routes: impl Fn(&L::Io) -> Router,
    ready: impl Fn(L::Io) -> F,
    shutdown: CancellationToken,
) where
    L: Listener,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Option<IO>> + Send + 'static,
{
    let (seats, connections) = (Arc::new(Semaphore::new(seats.0)), TaskTracker::new());
    let cut_off = CancellationToken::new();
    loop {
        let accepted = async {
            let seat = Arc::clone(&seats).acquire_owned().await;
            (seat, listener.accept().await.0)
        };
        let (seat, stream) = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = accepted => accepted,
        };
        let service = TowerToHyperService::new(routes(&stream));
        let (shutdown, cut_off) = (shutdown.clone(), cut_off.clone());
        let stream = ready(stream);
        connections.spawn(async move {
            let _seat = seat;
            let served = async {
                if let Some(stream) = stream.await {
                    one(stream, service, shutdown).await;
                }
            };
            tokio::select! {
                () = served => {}
                () = cut_off.cancelled() => {}
            }
        });
    }
    drop(listener);
    connections.close();
    let _ = timeout(LAST_ANSWERS, connections.wait()).await;
    cut_off.cancel();
}

/// Serves one connection, whose client has so long for each header.
async fn one<IO>(stream: IO, service: TowerToHyperService<Router>, shutdown: CancellationToken)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(error = &error as &dyn std::error::Error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpSocket;
    use tokio::time::Instant;

    use super::*;

    async fn served() -> (std::net::SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(serve_tcp(listener, router, Seats::OPERATORS, shutdown.clone()));
        (address, shutdown)
    }

    async fn everything(mut stream: TcpStream) -> String {
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        heard
    }

    #[tokio::test(start_paused = true)]
    async fn a_header_that_does_not_end_ends_the_connection() {
        let (address, _shutdown) = served().await;
        for beginning in ["", "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "] {
            let start = Instant::now();
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(beginning.as_bytes()).await.unwrap();
            assert!(!everything(stream).await.contains("here"));
            assert!(start.elapsed() >= HEADER && start.elapsed() < HEADER * 2, "{:?}", start.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_loses_its_seat() {
        let (address, _shutdown) = served().await;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        let requests = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
        // Until no more fits between the two, and then for as long as the server has patience.
        while let Ok(()) = timeout(Duration::from_secs(60), stream.write_all(&requests)).await.unwrap() {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_waits_while_all_connections_are_taken() {
        let (address, shutdown) = served().await;
        let mut silent = Vec::new();
        for _ in 0..Seats::OPERATORS.0 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let start = Instant::now();
        let mut last = TcpStream::connect(address).await.unwrap();
        last.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(everything(last).await.ends_with("here"));
        assert!(start.elapsed() >= HEADER, "{:?}", start.elapsed());
        shutdown.cancel();
    }
}
