//! What was measured, as a table for people and as an object for programs.

use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// One measured number. Those of the same key are compared.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Name in the JSON object; ends in the unit.
    pub(crate) key: &'static str,
    /// Name in the table.
    pub(crate) label: &'static str,
    pub(crate) value: f64,
}

impl Figure {
    pub(crate) fn new(key: &'static str, label: &'static str, value: f64) -> Self {
        Self { key, label, value }
    }
}

/// One system's figures.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) system: String,
    pub(crate) figures: Vec<Figure>,
}

impl Column {
    fn value(&self, key: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.key == key).map(|figure| figure.value)
    }
}

/// A peer that was asked for and could not be measured.
#[derive(Clone, Debug)]
pub(crate) struct Missing {
    pub(crate) system: String,
    pub(crate) why: String,
}

/// The outcome of a scenario: Asterism's column first, then those of peers.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) scenario: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) missing: Vec<Missing>,
}

impl Report {
    /// Lines of equal columns: label, each system, and ours divided by each peer's.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![self.heading()];
        rows.extend(self.rows().map(|(key, label)| self.row(key, label)));
        let mut text = align(&rows);
        for missing in &self.missing {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{} was not measured: {}", missing.system, missing.why);
        }
        text
    }

    /// `{scenario, systems: {name: {key: value}}, ratios: {peer: {key: ours ÷ peer's}}, missing: {name: why}}`.
    pub(crate) fn json(&self) -> Value {
        let figures = |column: &Column| -> Map<String, Value> {
            column.figures.iter().map(|f| (f.key.to_owned(), json!(f.value))).collect()
        };
        let systems: Map<_, _> =
            self.columns.iter().map(|column| (column.system.clone(), figures(column).into())).collect();
        let ratios: Map<_, _> =
            self.peers().map(|peer| (peer.system.clone(), self.ratios(peer).into())).collect();
        let missing: Map<_, _> =
            self.missing.iter().map(|m| (m.system.clone(), m.why.clone().into())).collect();
        json!({ "scenario": self.scenario, "systems": systems, "ratios": ratios, "missing": missing })
    }

    fn peers(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().skip(1)
    }

    fn ratio(&self, peer: &Column, key: &str) -> Option<f64> {
        let ratio = self.columns.first()?.value(key)? / peer.value(key)?;
        ratio.is_finite().then_some(ratio)
    }

    fn ratios(&self, peer: &Column) -> Map<String, Value> {
        let ratio = |figure: &Figure| Some((figure.key.to_owned(), json!(self.ratio(peer, figure.key)?)));
        peer.figures.iter().filter_map(ratio).collect()
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.columns.first().into_iter().flat_map(|ours| ours.figures.iter().map(|f| (f.key, f.label)))
    }

    fn heading(&self) -> Vec<String> {
        let mut row = vec![self.scenario.to_owned()];
        row.extend(self.columns.iter().map(|column| column.system.clone()));
        row.extend(self.peers().map(|peer| format!("÷ {}", peer.system)));
        row
    }

    fn row(&self, key: &str, label: &str) -> Vec<String> {
        let mut row = vec![label.to_owned()];
        row.extend(self.columns.iter().map(|column| cell(column.value(key))));
        row.extend(self.peers().map(|peer| cell(self.ratio(peer, key))));
        row
    }
}

/// Three significant digits, or a dash.
fn cell(value: Option<f64>) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else { return "–".to_owned() };
    match value.abs() {
        size if size >= 100.0 || value == value.trunc() => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (at, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            // Writing to a string does not fail.
            let _ = if at == 0 { write!(text, "{cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let column = |system: &str, value| Column {
            system: system.into(),
            figures: vec![Figure::new("a_ms", "time, ms", value), Figure::new("none_ms", "nothing, ms", 0.0)],
        };
        Report {
            scenario: "test",
            columns: vec![column("asterism", 2.0), column("peer", 8.0)],
            missing: vec![Missing { system: "other".into(), why: "not installed".into() }],
        }
    }

    #[test]
    fn the_table_has_a_column_per_system_and_a_ratio_per_peer() {
        let expected = "\
test         asterism  peer  ÷ peer
time, ms            2     8   0.250
nothing, ms         0     0       –
other was not measured: not installed
";
        assert_eq!(report().table(), expected);
    }

    #[test]
    fn the_object_says_the_same() {
        let expected = json!({
            "scenario": "test",
            "systems": {
                "asterism": { "a_ms": 2.0, "none_ms": 0.0 },
                "peer": { "a_ms": 8.0, "none_ms": 0.0 },
            },
            "ratios": { "peer": { "a_ms": 0.25 } },
            "missing": { "other": "not installed" },
        });
        assert_eq!(report().json(), expected);
    }
}
