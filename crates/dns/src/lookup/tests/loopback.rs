//! A name server on loopback: an answer is looked up in lines.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr as _;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, MX, NS, SOA, TXT};
use hickory_proto::rr::{Name, RData};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

use dns_records::name::normal;

/// What a server says.
#[derive(Clone)]
pub(super) enum Mind {
    /// Records, `name kind value` in lines.
    Knows(String),
    /// Nothing at all.
    Sleeps,
    Refuses,
    /// Bytes that are no message.
    Babbles,
}

/// A server at an address; `0` is any port.
pub(super) async fn serve(address: SocketAddr, mind: Mind) -> Option<SocketAddr> {
    let socket = UdpSocket::bind(address).await.ok()?;
    let address = socket.local_addr().unwrap();
    let listener = TcpListener::bind(address).await.ok()?;
    let of_tcp = mind.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((received, from)) = socket.recv_from(&mut buffer).await {
            let Some(reply) = mind.reply(&buffer[..received], 512) else { continue };
            socket.send_to(&reply, from).await.unwrap();
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let length = stream.read_u16().await.unwrap();
            let mut buffer = vec![0; usize::from(length)];
            stream.read_exact(&mut buffer).await.unwrap();
            let Some(reply) = of_tcp.reply(&buffer, 65_535) else { continue };
            stream.write_u16(u16::try_from(reply.len()).unwrap()).await.unwrap();
            stream.write_all(&reply).await.unwrap();
        }
    });
    Some(address)
}

impl Mind {
    fn reply(&self, bytes: &[u8], most: usize) -> Option<Vec<u8>> {
        let asked = Message::from_vec(bytes).unwrap();
        let mut reply = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
        reply.metadata.authoritative = true;
        reply.add_queries(asked.queries.clone());
        match self {
            Self::Sleeps => return None,
            Self::Babbles => return Some(b"what?".to_vec()),
            Self::Refuses => reply.metadata.response_code = ResponseCode::Refused,
            Self::Knows(lines) => answer(lines, &asked.queries[0], &mut reply),
        }
        let bytes = reply.to_vec().unwrap();
        if bytes.len() <= most {
            return Some(bytes);
        }
        reply.answers.clear();
        reply.metadata.truncation = true;
        Some(reply.to_vec().unwrap())
    }
}

fn answer(lines: &str, asked: &Query, reply: &mut Message) {
    let mut name = normal(&asked.name().to_ascii());
    for _ in 0..4 {
        let here = lines.lines().map(|line| line.trim().splitn(3, ' ').collect::<Vec<_>>());
        let here: Vec<Vec<&str>> = here.filter(|words| words[0] == name).collect();
        let wanted = |words: &&Vec<&str>| words[1] == asked.query_type().to_string() || words[1] == "CNAME";
        let found: Vec<&Vec<&str>> = here.iter().filter(wanted).collect();
        for words in &found {
            reply.add_answer(wire(words));
        }
        if here.is_empty() && !lines.contains(&format!(".{name} ")) && reply.answers.is_empty() {
            reply.metadata.response_code = ResponseCode::NXDomain;
        }
        match found.first().filter(|words| words[1] == "CNAME") {
            Some(words) => name = words[2].to_owned(),
            None => break,
        }
    }
    if reply.answers.is_empty() {
        reply.add_authority(wire(&["example.com", "SOA", "900"]));
    }
}

fn wire(words: &[&str]) -> hickory_proto::rr::Record {
    let name = |text: &str| Name::from_str(&format!("{text}.")).unwrap();
    let value = words[2];
    let data = match words[1] {
        "TXT" => {
            let pieces = value.as_bytes().chunks(255).map(|piece| String::from_utf8(piece.to_vec()).unwrap());
            RData::TXT(TXT::new(pieces.collect()))
        }
        "CNAME" => RData::CNAME(CNAME(name(value))),
        "A" => RData::A(A(Ipv4Addr::from_str(value).unwrap())),
        "NS" => RData::NS(NS(name(value))),
        "MX" => RData::MX(MX::new(10, name(value))),
        "SOA" => RData::SOA(SOA::new(name("ns1.example.net"), name("a"), 1, 1, 1, 1, value.parse().unwrap())),
        other => panic!("{other} is no kind"),
    };
    hickory_proto::rr::Record::from_rdata(name(words[0]), 300, data)
}
