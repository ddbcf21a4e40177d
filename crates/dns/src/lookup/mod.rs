//! Asking name servers.
//!
//! [`zone`] finds out who holds a domain, [`names`] asks them what they show, [`included`] follows SPF records.

mod ask;
mod included;
mod names;
mod zone;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_proto::rr::RecordType;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::ask::{Answer, QueryError};
use crate::actual::{Actual, Server};
use crate::provider::Provider;
use dns_records::name::{is_within, normal, organisational};
use dns_records::record::Record;

/// Whom questions go to.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// Those who find everything, in the order in which they are asked.
    resolvers: Vec<SocketAddr>,
    /// Where a zone's own name servers listen; none if they are not asked.
    own_port: Option<u16>,
    /// Questions at a time.
    seats: Arc<Semaphore>,
}

/// Why nothing can be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// The system does not say whom to ask.
    #[error("the system's settings for DNS cannot be used: {0}")]
    System(String),
    /// It is not a name.
    #[error("\"{0}\" is not a name that can be asked for")]
    Name(String),
    #[error("{server}, asked for {name}, {trouble}")]
    Silent {
        /// Who was asked.
        server: String,
        name: String,
        /// Half a sentence.
        trouble: String,
    },
}

const DNS_PORT: u16 = 53;
const SEATS: usize = 32;
/// Systems name three at most.
const MOST_RESOLVERS: usize = 3;
/// All questions about one domain together.
const WHOLE: Duration = Duration::from_secs(25);

impl Lookup {
    /// Finds a zone by the system's resolvers, and asks the zone's own name servers, whose answers are not from a
    /// cache.
    ///
    /// # Errors
    /// When the system does not say whom to ask.
    pub fn system() -> Result<Self, DnsError> {
        let (config, _) = hickory_resolver::system_conf::read_system_conf()
            .map_err(|error| DnsError::System(error.to_string()))?;
        let address = |server: &hickory_resolver::config::NameServerConfig| {
            SocketAddr::new(
                server.ip,
                server.connections.first().map_or(DNS_PORT, |connection| connection.port),
            )
        };
        let resolvers: Vec<SocketAddr> =
            config.name_servers().iter().map(address).take(MOST_RESOLVERS).collect();
        if resolvers.is_empty() {
            return Err(DnsError::System("they name no resolver".to_owned()));
        }
        Ok(Self::new(resolvers, Some(DNS_PORT)))
    }

    /// Asks one server everything: one that sees a network from within, or stands for all others in a rehearsal.
    #[must_use]
    pub fn at(server: SocketAddr) -> Self {
        Self::new(vec![server], None)
    }

    fn new(resolvers: Vec<SocketAddr>, own_port: Option<u16>) -> Self {
        Self { resolvers, own_port, seats: Arc::new(Semaphore::new(SEATS)) }
    }

    /// What is shown of a domain, at `names`; those of
    /// [`Required::names`](crate::required::Required::names) are what a comparison needs. It takes a second or two, and 25
    /// at most.
    ///
    /// # Errors
    /// When not even the zone can be found out. Servers that do not answer are part of what is shown.
    pub async fn actual(&self, domain: &str, names: &[String]) -> Result<Actual, DnsError> {
        let domain = normal(domain);
        if domain.is_empty() {
            return Err(DnsError::Name(domain));
        }
        let looked = timeout(WHOLE, Box::pin(self.look(&domain, names))).await;
        looked.unwrap_or_else(|_| Err(self.silent(&domain, &QueryError::Late)))
    }

    async fn look(&self, domain: &str, names: &[String]) -> Result<Actual, DnsError> {
        let mut actual = Actual { domain: domain.to_owned(), ..Actual::default() };
        let Some(zone) = self.zone_of(domain).await? else { return Ok(actual) };
        actual.provider = Provider::of(zone.server_names.iter().map(String::as_str));
        actual.negative_ttl = zone.negative_ttl;
        let organisation = organisational(domain);
        let mut names: Vec<String> = names.iter().map(|name| normal(name)).collect();
        names.sort_unstable();
        names.dedup();
        // Names of others are read for their SPF records alone.
        let (own, foreign): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| is_within(name, organisation));
        let ((found, failures), spf) =
            tokio::join!(self.names(&zone, domain, &own), self.included(domain, &foreign));
        actual.names = found;
        actual.spf = spf;
        actual.servers =
            zone.servers.iter().zip(failures).map(|(server, trouble)| server.told(trouble)).collect();
        actual.servers.extend(
            zone.without_address
                .iter()
                .map(|name| Server { name: name.clone(), trouble: Some("has no address".to_owned()) }),
        );
        actual.zone = Some(zone.name);
        Ok(actual)
    }

    async fn ask(&self, server: SocketAddr, name: &str, kind: RecordType) -> Result<Answer, QueryError> {
        let seat = self.seats.acquire().await;
        let answer = ask::ask(server, name, kind).await;
        drop(seat);
        answer
    }

    /// Asks those who find everything, one after the other.
    async fn resolve(&self, name: &str, kind: RecordType) -> Result<Answer, QueryError> {
        let mut last = QueryError::Late;
        for resolver in &self.resolvers {
            match self.ask(*resolver, name, kind).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => last = trouble,
            }
        }
        Err(last)
    }

    /// Texts at a name or at the end of its CNAMEs.
    async fn texts(&self, name: &str) -> Result<Vec<Record>, QueryError> {
        let mut name = name.to_owned();
        for _ in 0..MOST_HOPS {
            let answer = self.resolve(&name, RecordType::TXT).await?;
            if answer.records.iter().any(|record| record.text().is_some()) {
                return Ok(answer.records.into_iter().filter(|record| record.text().is_some()).collect());
            }
            // A server that holds zones and does not resolve leaves the rest of the way to the client.
            match answer.records.iter().rev().find_map(Record::target) {
                Some(target) if target != name => name = target.to_owned(),
                _ => return Ok(Vec::new()),
            }
        }
        Ok(Vec::new())
    }

    fn silent(&self, name: &str, trouble: &QueryError) -> DnsError {
        let servers: Vec<String> = self.resolvers.iter().map(SocketAddr::to_string).collect();
        DnsError::Silent { server: servers.join(", "), name: name.to_owned(), trouble: trouble.to_string() }
    }

    /// Asks for several kinds at once.
    async fn ask_all(
        &self,
        server: Option<SocketAddr>,
        name: &str,
        kinds: &[RecordType],
    ) -> Result<Vec<Record>, QueryError> {
        let questions = kinds.iter().map(async |kind| match server {
            Some(server) => self.ask(server, name, *kind).await,
            None => self.resolve(name, *kind).await,
        });
        let mut records = Vec::new();
        for answer in join_all(questions).await {
            records.extend(answer?.records);
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests;

/// Nobody means to go further (RFC 1034 section 3.6.2 calls even two a waste).
const MOST_HOPS: usize = 8;
