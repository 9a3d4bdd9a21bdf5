//! All blocks together: two tables.

use crate::experiment::Outcome;
use crate::model::VerdictName;
use crate::report::directory::{OutputError, Storage};
use crate::report::page::FAILURES_MAX;
use crate::report::sweep::{
    BlockIdentity, CELLS_FILE, Campaign, CampaignFolder, CellFigures, Found, RUNS_FILE, Row, Rows,
    SweepReport, write_cells,
};

use super::super::failure::Failure;

/// Which blocks there are.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    /// How many are whole.
    pub(super) whole: u64,
    /// How many runs there are.
    pub(super) runs: u64,
    /// Those of which there is nothing.
    pub(super) missing: Vec<u64>,
    /// Those that lack some runs.
    pub(super) partial: Vec<u64>,
    /// Those whose file is not as it was written.
    pub(super) torn: Vec<u64>,
}

impl Inventory {
    /// Looks at every block.
    pub(super) fn of(
        report: SweepReport<'_>,
        folder: &CampaignFolder,
        campaign: &Campaign,
    ) -> Result<Self, OutputError> {
        let header = Rows::new(report).header();
        let mut inventory = Self::default();
        for index in 0..report.layout.blocks() {
            let runs = report.layout.block(index);
            match folder.block(&identity(campaign, index), &header)? {
                Found::Missing => inventory.missing.push(index),
                Found::Torn => inventory.torn.push(index),
                Found::Some(block) => {
                    let there = (block.rows.len() as u64).min(runs.end - runs.start);
                    inventory.runs += there;
                    if there == runs.end - runs.start {
                        inventory.whole += 1;
                    } else {
                        inventory.partial.push(index);
                    }
                }
            }
        }
        Ok(inventory)
    }
}

/// What all runs give.
#[derive(Debug)]
pub(super) struct Merged {
    /// A line per run, sorted by cell and seed.
    lines: Vec<String>,
    /// What came out of each cell.
    pub(super) cells: Vec<CellFigures>,
    /// Of each cell the verdict under each seed, if it has one.
    pub(super) verdicts: Vec<Vec<Option<VerdictName>>>,
    /// Cell and seed of each run that was not judged.
    pub(super) failed: Vec<(u64, u64)>,
    /// The first of them, with what they say.
    pub(super) failures: Vec<Row>,
}

impl Merged {
    /// Reads every block; all have to be there.
    pub(super) fn of(
        report: SweepReport<'_>,
        folder: &CampaignFolder,
        campaign: &Campaign,
    ) -> Result<Self, Failure> {
        let rows = Rows::new(report);
        let (header, layout) = (rows.header(), report.layout);
        let mut lines = vec![String::new(); layout.runs() as usize];
        let gone = |index: u64| {
            Failure::Other(
                format!("block {index} has gone, or been damaged, since it was written"),
                "run the sweep again: what is there is not repeated".to_owned(),
            )
        };
        for index in 0..layout.blocks() {
            let Found::Some(block) = folder.block(&identity(campaign, index), &header)? else {
                return Err(gone(index));
            };
            let runs = layout.block(index);
            if (block.rows.len() as u64) < runs.end - runs.start {
                return Err(gone(index));
            }
            for (run, line) in runs.zip(block.rows) {
                let (cell, replicate) = (run % layout.cells, run / layout.cells);
                lines[(cell * layout.seeds + replicate) as usize] = line;
            }
        }
        let (mut cells, mut verdicts, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut failures: Vec<Row> = Vec::new();
        for (cell, lines) in lines.chunks(layout.seeds as usize).enumerate() {
            let read: Option<Vec<Row>> = lines.iter().map(|line| rows.read(line)).collect();
            let read = read.ok_or_else(|| {
                Failure::Other(
                    format!("a row of cell {cell} is not as it was written"),
                    "remove the folder and run the sweep again".to_owned(),
                )
            })?;
            let has_failed = |row: &&Row| !matches!(row.outcome, Outcome::Observed(_));
            failed.extend(read.iter().filter(has_failed).map(|row| (row.cell, row.seed)));
            let room = FAILURES_MAX - failures.len();
            failures.extend(read.iter().filter(has_failed).take(room).cloned());
            verdicts.push(read.iter().map(verdict).collect());
            cells.push(CellFigures::of(&read));
        }
        Ok(Self { lines, cells, verdicts, failed, failures })
    }

    /// Writes both tables.
    pub(super) fn write(
        &self,
        report: SweepReport<'_>,
        folder: &CampaignFolder,
        storage: &impl Storage,
    ) -> Result<(), OutputError> {
        folder.write(RUNS_FILE, storage, |out| {
            out.write_all(Rows::new(report).header().as_bytes())?;
            self.lines.iter().try_for_each(|line| out.write_all(line.as_bytes()))
        })?;
        folder.write(CELLS_FILE, storage, |mut out| write_cells(report, &self.cells, &mut out))
    }
}

fn verdict(row: &Row) -> Option<VerdictName> {
    match &row.outcome {
        Outcome::Observed(observation) => Some(observation.verdict),
        Outcome::ModelError(_) | Outcome::Panic(_) => None,
    }
}

fn identity(campaign: &Campaign, index: u64) -> BlockIdentity<'_> {
    BlockIdentity { campaign: &campaign.id, block_size: campaign.block_size, index }
}
