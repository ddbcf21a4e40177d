//! Lookups against name servers on loopback.

mod hostile;
mod loopback;

use self::loopback::{Mind, serve};
use super::*;
use crate::actual::AtName;
use dns_records::spf::{Question, Reply};

/// A resolver that knows `more`, and two servers of the zone.
async fn internet(more: &str, first: Mind, second: Mind) -> Lookup {
    let world = "example.com SOA 900\nexample.com NS ns1.example.net\nexample.com NS ns2.example.net\n\
                 ns1.example.net A 127.0.0.2\nns2.example.net A 127.0.0.3\n";
    for _ in 0..20 {
        let known = Mind::Knows(format!("{world}{more}"));
        let resolver = serve("127.0.0.1:0".parse().unwrap(), known).await.unwrap();
        let at = |last| SocketAddr::from(([127, 0, 0, last], resolver.port()));
        // Somebody else may have the port there.
        if serve(at(2), first.clone()).await.is_some() && serve(at(3), second.clone()).await.is_some() {
            return Lookup::new(vec![resolver], Some(resolver.port()));
        }
    }
    panic!("no port is free at all of three addresses");
}

fn knows(lines: &str) -> Mind {
    Mind::Knows(lines.to_owned())
}

async fn actual(lookup: &Lookup, names: &[&str]) -> Actual {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    lookup.actual("Example.com.", &names).await.unwrap()
}

fn values(actual: &Actual, name: &str) -> Vec<String> {
    actual.at(name).records.iter().map(|record| format!("{} {}", record.kind(), record.value())).collect()
}

const ZONE: &str = "example.com TXT v=spf1 include:_spf.example.net mx -all\nexample.com MX mail.example.net\n\
                    example.com A 192.0.2.1\nkey.example.com CNAME key.example.net\n";

#[tokio::test]
async fn a_zones_own_servers_are_asked() {
    let more = "example.com TXT old\n_spf.example.net TXT v=spf1 a:gone.example.net -all\nexample.com MX mail.example.net\n\
                key.example.net TXT v=DKIM1\n";
    let lookup = internet(more, knows(ZONE), knows(ZONE)).await;
    let names = ["example.com", "key.example.com", "none.example.com", "_spf.example.net"];
    let actual = actual(&lookup, &names).await;
    assert_eq!(actual.zone.as_deref(), Some("example.com"));
    assert_eq!(actual.negative_ttl, 300);
    let servers: Vec<(&str, Option<&str>)> =
        actual.servers.iter().map(|server| (server.name.as_str(), server.trouble.as_deref())).collect();
    assert_eq!(servers, [("ns1.example.net", None), ("ns2.example.net", None)]);
    let spf = "TXT v=spf1 include:_spf.example.net mx -all";
    assert_eq!(values(&actual, "example.com"), [spf, "A 192.0.2.1", "MX 10 mail.example.net"]);
    assert_eq!(actual.at("example.com").stale_seconds, Some(300));
    assert_eq!(values(&actual, "key.example.com"), ["CNAME key.example.net"]);
    assert_eq!(actual.at("key.example.com").behind[0].value(), "v=DKIM1");
    assert_eq!(actual.at("none.example.com"), &AtName::default());
    assert!(!actual.names.contains_key("_spf.example.net"));
    assert_eq!(actual.spf[&Question::Address("gone.example.net".to_owned())], Reply::Nothing);
}

#[tokio::test]
async fn servers_that_disagree_or_are_silent_are_told() {
    let lookup = internet("", knows(ZONE), knows("example.com TXT old\n")).await;
    let at = actual(&lookup, &["example.com"]).await.at("example.com").clone();
    assert_eq!(at.disagreeing.len(), 1);
    assert_eq!((at.disagreeing[0].0.as_str(), at.disagreeing[0].1[0].value()), ("ns2.example.net", "old"));
    let trouble = |actual: &Actual| -> Vec<Option<String>> {
        actual.servers.iter().map(|server| server.trouble.clone()).collect()
    };
    let lookup = internet("", Mind::Sleeps, knows(ZONE)).await;
    let one = actual(&lookup, &["example.com", "key.example.com"]).await;
    assert_eq!(trouble(&one), [Some("did not answer in 2 seconds".to_owned()), None]);
    assert_eq!(one.at("example.com").records.len(), 3);
    let lookup = internet("", Mind::Refuses, Mind::Babbles).await;
    let none = actual(&lookup, &["example.com"]).await;
    let silent = Some("did not answer in 2 seconds".to_owned());
    assert_eq!(trouble(&none), [Some("refuses to answer".to_owned()), silent]);
    let why = none.at("example.com").trouble.clone();
    assert_eq!(why.as_deref(), Some("the zone's name server refuses to answer"));
}

#[tokio::test]
async fn one_server_can_stand_for_all() {
    let long = format!("example.com TXT {}", "long ".repeat(300));
    let zone = format!(
        "{ZONE}{long}\nexample.com SOA 60\nexample.com NS a.ns.cloudflare.com\n_spf.example.net TXT v=spf1 -all"
    );
    let server = serve("127.0.0.1:0".parse().unwrap(), knows(&zone)).await.unwrap();
    let actual = actual(&Lookup::at(server), &["example.com"]).await;
    assert_eq!((actual.provider, actual.negative_ttl), (Provider::Cloudflare, 60));
    assert_eq!(actual.servers[0].name, server.to_string());
    // What is too long for a datagram comes by TCP.
    assert!(values(&actual, "example.com").iter().any(|value| value.len() > 1400));
    assert!(actual.spf.contains_key(&Question::Record("_spf.example.net".to_owned())));
}

#[tokio::test]
async fn a_domain_that_nobody_holds_is_no_error_and_silence_is() {
    let nobody = serve("127.0.0.1:0".parse().unwrap(), knows("other.example SOA 60")).await.unwrap();
    assert_eq!(actual(&Lookup::at(nobody), &["example.com"]).await.zone, None);
    let refusing = serve("127.0.0.1:0".parse().unwrap(), Mind::Refuses).await.unwrap();
    assert_eq!(actual(&Lookup::at(refusing), &["example.com"]).await.zone, None);
    let asleep = serve("127.0.0.1:0".parse().unwrap(), Mind::Sleeps).await.unwrap();
    let error = Lookup::at(asleep).actual("example.com", &[]).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{asleep}, asked for example.com, did not answer in 2 seconds"));
    let error = Lookup::at(nobody).actual(" . ", &[]).await.unwrap_err();
    assert_eq!(error, DnsError::Name(String::new()));
    assert_eq!(
        Lookup::at(nobody).ask(nobody, &"a".repeat(70), RecordType::TXT).await.unwrap_err(),
        QueryError::Name
    );
}
