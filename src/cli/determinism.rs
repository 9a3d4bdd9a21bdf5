//! `metastable run --check-determinism`: the same again?

use std::io::Write as _;

use super::failure::Failure;
use super::load::LoadedModel;
use crate::experiment::{Comparison, Difference, check_determinism};
use crate::observe::Entry;
use crate::report::decimal::seconds;

/// Runs a model twice under its seed and says whether everything happened again.
pub(super) fn main(loaded: &LoadedModel) -> Result<(), Failure> {
    let (name, seed) = (&loaded.model.name, loaded.model.run.seed);
    match check_determinism(&loaded.plan, seed).map_err(Failure::of_stopped)? {
        Comparison::Same { entries, hash } => {
            let mut stdout = anstream::stdout().lock();
            writeln!(stdout, "DETERMINISTIC  {name}, seed {seed}")
                .and_then(|()| {
                    writeln!(stdout, "Two runs had the same {entries} happenings, hash {hash:016x}")
                })
                .and_then(|()| stdout.flush())
                .map_err(Failure::Stdout)
        }
        Comparison::Differs(difference) => Err(Failure::DoesNotHold(
            told(name, seed, &difference),
            "this is a defect of metastable; please report it with the model and the seed".to_owned(),
        )),
    }
}

fn told(name: &str, seed: u64, difference: &Difference) -> String {
    let same = difference.same_entries;
    let Some(at) = difference.at() else {
        return format!(
            "two runs of {name} with seed {seed} differ behind the first {same} happenings, and do not when they are repeated"
        );
    };
    let shown = |entry: Option<Entry>| match entry {
        None => "the run has ended".to_owned(),
        Some(Entry::IntervalEnded(at)) => format!("{} s: an interval ended", time(at)),
        Some(Entry::Happened(at, happening)) => format!("{} s: {happening:?}", time(at)),
    };
    let [first, second] = difference.entries.map(shown);
    format!(
        "two runs of {name} with seed {seed} differ at {} s, behind the same {same} happenings\n  first run   {first}\n  second run  {second}",
        time(at)
    )
}

fn time(at: crate::kernel::Time) -> String {
    seconds(u128::from(at.as_ns()))
}
