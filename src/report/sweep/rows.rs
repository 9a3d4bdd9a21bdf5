//! A row per cell and seed: what was set, how the run ended, what came out.

use super::SweepReport;
use super::column::{Column, Kind};
use crate::analysis::Observation;
use crate::experiment::Outcome;
use crate::report::observations;

/// The name of the file with all rows, sorted by cell and seed.
pub const RUNS_FILE: &str = "runs.csv";

/// The rows of a sweep as text.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    report: SweepReport<'a>,
}

/// One of them, read again.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The cell.
    pub cell: u64,
    /// The seed.
    pub seed: u64,
    /// How the run ended.
    pub outcome: Outcome,
}

/// How many columns there are before those of the axes.
const BEFORE: usize = 2;
/// How many between them and those of an observation.
const BETWEEN: usize = 2;

impl<'a> Rows<'a> {
    /// Those of this sweep.
    pub fn new(report: SweepReport<'a>) -> Self {
        Self { report }
    }

    /// The columns, in order.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = self.identity_columns();
        columns.extend([Column::new("seed", Kind::Unsigned), Column::new("status", Kind::Text)]);
        columns.extend(observations::columns().into_iter().map(|name| {
            let kind = if observations::is_text(name) { Kind::Text } else { Kind::Real };
            Column::optional(name, kind)
        }));
        columns.push(Column::optional("message", Kind::Text));
        columns
    }

    /// Those that say which cell it is.
    pub(super) fn identity_columns(&self) -> Vec<Column> {
        let mut columns = vec![Column::new("cell", Kind::Whole), Column::optional("variant", Kind::Text)];
        columns.extend(self.report.points.axes.iter().map(Column::of));
        columns
    }

    /// The line of column names, with its end.
    pub fn header(&self) -> String {
        line(self.columns().iter().map(|column| column.name.as_str()))
    }

    /// What a cell has in the columns that say which it is.
    pub(super) fn identity(&self, cell: u64) -> Vec<String> {
        let (variant, point) = self.report.cell(cell);
        let mut cells = vec![cell.to_string(), variant.unwrap_or_default().to_owned()];
        cells.extend(self.report.points.axes.iter().map(|axis| axis.cell(point)));
        cells
    }

    /// The line of one run, with its end.
    pub fn row(&self, cell: u64, seed: u64, outcome: &Outcome) -> String {
        let mut cells = self.identity(cell);
        cells.extend([seed.to_string(), outcome.status().to_owned()]);
        let message = match outcome {
            Outcome::Observed(observation) => {
                cells.extend(observations::cells(observation));
                String::new()
            }
            Outcome::ModelError(message) | Outcome::Panic(message) => {
                cells.resize(cells.len() + observations::columns().len(), String::new());
                // One line per row: whoever reads blocks counts lines.
                message.split_whitespace().collect::<Vec<_>>().join(" ")
            }
        };
        cells.push(message);
        line(cells.iter().map(String::as_str))
    }

    /// Reads lines; `None` if one of them is not as it was written.
    pub fn read(&self, lines: &[String]) -> Option<Vec<Row>> {
        records(lines)?.iter().map(|record| self.row_of(record)).collect()
    }

    fn row_of(&self, record: &csv::StringRecord) -> Option<Row> {
        let after = BEFORE + self.report.points.axes.len();
        let seed: u64 = record.get(after)?.parse().ok()?;
        let message = || record.iter().next_back().unwrap_or_default().to_owned();
        let outcome = match record.get(after + 1)? {
            "ok" => {
                let read: Observation =
                    observations::read(seed, |column| record.get(after + BETWEEN + column))?;
                Outcome::Observed(Box::new(read))
            }
            "model_error" => Outcome::ModelError(message()),
            "panic" => Outcome::Panic(message()),
            _ => return None,
        };
        Some(Row { cell: record.get(0)?.parse().ok()?, seed, outcome })
    }
}

/// The cells of lines; `None` if they are none. A reader takes longer to make than to read a line with it, so there is one for all of them.
pub fn records(lines: &[String]) -> Option<Vec<csv::StringRecord>> {
    let text = lines.concat();
    let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let records: Vec<csv::StringRecord> = reader.into_records().collect::<Result<_, _>>().ok()?;
    (records.len() == lines.len()).then_some(records)
}

/// A line of a CSV file, with its end.
pub(super) fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).expect("invariant: memory can be written");
    let bytes = writer.into_inner().expect("invariant: memory can be written");
    String::from_utf8(bytes).expect("invariant: text was written")
}
