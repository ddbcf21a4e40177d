//! Who holds a domain.

use std::net::SocketAddr;

use futures_util::future::join_all;
use hickory_proto::rr::RecordType;

use super::ask::QueryError;
use super::{DnsError, Lookup};
use crate::actual::Server;
use dns_records::name::possible_zones;
use dns_records::record::Record;

/// A zone, and whom to ask about it.
pub(super) struct Zone {
    pub(super) name: String,
    /// For how many seconds it may be kept that there is nothing.
    pub(super) negative_ttl: u32,
    /// All of its name servers.
    pub(super) server_names: Vec<String>,
    /// Those that are asked.
    pub(super) servers: Vec<Own>,
    /// Those that nobody finds.
    pub(super) without_address: Vec<String>,
}

/// A name server of the zone, or what stands for all of them.
pub(super) struct Own {
    name: String,
    pub(super) address: SocketAddr,
}

/// More would only be asked the same.
const MOST_SERVERS: usize = 4;

impl Own {
    pub(super) fn told(&self, trouble: Option<QueryError>) -> Server {
        Server { name: self.name.clone(), trouble: trouble.map(|trouble| trouble.to_string()) }
    }
}

impl Lookup {
    /// The zone that holds a domain: the longest name with an SOA record of its own. None if nobody does.
    pub(super) async fn zone_of(&self, domain: &str) -> Result<Option<Zone>, DnsError> {
        let names: Vec<&str> = possible_zones(domain).collect();
        let answers = join_all(names.iter().map(|name| self.resolve(name, RecordType::SOA))).await;
        let mut trouble = None;
        for (name, answer) in names.into_iter().zip(answers) {
            match answer {
                Ok(answer) => {
                    // A CNAME leads to the SOA record of somebody else.
                    let soa = answer.records.iter().find(|one| one.name == name && one.kind() == "SOA");
                    if let Some(soa) = soa {
                        return self.zone(name, soa.value().parse().unwrap_or_default()).await.map(Some);
                    }
                }
                // One server that is asked everything has no other way to say that a zone is not there.
                Err(QueryError::Refused) if self.own_port.is_none() => {}
                Err(other) => trouble = trouble.or(Some(other)),
            }
        }
        match trouble {
            Some(trouble) => Err(self.silent(domain, &trouble)),
            None => Ok(None),
        }
    }

    async fn zone(&self, name: &str, negative_ttl: u32) -> Result<Zone, DnsError> {
        let answer =
            self.resolve(name, RecordType::NS).await.map_err(|trouble| self.silent(name, &trouble))?;
        let is_server = |record: &&Record| record.name == name && record.kind() == "NS";
        let mut names: Vec<String> =
            answer.records.iter().filter(is_server).map(|record| record.value().to_owned()).collect();
        names.sort_unstable();
        let mut zone = Zone {
            name: name.to_owned(),
            negative_ttl,
            server_names: names.clone(),
            servers: Vec::new(),
            without_address: Vec::new(),
        };
        let Some(port) = self.own_port else {
            zone.servers =
                self.resolvers.iter().map(|one| Own { name: one.to_string(), address: *one }).collect();
            return Ok(zone);
        };
        names.truncate(MOST_SERVERS);
        let addresses = join_all(names.iter().map(|name| self.address(name, port))).await;
        for (name, address) in names.into_iter().zip(addresses) {
            match address {
                Some(address) => zone.servers.push(Own { name, address }),
                None => zone.without_address.push(name),
            }
        }
        Ok(zone)
    }

    /// IPv4 first: many networks have nothing else.
    async fn address(&self, name: &str, port: u16) -> Option<SocketAddr> {
        for kind in [RecordType::A, RecordType::AAAA] {
            let answer = self.resolve(name, kind).await.ok();
            let records = answer.into_iter().flat_map(|answer| answer.records);
            if let Some(ip) = records.into_iter().find_map(|record| record.value().parse().ok()) {
                return Some(SocketAddr::new(ip, port));
            }
        }
        None
    }
}
