//! What an endpoint's answer means, and when a request is tried again. Pure.

use std::time::Duration;

use clock::after;
use http_client::{ExchangeError, Reply, header};
use jiff::{SignedDuration, Timestamp};
use model::visible::visible;

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EndpointAnswer {
    Accepted,
    /// The endpoint wants nothing any more.
    Gone,
    /// It may accept the same request later.
    Later {
        /// How long it asks to be left alone.
        wait: Option<Duration>,
        words: String,
    },
    /// It does not want these events, whatever the time is.
    Rejected(String),
}

/// What happens after a try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Again(Timestamp),
    GiveUp,
}

/// A try that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailedTry {
    /// How often the request failed until now, this try included.
    pub(super) tries: u32,
    pub(super) first_at: Timestamp,
    pub(super) now: Timestamp,
    /// From 0 to 1.
    pub(super) chance: f64,
}

/// What is said with a rejection may be meant for now: it is asked a few times.
const REJECTIONS: u32 = 5;
/// A request is given up after so long.
pub(super) const GIVE_UP: SignedDuration = SignedDuration::from_hours(72);
/// Seconds from one try to the next; the last for all that follow.
const WAITS: [u64; 7] = [5, 30, 120, 300, 900, 1_800, 3_600];
/// A longer wait that an endpoint asks for is not kept.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// How much longer a wait may be, as a part of it: endpoints of many servers are not asked at once.
const JITTER: f64 = 0.2;
/// Characters of an answer that are shown.
const MOST: usize = 200;

/// Reads an answer. What is unknown is temporary: it may be the endpoint's or that of somebody in front of it.
pub(super) fn read(answered: &Result<Reply, ExchangeError>) -> EndpointAnswer {
    let reply = match answered {
        Ok(reply) => reply,
        Err(error) => return EndpointAnswer::Later { wait: None, words: model::error_chain(error) },
    };
    let words = words(reply);
    match reply.status.as_u16() {
        200..=299 => EndpointAnswer::Accepted,
        410 => EndpointAnswer::Gone,
        400 | 406 | 409 | 413 | 415 | 422 | 431 => EndpointAnswer::Rejected(words),
        _ => EndpointAnswer::Later { wait: wait(reply), words },
    }
}

impl EndpointAnswer {
    /// What happens to the request.
    pub(super) fn then(&self, failed: FailedTry) -> Then {
        let FailedTry { tries, first_at, now, chance } = failed;
        let is_over = match self {
            Self::Rejected(_) => tries >= REJECTIONS,
            Self::Accepted | Self::Gone | Self::Later { .. } => now.duration_since(first_at) >= GIVE_UP,
        };
        if is_over {
            return Then::GiveUp;
        }
        let asked = match self {
            Self::Later { wait: Some(wait), .. } => (*wait).min(LONGEST),
            _ => Duration::ZERO,
        };
        Then::Again(after(now, pause(tries, chance).max(asked)))
    }

    /// The answer in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Accepted => "accepted".to_owned(),
            Self::Gone => "it answered 410".to_owned(),
            Self::Later { words, .. } | Self::Rejected(words) => words.clone(),
        }
    }
}

/// How long nothing is sent after so many failures in a row.
pub(super) fn pause(failures: u32, chance: f64) -> Duration {
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    let wait = Duration::from_secs(WAITS[step]);
    wait + wait.mul_f64(chance.clamp(0.0, 1.0) * JITTER)
}

