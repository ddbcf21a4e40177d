//! What Microsoft asks of somebody who wants a higher quota, answered from our own records. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::quota::Allowance;

/// What is known of an account's mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaFacts {
    pub subscription: String,
    /// The communication service; empty where none is chosen.
    pub service: String,
    pub quota: Option<Allowance>,
    /// The domains of the senders, and since when Postern knows them.
    pub domains: BTreeMap<String, Timestamp>,
    pub volume: Volume,
    pub sample: MailSample,
    /// How often Azure answered 429 lately.
    pub refused: u64,
}

/// Requests to Azure by time, retries included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// When the first hour began that is known.
    pub since: Option<Timestamp>,
    pub total: u64,
    pub busiest_hour: Option<Busiest>,
    /// A day in UTC.
    pub busiest_day: Option<Busiest>,
    /// On average, of the days from the first that is known on.
    pub a_day: u64,
}

/// An hour or a day with as many requests as no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busiest {
    pub at: Timestamp,
    pub count: u64,
}

/// What the newest messages are like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailSample {
    pub messages: u64,
    /// When the oldest of them was accepted.
    pub since: Option<Timestamp>,
    pub busiest_minute: u64,
    pub largest_bytes: u64,
    pub recipients: u64,
    pub most_recipients: u64,
    /// Messages by lane.
    pub lanes: BTreeMap<String, u64>,
    /// Messages by the author's domain.
    pub domains: BTreeMap<String, u64>,
    /// Recipients by their state.
    pub outcomes: BTreeMap<String, u64>,
}

const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;

impl Volume {
    /// From the requests of hours that are numbered since 1970.
    #[must_use]
    pub fn of_hours(hours: &BTreeMap<i64, u64>, now: Timestamp) -> Self {
        let mut days = BTreeMap::<i64, u64>::new();
        for (hour, count) in hours {
            *days.entry(hour.div_euclid(24)).or_default() += count;
        }
        let Some((first, _)) = hours.first_key_value() else { return Self::default() };
        let total: u64 = hours.values().sum();
        let since = start(*first, HOUR_SECONDS);
        let known = now.duration_since(since).as_secs().max(DAY_SECONDS) / DAY_SECONDS;
        Self {
            since: Some(since),
            total,
            busiest_hour: busiest(hours, HOUR_SECONDS),
            busiest_day: busiest(&days, DAY_SECONDS),
            a_day: total / u64::try_from(known).unwrap_or(1).max(1),
        }
    }
}

fn busiest(counts: &BTreeMap<i64, u64>, seconds: i64) -> Option<Busiest> {
    let (number, count) = counts.iter().max_by_key(|(number, count)| (**count, **number))?;
    Some(Busiest { at: start(*number, seconds), count: *count })
}

fn start(number: i64, seconds: i64) -> Timestamp {
    Timestamp::from_second(number.saturating_mul(seconds)).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl MailSample {
    /// Recipients of one of these states.
    fn of(&self, states: &[&str]) -> u64 {
        states.iter().filter_map(|state| self.outcomes.get(*state)).sum()
    }

    /// Recipients whom mail did not reach.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.of(&["failed", "bounced", "undelivered", "quarantined", "filtered_spam", "suppressed"])
    }

    /// Recipients of whom it is known what became of them.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.failed() + self.of(&["sent", "delivered", "expanded"])
    }

    /// Whether Azure reported any delivery.
    #[must_use]
    pub fn has_reports(&self) -> bool {
        self.of(&["delivered", "expanded", "bounced", "undelivered", "quarantined", "filtered_spam"]) > 0
    }
}

impl QuotaFacts {
    /// The answers, as text to paste. What only the sender knows is in brackets.
    #[must_use]
    pub fn text(&self, now: Timestamp) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name}: {value}");
        };
        line("Company and web site", "[NAME, URL]".to_owned());
        line("Subscription", self.subscription.clone());
        line("Communication service", self.service.clone());
        line("Sender domains", self.domains(now));
        line("Present quota", self.quota.map_or_else(|| "unknown".to_owned(), say));
        line("Quota wanted", "[MINUTE] a minute, [HOUR] an hour, [DAY] a day".to_owned());
        line("Volume", self.volume());
        line("Refused because of the quota (429)", format!("{} times recently", self.refused));
        line("Kind of mail", format!("[TRANSACTIONAL, MARKETING]{}", self.lanes()));
        line("Failure rate", self.failures());
        line("Complaints", "[FROM YOUR MAILBOXES AND FEEDBACK LOOPS; Azure reports none]".to_owned());
        line("Largest message", size(self.sample.largest_bytes));
        line("Recipients of a message", self.recipients());
        line("Origin of the addresses", "[HOW PEOPLE SUBSCRIBE OR BECOME CUSTOMERS]".to_owned());
        line(
            "Bounces",
            "Postern reports each failure to the sender (RFC 3464) and keeps it with the recipient for 30 days; Azure's \
             suppression lists are honoured. [WHO REMOVES ADDRESSES]"
                .to_owned(),
        );
        line("Unsubscribing", "[LIST-UNSUBSCRIBE, LINK IN THE MAIL, HOW FAST]".to_owned());
        text
    }

    fn domains(&self, now: Timestamp) -> String {
        let name = |(name, since): (&String, &Timestamp)| {
            let days = now.duration_since(*since).as_secs() / DAY_SECONDS;
            format!("{name} (used through Postern since {}, {days} days)", since.strftime("%F"))
        };
        let names: Vec<String> = self.domains.iter().map(name).collect();
        if names.is_empty() { "none yet".to_owned() } else { names.join(", ") }
    }

    fn volume(&self) -> String {
        let Volume { since: Some(since), total, busiest_hour, busiest_day, a_day } = &self.volume else {
            return "nothing was sent yet".to_owned();
        };
        let hour = busiest_hour
            .map(|one| format!("{} in the hour from {}", one.count, one.at.strftime("%F %H:%M UTC")));
        let day = busiest_day.map(|one| format!("{} on {}", one.count, one.at.strftime("%F")));
        format!(
            "{total} requests since {}: {a_day} a day on average; at most {}, {}, and {} messages submitted in one minute",
            since.strftime("%F"),
            day.unwrap_or_default(),
            hour.unwrap_or_default(),
            self.sample.busiest_minute,
        )
    }

    fn lanes(&self) -> String {
        let of = |(lane, count): (&String, &u64)| format!("{} {lane}", percent(*count, self.sample.messages));
        let lanes: Vec<String> = self.sample.lanes.iter().map(of).collect();
        if lanes.is_empty() { String::new() } else { format!("; {}", lanes.join(", ")) }
    }

    fn failures(&self) -> String {
        let sample = &self.sample;
        let (failed, decided) = (sample.failed(), sample.decided());
        if decided == 0 {
            return "nothing is known yet".to_owned();
        }
        let suppressed = sample.of(&["suppressed"]);
        let source = if sample.has_reports() {
            "by Azure's delivery reports"
        } else {
            "as far as Azure's answers show; without delivery reports bounces are not among them: see Insights of the \
             communication service"
        };
        format!(
            "{} ({failed} of {decided} recipients of the last {} messages, {suppressed} of them suppressed), {source}",
            percent(failed, decided),
            sample.messages,
        )
    }

    fn recipients(&self) -> String {
        let MailSample { recipients, messages, most_recipients, .. } = self.sample;
        if messages == 0 {
            return "nothing is known yet".to_owned();
        }
        let tenths = recipients * 10 / messages;
        format!("{}.{} on average, {most_recipients} at most", tenths / 10, tenths % 10)
    }
}

