//! The pause that Azure asks for with a 429, and the one request that ends it. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// No pause is longer: a server that asks for more is asked again after it, by one request.
pub const LONGEST: Duration = Duration::from_secs(3_600);

/// Whether requests may start, as far as Azure's last word goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pause {
    #[default]
    Over,
    /// None may before `until`; then one may, and its answer decides.
    Asked { pause: AskedFor, trial: Trial },
}

/// A pause that Azure asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedFor {
    /// When it began.
    pub since: Timestamp,
    /// When the next request may start.
    pub until: Timestamp,
    /// Until when Azure asked for it; later than `until` if that is longer than a pause may be.
    pub asked_until: Timestamp,
}

/// The request that shows whether the pause is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// It has not begun.
    Due,
    /// It is under way.
    UnderWay,
}

/// How many requests may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Starts {
    /// None before then.
    NoneBefore(Timestamp),
    /// None before one that is under way has ended.
    NoneYet,
    One,
    /// As many as the windows allow.
    Any,
}

impl AskedFor {
    /// A pause of `wait` from `now`, cut to [`LONGEST`].
    pub fn new(now: Timestamp, wait: Duration) -> Self {
        let after = |wait: Duration| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        Self { since: now, until: after(wait.min(LONGEST)), asked_until: after(wait) }
    }
}

impl Pause {
    pub(super) fn starts(self, now: Timestamp, under_way: u32) -> Starts {
        match self {
            Self::Over => Starts::Any,
            Self::Asked { pause, .. } if now < pause.until => Starts::NoneBefore(pause.until),
            Self::Asked { trial: Trial::Due, .. } if under_way == 0 => Starts::One,
            Self::Asked { .. } => Starts::NoneYet,
        }
    }

    /// Azure asks for a pause. One that is under way is not shortened, and began when it began.
    pub(super) fn ask(&mut self, asked: AskedFor) {
        let pause = match *self {
            Self::Over => asked,
            Self::Asked { pause, .. } => AskedFor {
                since: pause.since,
                until: pause.until.max(asked.until),
                asked_until: pause.asked_until.max(asked.asked_until),
            },
        };
        *self = Self::Asked { pause, trial: Trial::Due };
    }

    pub(super) fn start(&mut self) {
        self.set_trial(Trial::UnderWay);
    }

    /// A request ended and says nothing about the pause.
    pub(super) fn leave_open(&mut self) {
        self.set_trial(Trial::Due);
    }

    /// Azure answered a request, and not with a 429: if that was the trial, the pause is over.
    pub(super) fn answered(&mut self, now: Timestamp) {
        if let Self::Asked { pause, trial: Trial::UnderWay } = self
            && now >= pause.until
        {
            *self = Self::Over;
        }
    }

    /// Whether Azure's word holds at `now`.
    pub(super) fn lasts(self, now: Timestamp) -> bool {
        self.asked_for().is_some_and(|pause| now < pause.until)
    }

    pub(super) fn asked_for(self) -> Option<AskedFor> {
        match self {
            Self::Over => None,
            Self::Asked { pause, .. } => Some(pause),
        }
    }

    fn set_trial(&mut self, to: Trial) {
        if let Self::Asked { trial, .. } = self {
            *trial = to;
        }
    }
}
