//! The text format of Prometheus: a help line and a type line, then the samples of a family.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::{Display, Write as _};

use meter::Distribution;

use super::families::Family;

/// Metrics that are being written.
#[derive(Default)]
pub(super) struct Text {
    pub(super) all: String,
}

/// What one unit of a distribution's bounds is in the unit of the metric.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// Microseconds, written as seconds.
    Microseconds,
    /// Things that are counted.
    Things,
}

impl Text {
    /// Begins a family. Its samples follow before the next one begins.
    pub(super) fn begin(&mut self, family: &'static Family) -> Samples<'_> {
        let Family { name, kind, help, .. } = family;
        let help = help.trim().replace('\\', "\\\\");
        let _ = writeln!(self.all, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Samples { all: &mut self.all, family }
    }
}

/// The samples of a family.
pub(super) struct Samples<'a> {
    all: &'a mut String,
    family: &'static Family,
}

impl Samples<'_> {
    /// A sample with the values of the family's labels, in their order.
    pub(super) fn sample<const N: usize>(&mut self, labels: [&str; N], value: impl Display) {
        self.line("", &labels, None, value);
    }

    /// All samples of one distribution.
    pub(super) fn distribution<const N: usize>(
        &mut self,
        labels: [&str; N],
        read: &Distribution,
        unit: Unit,
    ) {
        for (bound, count) in &read.up_to {
            self.line("_bucket", &labels, Some(&unit.written(*bound)), count);
        }
        self.line("_bucket", &labels, Some("+Inf"), read.count);
        self.line("_sum", &labels, None, unit.written(read.sum));
        self.line("_count", &labels, None, read.count);
    }

    fn line(&mut self, suffix: &str, values: &[&str], up_to: Option<&str>, number: impl Display) {
        let Family { name, labels, .. } = self.family;
        debug_assert_eq!(labels.len(), values.len(), "{name}");
        let labels = labels.iter().copied().zip(values.iter().copied());
        let labels: Vec<String> = labels
            .chain(up_to.map(|bound| ("le", bound)))
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        let _ = match labels.is_empty() {
            true => writeln!(self.all, "{name}{suffix} {number}"),
            false => writeln!(self.all, "{name}{suffix}{{{}}} {number}", labels.join(",")),
        };
    }
}

impl Unit {
    #[expect(clippy::cast_precision_loss, reason = "it is exact up to 285 years of microseconds")]
    fn written(self, value: u64) -> String {
        match self {
            Self::Microseconds => (value as f64 / 1e6).to_string(),
            Self::Things => value.to_string(),
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use meter::Histogram;

    use super::super::families::{JOURNAL_BATCH, LOGINS, SEND_DURATION, START_TIME};
    use super::*;

    #[test]
    fn labels_are_escaped_and_left_out_where_there_are_none() {
        let mut text = Text::default();
        text.begin(&START_TIME).sample([], 7);
        text.begin(&LOGINS).sample(["a\"b\\c\nd"], 1);
        let lines: Vec<&str> = text.all.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines, ["postern_start_time_seconds 7", r#"postern_logins_total{result="a\"b\\c\nd"} 1"#]);
    }

    #[test]
    fn distributions_are_written_in_seconds_and_end_with_infinity() {
        let (latencies, sizes) = (Histogram::of_latencies(), Histogram::of_sizes());
        latencies.time(Duration::from_micros(100));
        latencies.time(Duration::from_secs(60));
        sizes.observe(3);
        let mut text = Text::default();
        text.begin(&SEND_DURATION).distribution(["rest"], &latencies.read(), Unit::Microseconds);
        text.begin(&JOURNAL_BATCH).distribution([], &sizes.read(), Unit::Things);
        for line in [
            "# TYPE postern_send_duration_seconds histogram",
            r#"postern_send_duration_seconds_bucket{transport="rest",le="0.0001"} 1"#,
            r#"postern_send_duration_seconds_bucket{transport="rest",le="10"} 1"#,
            r#"postern_send_duration_seconds_bucket{transport="rest",le="+Inf"} 2"#,
            r#"postern_send_duration_seconds_sum{transport="rest"} 60.0001"#,
            r#"postern_send_duration_seconds_count{transport="rest"} 2"#,
            r#"postern_journal_batch_messages_bucket{le="4"} 1"#,
            "postern_journal_batch_messages_sum 3",
        ] {
            assert!(text.all.lines().any(|there| there == line), "{line} is not in\n{}", text.all);
        }
    }
}
