//! Working off blocks: what is missing is computed and put in place, by as many threads as there are.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::experiment::{Outcome, Progress, Stopped};
use crate::report::directory::{OutputError, Storage};
use crate::report::sweep::{Block, BlockIdentity, Campaign, CampaignFolder, Found, Rows, SweepReport};

/// So many cells run together: they may have much in common, and all that is known of their runs is kept until the last one has ended.
const TOGETHER: usize = 32;

/// How the runs of cells under a seed end.
pub(super) trait Simulate: Fn(&[u64], u64) -> Result<Vec<Outcome>, Stopped> + Sync {}

impl<F: Fn(&[u64], u64) -> Result<Vec<Outcome>, Stopped> + Sync> Simulate for F {}

/// Blocks to be worked off.
pub(super) struct Work<'a, F> {
    folder: &'a CampaignFolder,
    campaign: &'a Campaign,
    report: SweepReport<'a>,
    rows: Rows<'a>,
    header: String,
    progress: &'a Progress,
    simulate: F,
    runs_done: AtomicU64,
}

/// Why not all blocks are there.
#[derive(Debug)]
pub(super) enum Halted {
    /// A block cannot be read or written.
    Output(OutputError),
    /// A run came to no end.
    Stopped(Stopped),
}

impl<'a, F: Simulate> Work<'a, F> {
    pub(super) fn new(
        folder: &'a CampaignFolder,
        campaign: &'a Campaign,
        report: SweepReport<'a>,
        progress: &'a Progress,
        simulate: F,
    ) -> Self {
        let rows = Rows::new(report);
        let header = rows.header();
        Self { folder, campaign, report, rows, header, progress, simulate, runs_done: AtomicU64::new(0) }
    }

    /// The line of column names.
    pub(super) fn header(&self) -> String {
        self.header.clone()
    }

    /// How many runs are done, those of earlier processes included.
    pub(super) fn runs_done(&self) -> u64 {
        self.runs_done.load(Ordering::Relaxed)
    }

    /// Whether a block is there as a whole.
    pub(super) fn is_done(&self, index: u64) -> bool {
        let runs = self.report.layout.block(index);
        let wanted = (runs.end - runs.start) as usize;
        matches!(self.folder.block(&self.identity(index), &self.header), Ok(Found::Some(block)) if block.rows.len() >= wanted)
    }

    /// Works off these blocks, in order, each thread one at a time. At the first that fails no other is begun.
    pub(super) fn go_through(&self, blocks: &[u64], storage: &(impl Storage + Sync)) -> Result<(), Halted> {
        let next = AtomicUsize::new(0);
        let failure = OnceLock::new();
        rayon::scope(|scope| {
            for _ in 0..rayon::current_num_threads() {
                scope.spawn(|_| {
                    while failure.get().is_none()
                        && let Some(&index) = blocks.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        if let Err(halted) = self.complete(index, storage) {
                            // The first cause counts; that the others were stopped because of it is none.
                            let _ = failure.set(halted);
                            // The others stop in the middle of what they do: nobody waits for it any more.
                            self.progress.cancel();
                        }
                    }
                });
            }
        });
        failure.into_inner().map_or(Ok(()), Err)
    }

    fn identity(&self, index: u64) -> BlockIdentity<'_> {
        BlockIdentity { campaign: &self.campaign.id, block_size: self.campaign.block_size, index }
    }

    /// Brings a block to its length, unless it is there.
    fn complete(&self, index: u64, storage: &impl Storage) -> Result<(), Halted> {
        let identity = self.identity(index);
        let runs = self.report.layout.block(index);
        let wanted = runs.end - runs.start;
        let found = self.folder.block(&identity, &self.header).map_err(Halted::Output)?;
        let mut block = match found {
            // With fewer seeds there were fewer runs in the last block; they are the first of those that there are now.
            Found::Some(block) => block,
            Found::Missing | Found::Torn => Block { rows: Vec::new() },
        };
        let there = (block.rows.len() as u64).min(wanted);
        self.runs_done.fetch_add(there, Ordering::Relaxed);
        if there == wanted {
            return Ok(());
        }
        block.rows.extend(self.compute(index, there, wanted).map_err(Halted::Stopped)?);
        self.folder.publish(&identity, &block, &self.header, storage).map_err(Halted::Output)
    }

    /// Rows of a block, from one to before another.
    pub(super) fn compute(&self, index: u64, from: u64, to: u64) -> Result<Vec<String>, Stopped> {
        let layout = self.report.layout;
        let start = layout.block(index).start;
        let runs: Vec<(u64, u64)> = (start + from..start + to).map(|run| layout.run(run)).collect();
        let together: Vec<&[(u64, u64)]> =
            runs.chunk_by(|one, next| one.1 == next.1).flat_map(|of_seed| of_seed.chunks(TOGETHER)).collect();
        // Threads that find no more blocks help with those that are being worked off.
        let rows: Vec<Vec<String>> = together
            .into_par_iter()
            .map(|runs| {
                let cells: Vec<u64> = runs.iter().map(|run| run.0).collect();
                let seed = runs[0].1;
                let outcomes = (self.simulate)(&cells, seed)?;
                self.runs_done.fetch_add(cells.len() as u64, Ordering::Relaxed);
                let row = |(&cell, outcome)| self.rows.row(cell, seed, outcome);
                Ok(cells.iter().zip(&outcomes).map(row).collect())
            })
            .collect::<Result<_, _>>()?;
        Ok(rows.into_iter().flatten().collect())
    }
}
