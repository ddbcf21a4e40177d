//! Adding an include to the SPF record that a domain has.

use super::{Mechanism, Qualifier, Spf, Term, VERSION};

/// How a merged record may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In `-all`: Azure verifies only that.
    Fail,
    /// As it does, unless it invites everybody: Azure has verified the domain.
    AsItIs,
}

/// An SPF record that permits what there was and one include more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// The record. The one that was there, word for word, if nothing had to be changed.
    pub text: String,
    /// What is different, in sentences.
    pub changes: Vec<String>,
    /// What somebody should look at, in sentences.
    pub warnings: Vec<String>,
    /// What is wrong with what was there, in sentences. It was left as it is, so that the record is of no use
    /// before somebody has corrected it.
    pub invalid: Vec<String>,
    /// The end that was there, if it was `~all` or `?all`. [`with_end`] restores it.
    pub end_before: Option<String>,
}

/// Answers by UDP should stay below 512 bytes (RFC 7208 section 3.4), and others share this one.
const LONG_BYTES: usize = 450;

/// Merges all SPF records of a domain into one that includes `include` and ends as `end` allows. Without any it is a
/// new one, which ends in `-all`. Done again, it changes nothing; the order of `existing` makes no difference, because
/// name servers answer in any.
#[must_use]
pub fn merged(existing: &[&str], include: &str, end: End) -> Merge {
    let mut merge = Merge::default();
    let mut existing = existing.to_vec();
    existing.sort_by_cached_key(|text| (is_alone(text, include), text.to_lowercase()));
    let records: Vec<Vec<Word<'_>>> = existing.iter().map(|text| words(text, &mut merge)).collect();
    if records.len() > 1 {
        let message =
            "There may be one SPF record only (RFC 7208 section 3.2): all that were there become one.";
        merge.changes.push(message.to_owned());
    }
    let mut kept: Vec<String> = Vec::new();
    for (number, record) in records.iter().enumerate() {
        for word in without_ends(record, &mut merge) {
            // Within a record even what is there twice stays.
            let is_there = number > 0 && kept.iter().any(|other| other.eq_ignore_ascii_case(&word));
            // Two explanations would make the record an error (RFC 7208 section 6).
            let is_second = is_explanation(&word) && kept.iter().any(|other| is_explanation(other));
            if is_second && number > 0 && !is_there {
                merge.changes.push(format!("{word} is left out: there may be one explanation only."));
            } else if !is_there {
                kept.push(word);
            }
        }
    }
    add_include(&mut kept, include, &mut merge);
    let last = make_end(&records, end, &mut merge);
    if records.is_empty() {
        // Of what is new nothing is different.
        merge.changes.clear();
    }
    if let ([existing], true) = (existing.as_slice(), merge.changes.is_empty()) {
        merge.text = (*existing).to_owned();
    } else {
        let words = kept.iter().map(String::as_str);
        let words = std::iter::once(VERSION).chain(words).chain(last.as_deref());
        merge.text = words.collect::<Vec<_>>().join(" ");
    }
    if merge.text.len() > LONG_BYTES {
        merge.warnings.push(format!(
            "The record has {} bytes. Above {LONG_BYTES} some receivers cannot read it: take out what is not used \
             any more.",
            merge.text.len()
        ));
    }
    merge
}

/// The record with the end that it had before, for the time after Azure has verified it.
#[must_use]
pub fn with_end(text: &str, end_before: &str) -> String {
    match text.rsplit_once(' ') {
        Some((rest, end)) if end.eq_ignore_ascii_case("-all") => format!("{rest} {end_before}"),
        _ => text.to_owned(),
    }
}

/// Whether a record permits Azure alone, as the one does that Postern writes where there is none.
fn is_alone(text: &str, include: &str) -> bool {
    let Ok(record) = Spf::read(text) else { return false };
    let wanted = Mechanism::Include(include.to_owned());
    record.terms.iter().all(|term| term.is_all() || term.mechanism() == Some(&wanted))
}

/// A word, and what it means if that is understood.
struct Word<'a> {
    text: &'a str,
    term: Option<Term>,
}

fn words<'a>(record: &'a str, merge: &mut Merge) -> Vec<Word<'a>> {
    if let Err(error) = Spf::read(record) {
        merge
            .invalid
            .push(format!("Receivers cannot use the record that is there: {error}. Mend that first."));
    }
    let mut pieces = record.split_ascii_whitespace().peekable();
    pieces.next_if(|first| first.eq_ignore_ascii_case(VERSION));
    pieces.map(|text| Word { text, term: Term::read(text).ok() }).collect()
}

impl Word<'_> {
    fn is_all(&self) -> bool {
        self.term.as_ref().is_some_and(Term::is_all)
    }

    fn redirect(&self) -> Option<&str> {
        self.term.as_ref()?.redirect()
    }
}

