//! The files of a comparison: a row per run, per verdict, per metric, per difference. Floats are written so that reading gives the same bits back.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use super::{ComparisonReport, VariantIdentity};
use crate::analysis::{CONFIDENCE, Estimate, Observation, clopper_pearson};
use crate::model::{Metric, VerdictName, hexadecimal};
use crate::report::directory::{OutputError, Staging, Storage};
use crate::report::observations::{self, number};
use crate::report::summary::FileSummary;

/// The name of the file with a row per variant and seed.
pub const RUNS_FILE: &str = "runs.csv";
/// The name of the file with a row per variant and verdict.
pub const VERDICTS_FILE: &str = "verdicts.csv";
/// The name of the file with a row per variant and metric.
pub const VARIANTS_FILE: &str = "variants.csv";
/// The name of the file with a row per variant other than the baseline, and metric.
pub const DIFFERENCES_FILE: &str = "differences.csv";

/// Writes all files but `comparison.json`, and says which.
///
/// # Errors
/// Whatever keeps them from the disk.
pub fn write_files<S: Storage>(
    report: &ComparisonReport<'_>,
    staging: &mut Staging<S>,
) -> Result<Vec<FileSummary>, OutputError> {
    type Body = fn(&ComparisonReport<'_>, &mut dyn Write) -> io::Result<u64>;
    let files: [(&str, Body); 4] = [
        (RUNS_FILE, write_runs),
        (VERDICTS_FILE, write_verdicts),
        (VARIANTS_FILE, write_variants),
        (DIFFERENCES_FILE, write_differences),
    ];
    let mut written = Vec::new();
    for (name, body) in files {
        let rows = staging.write(name, |out| body(report, out))?;
        written.push(FileSummary { name: name.to_owned(), rows });
    }
    Ok(written)
}

/// A table under way.
pub(in crate::report) struct Rows<'a> {
    file: csv::Writer<&'a mut dyn Write>,
    count: u64,
}

impl<'a> Rows<'a> {
    pub(in crate::report) fn new(out: &'a mut dyn Write, headings: &[&str]) -> io::Result<Self> {
        let mut file = csv::Writer::from_writer(out);
        file.write_record(headings).map_err(undisguised)?;
        Ok(Self { file, count: 0 })
    }

    pub(in crate::report) fn row(&mut self, cells: &[String]) -> io::Result<()> {
        self.count += 1;
        self.file.write_record(cells).map_err(undisguised)
    }

    pub(in crate::report) fn end(mut self) -> io::Result<u64> {
        self.file.flush()?;
        Ok(self.count)
    }
}

fn undisguised(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}")),
    }
}

/// The columns of `runs.csv`, in order.
fn run_columns() -> Vec<&'static str> {
    [&["variant", "overrides", "seed"], &observations::columns()[..]].concat()
}

fn write_runs(report: &ComparisonReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let mut rows = Rows::new(out, &run_columns())?;
    for (variant, VariantIdentity { arguments, .. }) in report.variants.iter().enumerate() {
        for observation in &report.comparison.observations[variant] {
            let mut cells = vec![
                report.variant_name(variant).to_owned(),
                arguments.clone(),
                observation.seed.to_string(),
            ];
            cells.extend(observations::cells(observation));
            rows.row(&cells)?;
        }
    }
    rows.end()
}

fn write_verdicts(report: &ComparisonReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let headings = ["variant", "verdict", "seeds", "share_ratio", "low_95_ratio", "high_95_ratio"];
    let mut rows = Rows::new(out, &headings)?;
    let all = report.comparison.seed_count();
    for variant in 0..report.comparison.variant_count() {
        for verdict in VerdictName::ALL {
            let count = report.comparison.verdict_count(variant, verdict);
            let (low, high) = clopper_pearson(count, all, CONFIDENCE);
            rows.row(&[
                report.variant_name(variant).to_owned(),
                verdict.name().to_owned(),
                count.to_string(),
                (count as f64 / all as f64).to_string(),
                low.to_string(),
                high.to_string(),
            ])?;
        }
    }
    rows.end()
}

