//! The name server: `world::dns::answer` on the wire, UDP and TCP; and the resolver that verifications ask when
//! the world's own zones are not to be believed.

mod resolver;
mod server;
mod wire;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use jiff::Timestamp;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;
use tracing::debug;

pub(crate) use self::resolver::Resolver;
use self::server::Handler;
pub(crate) use self::wire::{ascii_name, has_wire_form};
use crate::endpoints::bind;
use crate::faults::{Effect, Operation};
use crate::state::State;
use crate::world::dns::judge::{Question, Seen};

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
    pub(crate) async fn serve(self, state: Arc<State>, shutdown: CancellationToken) {
        let mut server = Server::new(Handler::new(state));
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

/// Judges the verifications that are due, by the resolver if there is one, else by the world's own zones.
pub(crate) async fn verify_what_is_due(state: &State, now: Timestamp) {
    let all = state.world().due_verifications(now);
    for due in all {
        let mut seen = Vec::new();
        for question in &due.questions {
            seen.push(match &state.resolver {
                Some(resolver) => resolver.look_up(question).await,
                None => look_up(state, question, now),
            });
        }
        state.change_world(|world| world.conclude(&due, &seen));
    }
}

fn look_up(state: &State, question: &Question, now: Timestamp) -> Seen {
    match state.faults.trigger(Operation::Dns) {
        None | Some(Effect::Late(_)) => state.world().look_up(question, now),
        Some(Effect::Answer { .. } | Effect::Fail { .. }) => Seen::Failed,
        Some(Effect::Hang | Effect::DoneButUnanswered | Effect::CutAfter(_)) => Seen::Unanswered,
    }
}

#[cfg(test)]
mod tests;
