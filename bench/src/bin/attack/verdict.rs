//! What an attack tried, what got through, and the table of it.

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

/// One row of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct AttackResult {
    /// The attack's name and what is special in this row.
    pub(crate) name: String,
    pub(crate) tried: u64,
    /// How many got through, or did harm.
    pub(crate) breaches: u64,
    /// The first of those in words.
    pub(crate) examples: Vec<String>,
    /// What else was seen.
    pub(crate) note: String,
}

/// All rows so far.
#[derive(Debug)]
pub(crate) struct Ledger {
    announcing: Announcing,
    verdicts: Vec<AttackResult>,
    remarks: Vec<String>,
}

/// Whether rows are told as soon as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announcing {
    Each,
    None,
}

impl Ledger {
    /// Nothing was tried yet.
    pub(crate) fn new(announcing: Announcing) -> Self {
        Self { announcing, verdicts: Vec::new(), remarks: Vec::new() }
    }

    /// Enters a row.
    pub(crate) fn enter(&mut self, verdict: AttackResult) {
        if self.announcing == Announcing::Each {
            verdict.announce();
        }
        self.verdicts.push(verdict);
    }

    /// Notes what concerns no row.
    pub(crate) fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }

    /// Whether nothing got through.
    pub(crate) fn holds(&self) -> bool {
        !self.verdicts.is_empty() && self.verdicts.iter().all(AttackResult::holds)
    }
}

/// Breaches that are told in words; the rest is counted.
const EXAMPLES: usize = 5;

impl AttackResult {
    /// Nothing was tried yet.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Counts something that got through.
    pub(crate) fn breach(&mut self, what: impl Into<String>) {
        self.breaches += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(what.into());
        }
    }

    /// Counts a breach unless `holds`.
    pub(crate) fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.breach(what());
        }
    }

    /// Whether nothing got through. An attack that tried nothing has shown nothing.
    fn holds(&self) -> bool {
        self.breaches == 0 && self.tried > 0
    }

    /// Says how it went, as test programs do.
    fn announce(&self) {
        println!("test attack: {} ... {}", self.name, if self.holds() { "ok" } else { "FAILED" });
        self.examples.iter().for_each(|example| println!("   {example}"));
    }

    fn json(&self) -> Value {
        json!({
            "attack": self.name,
            "tried": self.tried,
            "got_through": self.breaches,
            "examples": self.examples,
            "note": self.note,
            "holds": self.holds(),
        })
    }
}

/// All rows as JSON.
pub(crate) fn json(seed: u64, ledger: &Ledger) -> Value {
    let rows: Vec<Value> = ledger.verdicts.iter().map(AttackResult::json).collect();
    json!({ "seed": seed, "holds": ledger.holds(), "attacks": rows, "remarks": ledger.remarks })
}

/// All rows as a table.
pub(crate) fn print(ledger: &Ledger) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["attack", "tried", "got through", "verdict", "seen"]);
    for verdict in &ledger.verdicts {
        let word = match verdict {
            AttackResult { tried: 0, .. } => "not tried",
            _ if verdict.holds() => "holds",
            _ => "BROKEN",
        };
        let (tried, breaches) = (verdict.tried.to_string(), verdict.breaches.to_string());
        table.add_row([&verdict.name, &tried, &breaches, word, &verdict.note]);
    }
    for column in [1, 2] {
        table
            .column_mut(column)
            .into_iter()
            .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    }
    println!("{table}");
    ledger.remarks.iter().for_each(|remark| println!("{remark}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tried_nothing_has_shown_nothing() {
        let mut verdict = AttackResult::new("a");
        assert!(!verdict.holds());
        verdict.tried = 9;
        assert!(verdict.holds());
        (0..9).for_each(|number| verdict.breach(number.to_string()));
        assert!(!verdict.holds());
        assert_eq!((verdict.breaches, verdict.examples.len()), (9, EXAMPLES));
    }
}
