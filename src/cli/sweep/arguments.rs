//! What can be typed after `metastable sweep`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::arguments::{PictureArguments, SEEDS_MAX};
use crate::quantity::Share;

/// `metastable sweep`.
#[derive(Args, Debug)]
pub(in crate::cli) struct SweepArguments {
    /// The experiment, a TOML file with a `[sweep]`
    #[arg(value_name = "EXPERIMENT", required = true)]
    pub(in crate::cli) experiment: Option<PathBuf>,
    /// The folder of the results; what is there already is not repeated
    #[arg(long, value_name = "DIR", required = true)]
    pub(in crate::cli) out: Option<PathBuf>,
    /// How many seeds for each cell, instead of what the experiment says; more than before adds to what is there
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=SEEDS_MAX))]
    pub(in crate::cli) seeds: Option<u64>,
    /// Only the blocks whose number leaves the rest I when divided by N, to share the work: 0/4, 1/4, 2/4, 3/4; merge when all are done
    #[arg(long, value_name = "I/N", value_parser = Shard::parse, conflicts_with_all = ["report", "figures"])]
    pub(in crate::cli) shard: Option<Shard>,
    /// How many runs a block has, if the folder is new [default: by the number of runs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=SEEDS_MAX))]
    pub(in crate::cli) block_size: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) pictures: PictureArguments,
    /// How many threads may work at a time, which changes no result [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(in crate::cli) ascii: bool,
    /// What to do with a folder
    #[command(subcommand)]
    pub(in crate::cli) command: Option<SweepCommand>,
}

/// What can be done with the folder of a sweep.
#[derive(Subcommand, Debug)]
pub(in crate::cli) enum SweepCommand {
    /// Say which blocks are there
    Status(SweepFolder),
    /// Check all blocks and write runs.csv and cells.csv
    Merge(MergeArguments),
    /// Compute some blocks again and compare them with what is there; exit code 1 if they differ
    Verify(VerifyArguments),
}

/// The folder of a sweep.
#[derive(Args, Debug)]
pub(in crate::cli) struct SweepFolder {
    /// The folder
    #[arg(value_name = "DIR")]
    pub(in crate::cli) folder: PathBuf,
    /// The experiment, if it is not where it was when the sweep began
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) experiment: Option<PathBuf>,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(in crate::cli) ascii: bool,
}

/// `metastable sweep merge`.
#[derive(Args, Debug)]
pub(in crate::cli) struct MergeArguments {
    #[command(flatten)]
    pub(in crate::cli) folder: SweepFolder,
    /// Write runs.parquet and cells.parquet, too; a build has this if its feature `parquet` is on
    #[arg(long)]
    pub(in crate::cli) parquet: bool,
    #[command(flatten)]
    pub(in crate::cli) pictures: PictureArguments,
}

/// `metastable sweep verify`.
#[derive(Args, Debug)]
pub(in crate::cli) struct VerifyArguments {
    #[command(flatten)]
    pub(in crate::cli) folder: SweepFolder,
    /// Which share of the blocks; at least one
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub(in crate::cli) sample: Share,
    /// How many threads may work at a time [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
}

/// `--shard 0/4`: which part of how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) struct Shard {
    pub(in crate::cli) index: u64,
    pub(in crate::cli) of: u64,
}

impl Shard {
    fn parse(text: &str) -> Result<Self, String> {
        const HELP: &str = "write which part of how many, from 0: `0/4`, `1/4`, `2/4` and `3/4`";
        let (index, of) = text.split_once('/').ok_or(HELP)?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| HELP.to_owned());
        let shard = Self { index: number(index)?, of: number(of)? };
        if shard.index >= shard.of {
            return Err(format!("there is no part {} of {}: {HELP}", shard.index, shard.of));
        }
        Ok(shard)
    }
}
