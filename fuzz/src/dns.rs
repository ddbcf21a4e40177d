//! What strangers' zones hold: SPF and DMARC.

use dns_records::spf::{End, Spf, is_almost_spf, is_spf, merged};
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