const ESTIMATE_COLUMNS: [&str; 6] = ["metric", "count", "mean", "standard_deviation", "low_95", "high_95"];

fn estimate_cells(metric: Metric, estimate: &Estimate) -> [String; 6] {
    let interval = estimate.interval(CONFIDENCE);
    [
        metric.column().to_owned(),
        estimate.count.to_string(),
        estimate.mean.to_string(),
        estimate.deviation.to_string(),
        number(interval.map(|interval| interval.0)),
        number(interval.map(|interval| interval.1)),
    ]
}

fn write_variants(report: &ComparisonReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let medians = ["median", "median_low_95", "median_high_95"];
    let mut rows = Rows::new(out, &[&["variant"], &ESTIMATE_COLUMNS[..], &medians].concat())?;
    for variant in 0..report.comparison.variant_count() {
        for metric in Metric::ALL {
            if let Some(estimate) = report.comparison.estimate(variant, metric) {
                let name = [report.variant_name(variant).to_owned()];
                let median = report.comparison.median(variant, metric);
                let interval = median.and_then(|median| median.interval);
                // A time to recovery that is longer than the run has no number.
                let finite = |value: Option<f64>| number(value.filter(|value| value.is_finite()));
                let medians = [
                    finite(median.map(|median| median.median)),
                    finite(interval.map(|(low, _)| low)),
                    finite(interval.map(|(_, high)| high)),
                ];
                rows.row(&[&name[..], &estimate_cells(metric, &estimate), &medians].concat())?;
            }
        }
    }
    rows.end()
}

fn write_differences(report: &ComparisonReport<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let mut rows = Rows::new(out, &[&["variant", "versus"], &ESTIMATE_COLUMNS[..]].concat())?;
    let baseline = report.comparison.baseline;
    for variant in (0..report.comparison.variant_count()).filter(|&variant| variant != baseline) {
        for metric in Metric::ALL {
            if let Some(estimate) = report.comparison.difference(variant, baseline, metric) {
                let names = [variant, baseline].map(|variant| report.variant_name(variant).to_owned());
                rows.row(&[&names[..], &estimate_cells(metric, &estimate)].concat())?;
            }
        }
    }
    rows.end()
}

/// The runs of an earlier comparison, by variant, in the order of the seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct Earlier(pub Vec<(String, Vec<Observation>)>);

impl Earlier {
    /// Reads `runs.csv`.
    ///
    /// # Errors
    /// If it cannot be read, or is not such a file.
    pub fn read(file: impl Read) -> io::Result<Self> {
        let mut reader = csv::Reader::from_reader(file);
        let headings = reader.headers().map_err(undisguised)?;
        if headings.iter().ne(run_columns()) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it has other columns"));
        }
        let mut variants: Vec<(String, Vec<Observation>)> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(undisguised)?;
            let name = record.get(0).unwrap_or_default();
            let observation = observation(&record).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "a row is not as it was written")
            })?;
            match variants.last_mut().filter(|(last, _)| last == name) {
                Some((_, observations)) => observations.push(observation),
                None => variants.push((name.to_owned(), vec![observation])),
            }
        }
        Ok(Self(variants))
    }
}

fn observation(record: &csv::StringRecord) -> Option<Observation> {
    let seed = record.get(2)?.parse().ok()?;
    observations::read(seed, |column| record.get(3 + column))
}

/// SHA-256 of `runs.csv`, in hexadecimal.
pub(super) fn hash_of_runs(report: &ComparisonReport<'_>) -> String {
    hexadecimal(&Sha256::digest(runs(report)))
}

/// `runs.csv` as bytes.
pub(super) fn runs(report: &ComparisonReport<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_runs(report, &mut bytes).expect("invariant: memory can be written");
    bytes
}
