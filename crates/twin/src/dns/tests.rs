//! The name server over real sockets, and verifications that ask it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_util::sync::CancellationToken;

use super::{Sockets, verify_what_is_due};
use crate::backend::Backend;
use crate::faults::{Effect, InjectedFault, Operation};
use crate::rehearsal::Rehearsal;
use crate::resolver::Resolver;
use crate::state::dns::judge::{Question, Seen};
use crate::state::dns::{DKIM, Record, Zone};
use crate::state::{IN_PROGRESS, Part, Verification};

async fn serve(backend: &Arc<Backend>) -> SocketAddr {
    let sockets = Sockets::bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
    let address = sockets.address();
    tokio::spawn(sockets.serve(Arc::clone(backend), CancellationToken::new()));
    address
}

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    message.add_query(Query::query(name, kind));
    message.to_vec().unwrap()
}

async fn by_udp(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.send_to(&question(name, kind), server).await.unwrap();
    let mut bytes = [0; 4_096];
    let length = socket.recv(&mut bytes).await.unwrap();
    Message::from_vec(&bytes[..length]).unwrap()
}

async fn by_tcp(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let asked = question(name, kind);
    stream.write_u16(u16::try_from(asked.len()).unwrap()).await.unwrap();
    stream.write_all(&asked).await.unwrap();
    let mut bytes = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut bytes).await.unwrap();
    Message::from_vec(&bytes).unwrap()
}

/// The zone of the domain that is verified below.
fn zone(rehearsal: &Rehearsal, change: impl FnOnce(&mut Zone)) {
    rehearsal.backend.change_state(|state| {
        let zone = state.zones.iter_mut().find(|zone| zone.name == "contoso.example");
        change(zone.unwrap());
    });
}

