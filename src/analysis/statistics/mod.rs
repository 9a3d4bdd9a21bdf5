//! What a few seeds prove about all of them, and a long run about those like it.
//!
//! Every figure here is printed, so it has the same bits everywhere: transcendental functions come from `kernel::num`, and sums have a fixed order. Closed forms
//! are bisected rather than approximated; nobody waits for them.

mod batch;
mod estimate;
mod order;
mod proportion;
mod sign;
mod student;
mod warmup;

#[cfg(test)]
pub(super) mod coverage;

pub use batch::BatchMeans;
pub use estimate::Estimate;
pub(super) use estimate::SAME_MIN;
pub use order::MedianEstimate;
pub use proportion::clopper_pearson;
pub(super) use proportion::trials_needed;
use proportion::unseen;
pub use sign::sign_test;
pub use student::student_t_critical;
pub use warmup::warmup_by_mser;

/// No experiment runs under more seeds, so nothing is looked for beyond.
const COUNT_MAX: u64 = 1_000_000;

/// How many numbers, or trials, it would take to prove something if the others are as those that were seen; what takes more is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Needed {
    /// No fewer than so many.
    Count(u64),
    /// More than a million.
    TooMany,
    /// No number of them would do: what was seen is on the wrong side.
    Never,
}

/// Where `is_below` stops being true, going up from `low` to `high`.
fn crossing(mut low: f64, mut high: f64, is_below: impl Fn(f64) -> bool) -> f64 {
    /// More than the bits of a number.
    const STEPS: u32 = 60;
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if is_below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The smallest whole number above 0 at which something holds, if it holds for all above; `None` if not even at the largest.
fn fewest(most: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut fails, mut succeeds) = (0, 1);
    while !holds(succeeds) {
        if succeeds >= most {
            return None;
        }
        fails = succeeds;
        succeeds = succeeds.saturating_mul(2).min(most);
    }
    while succeeds - fails > 1 {
        let middle = u64::midpoint(fails, succeeds);
        if holds(middle) { succeeds = middle } else { fails = middle }
    }
    Some(succeeds)
}
