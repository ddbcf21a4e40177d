//! What strangers' zones hold: SPF, DMARC, records of any kind.

use dns_records::name::normal;
use dns_records::record::Record;
use dns_records::spf::{End, Spf, is_almost_spf, is_spf, merged};
use dns_records::text::Text;
use dns_records::{dmarc, spf};

const INCLUDE: &str = "spf.protection.outlook.com";

/// An SPF record, one to a line where there are several. What reads prints as it reads; a merge of good records is a
/// good record, and merging it again changes nothing.
pub fn spf(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(!(is_spf(text) && is_almost_spf(text)), "{text:?} is SPF and is not quite SPF");
    if let Ok(record) = Spf::read(text) {
        let printed = record.to_string();
        assert_eq!(Spf::read(&printed).as_ref(), Ok(&record), "{text:?} prints as {printed:?}");
        let _ = spf::lookups("example.com", &record, &spf::Seen::new());
    }
    let records: Vec<&str> = text.lines().take(4).collect();
    let are_good = !records.is_empty() && records.iter().all(|text| Spf::read(text).is_ok());
    for end in [End::Fail, End::AsItIs] {
        let merge = merged(&records, INCLUDE, end);
        if are_good && merge.invalid.is_empty() {
            let result = Spf::read(&merge.text).unwrap_or_else(|error| panic!("{records:?}: {error}"));
            assert!(result.includes(INCLUDE), "{} does not include {INCLUDE}", merge.text);
            assert_eq!(merged(&[&merge.text], INCLUDE, end).text, merge.text, "merging again changes it");
        }
    }
}

/// A DMARC record: what has a policy is one.
pub fn dmarc(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if dmarc::Policy::read(text).is_ok() {
        assert!(dmarc::is_dmarc(text), "{text:?} has a policy and is no DMARC record");
    }
}

/// A record as a provider gives it: name, kind and value, each on a line. What was read is written and read again.
pub fn dns_record(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, '\n');
    let (name, kind, value) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let record = Record::read(name, kind, value, 300);
    let written = record.text().map_or_else(|| record.value().to_owned(), |_| Text::read(value).quoted());
    let again = Record::read(&record.name, record.kind(), &written, 300);
    assert!(again.says_the_same(&record), "{record} is read again as {again}");
    let quoted = Text::of_strings(data.chunks(300).map(<[u8]>::to_vec).collect());
    assert!(quoted.quoted().is_ascii(), "a zone file is ASCII");
    assert!(Text::read(&quoted.quoted()).says_the_same(&quoted), "{quoted:?} is lost in a zone file");
    assert_eq!(normal(&record.name), record.name, "a normal name is not normal");
}
