//! The name server: `state::dns::answer` on the wire, UDP and TCP; and the verifications that ask its zones, or a
//! resolver when the twin's own zones are not to be believed.

mod server;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use jiff::Timestamp;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use self::server::Handler;
use crate::backend::Backend;
use crate::endpoints::bind;
use crate::faults::{Effect, Operation};
use crate::state::dns::judge::{Question, Seen};

/// The name server's endpoint.
pub(crate) struct Sockets {
    address: SocketAddr,
    tcp: Vec<TcpListener>,
    udp: Vec<UdpSocket>,
}

/// A free port of one protocol may be taken in the other.
const TRIES: usize = 20;
/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(30);
/// Answers that wait to be written, for each connection.
const WAITING: usize = 64;

impl Sockets {
    /// Binds both protocols to one port; a loopback address in both families, as all endpoints are.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let mut tries = if address.port() == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            let tcp = bind(address).await?;
            let bound = tcp[0].local_addr()?;
            match UdpSocket::bind(bound).await {
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {}
                Ok(first) => {
                    let mut udp = vec![first];
                    if bound.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
                        udp.extend(UdpSocket::bind((Ipv6Addr::LOCALHOST, bound.port())).await.ok());
                    }
                    return Ok(Self { address: bound, tcp, udp });
                }
            }
        }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown`.
    pub(crate) async fn serve(self, backend: Arc<Backend>, shutdown: CancellationToken) {
        let mut server = Server::new(Handler::new(backend));
        for socket in self.udp {
            server.register_socket(socket);
        }
        for listener in self.tcp {
            server.register_listener(listener, IDLE, WAITING);
        }
        shutdown.cancelled().await;
        // A question that hangs on purpose must not keep the twin from stopping.
        server.shutdown_token().cancel();
        drop(server);
        debug!("the name server's endpoint closed");
    }
}

/// Judges the verifications that are due, by the resolver if there is one, else by the twin's own zones.
pub(crate) async fn verify_what_is_due(backend: &Backend, now: Timestamp) {
    let all = backend.state().due_verifications(now);
    for due in all {
        let mut seen = Vec::new();
        for question in &due.questions {
            seen.push(match &backend.resolver {
                Some(resolver) => resolver.look_up(question).await,
                None => look_up(backend, question, now),
            });
        }
        backend.change_state(|state| state.conclude(&due, &seen));
    }
}

fn look_up(backend: &Backend, question: &Question, now: Timestamp) -> Seen {
    match backend.faults.trigger(Operation::Dns) {
        None | Some(Effect::Late(_)) => backend.state().look_up(question, now),
        Some(Effect::Answer { .. } | Effect::Fail { .. }) => Seen::Failed,
        Some(Effect::Hang | Effect::DoneButUnanswered | Effect::CutAfter(_)) => Seen::Unanswered,
    }
}

#[cfg(test)]
mod tests;
