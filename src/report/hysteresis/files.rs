//! The files of a ramp: a row per seed, and per load.

use std::io::{self, Write};

use super::HysteresisReport;
use crate::analysis::HeldObservation;
use crate::model::hexadecimal;
use crate::report::comparison::Rows;
use crate::report::directory::{OutputError, Staging, Storage};
use crate::report::observations::number;
use crate::report::summary::FileSummary;

/// The name of the file with a row per seed.
const THRESHOLDS_FILE: &str = "thresholds.csv";
/// The name of the file with a row per direction and load.
const COURSE_FILE: &str = "course.csv";

/// Writes all files but `hysteresis.json`, and says which.
///
/// # Errors
/// Whatever keeps them from the disk.
pub fn write_files<S: Storage>(
    report: &HysteresisReport<'_>,
    staging: &mut Staging<S>,
) -> Result<Vec<FileSummary>, OutputError> {
    type Body = fn(&HysteresisReport<'_>, &mut dyn Write) -> io::Result<u64>;
    let files: [(&str, Body); 2] = [(THRESHOLDS_FILE, write_thresholds), (COURSE_FILE, write_course)];
    let mut written = Vec::new();
    for (name, body) in files {
        let rows = staging.write(name, |out| body(report, out))?;
        written.push(FileSummary { name: name.to_owned(), rows });
    }
    Ok(written)
}

fn write_thresholds(report: &HysteresisReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let mut rows = Rows::new(
        out,
        &["seed", "begins_good", "falls_at_per_s", "returns_at_per_s", "was_good", "is_good", "digest"],
    )?;
    let held = report.hysteresis.held.as_ref().map_or(&[][..], |held| &held.observations);
    for (index, observation) in report.hysteresis.observations.iter().enumerate() {
        let yes_or_no = |is_so: fn(&HeldObservation) -> bool| {
            held.get(index).map_or_else(String::new, |held| is_so(held).to_string())
        };
        rows.row(&[
            observation.seed.to_string(),
            observation.begins_good.to_string(),
            number(observation.falls_at_per_s),
            number(observation.returns_at_per_s),
            yes_or_no(|held| held.was_good),
            yes_or_no(|held| held.is_good),
            hexadecimal(&observation.digest),
        ])?;
    }
    rows.end()
}

fn write_course(report: &HysteresisReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let mut rows = Rows::new(out, &["direction", "load_from_per_s", "load_to_per_s", "offered", "good"])?;
    let ramp = &report.hysteresis.ramp;
    for (direction, cells) in ["up", "down"].into_iter().zip(report.hysteresis.course()) {
        let load = |edge: usize| {
            ramp.low_per_s + (ramp.high_per_s - ramp.low_per_s) * edge as f64 / cells.len() as f64
        };
        for (index, cell) in cells.iter().enumerate() {
            rows.row(&[
                direction.to_owned(),
                load(index).to_string(),
                load(index + 1).to_string(),
                cell.offered.to_string(),
                cell.good.to_string(),
            ])?;
        }
    }
    rows.end()
}
