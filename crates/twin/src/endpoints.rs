//! Listening: the HTTPS endpoint with its TLS, and connections that can be cut at a byte.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tls::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing::debug;

use crate::backend::Backend;
use crate::faults::{Effect, Operation};

/// Put into a response's extensions, it makes the connection close without the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unanswered;

/// Binds an address; a loopback one in both families, because `localhost` may mean either.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<Vec<TcpListener>> {
    let first = TcpListener::bind(address).await?;
    let port = first.local_addr()?.port();
    let mut listeners = vec![first];
    if address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
        // A machine without IPv6 does without.
        listeners.extend(TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok());
    }
    Ok(listeners)
}

/// Serves HTTPS until `shutdown`.
pub(crate) async fn serve_https(
    listener: TcpListener,
    backend: Arc<Backend>,
    config: Arc<ServerConfig>,
    router: Router,
    shutdown: CancellationToken,
) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Some((seat, tcp)) = next(&listener, &seats, &shutdown).await else { return };
        let cut_after = match backend.faults.trigger(Operation::HttpsConnection) {
            Some(Effect::CutAfter(bytes)) => Some(bytes),
            Some(_) => continue,
            None => None,
        };
        let io = Cuttable::new(tcp, cut_after);
        let connection = serve_connection(io, Arc::clone(&backend), Arc::clone(&config), router.clone());
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            let _seat = seat;
            tokio::select! {
                () = connection => {}
                () = shutdown.cancelled() => {}
            }
        });
    }
}

/// Serves HTTP/1.1 without TLS until `shutdown`.
pub(crate) async fn serve_http(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    while let Some((seat, tcp)) = next(&listener, &seats, &shutdown).await {
        let service = TowerToHyperService::new(router.clone());
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEADER);
        let connection = builder.serve_connection(TokioIo::new(tcp), service);
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            let _seat = seat;
            tokio::select! {
                ended = connection => debug!(reason = ?ended, "a connection ended"),
                () = shutdown.cancelled() => {}
            }
        });
    }
}

/// The next connection that there is a seat for; none after `shutdown`.
async fn next(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(OwnedSemaphorePermit, TcpStream)> {
    let accepted = async {
        // Nobody closes the seats.
        let seat = Arc::clone(seats).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((tcp, _)) => return Some((seat, tcp)),
                Err(_) => tokio::time::sleep(BACK_OFF).await,
            }
        }
    };
    let (seat, tcp) = tokio::select! {
        accepted = accepted => accepted?,
        () = shutdown.cancelled() => return None,
    };
    let _ = tcp.set_nodelay(true);
    Some((seat, tcp))
}

/// Connections at once to one of the twin's endpoints: it is also used under load.
const CONNECTIONS: usize = 1_024;
/// For a request's header to arrive, counted from the connection or from the answer before. Clients keep connections
/// open for as long.
const HEADER: Duration = Duration::from_secs(60);
/// For a client by HTTP/2 that said nothing for so long to show that it is there.
const PONG: Duration = Duration::from_secs(20);
/// Waits after a failed accept, which mostly means that there are no file descriptors left.
const BACK_OFF: Duration = Duration::from_millis(100);
/// For a client to finish its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);

async fn serve_connection(io: Cuttable, backend: Arc<Backend>, config: Arc<ServerConfig>, router: Router) {
    let mut stream = Stream::Clear(io);
    if let Err(error) = stream.accept(config, HANDSHAKE).await {
        return debug!(%error, "a TLS handshake failed");
    }
    let service =
        service_fn(move |request: Request<Incoming>| answer(Arc::clone(&backend), router.clone(), request));
    // Who has to be told apart by what it says first may say nothing for ever.
    let ended = if stream.protocol() == Some(b"h2") {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(1_000);
        builder.keep_alive_interval(HEADER).keep_alive_timeout(PONG);
        builder.serve_connection(TokioIo::new(stream), service).await
    } else {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEADER);
        builder.serve_connection(TokioIo::new(stream), service).await
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended badly");
    }
}

/// Asks the router, unless the answer is not to be given. The date is the twin's own.
async fn answer(
    backend: Arc<Backend>,
    router: Router,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (mut parts, body) = request.into_parts();
    parts.uri = crate::path::settled(&parts.uri);
    // By HTTP/2 the host is in the URI, and everybody here looks for it in the header.
    let host = parts.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host.filter(|_| !parts.headers.contains_key(header::HOST)) {
        parts.headers.insert(header::HOST, host);
    }
    let mut response = match router.oneshot(Request::from_parts(parts, Body::new(body))).await {
        Ok(response) => response,
        Err(error) => match error {},
    };
    if response.extensions().get::<Unanswered>().is_some() {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    if let Ok(date) = HeaderValue::from_str(&message::date::http(backend.now())) {
        response.headers_mut().insert(header::DATE, date);
    }
    Ok(response)
}

/// A connection that breaks when so many bytes have come.
pub(crate) struct Cuttable {
    tcp: TcpStream,
    left: Option<u64>,
}

impl Cuttable {
    pub(crate) fn new(tcp: TcpStream, cut_after: Option<u64>) -> Self {
        Self { tcp, left: cut_after }
    }

    fn is_cut(&self) -> bool {
        self.left == Some(0)
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let Some(left) = &mut this.left else { return Pin::new(&mut this.tcp).poll_read(context, buffer) };
        let room = buffer.remaining().min(usize::try_from(*left).unwrap_or(usize::MAX));
        let mut piece = ReadBuf::new(buffer.initialize_unfilled_to(room));
        ready!(Pin::new(&mut this.tcp).poll_read(context, &mut piece))?;
        let bytes = piece.filled().len();
        buffer.advance(bytes);
        *left -= bytes as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut this.tcp).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tls::ServerIdentity;
    use tokio::io::AsyncReadExt as _;
    use tokio::time::Instant;

    use super::*;
    use crate::rehearsal::Rehearsal;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_behind_its_handshake_loses_its_seat() {
        tls::install_provider();
        let folder = tempfile::tempdir().unwrap();
        let files = crate::certificate::prepare(folder.path()).unwrap();
        let identity = ServerIdentity::load(&files.certificate, &files.key).unwrap();
        let config = identity.server_config(&[b"h2", b"http/1.1"]).unwrap();
        let ca = std::fs::read_to_string(&files.ca).unwrap();
        let backend = Rehearsal::begin().backend;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve_https(listener, backend, config, Router::new(), CancellationToken::new()));
        for alpn in [None, Some("http/1.1")] {
            let mut config = Arc::unwrap_or_clone(tls::client_config(Some(&ca)).unwrap());
            config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
            let start = Instant::now();
            let mut stream = Stream::Clear(TcpStream::connect(address).await.unwrap());
            stream.connect(Arc::new(config), "localhost".try_into().unwrap()).await.unwrap();
            let mut heard = Vec::new();
            let read = tokio::time::timeout(HEADER * 3, stream.read_to_end(&mut heard)).await;
            assert!(read.is_ok() && start.elapsed() >= HEADER, "{alpn:?}: {:?}", start.elapsed());
        }
    }
}
