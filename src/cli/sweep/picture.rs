//! The report and the figures of a sweep.

use std::ffi::OsStr;

use super::super::arguments::quoted;
use super::super::failure::Failure;
use super::super::pictures::Pictures;
use super::cells::Cells;
use super::layout;
use super::merge::Merged;
use crate::experiment::Outcome;
use crate::report::directory::Cleanup;
use crate::report::page::{FailedRun, SweepPage};
use crate::report::sweep::{Campaign, TrendClaim};

/// Writes what is wanted.
pub(super) fn draw(
    cells: &Cells,
    campaign: &Campaign,
    merged: &Merged<'_>,
    claims: &[TrendClaim],
    pictures: &Pictures<'_>,
) -> Result<(), Failure> {
    if !pictures.is_wanted() {
        return Ok(());
    }
    let layout = layout(campaign);
    let report = cells.report(layout);
    let failures: Vec<FailedRun> = merged
        .failures
        .iter()
        .map(|row| FailedRun {
            place: report.place(row.cell),
            seed: row.seed,
            status: row.outcome.status(),
            message: match &row.outcome {
                Outcome::ModelError(message) | Outcome::Panic(message) => message.clone(),
                Outcome::Observed(_) => String::new(),
            },
            command: cells.command(row.cell, row.seed),
        })
        .collect();
    // Where the folder is changes nothing.
    let place = quoted(OsStr::new(&format!("results/{}", report.name)));
    let experiment = quoted(OsStr::new(&campaign.experiment));
    let replay = format!("metastable sweep {experiment} --out {place} --seeds {}", campaign.seeds);
    let one_run = cells.command(SweepPage::telling_cell(&merged.cells), layout.first_seed);
    let page = SweepPage {
        report,
        cells: &merged.cells,
        claims,
        failures: &failures,
        replay: &replay,
        one_run: &one_run,
    };
    pictures.write(&Cleanup::default(), || page.html(), || page.drawings())
}
