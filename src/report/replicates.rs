//! Several seeds of one model: `runs.csv`, `summary.json`, and the table on the terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

use super::decimal::{quotient, seconds};
use super::human;
use super::sparkline::Charset;
use super::summary::{FileSummary, ModelIdentity};
use super::table::Table;
use crate::analysis::clopper_pearson;
use crate::experiment::Replicate;
use crate::model::hexadecimal;

/// The name of the file with a row per seed and workload.
pub const RUNS_FILE: &str = "runs.csv";
/// The version of the schema of `summary.json` for several seeds.
pub const REPLICATES_SCHEMA: &str = "metastable.summary.seeds.v1";

/// With which confidence the shares of verdicts are given.
const CONFIDENCE: f64 = 0.95;
/// More rows than this are for the file, not for the eye.
const ROWS_SHOWN: usize = 40;
const WIDTH: usize = 80;

/// The columns of `runs.csv`, in order.
pub const RUNS_COLUMNS: [(&str, &str); 9] = [
    ("seed", "The seed of the run."),
    ("verdict", "The verdict of the run: that of its worst workload. Empty if it was not judged."),
    ("workload", "The workload that the rest of the row is about."),
    ("workload_verdict", "Its verdict."),
    ("offered", "Requests after the warm-up, without those that a trigger added."),
    ("good", "Of those, the ones that succeeded while their user still wanted the answer."),
    ("final_goodput_ratio", "Goodput in the final window as a share of the twin's; empty without a trigger."),
    (
        "time_to_recovery_s",
        "From the end of the trigger until goodput was back for good; only if it recovered.",
    ),
    ("digest", "SHA-256 over the observable rows of the run: the same seed gives the same one."),
];

/// Writes `runs.csv` and says how many rows came after the header.
///
/// # Errors
/// Whatever the writer reports.
pub fn write_runs(out: impl Write, replicates: &[Replicate]) -> io::Result<u64> {
    let mut file = csv::Writer::from_writer(out);
    let disguised = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    };
    file.write_record(RUNS_COLUMNS.map(|(name, _)| name)).map_err(disguised)?;
    let mut rows = 0;
    for replicate in replicates {
        let name =
            |verdict: Option<crate::analysis::Verdict>| verdict.map_or("", crate::analysis::Verdict::name);
        for workload in &replicate.workloads {
            let ratio =
                workload.final_ratio.and_then(|ratio| quotient((ratio * 1e9).round() as u128, 1_000_000_000));
            let recovery = workload.time_to_recovery.map(|time| seconds(u128::from(time.as_ns())));
            file.write_record([
                &replicate.seed.to_string(),
                name(replicate.verdict),
                &workload.name,
                name(workload.verdict),
                &workload.offered.to_string(),
                &workload.good.to_string(),
                &ratio.unwrap_or_default(),
                &recovery.unwrap_or_default(),
                &hexadecimal(&replicate.digest),
            ])
            .map_err(disguised)?;
            rows += 1;
        }
    }
    file.flush()?;
    Ok(rows)
}

/// `summary.json` for several seeds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ReplicatesSummary {
    /// The version of this schema.
    pub schema: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// What was run.
    pub model: ModelIdentity,
    /// The first seed.
    pub first_seed: u64,
    /// The last one; all between them were run.
    pub last_seed: u64,
    /// By verdict.
    pub verdicts: BTreeMap<&'static str, VerdictShare>,
    /// The other files.
    pub files: Vec<FileSummary>,
}

/// How often a verdict came.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct VerdictShare {
    /// Under so many seeds.
    pub seeds: u64,
    /// As a share of all.
    pub share: f64,
    /// The lower end of the exact 95 % interval of its probability (Clopper and Pearson 1934).
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl ReplicatesSummary {
    /// The summary of these runs, which are in the order of their seeds.
    pub fn new(model: ModelIdentity, replicates: &[Replicate], files: Vec<FileSummary>) -> Self {
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for verdict in replicates.iter().filter_map(|replicate| replicate.verdict) {
            *counts.entry(verdict.name()).or_default() += 1;
        }
        let all = replicates.len() as u64;
        let share = |(name, seeds)| {
            let (low, high) = clopper_pearson(seeds, all, CONFIDENCE);
            (name, VerdictShare { seeds, share: seeds as f64 / all as f64, low, high })
        };
        Self {
            schema: REPLICATES_SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            model,
            first_seed: replicates.first().map_or(0, |replicate| replicate.seed),
            last_seed: replicates.last().map_or(0, |replicate| replicate.seed),
            verdicts: counts.into_iter().map(share).collect(),
            files,
        }
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("invariant: a summary has string keys and finite numbers")
            + "\n"
    }

    /// Writes what people read, with colours.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_text(
        &self,
        out: &mut impl Write,
        replicates: &[Replicate],
        charset: Charset,
    ) -> io::Result<()> {
        let bold = Style::new().bold();
        let (name, first, last) = (&self.model.name, self.first_seed, self.last_seed);
        writeln!(out, "{bold}{name}{bold:#}, seeds {first} to {last}\n")?;
        let verdicts = Table {
            headings: vec!["verdict", "seeds", "share", "95 % interval"],
            rows: self
                .verdicts
                .iter()
                .map(|(verdict, share)| {
                    let interval = format!("{:.1} to {:.1} %", share.low * 100.0, share.high * 100.0);
                    vec![
                        (*verdict).to_owned(),
                        share.seeds.to_string(),
                        format!("{:.1} %", share.share * 100.0),
                        interval,
                    ]
                })
                .collect(),
            note: String::new(),
        };
        let tables = [verdicts, runs_table(replicates)];
        for table in tables.iter().filter(|table| !table.rows.is_empty()) {
            for (index, line) in table.lines(WIDTH, charset).into_iter().enumerate() {
                let style = if index == 0 { bold } else { Style::new() };
                writeln!(out, "{style}{line}{style:#}")?;
            }
            writeln!(out)?;
        }
        let rows: usize = replicates.iter().map(|replicate| replicate.workloads.len()).sum();
        if rows > ROWS_SHOWN {
            writeln!(out, "{} more rows are in {RUNS_FILE}\n", rows - ROWS_SHOWN)?;
        }
        Ok(())
    }
}

fn runs_table(replicates: &[Replicate]) -> Table {
    let rows = replicates.iter().flat_map(|replicate| {
        replicate.workloads.iter().map(move |workload| {
            let share = workload.good as f64 / workload.offered as f64;
            vec![
                workload.name.clone(),
                replicate.seed.to_string(),
                workload.verdict.map_or_else(String::new, |verdict| verdict.name().to_owned()),
                if workload.offered == 0 { String::new() } else { human::percent(share) },
                workload.final_ratio.map_or_else(String::new, human::percent),
                workload.time_to_recovery.map_or_else(String::new, |time| human::duration(time.as_ns())),
            ]
        })
    });
    Table {
        headings: vec!["workload", "seed", "verdict", "good", "final", "recovery"],
        rows: rows.take(ROWS_SHOWN).collect(),
        note: String::new(),
    }
}