#[tokio::test]
async fn both_protocols_answer_with_authority() {
    let rehearsal = Rehearsal::begin();
    let server = serve(&rehearsal.backend).await;
    let udp = by_udp(server, "Contoso.Example", RecordType::TXT).await;
    let tcp = by_tcp(server, "contoso.example", RecordType::TXT).await;
    assert!(udp.metadata.authoritative && tcp.metadata.authoritative);
    assert_eq!((udp.answers.len(), tcp.answers.len()), (2, 2));
    let alias = by_udp(server, "selector1-azurecomm-prod-net._domainkey.contoso.example", RecordType::A);
    assert_eq!(alias.await.answers[0].record_type(), RecordType::CNAME);
    let missing = by_udp(server, "no.contoso.example", RecordType::A).await;
    assert_eq!(missing.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(missing.authorities[0].record_type(), RecordType::SOA);
    let nothing = by_tcp(server, "contoso.example", RecordType::MX).await;
    assert_eq!(nothing.metadata.response_code, ResponseCode::NoError);
    assert_eq!((nothing.answers.len(), nothing.authorities.len()), (0, 1));
    let refused = by_udp(server, "elsewhere.invalid", RecordType::A).await;
    assert_eq!(refused.metadata.response_code, ResponseCode::Refused);
}

#[tokio::test]
async fn what_is_too_long_for_a_datagram_comes_by_tcp() {
    let rehearsal = Rehearsal::begin();
    zone(&rehearsal, |zone| zone.records.push(Record::new("TXT", &zone.name, &"k".repeat(900))));
    let server = serve(&rehearsal.backend).await;
    assert!(by_udp(server, "contoso.example", RecordType::TXT).await.metadata.truncation);
    assert_eq!(by_tcp(server, "contoso.example", RecordType::TXT).await.answers.len(), 3);
    // As real clients do it.
    let resolver = Resolver::new(server).unwrap();
    let asked = Question { name: "contoso.example".to_owned(), kind: "TXT" };
    let Seen::Records(found) = resolver.look_up(&asked).await else { panic!("nothing") };
    assert!(found.iter().any(|(_, value)| value.len() == 900));
}

#[tokio::test]
async fn a_server_that_fails_says_so() {
    let rehearsal = Rehearsal::begin();
    let server = serve(&rehearsal.backend).await;
    arm(&rehearsal.backend, failure());
    let failed = by_udp(server, "contoso.example", RecordType::TXT).await;
    assert_eq!(failed.metadata.response_code, ResponseCode::ServFail);
    let well = by_udp(server, "contoso.example", RecordType::TXT).await;
    assert_eq!(well.metadata.response_code, ResponseCode::NoError);
}

fn arm(backend: &Backend, effect: Effect) {
    backend.arm(InjectedFault { operation: Operation::Dns, effect, times: Some(1), one_in: None });
}

fn failure() -> Effect {
    Effect::Answer { status: 500, code: String::new(), message: String::new(), retry_after: None }
}

/// Begins one part and lets it be judged; gives the status and why it failed.
async fn verify(rehearsal: &Rehearsal, part: Part) -> (String, String) {
    let now = rehearsal.backend.now();
    rehearsal.backend.change_state(|state| {
        let domain = state.domains.iter_mut().find(|one| one.name == "contoso.example").unwrap();
        domain.verification = Verification::done();
        domain.verification.set(part, IN_PROGRESS, None, Some(now));
    });
    verify_what_is_due(&rehearsal.backend, now).await;
    let state = rehearsal.backend.state();
    let domain = state.domains.iter().find(|one| one.name == "contoso.example").unwrap();
    let progress = domain.verification.of(part);
    (progress.status, progress.error.unwrap_or_default())
}

/// What is done to the zone, which part is verified, and why it fails.
type Case = (fn(&mut Zone), Part, &'static str);

fn remove(zone: &mut Zone, words: &str) {
    zone.records.retain(|record| !record.value.starts_with(words));
}

fn replace(zone: &mut Zone, words: &str, value: &str) {
    for record in zone.records.iter_mut().filter(|record| record.value.starts_with(words)) {
        value.clone_into(&mut record.value);
    }
}

fn alias(zone: &mut Zone) -> &mut Record {
    let first = DKIM[0].2;
    zone.records.iter_mut().find(|record| record.value == first).unwrap()
}

fn hide(zone: &mut Zone) {
    zone.records.retain(|record| record.name != "contoso.example");
    zone.records.push(Record::new("CNAME", "contoso.example", "elsewhere.example"));
}

const CASES: [Case; 14] = [
    (|_| {}, Part::Domain, ""),
    (|zone| remove(zone, "ms-domain"), Part::Domain, "DomainVerificationRecordNotFound"),
    (
        |zone| replace(zone, "ms-domain", "ms-domain-verification=x"),
        Part::Domain,
        "DomainVerificationRecordMismatch",
    ),
    (hide, Part::Domain, "DomainVerificationRecordHiddenByCname"),
    (hide, Part::Spf, "SpfRecordHiddenByCname"),
    (|zone| remove(zone, "v=spf1"), Part::Spf, "SpfRecordNotFound"),
    (
        |zone| zone.records.push(Record::new("TXT", "contoso.example", "v=spf1 -all")),
        Part::Spf,
        "MultipleSpfRecords",
    ),
    (
        |zone| replace(zone, "v=spf1", "v=spf1 include:spf.protection.outlook.com ~all"),
        Part::Spf,
        "SpfRecordNotStrict",
    ),
    (|zone| replace(zone, "v=spf1", "v=spf1 mx -all"), Part::Spf, "SpfRecordWithoutInclude"),
    (|zone| alias(zone).is_proxied = true, Part::Dkim, "DkimRecordProxied"),
    (|zone| alias(zone).value = DKIM[1].2.to_owned(), Part::Dkim, "DkimRecordMismatch"),
    (|zone| remove(zone, "selector2"), Part::Dkim2, "DkimRecordNotFound"),
    (
        |zone| {
            let other = Record { value: "elsewhere.example".to_owned(), ..alias(zone).clone() };
            zone.records.push(other);
        },
        Part::Dkim,
        "MultipleDkimRecords",
    ),
    (|zone| remove(zone, "v=DMARC1"), Part::Dmarc, "DmarcRecordNotFound"),
];

async fn judge_all(rehearsal: &Rehearsal, zones: &Rehearsal) {
    for (change, part, word) in CASES {
        let before = zones.backend.state().zones.clone();
        zone(zones, change);
        let status = if word.is_empty() { "Verified" } else { "VerificationFailed" };
        assert_eq!(verify(rehearsal, part).await, (status.to_owned(), word.to_owned()));
        zones.backend.change_state(|state| state.zones = before);
    }
}

#[tokio::test]
async fn verification_believes_the_twins_own_zones() {
    let rehearsal = Rehearsal::begin();
    judge_all(&rehearsal, &rehearsal).await;
}

#[tokio::test]
async fn verification_asks_a_resolver_if_there_is_one() {
    let zones = Rehearsal::begin();
    let rehearsal = Rehearsal::asking(Some(serve(&zones.backend).await));
    rehearsal.backend.change_state(|state| state.zones.clear());
    judge_all(&rehearsal, &zones).await;
    // For ever, because resolvers ask twice.
    zones.backend.arm(InjectedFault {
        operation: Operation::Dns,
        effect: failure(),
        times: None,
        one_in: None,
    });
    assert_eq!(verify(&rehearsal, Part::Spf).await.1, "DnsServerFailure");
}

#[tokio::test]
async fn a_failing_server_and_a_silent_one_have_words_of_their_own() {
    let rehearsal = Rehearsal::begin();
    arm(&rehearsal.backend, Effect::Hang);
    assert_eq!(verify(&rehearsal, Part::Spf).await.1, "DnsTimeout");
    arm(&rehearsal.backend, failure());
    assert_eq!(verify(&rehearsal, Part::Dkim).await.1, "DnsServerFailure");
    assert_eq!(verify(&rehearsal, Part::Dkim).await.0, "Verified");
}

#[tokio::test]
async fn what_was_just_written_is_seen_after_a_while() {
    let rehearsal = Rehearsal::begin();
    let now: Timestamp = rehearsal.backend.now();
    rehearsal.backend.change_state(|state| state.behaviour.dns_seconds = 600);
    zone(&rehearsal, |zone| alias(zone).since = Some(now));
    rehearsal.backend.advance(SignedDuration::from_secs(599));
    assert_eq!(verify(&rehearsal, Part::Dkim).await.1, "DkimRecordNotFound");
    rehearsal.backend.advance(SignedDuration::from_secs(1));
    assert_eq!(verify(&rehearsal, Part::Dkim).await.0, "Verified");
}
