//! Real look-ups, for verifications that are not to believe the twin's own zones.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};

use crate::dns_wire;
use crate::state::dns::judge::{Question, Seen};

/// Asks one name server, and remembers nothing.
pub(crate) struct Resolver(TokioResolver);

const TIMEOUT: Duration = Duration::from_secs(2);

impl Resolver {
    /// Asks the name server at that address.
    pub(crate) fn new(address: SocketAddr) -> Result<Self, NetError> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = address.port();
            connection
        });
        let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
        let config = ResolverConfig::from_name_servers(vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.cache_size = 0;
        options.attempts = 1;
        options.timeout = TIMEOUT;
        options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
        Ok(Self(builder.build()?))
    }

    /// What DNS says.
    pub(crate) async fn look_up(&self, question: &Question) -> Seen {
        match self.ask(question).await {
            // An alias that leads nowhere is told apart from nothing at all.
            Seen::Records(found) if found.is_empty() && question.kind != "CNAME" => {
                self.ask(&Question { kind: "CNAME", ..question.clone() }).await
            }
            seen => seen,
        }
    }

    async fn ask(&self, question: &Question) -> Seen {
        let Ok(kind) = question.kind.parse::<RecordType>() else { return Seen::Failed };
        // The dot keeps search lists out of it.
        match self.0.lookup(format!("{}.", question.name), kind).await {
            Ok(found) => Seen::Records(
                found
                    .answers()
                    .iter()
                    .map(|record| (record.record_type().to_string(), dns_wire::value(&record.data)))
                    .collect(),
            ),
            Err(NetError::Dns(
                DnsError::NoRecordsFound(_) | DnsError::ResponseCode(ResponseCode::Refused),
            )) => Seen::Records(Vec::new()),
            Err(NetError::Dns(_)) => Seen::Failed,
            Err(_) => Seen::Unanswered,
        }
    }
}
