//! What an authoritative name server says about a name (RFC 1034 section 4.3.2), without a wire.

use jiff::Timestamp;

use super::super::State;
use super::{Record, Zone, is_within};

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether there is such a name.
    pub code: Code,
    /// The records, after the aliases that led to them.
    pub records: Vec<Record>,
    /// What stands in place of records: the SOA of the zone that does not have them.
    pub soa: Option<Record>,
}

/// Whether there is such a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// There is, though perhaps without such records.
    NoError,
    /// There is none.
    NxDomain,
    /// It is in nobody's zone here.
    Refused,
}

/// Aliases followed one after the other.
const ALIASES: usize = 8;
/// What a proxied name leads to.
const PROXIES: [&str; 2] = ["104.21.32.1", "172.67.144.1"];
const PROXIES_6: [&str; 2] = ["2606:4700:3030::6815:2001", "2606:4700:3031::ac43:9001"];
/// Seconds for which a proxy's address may be remembered, and whatever has no TTL of its own.
const PROXY_TTL: u32 = 300;
const AUTOMATIC: u32 = 1;

/// What the twin's zones say about a name, counting what was written until `seen`. `ANY` stands for all kinds.
#[must_use]
pub fn answer(state: &State, name: &str, kind: &str, seen: Timestamp) -> Answer {
    let mut records: Vec<Record> = Vec::new();
    let mut name = name.trim_end_matches('.').to_ascii_lowercase();
    for _ in 0..ALIASES {
        let made_up;
        let zone = match state.zone_of(&name) {
            Some(zone) => zone,
            None => match State::zone_of_name_servers(&name) {
                Some(zone) => {
                    made_up = zone;
                    &made_up
                }
                // The resolver has to follow the alias elsewhere.
                None if records.is_empty() => return Answer { code: Code::Refused, records, soa: None },
                None => return Answer { code: Code::NoError, records, soa: None },
            },
        };
        let minimum = state.behaviour.negative_ttl;
        let Some(there) = at_name(zone, &name, minimum, seen) else {
            return Answer { code: Code::NxDomain, records, soa: Some(zone.soa(minimum)) };
        };
        let alias = there.iter().find(|record| record.kind == "CNAME").map(|alias| alias.value.clone());
        if let Some(target) = alias.filter(|_| !["CNAME", "ANY"].contains(&kind)) {
            records.extend(there.into_iter().filter(|record| record.kind == "CNAME"));
            name = target.trim_end_matches('.').to_ascii_lowercase();
            continue;
        }
        let found = records.len();
        records.extend(there.into_iter().filter(|record| record.kind == kind || kind == "ANY"));
        let soa = (records.len() == found).then(|| zone.soa(minimum));
        return Answer { code: Code::NoError, records, soa };
    }
    Answer { code: Code::NoError, records, soa: None }
}

/// What stands at a name of a zone, as it is shown: nothing at all, or no such name.
fn at_name(zone: &Zone, name: &str, minimum: u32, seen: Timestamp) -> Option<Vec<Record>> {
    let visible: Vec<&Record> =
        zone.records.iter().filter(|record| record.since.is_none_or(|since| since <= seen)).collect();
    let exact = |wanted: &str| -> Vec<Record> {
        let named = visible.iter().filter(|record| record.name.eq_ignore_ascii_case(wanted));
        named.flat_map(|record| shown(record)).collect()
    };
    let mut there = exact(name);
    if zone.name.eq_ignore_ascii_case(name) {
        there.retain(|record| !["SOA", "NS"].contains(&record.kind.as_str()));
        there.push(zone.soa(minimum));
        there.extend(zone.ns());
    } else if !visible.iter().any(|record| is_within(&record.name, name)) {
        // RFC 4592 section 3.3.1: the wildcard below the closest name that is there.
        let wild = exact(&wildcard(zone, &visible, name)).into_iter();
        there.extend(wild.map(|record| Record { name: name.to_owned(), ..record }));
        return (!there.is_empty()).then_some(there);
    }
    Some(there)
}

