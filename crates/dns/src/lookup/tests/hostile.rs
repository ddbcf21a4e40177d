//! Name servers that lie, on loopback: what they send costs a question its two seconds, and nothing else.

use std::str::FromStr as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::{CNAME, TXT};
use hickory_proto::rr::{Name, RData};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::Instant;

use super::*;

/// What a server sends for a question, one datagram after the other.
type Datagrams = fn(&Message) -> Vec<Vec<u8>>;
/// What it sends when it is asked by TCP, length and all.
type Stream = fn(&Message) -> Vec<u8>;

async fn liar(by_udp: Datagrams, by_tcp: Stream) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((received, from)) = socket.recv_from(&mut buffer).await {
            for datagram in by_udp(&Message::from_vec(&buffer[..received]).unwrap()) {
                let _ = socket.send_to(&datagram, from).await;
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let length = stream.read_u16().await.unwrap();
            let mut buffer = vec![0; usize::from(length)];
            stream.read_exact(&mut buffer).await.unwrap();
            let _ = stream.write_all(&by_tcp(&Message::from_vec(&buffer).unwrap())).await;
        }
    });
    address
}

async fn asked(by_udp: Datagrams, by_tcp: Stream) -> Result<Answer, QueryError> {
    let server = liar(by_udp, by_tcp).await;
    Lookup::at(server).ask(server, "example.com", RecordType::TXT).await
}

fn reply(question: &Message, records: impl IntoIterator<Item = RData>) -> Message {
    let mut reply = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    reply.metadata.authoritative = true;
    reply.add_queries(question.queries.clone());
    let name = question.queries[0].name();
    reply.add_answers(
        records.into_iter().map(|data| hickory_proto::rr::Record::from_rdata(name.clone(), 300, data)),
    );
    reply
}

fn text(text: &str) -> RData {
    RData::TXT(TXT::new(
        text.as_bytes().chunks(255).map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect(),
    ))
}

fn changed(question: &Message, change: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut reply = reply(question, [text("false")]);
    change(&mut reply);
    reply.to_vec().unwrap()
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn truncated(question: &Message) -> Vec<Vec<u8>> {
    let mut reply = reply(question, []);
    reply.metadata.truncation = true;
    vec![reply.to_vec().unwrap()]
}

fn nothing(_: &Message) -> Vec<u8> {
    Vec::new()
}

/// Everything that is no answer to the question.
fn lies(question: &Message) -> Vec<Vec<u8>> {
    let name = |text: &str| Name::from_str(text).unwrap();
    // A name whose only label leads back to itself.
    let mut circle = question.to_vec().unwrap();
    circle[2] |= 0x80;
    circle.truncate(12);
    circle.extend([0xc0, 12, 0, 16, 0, 1]);
    let mut cut = changed(question, |_| {});
    cut.truncate(cut.len() - 3);
    vec![
        b"what?".to_vec(),
        Vec::new(),
        circle,
        cut,
        changed(question, |reply| reply.metadata.id = reply.metadata.id.wrapping_add(1)),
        changed(question, |reply| reply.metadata.message_type = MessageType::Query),
        changed(question, |reply| reply.queries = vec![Query::query(name("evil.example."), RecordType::TXT)]),
        changed(question, |reply| reply.queries = vec![Query::query(name("example.com."), RecordType::A)]),
        changed(question, |reply| reply.queries.clear()),
    ]
}

#[tokio::test]
async fn what_is_no_answer_is_waited_through() {
    let start = Instant::now();
    let (only_lies, then_the_truth, shorter, silent, lying) = tokio::join!(
        asked(lies, nothing),
        asked(
            |question| [lies(question), vec![reply(question, [text("true")]).to_vec().unwrap()]].concat(),
            nothing
        ),
        // It says how much is to come, and leaves.
        asked(truncated, |_| vec![0xff, 0xff, 1, 2, 3]),
        asked(truncated, nothing),
        asked(truncated, |question| framed(&lies(question)[6])),
    );
    assert_eq!(only_lies.unwrap_err(), QueryError::Late);
    assert_eq!(then_the_truth.unwrap().records[0].value(), "true");
    assert_eq!(shorter.unwrap_err(), QueryError::Unreachable(std::io::ErrorKind::UnexpectedEof));
    assert_eq!(silent.unwrap_err(), QueryError::Unreachable(std::io::ErrorKind::UnexpectedEof));
    assert_eq!(lying.unwrap_err(), QueryError::Garbled);
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn an_answer_may_be_long_and_not_endless() {
    let long =
        asked(truncated, |question| framed(&reply(question, [text(&"x".repeat(60_000))]).to_vec().unwrap()))
            .await;
    assert_eq!(long.unwrap().records[0].value().len(), 60_000);
    let many = asked(truncated, |question| {
        let records = (0..4_000).map(|n| text(&n.to_string()[..1]));
        framed(&reply(question, records).to_vec().unwrap())
    });
    assert_eq!(many.await.unwrap_err(), QueryError::TooMany);
}

static HOPS: AtomicUsize = AtomicUsize::new(0);

/// Each name leads to the next.
fn onwards(_: &Message) -> RData {
    let hop = HOPS.fetch_add(1, Ordering::Relaxed) + 1;
    RData::CNAME(CNAME(Name::from_str(&format!("hop{hop}.example.com.")).unwrap()))
}

#[tokio::test]
async fn a_chain_that_does_not_end_is_left() {
    let server = liar(|question| vec![reply(question, [onwards(question)]).to_vec().unwrap()], nothing).await;
    assert_eq!(Lookup::at(server).texts("example.com").await, Ok(Vec::new()));
    assert_eq!(HOPS.load(Ordering::Relaxed), MOST_HOPS);
    // Two names that lead to each other.
    let circle = "a.example.com CNAME b.example.com\nb.example.com CNAME a.example.com\n";
    let server = serve("127.0.0.1:0".parse().unwrap(), knows(circle)).await.unwrap();
    assert_eq!(Lookup::at(server).texts("a.example.com").await, Ok(Vec::new()));
}
