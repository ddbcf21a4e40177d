//! What a verification makes of what DNS says.
//!
//! A part of a domain asks [`Question`]s. What came back is [`Seen`], from the twin's own zones or from a
//! resolver; [`State::conclude`] judges it.

use jiff::Timestamp;

use super::super::{Domain, FAILED, IN_PROGRESS, Part, State, VERIFIED};
use super::{DKIM, SPF_INCLUDE};

/// What a verification asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// A full name.
    pub name: String,
    /// `TXT` and others.
    pub kind: &'static str,
}

/// What it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Kinds and values, aliases included; none where there is nothing.
    Records(Vec<(String, String)>),
    /// A server says that it failed.
    Failed,
    Unanswered,
}

/// A part that is to be judged now, and what it has to ask first.
#[derive(Clone, Debug)]
pub struct Due {
    /// ARM id of the domain.
    pub domain: String,
    pub part: Part,
    /// Nothing when it was cancelled.
    pub questions: Vec<Question>,
}

impl State {
    /// The parts that are to be judged by then, ownership first.
    #[must_use]
    pub fn due_verifications(&self, now: Timestamp) -> Vec<Due> {
        let mut all = Vec::new();
        for domain in &self.domains {
            all.extend(domain.verification.due(now).map(|part| {
                let asks = domain.verification.of(part).status == IN_PROGRESS;
                let questions = if asks { questions(domain, part) } else { Vec::new() };
                Due { domain: domain.resource_id(), part, questions }
            }));
        }
        all
    }

    /// What the twin's own zones say to a question, as slowly as DNS is.
    #[must_use]
    pub fn look_up(&self, question: &Question, now: Timestamp) -> Seen {
        let wait = jiff::SignedDuration::from_secs(self.behaviour.dns_seconds);
        let seen = now.saturating_sub(wait).unwrap_or(Timestamp::MIN);
        let answer = super::answer::answer(self, &question.name, question.kind, seen);
        Seen::Records(answer.records.into_iter().map(|record| (record.kind, record.value)).collect())
    }

    /// Judges a part by what was seen, one [`Seen`] for each question. What was cancelled meanwhile is not begun.
    pub fn conclude(&mut self, due: &Due, seen: &[Seen]) {
        let Some(domain) = self.domain_at_mut(&due.domain) else { return };
        if domain.verification.of(due.part).due_at.is_none() {
            return;
        }
        let progress = domain.verification.of(due.part);
        let (status, error) = if progress.status == IN_PROGRESS {
            match (progress.doom, domain.judge(due.part, seen)) {
                (Some(word), _) => (FAILED, Some(word)),
                (None, Ok(())) => (VERIFIED, None),
                (None, Err(word)) => (FAILED, Some(word.to_owned())),
            }
        } else {
            ("NotStarted", None)
        };
        domain.verification.set(due.part, status, error, None);
    }
}

impl Domain {
    fn judge(&self, part: Part, seen: &[Seen]) -> Result<(), &'static str> {
        if part != Part::Domain && self.verification.of(Part::Domain).status != VERIFIED {
            return Err("DomainOwnershipNotVerified");
        }
        let mut found: Vec<&[(String, String)]> = Vec::new();
        for seen in seen {
            match seen {
                Seen::Records(records) => found.push(records),
                Seen::Failed => return Err("DnsServerFailure"),
                Seen::Unanswered => return Err("DnsTimeout"),
            }
        }
        let first = found.first().copied().unwrap_or_default();
        match part {
            Part::Domain => judge_ownership(first, &self.ownership_record()),
            Part::Spf => judge_spf(first),
            Part::Dkim | Part::Dkim2 => judge_dkim(part, first, found.get(1).copied().unwrap_or_default()),
            Part::Dmarc => judge_dmarc(first),
        }
    }
}

/// What a part has to ask.
fn questions(domain: &Domain, part: Part) -> Vec<Question> {
    let question = |name: String, kind| Question { name, kind };
    match part {
        Part::Domain | Part::Spf => vec![question(domain.name.clone(), "TXT")],
        Part::Dmarc => vec![question(format!("_dmarc.{}", domain.name), "TXT")],
        // An address in place of the alias tells a proxied record from one that is missing.
        Part::Dkim | Part::Dkim2 => DKIM
            .iter()
            .filter(|(which, _, _)| *which == part)
            .map(|(_, selector, _)| format!("{selector}.{}", domain.name))
            .flat_map(|name| [question(name.clone(), "CNAME"), question(name, "A")])
            .collect(),
    }
}

fn judge_ownership(seen: &[(String, String)], wanted: &str) -> Result<(), &'static str> {
    let texts = values(seen, "TXT");
    if texts.iter().any(|text| text == wanted) {
        Ok(())
    } else if texts.iter().any(|text| text.starts_with("ms-domain-verification=")) {
        Err("DomainVerificationRecordMismatch")
    } else if has(seen, "CNAME") {
        Err("DomainVerificationRecordHiddenByCname")
    } else {
        Err("DomainVerificationRecordNotFound")
    }
}

fn judge_spf(seen: &[(String, String)]) -> Result<(), &'static str> {
    let texts = values(seen, "TXT");
    let spf: Vec<&String> =
        texts.iter().filter(|text| text.to_ascii_lowercase().starts_with("v=spf1")).collect();
    match spf[..] {
        [] if has(seen, "CNAME") => Err("SpfRecordHiddenByCname"),
        [] => Err("SpfRecordNotFound"),
        [only] if !only.contains(SPF_INCLUDE) => Err("SpfRecordWithoutInclude"),
        [only] if !only.ends_with("-all") => Err("SpfRecordNotStrict"),
        [_] => Ok(()),
        _ => Err("MultipleSpfRecords"),
    }
}

fn judge_dkim(
    part: Part,
    seen: &[(String, String)],
    addresses: &[(String, String)],
) -> Result<(), &'static str> {
    let target = DKIM.iter().find(|(which, _, _)| *which == part).map_or("", |(_, _, target)| *target);
    match &values(seen, "CNAME")[..] {
        [] if has(addresses, "A") => Err("DkimRecordProxied"),
        [] => Err("DkimRecordNotFound"),
        [only] if only.trim_end_matches('.').eq_ignore_ascii_case(target) => Ok(()),
        [_] => Err("DkimRecordMismatch"),
        _ => Err("MultipleDkimRecords"),
    }
}

fn judge_dmarc(seen: &[(String, String)]) -> Result<(), &'static str> {
    let texts = values(seen, "TXT");
    match texts.iter().filter(|text| text.starts_with("v=DMARC1")).count() {
        0 => Err("DmarcRecordNotFound"),
        1 => Ok(()),
        _ => Err("MultipleDmarcRecords"),
    }
}

fn values(seen: &[(String, String)], kind: &str) -> Vec<String> {
    let wanted = seen.iter().filter(|(own, _)| own == kind);
    wanted.map(|(_, value)| value.trim().to_owned()).collect()
}

fn has(seen: &[(String, String)], kind: &str) -> bool {
    seen.iter().any(|(own, _)| own == kind)
}
