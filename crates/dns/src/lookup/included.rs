//! Following SPF records, as far as it is worth: 20 look-ups and 5 seconds.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_proto::rr::RecordType;
use tokio::time::{Instant, timeout_at};

use super::Lookup;
use super::ask::QueryError;
use dns_records::spf::{self, Question, Reply, Seen, Spf};

const MOST: usize = 20;
const LONGEST: Duration = Duration::from_secs(5);

impl Lookup {
    /// What the SPF records of a domain and of `others` lead to. What is not answered is not seen.
    pub(super) async fn included(&self, domain: &str, others: &[String]) -> Seen {
        let deadline = Instant::now() + LONGEST;
        let mut seen = Seen::new();
        let mut asked: BTreeSet<Question> = BTreeSet::new();
        let first = std::iter::once(domain).chain(others.iter().map(String::as_str));
        let mut next: Vec<Question> = first.map(|name| Question::Record(name.to_owned())).collect();
        while !next.is_empty() && asked.len() < MOST {
            next.truncate(MOST - asked.len());
            asked.extend(next.iter().cloned());
            let answers = join_all(next.iter().map(|question| self.answer(question)));
            let Ok(answers) = timeout_at(deadline, answers).await else { break };
            seen.extend(
                next.into_iter().zip(answers).filter_map(|(question, answer)| Some((question, answer.ok()?))),
            );
            next = unseen(domain, others, &seen);
            next.retain(|question| !asked.contains(question));
        }
        seen
    }

    async fn answer(&self, question: &Question) -> Result<Reply, QueryError> {
        let is_there = match question {
            Question::Record(name) => {
                let texts = self.texts(name).await?;
                let mut records =
                    texts.iter().filter_map(|record| record.text()).filter(|text| spf::is_spf(text));
                return Ok(match (records.next(), records.next()) {
                    (Some(record), None) => Reply::Record(record.to_owned()),
                    (None, _) if texts.is_empty() => Reply::Nothing,
                    _ => Reply::NoRecord,
                });
            }
            Question::Address(name) => {
                let records = self.ask_all(None, name, &[RecordType::A, RecordType::AAAA]).await?;
                records.iter().any(|record| matches!(record.kind(), "A" | "AAAA"))
            }
            Question::Mail(name) => {
                let records = self.ask_all(None, name, &[RecordType::MX]).await?;
                records.iter().any(|record| record.kind() == "MX")
            }
        };
        Ok(if is_there { Reply::Found } else { Reply::Nothing })
    }
}

/// What has to be looked up next.
fn unseen(domain: &str, others: &[String], seen: &Seen) -> Vec<Question> {
    let mut unseen = Vec::new();
    for name in std::iter::once(domain).chain(others.iter().map(String::as_str)) {
        if let Some(Reply::Record(text)) = seen.get(&Question::Record(name.to_owned()))
            && let Ok(record) = Spf::read(text)
        {
            unseen.extend(spf::lookups(name, &record, seen).unseen);
        }
    }
    unseen.sort_unstable();
    unseen.dedup();
    unseen
}
