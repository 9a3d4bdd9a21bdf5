//! All blocks together: two tables.

use std::borrow::Cow;
use std::ops::Range;
use std::{io, mem};

use crate::experiment::Outcome;
use crate::model::VerdictName;
use crate::report::directory::{OutputError, Storage};
use crate::report::page::FAILURES_MAX;
use crate::report::sweep::{
    Block, BlockIdentity, CELLS_FILE, Campaign, CampaignFolder, CellFigures, Found, RUNS_FILE, Row, Rows,
    SweepReport, write_cells,
};
#[cfg(feature = "parquet")]
use crate::report::sweep::{CELLS_PARQUET, ParquetTable, RUNS_PARQUET, cell_columns, cell_row, records};

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

/// So many rows are in memory at a time; with more seeds than these, those of one cell.
const ROWS_AT_ONCE: u64 = 1 << 18;

/// What all runs give.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    sorted: Sorted<'a>,
    /// The lines of all runs, if they are few.
    lines: Option<Vec<String>>,
    /// What came out of each cell.
    pub(super) cells: Vec<CellFigures>,
    /// Of each cell the verdict under each seed, if it has one.
    pub(super) verdicts: Vec<Vec<Option<VerdictName>>>,
    /// Cell and seed of each run that was not judged.
    pub(super) failed: Vec<(u64, u64)>,
    /// The first of them, with what they say.
    pub(super) failures: Vec<Row>,
}

impl<'a> Merged<'a> {
    /// Reads every block; all have to be there.
    pub(super) fn of(
        report: SweepReport<'a>,
        folder: &'a CampaignFolder,
        campaign: &'a Campaign,
    ) -> Result<Self, Failure> {
        Self::by(report, folder, campaign, ROWS_AT_ONCE)
    }

