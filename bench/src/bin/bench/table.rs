//! Medians, spreads and ratios, to be read or to be parsed.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::run::{Candidate, Sample};
use crate::scenario::{Scenario, Upstream};

/// A scenario's samples.
pub(crate) struct Measured {
    pub(crate) scenario: &'static Scenario,
    pub(crate) samples: Vec<(Candidate, Vec<Sample>)>,
    pub(crate) syncs_per_second: [u64; 2],
}

/// Medians of one candidate.
#[derive(Clone, Copy, Debug)]
struct Row {
    candidate: Candidate,
    per_second: f64,
    /// Half of the distance between the slowest and the fastest run, in percent of the median.
    spread: f64,
    processor_seconds: f64,
    p50: Duration,
    p99: Duration,
    backlog: u64,
    peak_bytes: u64,
    messages: u64,
}

impl Measured {
    fn rows(&self) -> Vec<Row> {
        self.samples.iter().map(|(candidate, samples)| row(*candidate, samples)).collect()
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows()
            .iter()
            .map(|row| {
                json!({
                    "candidate": name(row.candidate),
                    "messages_per_second": row.per_second,
                    "spread_percent": row.spread,
                    "processor_seconds_per_1000": row.processor_seconds,
                    "p50_ms": row.p50.as_secs_f64() * 1_000.0,
                    "p99_ms": row.p99.as_secs_f64() * 1_000.0,
                    "backlog": row.backlog,
                    "peak_memory_bytes": row.peak_bytes,
                    "messages": row.messages,
                })
            })
            .collect();
        json!({
            "scenario": self.scenario.name,
            "syncs_per_second": self.syncs_per_second,
            "runs": self.samples.first().map(|(_, samples)| samples.len()),
            "rows": rows,
        })
    }
}

/// Prints a scenario's table.
pub(crate) fn print(measured: &Measured) {
    let Measured { scenario, syncs_per_second: [before, after], .. } = measured;
    let rows = measured.rows();
    println!("\n{}: {} (disk: {before} and {after} syncs/s)", scenario.name, scenario.about);
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    if scenario.upstream == Upstream::Idle {
        table.set_header(["", "sessions", "KiB each"]);
        for row in &rows {
            table.add_row([
                name(row.candidate),
                &row.messages.to_string(),
                &format!("{:.1}", kib(row.peak_bytes)),
            ]);
        }
    } else {
        table.set_header([
            "",
            "messages/s",
            "MB/s",
            "+-",
            "ratio",
            "CPU s/1000",
            "ratio",
            "p50 ms",
            "p99 ms",
            "backlog",
            "MiB",
        ]);
        let Some(ours) = rows.first().copied() else { return };
        for row in &rows {
            table.add_row(cells(row, ours, scenario.message_bytes));
        }
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    println!("{table}");
}

fn cells(row: &Row, ours: Row, message_bytes: usize) -> [String; 11] {
    [
        name(row.candidate).to_owned(),
        format!("{:.0}", row.per_second),
        format!("{:.0}", row.per_second * message_bytes as f64 / 1e6),
        format!("{:.0} %", row.spread),
        ratio(ours.per_second, row.per_second),
        format!("{:.3}", row.processor_seconds),
        ratio(ours.processor_seconds, row.processor_seconds),
        format!("{:.1}", row.p50.as_secs_f64() * 1_000.0),
        format!("{:.1}", row.p99.as_secs_f64() * 1_000.0),
        row.backlog.to_string(),
        format!("{:.0}", kib(row.peak_bytes) / 1_024.0),
    ]
}

/// How many times as much; nothing where there is nothing to compare with.
fn ratio(ours: f64, others: f64) -> String {
    if others > 0.0 { format!("{:.2}", ours / others) } else { "-".to_owned() }
}

fn row(candidate: Candidate, samples: &[Sample]) -> Row {
    let rates = sorted(samples, |sample| sample.per_second);
    let (slowest, fastest) = (rates.first().copied().unwrap_or(0.0), rates.last().copied().unwrap_or(0.0));
    let per_second = middle(&rates);
    let median = |of: fn(&Sample) -> f64| middle(&sorted(samples, of));
    Row {
        candidate,
        per_second,
        spread: if per_second > 0.0 { (fastest - slowest) * 50.0 / per_second } else { 0.0 },
        processor_seconds: median(|sample| sample.processor_seconds),
        p50: Duration::from_secs_f64(median(|sample| sample.p50.as_secs_f64())),
        p99: Duration::from_secs_f64(median(|sample| sample.p99.as_secs_f64())),
        backlog: median(|sample| sample.backlog as f64) as u64,
        peak_bytes: median(|sample| sample.peak_bytes as f64) as u64,
        messages: median(|sample| sample.messages as f64) as u64,
    }
}

fn sorted(samples: &[Sample], of: fn(&Sample) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn middle(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

fn name(candidate: Candidate) -> &'static str {
    match candidate {
        Candidate::Postern => "Postern",
        Candidate::Unwatched => "unwatched",
        Candidate::Against => "the other build",
        Candidate::Postfix => "Postfix",
        Candidate::Ceiling => "generator's limit",
    }
}

fn kib(bytes: u64) -> f64 {
    bytes as f64 / 1_024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spreads() {
        let samples: Vec<Sample> =
            [3.0, 1.0, 2.0].map(|per_second| Sample { per_second, ..Sample::default() }).into();
        let row = row(Candidate::Postern, &samples);
        assert_eq!((row.per_second, row.spread), (2.0, 50.0));
    }
}
