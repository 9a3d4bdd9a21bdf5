//! A sweep: files of blocks that appear one by one and whole, the tables they are merged into, and what a person sees of them.

mod block;
mod cells;
mod claims;
mod column;
mod folder;
mod map;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
mod terminal;
#[cfg(test)]
mod tests;

pub use block::{Block, BlockIdentity};
pub use cells::{CELLS_FILE, CellFigures, cell_columns, cell_row, write_cells};
pub use claims::TrendClaim;
pub(in crate::report) use claims::axis_order;
pub use column::{Column, Kind};
pub use folder::{
    CAMPAIGN_FILE, CAMPAIGN_SCHEMA, CELLS_PARQUET, Campaign, CampaignFolder, FolderError, Found, RUNS_MAX,
    RUNS_PARQUET,
};
pub(in crate::report) use map::percent;
#[cfg(feature = "parquet")]
pub use parquet::{PARQUET_GROUP_ROWS, ParquetTable};
pub use rows::{RUNS_FILE, Row, Rows, records};
pub(in crate::report) use terminal::{counted, sentence};

use crate::experiment::Layout;
use crate::model::{Experiment, Points};

/// What is swept over.
#[derive(Clone, Copy, Debug)]
pub struct SweepReport<'a> {
    /// The name of the experiment: that of its file.
    pub name: &'a str,
    /// What it says.
    pub experiment: &'a Experiment,
    /// The points of its design.
    pub points: &'a Points,
    /// Which runs there are.
    pub layout: Layout,
}

impl<'a> SweepReport<'a> {
    /// The name of a cell's variant, if there are any, and its point.
    pub fn cell(&self, cell: u64) -> (Option<&'a str>, u64) {
        self.experiment.cell(self.points, cell)
    }
}
