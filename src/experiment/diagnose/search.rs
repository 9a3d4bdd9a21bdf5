//! Looking for the least that is enough.

use crate::experiment::Stopped;

/// Of things that are enough together: so few that none of them can be left out, the later ones rather kept.
pub(super) fn fewest<T: Copy + PartialEq>(
    all: Vec<T>,
    is_enough: impl Fn(&[T]) -> Result<bool, Stopped>,
) -> Result<Vec<T>, Stopped> {
    let mut kept = all.clone();
    for candidate in all {
        let others: Vec<T> = kept.iter().copied().filter(|&other| other != candidate).collect();
        if !others.is_empty() && is_enough(&others)? {
            kept = others;
        }
    }
    Ok(kept)
}

/// The largest number in a range for which it is enough, where it is for all smaller ones; `None`: not for the smallest.
pub(super) fn largest(
    range: std::ops::RangeInclusive<u64>,
    is_enough: impl Fn(u64) -> Result<bool, Stopped>,
) -> Result<Option<u64>, Stopped> {
    let (mut low, mut high) = (*range.start(), *range.end());
    if !is_enough(low)? {
        return Ok(None);
    }
    if low == high || is_enough(high)? {
        return Ok(Some(high));
    }
    // At `low` it is enough, at `high` it is not.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is_enough(middle)? {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(Some(low))
}

/// The smallest number in a range for which it is enough, where it is for all larger ones; `None`: not for the largest.
pub(super) fn smallest(
    range: std::ops::RangeInclusive<u64>,
    is_enough: impl Fn(u64) -> Result<bool, Stopped>,
) -> Result<Option<u64>, Stopped> {
    let (first, last) = (*range.start(), *range.end());
    Ok(largest(0..=last - first, |less| is_enough(last - less))?.map(|less| last - less))
}
