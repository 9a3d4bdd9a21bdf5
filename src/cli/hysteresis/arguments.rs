//! The arguments of `metastable hysteresis`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::cli::arguments::{Format, ModelArguments, PictureArguments, SEEDS_MAX};
use crate::kernel::Duration;
use crate::model::Along;

/// `metastable hysteresis`.
#[derive(Args, Debug)]
pub(in crate::cli) struct HysteresisArguments {
    #[command(flatten)]
    pub(super) model: ModelArguments,
    /// The rate of an open workload, and from where to where it goes and back
    #[arg(long, value_name = "PATH=FROM..TO", value_parser = Along::parse)]
    pub(super) along: Along,
    /// How long up and down take together [default: the duration of the model]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(super) length: Option<Duration>,
    /// Under how many seeds, from seed 1
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u64).range(6..=SEEDS_MAX))]
    pub(super) seeds: u64,
    /// Where the results go: hysteresis.json, thresholds.csv, course.csv
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pictures: PictureArguments,
    /// How many threads may work at a time, which changes no result [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// What is printed: text for people, or hysteresis.json
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(super) ascii: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    text.parse().map_err(|error: crate::quantity::ParseError| error.to_string())
}
