//! Records and kinds on the wire.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::rr::rdata::{A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record as WireRecord};

use crate::state::dns::Record;

/// Bytes in one string of a TXT record (RFC 1035 section 3.3).
const STRING: usize = 255;

/// A record for the wire; none if its value is not one of its kind.
pub(crate) fn record(record: &Record) -> Option<WireRecord> {
    let words: Vec<&str> = record.value.split_whitespace().collect();
    let data = match (record.kind.as_str(), &words[..]) {
        ("TXT", _) => text(&record.value),
        ("CNAME", [target]) => RData::CNAME(CNAME(name(target)?)),
        ("NS", [server]) => RData::NS(NS(name(server)?)),
        ("PTR", [target]) => RData::PTR(PTR(name(target)?)),
        ("A", [address]) => RData::A(A::from(address.parse::<Ipv4Addr>().ok()?)),
        ("AAAA", [address]) => RData::AAAA(AAAA::from(address.parse::<Ipv6Addr>().ok()?)),
        ("MX", [preference, host]) => RData::MX(MX::new(preference.parse().ok()?, name(host)?)),
        ("SRV", [priority, weight, port, target]) => RData::SRV(SRV::new(
            priority.parse().ok()?,
            weight.parse().ok()?,
            port.parse().ok()?,
            name(target)?,
        )),
        ("CAA", [flags, tag, value]) => issuer(flags, tag, value)?,
        ("SOA", [server, mail, serial, refresh, retry, expire, minimum]) => RData::SOA(SOA::new(
            name(server)?,
            name(mail)?,
            serial.parse().ok()?,
            refresh.parse().ok()?,
            retry.parse().ok()?,
            expire.parse().ok()?,
            minimum.parse().ok()?,
        )),
        _ => return None,
    };
    Some(WireRecord::from_rdata(name(&record.name)?, record.ttl, data))
}

/// Whether a record has a kind that is played, and a value of that kind.
pub(crate) fn has_wire_form(shown: &Record) -> bool {
    record(shown).is_some()
}

/// The value of a record from the wire, in the form of the twin's state.
pub(crate) fn value(data: &RData) -> String {
    let plain = |name: &Name| name.to_ascii().trim_end_matches('.').to_owned();
    match data {
        RData::TXT(text) => String::from_utf8_lossy(&text.txt_data.concat()).into_owned(),
        RData::CNAME(CNAME(target)) => plain(target),
        RData::NS(NS(server)) => plain(server),
        other => other.to_string(),
    }
}

/// A name in lower case and punycode, without a dot at the end; none if it is not one.
pub(crate) fn ascii_name(text: &str) -> Option<String> {
    let name = Name::from_utf8(text).or_else(|_| Name::from_ascii(text)).ok()?;
    let name = name.to_ascii().to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    let is_good = |c: char| c.is_ascii_alphanumeric() || "-_*".contains(c);
    let is_name = name.split('.').all(|label| !label.is_empty() && label.chars().all(is_good));
    is_name.then(|| name.to_owned())
}

fn text(value: &str) -> RData {
    let strings: Vec<&[u8]> = value.as_bytes().chunks(STRING).collect();
    RData::TXT(TXT::from_bytes(if strings.is_empty() { vec![b""] } else { strings }))
}

fn issuer(flags: &str, tag: &str, value: &str) -> Option<RData> {
    let (is_critical, value) = (flags != "0", value.trim_matches('"'));
    let issuer = if value == ";" { None } else { Some(name(value)?) };
    Some(RData::CAA(match tag {
        "issue" => CAA::new_issue(is_critical, issuer, Vec::new()),
        "issuewild" => CAA::new_issuewild(is_critical, issuer, Vec::new()),
        _ => return None,
    }))
}

fn name(text: &str) -> Option<Name> {
    let mut name = Name::from_ascii(text).ok()?;
    name.set_fqdn(true);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_kinds_are_put_on_the_wire() {
        for (kind, text) in [
            ("TXT", "v=spf1 -all"),
            ("CNAME", "selector1._domainkey.azurecomm.net"),
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("MX", "10 mail.example"),
            ("NS", "ns1.twin.example"),
            ("SRV", "1 2 443 host.example"),
            ("CAA", "0 issue \"ca.example\""),
            ("SOA", "ns1.twin.example hostmaster.zone.example 1 2 3 4 5"),
        ] {
            let wire = record(&Record::new(kind, "_a.zone.example", text)).unwrap();
            assert_eq!(wire.record_type().to_string(), kind);
            assert_eq!(wire.name.to_ascii(), "_a.zone.example.");
        }
        for (kind, text) in [("A", "mail.example"), ("MX", "mail.example"), ("HINFO", "a b")] {
            assert!(record(&Record::new(kind, "zone.example", text)).is_none(), "{kind} {text}");
        }
    }

    #[test]
    fn names_are_lower_case_and_punycode() {
        for (text, name) in [
            ("Bücher.Example.", Some("xn--bcher-kva.example")),
            ("_dmarc.fabrikam.example", Some("_dmarc.fabrikam.example")),
            ("*.fabrikam.example", Some("*.fabrikam.example")),
            ("a..b", None),
            ("a b.example", None),
            ("", None),
        ] {
            assert_eq!(ascii_name(text).as_deref(), name, "{text}");
        }
        assert_eq!(ascii_name(&format!("{}.example", "a".repeat(64))), None);
    }

    #[test]
    fn a_long_text_is_split_and_joined_again() {
        let long = "k".repeat(600);
        let wire = record(&Record::new("TXT", "zone.example", &long)).unwrap();
        let RData::TXT(text) = &wire.data else { unreachable!() };
        let lengths: Vec<usize> = text.txt_data.iter().map(|string| string.len()).collect();
        assert_eq!(lengths, [255, 255, 90]);
        assert_eq!(value(&wire.data), long);
    }
}