/// The words of a record without `all` and `redirect=`, of which neither can stay.
fn without_ends(record: &[Word<'_>], merge: &mut Merge) -> Vec<String> {
    let all_at = record.iter().position(Word::is_all);
    let mut kept = Vec::new();
    for (at, word) in record.iter().enumerate() {
        let is_dead = all_at.is_some_and(|all_at| at > all_at);
        if let Some(target) = word.redirect() {
            if all_at.is_some() {
                merge.changes.push(format!("{} is left out: beside all it never counted.", word.text));
            } else {
                merge.changes.push(format!(
                    "{} cannot stand beside all (RFC 7208 section 6.1): it becomes include:{target}, which permits \
                     the same senders.",
                    word.text
                ));
                kept.push(format!("include:{target}"));
            }
        } else if word.is_all() {
            if is_dead {
                merge.changes.push(format!("{} is left out: the first all decided already.", word.text));
            }
        } else {
            if is_dead && word.term.as_ref().is_none_or(|term| term.mechanism().is_some()) {
                merge
                    .changes
                    .push(format!("{} stood behind all, where nobody looks: it counts now.", word.text));
            }
            kept.push(word.text.to_owned());
        }
    }
    kept
}

fn is_explanation(word: &str) -> bool {
    Term::read(word).is_ok_and(|term| term.is_modifier("exp"))
}

fn add_include(kept: &mut Vec<String>, include: &str, merge: &mut Merge) {
    let wanted = Mechanism::Include(include.to_owned());
    let mut is_there = false;
    for word in kept.iter_mut() {
        let Some(term) = Term::read(word).ok().filter(|term| term.mechanism() == Some(&wanted)) else {
            continue;
        };
        is_there = true;
        if term.qualifier() != Some(Qualifier::Pass) {
            merge.changes.push(format!("{word} permits nothing: it becomes include:{include}."));
            *word = format!("include:{include}");
        }
    }
    if !is_there {
        merge.changes.push(format!("include:{include} is added: it permits Azure to send for the domain."));
        kept.push(format!("include:{include}"));
    }
}

/// The last word; none where there was no end and none is needed.
fn make_end(records: &[Vec<Word<'_>>], end: End, merge: &mut Merge) -> Option<String> {
    let ends: Vec<&Word<'_>> =
        records.iter().filter_map(|record| record.iter().find(|word| word.is_all())).collect();
    let with = |sign| move |word: &&&Word<'_>| word.term.as_ref().and_then(Term::qualifier) == Some(sign);
    let fail = || Some("-all".to_owned());
    let azure = "Azure verifies only that";
    if let Some(open) = ends.iter().find(with(Qualifier::Pass)) {
        merge.changes.push(format!("{} lets everybody send: it becomes -all.", open.text));
        return fail();
    }
    let soft =
        ends.iter().find(with(Qualifier::Neutral)).or_else(|| ends.iter().find(with(Qualifier::SoftFail)));
    let is_last = records.iter().all(|words| words.last().is_some_and(Word::is_all));
    if let Some(soft) = soft {
        merge.end_before = Some(soft.text.to_owned());
        if end == End::AsItIs {
            if merge.changes.is_empty() && !is_last {
                merge.changes.push(format!("{} becomes the last word: nobody looks behind it.", soft.text));
            }
            return merge.end_before.clone();
        }
        merge.changes.push(format!(
            "{} becomes -all: {azure}. Mail from servers that the record does not name is refused from now on.",
            soft.text
        ));
    } else if ends.is_empty() && !records.is_empty() {
        let has_redirect = records.iter().flatten().any(|word| word.redirect().is_some());
        if end == End::AsItIs && !has_redirect {
            return None;
        }
        merge.changes.push(format!(
            "-all is added at the end: {azure}. Mail from servers that the record does not name is refused from now \
             on."
        ));
    } else if merge.changes.is_empty() && !is_last && !records.is_empty() {
        merge.changes.push(format!("-all becomes the last word: {azure}."));
    }
    fail()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AZURE: &str = "spf.protection.outlook.com";

    #[test]
    fn records_are_merged() {
        for (existing, wanted, changes) in [
            (&[][..], "v=spf1 include:AZURE -all", 0),
            (&["v=spf1 include:AZURE -all"], "v=spf1 include:AZURE -all", 0),
            (&["V=spf1  Include:AZURE.  -ALL "], "V=spf1  Include:AZURE.  -ALL ", 0),
            (&["v=spf1 mx ~all"], "v=spf1 mx include:AZURE -all", 2),
            (&["v=spf1 mx"], "v=spf1 mx include:AZURE -all", 2),
            (&["v=spf1 ?include:AZURE +all"], "v=spf1 include:AZURE -all", 2),
            (&["v=spf1 redirect=_spf.a.example"], "v=spf1 include:_spf.a.example include:AZURE -all", 3),
            (&["v=spf1 include:AZURE -all redirect=a.example"], "v=spf1 include:AZURE -all", 1),
            (&["v=spf1 include:AZURE -all exp=a.example"], "v=spf1 include:AZURE exp=a.example -all", 1),
            (&["v=spf1 -all include:AZURE"], "v=spf1 include:AZURE -all", 1),
            (
                &["v=spf1 mx exp=a.example -all", "v=spf1 exp=b.example -all"],
                "v=spf1 exp=b.example mx include:AZURE -all",
                3,
            ),
            (&["v=spf1 mx mx -all", "v=spf1 MX a ?all"], "v=spf1 MX a include:AZURE -all", 3),
            (&["v=spf1 include:AZURE -all", "v=spf1 mx -all"], "v=spf1 mx include:AZURE -all", 1),
        ] {
            let existing: Vec<String> = existing.iter().map(|text| text.replace("AZURE", AZURE)).collect();
            let existing: Vec<&str> = existing.iter().map(String::as_str).collect();
            let merge = merged(&existing, AZURE, End::Fail);
            let turned: Vec<&str> = existing.iter().rev().copied().collect();
            assert_eq!(merged(&turned, AZURE, End::Fail), merge, "in any order");
            assert_eq!(merge.text, wanted.replace("AZURE", AZURE), "{existing:?}");
            assert_eq!(merge.changes.len(), changes, "{existing:?}: {:#?}", merge.changes);
        }
    }

    #[test]
    fn the_end_of_before_is_restored() {
        let merge = merged(&["v=spf1 mx ~all"], AZURE, End::Fail);
        let end_before = merge.end_before.unwrap();
        assert_eq!(with_end(&merge.text, &end_before), "v=spf1 mx include:spf.protection.outlook.com ~all");
        assert_eq!(merged(&["v=spf1 +all"], AZURE, End::Fail).end_before, None);
    }

    #[test]
    fn an_end_that_azure_has_verified_stays() {
        for (existing, wanted, changes) in [
            (&["v=spf1 mx include:AZURE ~all"][..], "v=spf1 mx include:AZURE ~all", 0),
            (&["v=spf1 include:AZURE ?all"], "v=spf1 include:AZURE ?all", 0),
            (&["v=spf1 include:AZURE"], "v=spf1 include:AZURE", 0),
            (&["v=spf1 mx ~all"], "v=spf1 mx include:AZURE ~all", 1),
            (&["v=spf1 include:AZURE ~all exp=a.example"], "v=spf1 include:AZURE exp=a.example ~all", 1),
            (&["v=spf1 include:AZURE +all"], "v=spf1 include:AZURE -all", 1),
            (&["v=spf1 mx ~all", "v=spf1 include:AZURE -all"], "v=spf1 mx include:AZURE ~all", 1),
            (&[], "v=spf1 include:AZURE -all", 0),
        ] {
            let existing: Vec<String> = existing.iter().map(|text| text.replace("AZURE", AZURE)).collect();
            let existing: Vec<&str> = existing.iter().map(String::as_str).collect();
            let merge = merged(&existing, AZURE, End::AsItIs);
            assert_eq!(merge.text, wanted.replace("AZURE", AZURE), "{existing:?}");
            assert_eq!(merge.changes.len(), changes, "{existing:?}: {:#?}", merge.changes);
        }
    }

    #[test]
    fn what_is_not_understood_stays_and_is_told() {
        let merge = merged(&["v=spf1 ipv4:192.0.2.1 -all"], AZURE, End::Fail);
        assert_eq!(merge.text, "v=spf1 ipv4:192.0.2.1 include:spf.protection.outlook.com -all");
        assert_eq!(
            merge.invalid,
            [
                "Receivers cannot use the record that is there: \"ipv4:192.0.2.1\" is not understood: it is written \
              ip4. Mend that first."
            ]
        );
        let long = format!("v=spf1 {}-all", "ip4:192.0.2.111 ".repeat(30));
        assert_eq!(merged(&[&long], AZURE, End::Fail).warnings.len(), 1);
    }

    proptest! {
        #[test]
        fn merging_loses_nothing_and_is_done_once(
            records in proptest::collection::vec(crate::spf::term::tests::record(), 0..3)
        ) {
            let records: Vec<&str> = records.iter().map(String::as_str).collect();
            let merge = merged(&records, AZURE, End::Fail);
            let again = merged(&[&merge.text], AZURE, End::Fail);
            prop_assert_eq!(&again.text, &merge.text);
            prop_assert_eq!(again.changes, Vec::<String>::new());
            let result = Spf::read(&merge.text).unwrap();
            prop_assert!(result.includes(AZURE) && merge.text.ends_with(" -all"));
            let kept = merged(&records, AZURE, End::AsItIs);
            let again = merged(&[&kept.text], AZURE, End::AsItIs);
            prop_assert_eq!((&again.text, again.changes), (&kept.text, Vec::<String>::new()));
            for word in records.iter().flat_map(|record| record.split(' ').skip(1)) {
                let term = Term::read(word).unwrap();
                let is_kept = result.terms.iter().any(|other| other.to_string().eq_ignore_ascii_case(word));
                let may_go = term.is_all() || term.redirect().is_some() || term.is_modifier("exp");
                prop_assert!(is_kept || may_go, "{} is lost", word);
            }
        }
    }
}
