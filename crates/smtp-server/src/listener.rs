//! Accepts connections until told to stop, then lets those that bring mail finish.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use smtp::reply::Refusal;
use smtp::server::TlsPolicy;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::admission::{Admission, Standing};
use crate::connection::{Endpoint, serve};
use crate::service::{Answer, Peer, Refused, Service};

/// How long sessions may bring their message to an end once shutdown begins.
const DRAIN: Duration = Duration::from_secs(30);
/// Waits after a failed accept, which mostly means that there are no file descriptors left.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Serves `listener` until `shutdown` is cancelled and the last message under way is answered.
pub async fn run<S: Service>(
    listener: TcpListener,
    endpoint: Arc<Endpoint<S>>,
    admission: Arc<Admission>,
    shutdown: CancellationToken,
) {
    let sessions = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let session =
                    one(Arc::clone(&endpoint), Arc::clone(&admission), stream, address, shutdown.clone());
                sessions.spawn(session);
            }
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
    drop(listener);
    sessions.close();
    if tokio::time::timeout(DRAIN, sessions.wait()).await.is_err() {
        warn!(sessions = sessions.len(), "sessions did not finish in time and are cut off");
    }
}

const NOT_FROM_HERE: Refusal = Refusal::permanent(554, (7, 1), "This listener is not for your network");

impl<S> Endpoint<S> {
    fn lets_in(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&address))
    }
}

async fn one<S: Service>(
    endpoint: Arc<Endpoint<S>>,
    admission: Arc<Admission>,
    mut stream: TcpStream,
    address: SocketAddr,
    shutdown: CancellationToken,
) {
    let admitted = match endpoint.lets_in(address.ip()) {
        true => admission.admit(address, standing(&*endpoint.service, address.ip())),
        false => Err(NOT_FROM_HERE),
    };
    let permit = match admitted {
        Ok(permit) => permit,
        Err(refusal) => {
            return turn_away(&endpoint, &mut stream, address, &refusal).await;
        }
    };
    // Replies are small and must not wait for each other (RFC 9293 section 3.7.4).
    let _ = stream.set_nodelay(true);
    match serve(&endpoint, stream, permit, shutdown).await {
        Ok(ending) => debug!(peer.address = %address.ip(), reason = ?ending, "session ended"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            debug!(peer.address = %address.ip(), "the client hung up");
        }
        Err(error) => debug!(peer.address = %address.ip(), %error, "the connection broke"),
    }
}

/// What is known of a client before it says anything.
fn standing<S: Service>(service: &S, address: IpAddr) -> Standing {
    if service.is_welcome(address) { Standing::Welcome } else { Standing::Stranger }
}

/// Says why, where that can be said without TLS.
async fn turn_away<S: Service>(
    endpoint: &Endpoint<S>,
    stream: &mut TcpStream,
    address: SocketAddr,
    refusal: &Refusal,
) {
    let peer = Peer { address, client: None, tls: None, login: endpoint.settings.login };
    endpoint.service.refused(&Refused {
        peer: &peer,
        principal: None,
        login: None,
        path: None,
        transaction: None,
        answer: Answer::Reply(refusal),
    });
    if endpoint.settings.tls == TlsPolicy::Implicit {
        return;
    }
    let mut line = Vec::new();
    refusal.reply().write_to(&mut line);
    let _ = tokio::time::timeout(BACK_OFF, stream.write_all(&line)).await;
}
