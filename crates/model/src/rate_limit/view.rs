//! A limit as it stands: what is used up, until when, and whether Azure asked for a pause. Pure.

use jiff::{SignedDuration, Timestamp};

use super::Limiter;
use super::pause::AskedFor;
use super::window::Window;

/// How a limit stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitView {
    /// The pause that Azure asked for and that no answer has ended yet.
    pub pause: Option<AskedFor>,
    /// The window that is used up; the one that frees a request last, where both are.
    pub full: Option<FullWindow>,
    /// The window that allows less than is configured since a 429; the longest, where there are several.
    pub lowered: Option<LoweredWindow>,
}

/// A window that allows less than is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoweredWindow {
    /// Its length in seconds.
    pub seconds: u32,
    /// Requests that it allows now.
    pub limit: u32,
    pub configured: u32,
    /// When Azure refused.
    pub since: Timestamp,
    /// When it allows all that is configured again, if Azure does not refuse before.
    pub until: Timestamp,
}

/// A window in which no request may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullWindow {
    /// Its length in seconds: 60, 3600 or 86400.
    pub seconds: u32,
    /// Requests that it allows.
    pub limit: u32,
    /// When the last request was counted that filled it.
    pub since: Timestamp,
    /// When one more may start; `None` if time alone does not bring that about.
    pub until: Option<Timestamp>,
}

impl Limiter {
    /// How the limit stands at `now`.
    pub fn view(&self, now: Timestamp) -> LimitView {
        let full = self.windows.iter().filter_map(|window| window.view(now));
        let full = full.max_by_key(|full| full.until.unwrap_or(Timestamp::MAX));
        let lowered = self.windows.iter().rev().find_map(|window| window.lowered_view(now));
        LimitView { pause: self.pause.asked_for(), full, lowered }
    }
}

impl Window {
    fn lowered_view(&self, now: Timestamp) -> Option<LoweredWindow> {
        let (lowered, limit) = (self.lowered?, self.limit_at(now));
        let until = lowered.ends_at(self.limit, self.seconds);
        let (seconds, configured, since) = (self.seconds, self.limit, lowered.at);
        (limit < configured).then_some(LoweredWindow { seconds, limit, configured, since, until })
    }

    /// Only ended requests count: what is under way frees itself within seconds.
    fn view(&self, now: Timestamp) -> Option<FullWindow> {
        let mut window = self.clone();
        if window.free(now) > 0 {
            return None;
        }
        let last = window.slots.back().map(|(slot, _)| slot * i64::from(window.slot_seconds));
        let since = last.and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(now);
        let until = window.room_at(now, 0);
        Some(FullWindow { seconds: window.seconds, limit: window.limit_at(now), since, until })
    }
}

impl LimitView {
    /// The same with all times moved, such as from the steady time to the time of day.
    #[must_use]
    pub fn moved(self, by: SignedDuration) -> Self {
        let moved = |time: Timestamp| time.saturating_add(by).unwrap_or(time);
        let pause = self.pause.map(|pause| AskedFor {
            since: moved(pause.since),
            until: moved(pause.until),
            asked_until: moved(pause.asked_until),
        });
        let full = self.full.map(|full| FullWindow {
            since: moved(full.since),
            until: full.until.map(moved),
            ..full
        });
        let lowered = self.lowered.map(|lowered| LoweredWindow {
            since: moved(lowered.since),
            until: moved(lowered.until),
            ..lowered
        });
        Self { pause, full, lowered }
    }
}
