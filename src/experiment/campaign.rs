//! A sweep as a list of runs: every cell under every seed, cut into blocks that are worked off in any order, by anybody.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use super::compare::{families, observe_together};
use super::{Progress, Stopped, Variant};
use crate::analysis::Observation;

/// What runs there are, and how they are cut into blocks. All cells run under the first seed, then all under the second: more seeds later change no block that is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// How many cells; not 0.
    pub cells: u64,
    /// Under how many seeds each.
    pub seeds: u64,
    /// The first of them.
    pub first_seed: u64,
    /// How many runs a block has, but for the last; not 0.
    pub block_size: u64,
}

impl Layout {
    /// How many runs there are.
    pub fn runs(self) -> u64 {
        self.cells * self.seeds
    }

    /// How many blocks.
    pub fn blocks(self) -> u64 {
        self.runs().div_ceil(self.block_size)
    }

    /// The runs of a block.
    pub fn block(self, index: u64) -> Range<u64> {
        let start = index * self.block_size;
        start..(start + self.block_size).min(self.runs())
    }

    /// The cell and the seed of a run.
    pub fn run(self, index: u64) -> (u64, u64) {
        (index % self.cells, self.first_seed + index / self.cells)
    }
}

/// How one run of a sweep ended.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// It was judged.
    Observed(Box<Observation>),
    /// The values of its cell do not go together: the first thing that is wrong.
    ModelError(String),
    /// The program has a defect: what it said.
    Panic(String),
}

impl Outcome {
    /// The word for it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Observed(_) => "ok",
            Self::ModelError(_) => "model_error",
            Self::Panic(_) => "panic",
        }
    }

    /// Runs variants under a seed and keeps of each what fits into a line. What they have in common is simulated once; a panic ends one run and no other.
    ///
    /// # Errors
    /// If `progress` was told to cancel, or a trace was changed while it was replayed.
    pub fn of_all(variants: &[Variant<'_>], seed: u64, progress: &Progress) -> Result<Vec<Self>, Stopped> {
        let of_family = |family: Vec<usize>| {
            let members: Vec<Variant<'_>> = family.iter().map(|&index| variants[index]).collect();
            Ok(family.into_iter().zip(Self::of_family(&members, seed, progress)?).collect::<Vec<_>>())
        };
        let outcomes: Vec<Vec<(usize, Self)>> =
            families(variants).into_par_iter().map(of_family).collect::<Result<_, _>>()?;
        let mut outcomes: Vec<(usize, Self)> = outcomes.into_iter().flatten().collect();
        outcomes.sort_by_key(|&(index, _)| index);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    fn of_family(family: &[Variant<'_>], seed: u64, progress: &Progress) -> Result<Vec<Self>, Stopped> {
        match caught(|| observe_together(family, seed, progress)) {
            Ok(observed) => Ok(observed?.into_iter().map(|it| Self::Observed(Box::new(it))).collect()),
            Err(said) if family.len() == 1 => Ok(vec![Self::Panic(said)]),
            // Whose panic it was is only known when each is by itself.
            Err(_) => {
                let alone = family
                    .iter()
                    .map(|variant| Self::of_family(std::slice::from_ref(variant), seed, progress));
                Ok(alone.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
        }
    }
}

/// What `run` gives.
///
/// # Errors
/// If it panics: what it said.
fn caught<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    // Nothing that it was working on is looked at again.
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say why");
        said.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_run_is_in_one_block(cells in 1u64..50, seeds in 1u64..20, block_size in 1u64..70) {
            let layout = Layout { cells, seeds, first_seed: 7, block_size };
            let runs: Vec<(u64, u64)> =
                (0..layout.blocks()).flat_map(|block| layout.block(block)).map(|run| layout.run(run)).collect();
            let mut sorted = runs.clone();
            sorted.sort_unstable();
            let all: Vec<(u64, u64)> = (0..cells).flat_map(|cell| (7..7 + seeds).map(move |seed| (cell, seed))).collect();
            prop_assert_eq!(sorted, all);
            let more = Layout { seeds: seeds + 3, ..layout };
            for block in 0..layout.blocks() - 1 {
                prop_assert_eq!(layout.block(block), more.block(block));
            }
        }
    }

    #[test]
    fn a_panic_is_caught() {
        assert_eq!(
            caught(|| panic!("index {} is out of bounds", 3)),
            Err::<(), _>("index 3 is out of bounds".to_owned())
        );
        assert_eq!(caught(|| 4), Ok(4));
    }
}