/// The seconds of Retry-After. Its other form, a date, is that of another clock.
fn wait(reply: &Reply) -> Option<Duration> {
    let seconds = reply.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn words(reply: &Reply) -> String {
    let status = reply.status;
    let place = reply.headers.get(header::LOCATION).and_then(|place| place.to_str().ok());
    if let Some(place) = place.filter(|_| status.is_redirection()) {
        return format!(
            "it answered {}: it is at {}, and redirects are not followed",
            status.as_u16(),
            shown(place)
        );
    }
    let text = shown(&String::from_utf8_lossy(&reply.body));
    if text.is_empty() {
        return format!("it answered {}", status.as_u16());
    }
    format!("it answered {}: {text}", status.as_u16())
}

fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    visible(&line).chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use http_client::StatusCode;
    use http_client::header::HeaderMap;

    use super::*;

    fn reply(status: u16, fields: &[(header::HeaderName, &str)], body: &str) -> Result<Reply, ExchangeError> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        Ok(Reply { host: "h".to_owned(), status, headers, body: body.as_bytes().to_vec() })
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3_600).unwrap()
    }

    fn failed(tries: u32, hours: i64) -> FailedTry {
        FailedTry { tries, first_at: at(0), now: at(hours), chance: 0.0 }
    }

    #[test]
    fn statuses_are_accepted_rejected_gone_or_of_now() {
        for status in [200, 201, 202, 204] {
            assert_eq!(read(&reply(status, &[], "ignored")), EndpointAnswer::Accepted, "{status}");
        }
        assert_eq!(read(&reply(410, &[], "")), EndpointAnswer::Gone);
        for status in [400, 413, 422] {
            let words = format!("it answered {status}: no such field");
            assert_eq!(read(&reply(status, &[], "no such\r\n field")), EndpointAnswer::Rejected(words));
        }
        for status in [301, 401, 403, 404, 405, 408, 425, 429, 500, 502, 503, 504, 599] {
            let words = format!("it answered {status}");
            assert_eq!(read(&reply(status, &[], "")), EndpointAnswer::Later { wait: None, words });
        }
        let moved = read(&reply(308, &[(header::LOCATION, "http://10.0.0.1/")], "see there"));
        assert!(moved.words().contains("http://10.0.0.1/, and redirects are not followed"), "{moved:?}");
        let busy = read(&reply(429, &[(header::RETRY_AFTER, "90")], ""));
        assert!(matches!(busy, EndpointAnswer::Later { wait: Some(wait), .. } if wait.as_secs() == 90));
        let long = read(&reply(500, &[], &"\u{1b}[31m".repeat(9_000))).words();
        assert!(long.len() < 300 && !long.contains('\u{1b}'), "{long}");
    }

    #[test]
    fn waits_grow_to_an_hour_and_what_was_asked_for_is_kept() {
        let later = |wait| EndpointAnswer::Later { wait, words: String::new() };
        let seconds = |answer: &EndpointAnswer, tries| match answer.then(failed(tries, 0)) {
            Then::Again(at) => at.as_second() - 1_800_000_000,
            Then::GiveUp => -1,
        };
        let waits: Vec<i64> = (1..9).map(|tries| seconds(&later(None), tries)).collect();
        assert_eq!(waits, [5, 30, 120, 300, 900, 1_800, 3_600, 3_600]);
        assert_eq!(seconds(&later(Some(Duration::from_secs(90))), 1), 90);
        assert_eq!(seconds(&later(Some(Duration::from_secs(1))), 3), 120);
        assert_eq!(seconds(&later(Some(Duration::MAX)), 1), 24 * 3_600);
        assert_eq!(pause(1, 1.0), Duration::from_secs(6));
        assert_eq!(pause(u32::MAX, f64::INFINITY), Duration::from_secs(4_320));
    }

    #[test]
    fn a_request_is_given_up_after_three_days_and_a_rejected_one_after_five_tries() {
        let later = EndpointAnswer::Later { wait: None, words: String::new() };
        assert!(matches!(later.then(failed(90, 71)), Then::Again(_)));
        assert_eq!(later.then(failed(90, 72)), Then::GiveUp);
        let rejected = EndpointAnswer::Rejected(String::new());
        assert!(matches!(rejected.then(failed(4, 0)), Then::Again(_)));
        assert_eq!(rejected.then(failed(5, 0)), Then::GiveUp);
    }
}
