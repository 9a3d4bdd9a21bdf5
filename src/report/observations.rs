//! What is kept of a run, as cells of a table. Floats are written so that reading gives the same bits back.

use crate::analysis::Observation;
use crate::model::{Metric, VerdictName, hexadecimal};

/// The names of the columns, in order.
pub(super) fn columns() -> Vec<&'static str> {
    let mut columns = vec!["verdict", "reason"];
    columns.extend(Metric::ALL.map(Metric::column));
    columns.extend(["observed_s", "digest"]);
    columns
}

/// Whether there is text in a column; in the others are numbers.
pub(super) fn is_text(column: &str) -> bool {
    ["verdict", "reason", "digest"].contains(&column)
}

/// A run in these columns.
pub(super) fn cells(observation: &Observation) -> Vec<String> {
    let mut cells =
        vec![observation.verdict.name().to_owned(), observation.reason.clone().unwrap_or_default()];
    cells.extend(observation.values.map(number));
    cells.extend([number(observation.observed_s), hexadecimal(&observation.digest)]);
    cells
}

/// A number, or an empty cell.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A run from its cells, by column; `None` if they are not as they were written.
pub(super) fn read<'a>(seed: u64, cell: impl Fn(usize) -> Option<&'a str>) -> Option<Observation> {
    let float = |column: usize| match cell(column)? {
        "" => Some(None),
        text => text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Some),
    };
    let mut values = [None; Metric::ALL.len()];
    for (metric, value) in values.iter_mut().enumerate() {
        *value = float(2 + metric)?;
    }
    let after = 2 + values.len();
    let text = cell(after + 1)?;
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Observation {
        seed,
        verdict: VerdictName::ALL.into_iter().find(|verdict| Some(verdict.name()) == cell(0))?,
        reason: cell(1).filter(|reason| !reason.is_empty()).map(str::to_owned),
        values,
        observed_s: float(after)?,
        digest,
    })
}