/// An allowance, as people say it.
fn say(Allowance { per_minute, per_hour, per_day }: Allowance) -> String {
    let day = per_day.map(|day| format!(", {day} a day")).unwrap_or_default();
    format!("{per_minute} a minute, {per_hour} an hour{day}")
}

/// A part in hundredths of a percent.
fn percent(part: u64, whole: u64) -> String {
    let part = part.saturating_mul(10_000) / whole.max(1);
    format!("{}.{:02} %", part / 100, part % 100)
}

fn size(bytes: u64) -> String {
    match bytes {
        ..0x0010_0000 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        _ => format!("{}.{} MiB", bytes >> 20, (bytes >> 10) % 1_024 * 10 / 1_024),
    }
}

/// Hours of requests that are looked at.
pub const HOURS_KNOWN: SignedDuration = SignedDuration::from_hours(90 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn hours_make_days_and_the_busiest_of_them() {
        let first = at(0).as_second() / 3_600;
        let hours = BTreeMap::from([(first, 10), (first + 20, 100), (first + 44, 99), (first + 46, 2)]);
        let volume = Volume::of_hours(&hours, at(3 * 86_400));
        assert_eq!((volume.since, volume.total, volume.a_day), (Some(at(0)), 211, 70));
        assert_eq!(volume.busiest_hour, Some(Busiest { at: at(72_000), count: 100 }));
        assert_eq!(volume.busiest_day.unwrap().count, 101, "{volume:?}");
        assert_eq!(Volume::of_hours(&BTreeMap::new(), at(0)), Volume::default());
    }

    #[test]
    fn the_text_has_figures_where_there_are_any_and_brackets_elsewhere() {
        let outcomes =
            BTreeMap::from([("delivered".into(), 980), ("bounced".into(), 9), ("suppressed".into(), 1)]);
        let sample = MailSample {
            messages: 500,
            busiest_minute: 28,
            largest_bytes: (4 << 20) + (512 << 10),
            recipients: 990,
            most_recipients: 50,
            lanes: BTreeMap::from([("normal".into(), 400), ("urgent".into(), 100)]),
            outcomes,
            ..MailSample::default()
        };
        let facts = QuotaFacts {
            subscription: "s".into(),
            quota: Some(Allowance { per_minute: 30, per_hour: 100, per_day: None }),
            domains: BTreeMap::from([("contoso.example".into(), at(-40 * 86_400))]),
            volume: Volume::of_hours(&BTreeMap::from([(at(0).as_second() / 3_600, 10)]), at(0)),
            sample,
            refused: 3,
            ..QuotaFacts::default()
        };
        let text = facts.text(at(0));
        for piece in [
            "contoso.example (used through Postern since 2026-12-06, 40 days)",
            "Present quota: 30 a minute, 100 an hour",
            "10 requests since 2027-01-15: 10 a day on average; at most 10 on 2027-01-15, 10 in the hour from",
            "28 messages submitted in one minute",
            "80.00 % normal, 20.00 % urgent",
            "1.01 % (10 of 990 recipients of the last 500 messages, 1 of them suppressed), by Azure's delivery reports",
            "Largest message: 4.5 MiB",
            "1.9 on average, 50 at most",
            "Refused because of the quota (429): 3 times",
            "[MINUTE] a minute",
        ] {
            assert!(text.contains(piece), "{piece:?} is not in:\n{text}");
        }
        let nothing = QuotaFacts::default().text(at(0));
        for piece in
            ["Volume: nothing was sent yet", "Failure rate: nothing is known yet", "Sender domains: none yet"]
        {
            assert!(nothing.contains(piece), "{nothing}");
        }
    }
}
