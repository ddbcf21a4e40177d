//! What stands at names, asked of all name servers of the zone and compared.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures_util::future::join_all;
use hickory_proto::rr::RecordType;

use super::Lookup;
use super::ask::{Answer, QueryError};
use super::zone::Zone;
use crate::actual::AtName;
use dns_records::name::is_within;
use dns_records::record::Record;

type Found = Result<Vec<Record>, QueryError>;

/// What is asked of a server besides texts.
#[derive(Clone, Copy)]
struct Question<'a> {
    name: &'a str,
    kinds: &'static [RecordType],
}

const ADDRESSES: &[RecordType] = &[RecordType::A, RecordType::AAAA];
const ADDRESSES_AND_MAIL: &[RecordType] = &[RecordType::A, RecordType::AAAA, RecordType::MX];

impl Lookup {
    /// What stands at `names`, and what is wrong with each server of the zone.
    pub(super) async fn names(
        &self,
        zone: &Zone,
        domain: &str,
        names: &[String],
    ) -> (BTreeMap<String, AtName>, Vec<Option<QueryError>>) {
        let question = |name| {
            let kinds = if name == domain { ADDRESSES_AND_MAIL } else { ADDRESSES };
            Question { name, kinds }
        };
        let looks = names.iter().map(|name| self.name(zone, question(name)));
        let (mut actual, mut answers) = (BTreeMap::new(), Vec::new());
        for (name, (at, found)) in names.iter().zip(join_all(looks).await) {
            actual.insert(name.clone(), at);
            answers.push(found);
        }
        // A server that answered once is there.
        let trouble = |server: usize| {
            let mut found = answers.iter().filter_map(|answers| answers.get(server)).peekable();
            let is_silent = found.peek().is_some() && found.clone().all(Option::is_some);
            found.find_map(Clone::clone).filter(|_| is_silent)
        };
        (actual, (0..zone.servers.len()).map(trouble).collect())
    }

    /// What stands at one name, and the trouble of each server.
    async fn name(&self, zone: &Zone, question: Question<'_>) -> (AtName, Vec<Option<QueryError>>) {
        let is_own = is_within(question.name, &zone.name);
        let (found, failures) = if is_own {
            let questions = zone.servers.iter().map(|one| self.at_server(zone, one.address, question));
            let found: Vec<Found> = join_all(questions).await;
            let failures = found.iter().map(|found| found.as_ref().err().cloned()).collect();
            (found, failures)
        } else {
            // It belongs to a zone above.
            (vec![self.records(question).await], Vec::new())
        };
        let mut at = compared(zone, found);
        if let Some(target) = at.cname().and_then(Record::target) {
            at.behind = self.texts(target).await.unwrap_or_default();
        }
        if self.own_port.is_some() && is_own && !at.records.is_empty() {
            at.stale_seconds = self.stale(question, &at.records).await;
        }
        (at, failures)
    }

    async fn at_server(&self, zone: &Zone, server: SocketAddr, question: Question<'_>) -> Found {
        let texts = self.ask(server, question.name, RecordType::TXT).await?;
        match texts.referral.as_deref().filter(|_| self.own_port.is_some()) {
            // Somebody else holds that part.
            Some(part) if part != zone.name && is_within(part, &zone.name) => self.records(question).await,
            Some(_) => Err(QueryError::Lame),
            None => self.others(Some(server), question, texts).await,
        }
    }

    /// What those who find everything show of a name.
    async fn records(&self, question: Question<'_>) -> Found {
        let texts = self.resolve(question.name, RecordType::TXT).await?;
        self.others(None, question, texts).await
    }

    /// What a server shows of a name itself, beside what it said when it was asked for texts.
    async fn others(&self, server: Option<SocketAddr>, question: Question<'_>, texts: Answer) -> Found {
        let Question { name, kinds } = question;
        let (exists, mut records) = (texts.exists, texts.records);
        records.retain(|record| record.name == name);
        // Beside a CNAME there is nothing.
        if exists && !records.iter().any(|record| record.target().is_some()) {
            records.extend(self.ask_all(server, name, kinds).await?);
            records.retain(|record| record.name == name);
        }
        records.sort_by(|one, other| one.data.cmp(&other.data));
        records.dedup_by(|one, other| one.data == other.data);
        Ok(records)
    }

    /// For how long the system's resolver will still say something else. It is asked only where something is: else
    /// it would learn that there is nothing, and keep that.
    async fn stale(&self, question: Question<'_>, now: &[Record]) -> Option<u32> {
        let kept = self.records(question).await.ok()?;
        if comparable(&kept) == comparable(now) {
            return None;
        }
        kept.iter().map(|record| record.ttl).max()
    }
}

/// What most servers show, and those that show something else.
fn compared(zone: &Zone, found: Vec<Found>) -> AtName {
    let mut at = AtName::default();
    let good: Vec<(usize, &Vec<Record>)> =
        found.iter().enumerate().filter_map(|(server, found)| Some((server, found.as_ref().ok()?))).collect();
    let agreeing = |records: &[Record]| {
        good.iter().filter(|(_, others)| comparable(others) == comparable(records)).count()
    };
    // The first one among equals.
    let Some((_, most)) = good.iter().rev().max_by_key(|(_, records)| agreeing(records)) else {
        let trouble = found.iter().find_map(|found| found.as_ref().err());
        at.trouble = Some(trouble.map_or_else(
            || "no name server of the zone can be found".to_owned(),
            |trouble| format!("the zone's name server {trouble}"),
        ));
        return at;
    };
    for (server, records) in &good {
        if comparable(records) != comparable(most) {
            let name = zone.servers.get(*server).map(|server| server.told(None).name);
            at.disagreeing.push((name.unwrap_or_default(), (*records).clone()));
        }
    }
    at.records.clone_from(most);
    at
}

/// What all servers must show alike: addresses may be chosen by who asks, and a text may be split anywhere.
fn comparable(records: &[Record]) -> Vec<(&str, &str)> {
    let others = records.iter().filter(|record| !matches!(record.kind(), "A" | "AAAA"));
    others.map(|record| (record.kind(), record.value())).collect()
}
