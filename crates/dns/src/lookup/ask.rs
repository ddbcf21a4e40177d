//! One question, one server, one answer. Nothing is followed and nothing is kept.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};

use dns_records::name::normal;
use dns_records::record::{Data, Record};
use dns_records::text::Text;

/// What a server said.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// What stands in the answer, under whatever name.
    pub(super) records: Vec<Record>,
    /// Whether there is such a name.
    pub(super) exists: bool,
    /// Whom to ask instead, if it says so: the part that somebody else holds.
    pub(super) referral: Option<String>,
}

/// Why there is no answer: half a sentence that begins with a verb.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QueryError {
    #[error("did not answer in {} seconds", QUESTION.as_secs())]
    Late,
    #[error("cannot be reached ({0})")]
    Unreachable(std::io::ErrorKind),
    #[error("refuses to answer")]
    Refused,
    #[error("answers SERVFAIL: the name servers behind it do not answer, or signatures are wrong")]
    Failed,
    #[error("answers with an error ({0})")]
    Code(ResponseCode),
    #[error("sent something that is no answer")]
    Garbled,
    #[error("sent more than {MOST_RECORDS} records")]
    TooMany,
    #[error("does not hold the zone")]
    Lame,
    #[error("cannot be asked for such a name")]
    Name,
}

const QUESTION: Duration = Duration::from_secs(2);
/// Datagrams get lost.
const AGAIN: Duration = Duration::from_millis(800);
/// Nobody has more at one name.
const MOST_RECORDS: usize = 500;
/// What arrives in one piece whatever the path (RFC 9715).
const PAYLOAD_BYTES: u16 = 1232;

/// Asks one server. By TCP if the answer is too long for a datagram (RFC 7766 section 5).
pub(super) async fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Result<Answer, QueryError> {
    let deadline = Instant::now() + QUESTION;
    let mut question = question(name, kind)?;
    let work = async {
        let mut message = by_udp(server, &question).await?;
        if message.metadata.response_code == ResponseCode::FormErr {
            // Old servers do not know EDNS (RFC 6891 section 7).
            question.edns = None;
            message = by_udp(server, &question).await?;
        }
        if message.metadata.truncation { by_tcp(server, &question).await } else { Ok(message) }
    };
    let message = timeout_at(deadline, work).await.map_err(|_| QueryError::Late)??;
    read(&message)
}

fn question(name: &str, kind: RecordType) -> Result<Message, QueryError> {
    let name = Name::from_ascii(format!("{name}.")).map_err(|_| QueryError::Name)?;
    let mut message = Message::query();
    message.add_query(Query::query(name, kind));
    message.metadata.recursion_desired = true;
    let mut edns = Edns::new();
    edns.set_max_payload(PAYLOAD_BYTES);
    message.set_edns(edns);
    Ok(message)
}

async fn by_udp(server: SocketAddr, question: &Message) -> Result<Message, QueryError> {
    let here: SocketAddr =
        if server.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let bytes = question.to_vec().map_err(|_| QueryError::Name)?;
    let unreachable = |error: std::io::Error| QueryError::Unreachable(error.kind());
    let socket = UdpSocket::bind(here).await.map_err(unreachable)?;
    // Only datagrams from there are received then.
    socket.connect(server).await.map_err(unreachable)?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        socket.send(&bytes).await.map_err(unreachable)?;
        let again = Instant::now() + AGAIN;
        while let Ok(received) = timeout_at(again, socket.recv(&mut buffer)).await {
            let received = received.map_err(unreachable)?;
            // What does not belong to the question may come from somebody who guesses.
            if let Some(message) = matching(&buffer[..received], question) {
                return Ok(message);
            }
        }
    }
}

async fn by_tcp(server: SocketAddr, question: &Message) -> Result<Message, QueryError> {
    let unreachable = |error: std::io::Error| QueryError::Unreachable(error.kind());
    let bytes = question.to_vec().map_err(|_| QueryError::Name)?;
    let length = u16::try_from(bytes.len()).map_err(|_| QueryError::Name)?;
    let mut stream = TcpStream::connect(server).await.map_err(unreachable)?;
    let framed = [&length.to_be_bytes()[..], &bytes].concat();
    stream.write_all(&framed).await.map_err(unreachable)?;
    let length = stream.read_u16().await.map_err(unreachable)?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await.map_err(unreachable)?;
    matching(&buffer, question).ok_or(QueryError::Garbled)
}

/// The answer in these bytes, if it is one to the question.
fn matching(bytes: &[u8], question: &Message) -> Option<Message> {
    let message = Message::from_vec(bytes).ok()?;
    let is_same = |(one, other): (&Query, &Query)| {
        one.name().eq_ignore_root(other.name()) && one.query_type() == other.query_type()
    };
    // Old servers that cannot read EDNS may repeat nothing of what they could not read.
    let is_whole = message.queries.len() == question.queries.len()
        || (message.metadata.response_code == ResponseCode::FormErr && message.queries.is_empty());
    let asked = is_whole && message.queries.iter().zip(&question.queries).all(is_same);
    let is_response = message.metadata.message_type == MessageType::Response;
    (is_response && message.metadata.id == question.metadata.id && asked).then_some(message)
}

fn read(message: &Message) -> Result<Answer, QueryError> {
    match message.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        ResponseCode::Refused | ResponseCode::NotAuth => return Err(QueryError::Refused),
        ResponseCode::ServFail => return Err(QueryError::Failed),
        code => return Err(QueryError::Code(code)),
    }
    if message.answers.len() > MOST_RECORDS {
        return Err(QueryError::TooMany);
    }
    let records = message.answers.iter().filter(|record| record.dns_class == DNSClass::IN);
    let exists = message.metadata.response_code == ResponseCode::NoError;
    let has_soa = message.authorities.iter().any(|record| record.record_type() == RecordType::SOA);
    let is_final = message.metadata.authoritative || !message.answers.is_empty() || has_soa || !exists;
    let delegation = message.authorities.iter().find(|record| record.record_type() == RecordType::NS);
    let referral = delegation.filter(|_| !is_final).map(|record| normal(&record.name.to_ascii()));
    Ok(Answer { records: records.filter_map(record).collect(), exists, referral })
}

fn record(wire: &hickory_proto::rr::Record) -> Option<Record> {
    let name = wire.name.to_ascii();
    let (kind, value) = match &wire.data {
        RData::TXT(text) => {
            let strings = text.txt_data.iter().map(|string| string.to_vec()).collect();
            let data = Data::Txt(Text::of_strings(strings));
            return Some(Record { name: normal(&name), data, ttl: wire.ttl });
        }
        RData::CNAME(target) => return Some(Record::cname(&name, &target.to_ascii(), wire.ttl)),
        RData::A(address) => ("A", address.to_string()),
        RData::AAAA(address) => ("AAAA", address.to_string()),
        RData::MX(mail) => ("MX", format!("{} {}", mail.preference, mail.exchange.to_ascii())),
        RData::NS(server) => ("NS", server.to_ascii()),
        // All that anybody wants of it is how long it is kept that there is nothing (RFC 2308 section 5).
        RData::SOA(soa) => {
            let data = Data::Other { kind: "SOA".to_owned(), value: soa.minimum.min(wire.ttl).to_string() };
            return Some(Record { name: normal(&name), data, ttl: wire.ttl });
        }
        _ => return None,
    };
    Some(Record::read(&name, kind, &value, wire.ttl))
}
