//! What a subscription may send, and how that is counted.

use serde::{Deserialize, Serialize};

/// What a subscription may do. In a seed and in the inspection API either four numbers or a step of the ladder:
/// `{ step = 4 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LimitsText")]
pub struct Limits {
    /// Sends in any minute.
    pub sends_per_minute: u32,
    /// Sends in any hour.
    pub sends_per_hour: u32,
    /// Status reads in any minute.
    pub status_reads_per_minute: u32,
    /// Status reads in any hour.
    pub status_reads_per_hour: u32,
}

/// How sends and status reads are counted. Microsoft documents neither windows nor pauses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttling {
    pub counting: Counting,
    /// Seconds for which nothing passes after a request over the limit; `Retry-After` names them. 0: only what the
    /// limit itself takes.
    pub punishment_seconds: u32,
}

/// Over which time requests are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Any minute and any hour.
    #[default]
    Sliding,
    /// Minutes and hours of the clock.
    Clock,
    /// A bucket for the minute and one for the hour, which fill evenly.
    Bucket,
}

/// Sends a minute and an hour for each step of raised quotas. Microsoft documents the first step and the order of the
/// last; the others are what one project reports.
const LADDER: [[u32; 2]; 12] = [
    [30, 100],
    [100, 1_000],
    [500, 2_000],
    [1_000, 3_000],
    [2_000, 4_000],
    [5_000, 20_000],
    [10_000, 40_000],
    [15_000, 80_000],
    [20_000, 100_000],
    [100_000, 500_000],
    [200_000, 1_000_000],
    [400_000, 2_000_000],
];

impl Limits {
    /// What a subscription with custom domains starts with.
    pub const CUSTOM: Self = Self {
        sends_per_minute: 30,
        sends_per_hour: 100,
        status_reads_per_minute: 60,
        status_reads_per_hour: 200,
    };

    /// What Azure-managed domains are held to.
    pub const AZURE_MANAGED: Self = Self {
        sends_per_minute: 5,
        sends_per_hour: 10,
        status_reads_per_minute: 10,
        status_reads_per_hour: 20,
    };

    /// Those of a step, counted from 1. Twice as many status reads as sends, as on the first.
    #[must_use]
    pub fn of_step(step: usize) -> Option<Self> {
        let [minute, hour] = *LADDER.get(step.checked_sub(1)?)?;
        Some(Self {
            sends_per_minute: minute,
            sends_per_hour: hour,
            status_reads_per_minute: minute * 2,
            status_reads_per_hour: hour * 2,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsText {
    step: Option<usize>,
    sends_per_minute: Option<u32>,
    sends_per_hour: Option<u32>,
    status_reads_per_minute: Option<u32>,
    status_reads_per_hour: Option<u32>,
}

impl LimitsText {
    fn numbers(&self) -> [Option<u32>; 4] {
        [self.sends_per_minute, self.sends_per_hour, self.status_reads_per_minute, self.status_reads_per_hour]
    }
}

impl TryFrom<LimitsText> for Limits {
    type Error = String;

    fn try_from(text: LimitsText) -> Result<Self, String> {
        match (text.step, text.numbers()) {
            (Some(step), [None, None, None, None]) => {
                Self::of_step(step).ok_or_else(|| format!("step {step} is not one of 1 to {}", LADDER.len()))
            }
            (None, [Some(sends_per_minute), Some(sends_per_hour), Some(reads), Some(reads_per_hour)]) => {
                Ok(Self {
                    sends_per_minute,
                    sends_per_hour,
                    status_reads_per_minute: reads,
                    status_reads_per_hour: reads_per_hour,
                })
            }
            _ => {
                Err("limits are either a step, or sends_per_minute, sends_per_hour, status_reads_per_minute \
                      and status_reads_per_hour"
                    .to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_four_numbers_or_a_step() {
        let read = |value| serde_json::from_value::<Limits>(value).map_err(|error| error.to_string());
        assert_eq!(read(json!({ "step": 1 })).unwrap(), Limits::CUSTOM);
        let top = read(json!({ "step": 12 })).unwrap();
        assert_eq!((top.sends_per_minute, top.sends_per_hour), (400_000, 2_000_000));
        assert_eq!(read(serde_json::to_value(top).unwrap()).unwrap(), top);
        for (wrong, words) in [
            (json!({ "step": 0 }), "step 0 is not one of 1 to 12"),
            (json!({ "step": 13 }), "step 13 is not one of 1 to 12"),
            (json!({ "step": 2, "sends_per_hour": 9 }), "either a step"),
            (json!({ "sends_per_hour": 9 }), "either a step"),
            (json!({ "steps": 2 }), "unknown field"),
        ] {
            assert!(read(wrong.clone()).unwrap_err().contains(words), "{wrong}");
        }
    }
}
