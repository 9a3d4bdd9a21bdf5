//! The arguments of `metastable boundary`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::analysis::Counted;
use crate::cli::arguments::{Format, ModelArguments, PictureArguments, SEEDS_MAX};
use crate::model::Along;
use crate::quantity::Share;

/// `metastable boundary`.
#[derive(Args, Debug)]
pub(in crate::cli) struct BoundaryArguments {
    #[command(flatten)]
    pub(super) model: ModelArguments,
    /// The number that varies: its path as for `--set`, and the range in which its boundary is looked for
    #[arg(long, value_name = "PATH=FROM..TO", value_parser = Along::parse)]
    pub(super) along: Along,
    /// Which runs are counted: a verdict, `surviving` (healthy, unaffected or recovered) or `not-surviving`
    #[arg(long, value_name = "VERDICT", default_value = "metastable", value_parser = counted)]
    pub(super) verdict: Counted,
    /// The level that their share crosses at the boundary
    #[arg(long, value_name = "SHARE", default_value = "50%", value_parser = share)]
    pub(super) level: Share,
    /// How wide the answer may be, as a share of its upper end
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = share)]
    pub(super) tolerance: Share,
    /// Halve ratios, not differences: for ranges over orders of magnitude
    #[arg(long)]
    pub(super) log: bool,
    /// The most seeds that a value is asked, from seed 1; clear cases take 12 or 24
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u64).range(2..=SEEDS_MAX))]
    pub(super) seeds: u64,
    /// Where the results go: boundary.json, probes.csv, runs.csv
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pictures: PictureArguments,
    /// How many threads may work at a time, which changes no result [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// What is printed: text for people, or boundary.json
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(super) ascii: bool,
}

fn counted(text: &str) -> Result<Counted, String> {
    let names: Vec<&str> = Counted::all().map(Counted::name).collect();
    let found = Counted::all().find(|counted| counted.name() == text);
    found.ok_or_else(|| format!("there are {}", names.join(", ")))
}

fn share(text: &str) -> Result<Share, String> {
    let share: Share = text.parse().map_err(|error: crate::quantity::ParseError| error.to_string())?;
    let is_inside = 0.0 < share.as_f64() && share.as_f64() < 1.0;
    if is_inside { Ok(share) } else { Err("write a share between 0% and 100%".to_owned()) }
}