fn wildcard(zone: &Zone, visible: &[&Record], name: &str) -> String {
    let mut above = name;
    while let Some((_, rest)) = above.split_once('.') {
        above = rest;
        let is_there = above.eq_ignore_ascii_case(&zone.name)
            || visible.iter().any(|record| is_within(&record.name, above));
        if is_there {
            break;
        }
    }
    format!("*.{above}")
}

/// A record as it is answered: one that is proxied is its proxy's addresses.
fn shown(record: &Record) -> Vec<Record> {
    if !record.is_proxied {
        let ttl = if record.ttl == AUTOMATIC { PROXY_TTL } else { record.ttl };
        return vec![Record { ttl, ..record.clone() }];
    }
    let proxy = |kind: &str, value: &str| Record {
        kind: kind.to_owned(),
        value: value.to_owned(),
        ttl: PROXY_TTL,
        ..record.clone()
    };
    let four = PROXIES.into_iter().map(|value| proxy("A", value));
    four.chain(PROXIES_6.into_iter().map(|value| proxy("AAAA", value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let mut state = State::default();
        let proxied = |record: Record| Record { is_proxied: true, ..record };
        let records = vec![
            Record::new("TXT", "zone.example", "one"),
            Record::new("TXT", "zone.example", "two"),
            Record::new("CNAME", "alias.zone.example", "Deep.In.zone.example."),
            Record::new("A", "deep.in.zone.example", "192.0.2.1"),
            Record::new("CNAME", "out.zone.example", "elsewhere.example"),
            Record::new("CNAME", "loop.zone.example", "loop.zone.example"),
            Record::new("A", "*.wild.zone.example", "192.0.2.2"),
            proxied(Record::new("CNAME", "proxied.zone.example", "elsewhere.example")),
        ];
        state.zones.push(Zone { name: "zone.example".to_owned(), records, ..Zone::default() });
        state
    }

    fn says(name: &str, kind: &str) -> String {
        let answer = answer(&state(), name, kind, Timestamp::MAX);
        let values: Vec<String> =
            answer.records.iter().map(|record| format!("{} {}", record.kind, record.value)).collect();
        let soa = if answer.soa.is_some() { ", SOA" } else { "" };
        format!("{:?}: {}{soa}", answer.code, values.join(", "))
    }

    #[test]
    fn each_name_is_answered_as_its_zone_says() {
        let proxies = "A 104.21.32.1, A 172.67.144.1";
        for (name, kind, expected) in [
            ("ZONE.example.", "TXT", "NoError: TXT one, TXT two"),
            ("zone.example", "MX", "NoError: , SOA"),
            ("zone.example", "NS", "NoError: NS ns1.twin.example, NS ns2.twin.example"),
            ("ns2.twin.example", "A", "NoError: A 127.0.0.1"),
            ("in.zone.example", "A", "NoError: , SOA"),
            ("no.zone.example", "A", "NxDomain: , SOA"),
            ("alias.zone.example", "A", "NoError: CNAME Deep.In.zone.example., A 192.0.2.1"),
            ("alias.zone.example", "TXT", "NoError: CNAME Deep.In.zone.example., SOA"),
            ("alias.zone.example", "CNAME", "NoError: CNAME Deep.In.zone.example."),
            ("out.zone.example", "TXT", "NoError: CNAME elsewhere.example"),
            ("any.wild.zone.example", "A", "NoError: A 192.0.2.2"),
            ("proxied.zone.example", "CNAME", "NoError: , SOA"),
            ("proxied.zone.example", "A", &format!("NoError: {proxies}")),
            ("elsewhere.example", "A", "Refused: "),
            ("notzone.example", "A", "Refused: "),
        ] {
            assert_eq!(says(name, kind), expected, "{kind} {name}");
        }
        assert!(says("loop.zone.example", "A").starts_with("NoError: CNAME"));
    }

    #[test]
    fn what_is_written_later_is_not_seen() {
        let mut state = state();
        let later = Timestamp::from_second(100).unwrap();
        state.zones[0].records[0].since = Some(later);
        let count = |seen| answer(&state, "zone.example", "TXT", seen).records.len();
        assert_eq!((count(Timestamp::UNIX_EPOCH), count(later)), (1, 2));
    }
}
