//! The files of a boundary: a row per probe, and per run.

use std::io::{self, Write};

use super::BoundaryReport;
use crate::model::{Metric, VerdictName, hexadecimal};
use crate::report::comparison::Rows;
use crate::report::directory::{OutputError, Staging, Storage};
use crate::report::observations::number;
use crate::report::summary::FileSummary;

/// The name of the file with a row per value.
const PROBES_FILE: &str = "probes.csv";
/// The name of the file with a row per value and seed.
const RUNS_FILE: &str = "runs.csv";

/// Writes all files but `boundary.json`, and says which.
///
/// # Errors
/// Whatever keeps them from the disk.
pub fn write_files<S: Storage>(
    report: &BoundaryReport<'_>,
    staging: &mut Staging<S>,
) -> Result<Vec<FileSummary>, OutputError> {
    type Body = fn(&BoundaryReport<'_>, &mut dyn Write) -> io::Result<u64>;
    let files: [(&str, Body); 2] = [(PROBES_FILE, write_probes), (RUNS_FILE, write_runs)];
    let mut written = Vec::new();
    for (name, body) in files {
        let rows = staging.write(name, |out| body(report, out))?;
        written.push(FileSummary { name: name.to_owned(), rows });
    }
    Ok(written)
}

fn write_probes(report: &BoundaryReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let mut headings = vec!["value", "seeds", "count", "share_ratio", "low_ratio", "high_ratio", "side"];
    headings.extend(VerdictName::ALL.map(VerdictName::name));
    let mut rows = Rows::new(out, &headings)?;
    for (position, probe) in report.in_order() {
        let mut cells = vec![
            report.written(position),
            probe.seed_count().to_string(),
            probe.count.to_string(),
            probe.share().to_string(),
            probe.interval.0.to_string(),
            probe.interval.1.to_string(),
            probe.side.name().to_owned(),
        ];
        cells.extend(VerdictName::ALL.map(|verdict| probe.verdict_count(verdict).to_string()));
        rows.row(&cells)?;
    }
    rows.end()
}

fn write_runs(report: &BoundaryReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let mut headings = vec!["value", "seed", "verdict", "reason"];
    headings.extend(Metric::ALL.map(Metric::column));
    headings.push("digest");
    let mut rows = Rows::new(out, &headings)?;
    for (position, probe) in report.in_order() {
        for observation in &probe.observations {
            let mut cells = vec![
                report.written(position),
                observation.seed.to_string(),
                observation.verdict.name().to_owned(),
                observation.reason.clone().unwrap_or_default(),
            ];
            cells.extend(observation.values.map(number));
            cells.push(hexadecimal(&observation.digest));
            rows.row(&cells)?;
        }
    }
    rows.end()
}
