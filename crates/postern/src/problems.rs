//! Telling of problems that need a person: each beginning once, and each end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use control::watch::{Alarm, Raise};
use jiff::Timestamp;
use relay::Upstreams;
use relay::problems::{Clients, Code, Observer, Problem, problems};
use store::{RaisedAlarm, Store};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(60);

/// What it takes to look.
pub(crate) struct Lookout {
    pub(crate) store: Store,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) clock: Clock,
    pub(crate) raise: Raise,
}

impl Lookout {
    /// Looks until `shutdown`.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut told = self.remembered().await;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.clock.sleep(LOOK) => {}
            }
            let work = async {
                let news = self.look(&mut told).await;
                let is_new = !news.is_empty();
                for news in news {
                    self.tell(news).await;
                }
                if is_new {
                    self.remember(&told).await;
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = work => {}
            }
        }
    }

    /// What an earlier process told. Where that cannot be read, it is told again.
    async fn remembered(&self) -> Told {
        let alarms = self.store.raised_alarms().all().await;
        let alarms = alarms.unwrap_or_else(|error| {
            warn!(error = model::error_chain(&error), "the alarms that were raised before cannot be read");
            Vec::new()
        });
        Told::of(alarms)
    }

    async fn remember(&self, told: &Told) {
        if let Err(error) = self.store.raised_alarms().replace(told.alarms()).await {
            warn!(
                error = model::error_chain(&error),
                "raised alarms cannot be stored; a restart repeats them"
            );
        }
    }

    async fn look(&self, told: &mut Told) -> Vec<News> {
        let observer = Observer { store: &self.store, upstreams: &self.upstreams, clock: &self.clock };
        // What clients meet raises no alarm: wrong passwords are tried all day.
        match observer.observe(Clients::default(), control::verify::worst_of).await {
            Ok(observed) => {
                let now = self.clock.now();
                told.news(problems(&observed, now), now)
            }
            Err(error) => {
                warn!(error = model::error_chain(&error), "could not check for problems");
                Vec::new()
            }
        }
    }

    async fn tell(&self, news: News) {
        let directory = self.store.directory();
        let (problem, code, message) = match news {
            News::Began(problem) => {
                let (code, message) =
                    (problem.code.as_str().to_owned(), format!("{} {}", problem.message, problem.action));
                warn!(account = problem.account, code, "{}", problem.message);
                (problem, code, message)
            }
            News::Ended(problem) => {
                let code = format!("{}_ended", problem.code.as_str());
                info!(account = problem.account, code, "problem resolved");
                let message = format!("Resolved: {}", problem.message);
                (problem, code, message)
            }
        };
        let account = problem.account.and_then(|name| directory.account_named(&name).cloned());
        (self.raise)(Alarm { account, code, message }).await;
    }
}

/// What somebody is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
enum News {
    Began(Problem),
    Ended(Problem),
}

/// Problems whose beginning was told, as they were told, and those that were there at the last look.
#[derive(Default)]
struct Told(BTreeMap<Key, Problem>, BTreeSet<Key>);

/// Code, account and subject.
type Key = (&'static str, Option<String>, Option<String>);

fn key(problem: &Problem) -> Key {
    (problem.code.as_str(), problem.account.clone(), problem.subject.clone())
}

impl Told {
    /// Codes that this build does not know are left out.
    fn of(alarms: Vec<RaisedAlarm>) -> Self {
        let problem = |alarm: RaisedAlarm| {
            let RaisedAlarm { code, account, subject, since, message, action } = alarm;
            let code = code.parse().ok()?;
            Some(Problem { code, account, subject, since, message, action, alarm_at: None })
        };
        let told = alarms.into_iter().filter_map(problem).map(|problem| (key(&problem), problem));
        Self(told.collect(), BTreeSet::new())
    }

    fn alarms(&self) -> Vec<RaisedAlarm> {
        let alarm = |problem: &Problem| RaisedAlarm {
            code: problem.code.as_str().to_owned(),
            account: problem.account.clone(),
            subject: problem.subject.clone(),
            since: problem.since,
            message: problem.message.clone(),
            action: problem.action.clone(),
        };
        self.0.values().map(alarm).collect()
    }

    /// What is new among all problems of now.
    fn news(&mut self, problems: Vec<Problem>, now: Timestamp) -> Vec<News> {
        let current: Vec<Key> = problems.iter().map(key).collect();
        let over = self.0.extract_if(.., |told, _| !current.contains(told));
        let mut news: Vec<News> = over.map(|(_, problem)| News::Ended(problem)).collect();
        for problem in problems {
            // Where the clock has jumped, as after a suspension, mail seems to be old until it has had a minute to leave.
            let is_sure = problem.code != Code::QueueStuck || self.1.contains(&key(&problem));
            let is_due = is_sure && problem.alarm_at.is_some_and(|at| at <= now);
            if is_due && !self.0.contains_key(&key(&problem)) {
                self.0.insert(key(&problem), problem.clone());
                news.push(News::Began(problem));
            }
        }
        self.1 = current.into_iter().collect();
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_beginning_is_told_once_and_so_is_the_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let problem = |code, subject: &str, alarm_at| Problem {
            code,
            account: Some("contoso".into()),
            subject: Some(subject.into()),
            since: at(0),
            message: "m".into(),
            action: "a".into(),
            alarm_at,
        };
        let one = problem(Code::DomainNotLinked, "a.example", Some(at(0)));
        let other = problem(Code::DomainNotLinked, "b.example", Some(at(0)));
        let late = problem(Code::AzureFailing, "", Some(at(20)));
        let quiet = problem(Code::QuotaUsedUp, "", None);
        let mut told = Told::default();
        let all = vec![one.clone(), late.clone(), quiet.clone()];
        assert_eq!(told.news(all.clone(), at(10)), [News::Began(one.clone())]);
        assert_eq!(told.news(all.clone(), at(11)), []);
        let more = vec![one.clone(), other.clone(), late.clone()];
        assert_eq!(told.news(more, at(20)), [News::Began(other.clone()), News::Began(late.clone())]);
        assert_eq!(told.news(vec![other], at(30)), [News::Ended(late), News::Ended(one.clone())]);
        assert_eq!(told.news(vec![quiet], at(40)).len(), 1);
        let stuck = problem(Code::QueueStuck, "", Some(at(0)));
        assert_eq!(told.news(vec![stuck.clone()], at(41)), [], "a clock that jumped");
        assert_eq!(told.news(vec![stuck.clone()], at(42)), [News::Began(stuck.clone())]);
        assert_eq!(told.news(Vec::new(), at(43)), [News::Ended(stuck)]);
        assert_eq!(told.news(vec![one.clone()], at(50)), [News::Began(one.clone())], "it began again");
        let mut after_restart = Told::of(told.alarms());
        assert_eq!(after_restart.news(vec![one.clone()], at(60)), [], "a restart is no news");
        let ended = after_restart.news(Vec::new(), at(70));
        let [News::Ended(ended)] = &ended[..] else { panic!("{ended:?}") };
        assert_eq!((ended.code, &ended.message), (one.code, &one.message));
    }
}