    /// The same with so many rows at a time.
    pub(super) fn by(
        report: SweepReport<'a>,
        folder: &'a CampaignFolder,
        campaign: &'a Campaign,
        rows_at_once: u64,
    ) -> Result<Self, Failure> {
        let rows = Rows::new(report);
        let sorted = Sorted { report, folder, campaign, header: rows.header(), rows_at_once };
        let seeds = report.layout.seeds as usize;
        let (mut cells, mut verdicts, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut failures: Vec<Row> = Vec::new();
        let mut kept = None;
        for lines in sorted.batches() {
            let lines = lines?;
            for lines in lines.chunks(seeds) {
                let read = rows.read(lines).ok_or_else(|| {
                    Failure::Other(
                        format!("a row of cell {} is not as it was written", cells.len()),
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
            kept = (cells.len() as u64 == report.layout.cells && lines.len() == cells.len() * seeds)
                .then_some(lines);
        }
        Ok(Self { sorted, lines: kept, cells, verdicts, failed, failures })
    }

    /// Writes both tables.
    pub(super) fn write(&self, storage: &impl Storage) -> Result<(), OutputError> {
        let Sorted { report, folder, .. } = self.sorted;
        folder.write(RUNS_FILE, storage, |out| {
            out.write_all(self.sorted.header.as_bytes())?;
            self.batches()
                .try_for_each(|lines| lines?.iter().try_for_each(|line| out.write_all(line.as_bytes())))
        })?;
        folder.write(CELLS_FILE, storage, |mut out| write_cells(report, &self.cells, &mut out))
    }

    /// Writes both as Parquet.
    #[cfg(feature = "parquet")]
    pub(super) fn write_parquet(&self, storage: &impl Storage) -> Result<(), OutputError> {
        let Sorted { report, folder, campaign, .. } = self.sorted;
        let columns = Rows::new(report).columns();
        folder.write(RUNS_PARQUET, storage, |out| {
            let mut table = ParquetTable::new(campaign, &columns, out)?;
            for lines in self.batches() {
                for lines in lines?.chunks(report.layout.seeds as usize) {
                    let read = records(lines).ok_or_else(|| {
                        io::Error::new(io::ErrorKind::InvalidData, "a row is not as it was written")
                    })?;
                    read.iter().try_for_each(|record| table.push(record.iter()))?;
                }
            }
            table.finish()
        })?;
        let columns = cell_columns(report);
        folder.write(CELLS_PARQUET, storage, |out| {
            let mut table = ParquetTable::new(campaign, &columns, out)?;
            for (cell, figures) in (0..).zip(&self.cells) {
                table.push(cell_row(report, cell, figures).iter().map(String::as_str))?;
            }
            table.finish()
        })
    }

    /// All lines, some at a time.
    fn batches(&self) -> impl Iterator<Item = io::Result<Cow<'_, [String]>>> {
        let kept = self.lines.iter().map(|lines| Ok(Cow::Borrowed(lines.as_slice())));
        let again = self.lines.is_none().then(|| self.sorted.batches()).into_iter().flatten();
        let again = again.map(|lines| lines.map(Cow::Owned).map_err(|gone| io::Error::other(gone.message())));
        kept.chain(again)
    }
}

/// The rows of a folder by cell and seed. In the blocks they stand by seed and cell, so that all blocks are read for each batch that has not all cells.
#[derive(Debug)]
struct Sorted<'a> {
    report: SweepReport<'a>,
    folder: &'a CampaignFolder,
    campaign: &'a Campaign,
    header: String,
    rows_at_once: u64,
}

/// Why rows cannot be read.
#[derive(Debug)]
enum Unread {
    /// The operating system refused.
    Output(OutputError),
    /// A block that was there is not.
    Gone(u64),
}

impl Unread {
    fn message(&self) -> String {
        match self {
            Self::Output(error) => error.to_string(),
            Self::Gone(index) => format!("block {index} has gone, or been damaged, since it was written"),
        }
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        let message = unread.message();
        match unread {
            Unread::Output(error) => Self::Output(error),
            Unread::Gone(_) => {
                Self::Other(message, "run the sweep again: what is there is not repeated".to_owned())
            }
        }
    }
}

impl Sorted<'_> {
    /// The lines of some whole cells after the other.
    fn batches(&self) -> impl Iterator<Item = Result<Vec<String>, Unread>> {
        let layout = self.report.layout;
        let cells = (self.rows_at_once / layout.seeds).max(1);
        (0..layout.cells)
            .step_by(cells as usize)
            .map(move |first| self.lines(first..(first + cells).min(layout.cells)))
    }

    /// The lines of these cells.
    fn lines(&self, cells: Range<u64>) -> Result<Vec<String>, Unread> {
        let layout = self.report.layout;
        let mut lines = vec![String::new(); ((cells.end - cells.start) * layout.seeds) as usize];
        let mut open: Option<(u64, Block)> = None;
        for replicate in 0..layout.seeds {
            let mut cell = cells.start;
            while cell < cells.end {
                let run = replicate * layout.cells + cell;
                let index = run / layout.block_size;
                let block = match &mut open {
                    Some((number, block)) if *number == index => block,
                    _ => &mut open.insert((index, self.block(index)?)).1,
                };
                let runs = layout.block(index);
                let until = cells.end.min(cell + (runs.end - run));
                for (cell, line) in (cell..until).zip(&mut block.rows[(run - runs.start) as usize..]) {
                    let place = (cell - cells.start) * layout.seeds + replicate;
                    lines[place as usize] = mem::take(line);
                }
                cell = until;
            }
        }
        Ok(lines)
    }

    fn block(&self, index: u64) -> Result<Block, Unread> {
        let runs = self.report.layout.block(index);
        match self.folder.block(&identity(self.campaign, index), &self.header).map_err(Unread::Output)? {
            Found::Some(block) if block.rows.len() as u64 >= runs.end - runs.start => Ok(block),
            _ => Err(Unread::Gone(index)),
        }
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
