//! Searches that know nothing of what they search: which elements are needed, and which value is the least that will do.

/// The elements of `0..count` that are left when every one that is not needed has been taken away: all of them together fail, what is returned fails, and
/// without any one of them it does not. `fails` says whether these elements alone fail.
///
/// Delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002, algorithm ddmin.
pub(super) fn ddmin<E>(
    count: usize,
    mut fails: impl FnMut(&[usize]) -> Result<bool, E>,
) -> Result<Vec<usize>, E> {
    let mut left: Vec<usize> = (0..count).collect();
    if count == 0 || fails(&[])? {
        return Ok(Vec::new());
    }
    let mut parts = 2;
    while left.len() >= 2 {
        let size = left.len().div_ceil(parts);
        let chunks: Vec<Vec<usize>> = left.chunks(size).map(<[usize]>::to_vec).collect();
        let mut smaller = None;
        for chunk in &chunks {
            if fails(chunk)? {
                smaller = Some((chunk.clone(), 2));
                break;
            }
        }
        // Of two halves each is the complement of the other.
        for chunk in chunks.iter().filter(|_| smaller.is_none() && chunks.len() > 2) {
            let complement: Vec<usize> = left.iter().copied().filter(|it| !chunk.contains(it)).collect();
            if fails(&complement)? {
                smaller = Some((complement, (chunks.len() - 1).max(2)));
                break;
            }
        }
        match smaller {
            Some((found, next)) => (left, parts) = (found, next),
            None if chunks.len() >= left.len() => break,
            None => parts = (parts * 2).min(left.len()),
        }
    }
    Ok(left)
}

/// The first of `count` values, in ascending order, that fails, if those behind a value that fails fail too; `None` if none of those that were tried does. Whatever
/// the truth, a value that is returned has failed.
pub(super) fn least<E>(
    count: usize,
    mut fails: impl FnMut(usize) -> Result<bool, E>,
) -> Result<Option<usize>, E> {
    let (mut low, mut high, mut found) = (0, count, None);
    while low < high {
        let middle = usize::midpoint(low, high);
        if fails(middle)? {
            (high, found) = (middle, Some(middle));
        } else {
            low = middle + 1;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn counted(count: usize, needed: &[usize]) -> (Vec<usize>, usize) {
        let mut tried = BTreeSet::new();
        let found = ddmin(count, |kept| {
            tried.insert(kept.to_vec());
            Ok::<_, ()>(needed.iter().all(|it| kept.contains(it)))
        });
        (found.expect("it cannot fail"), tried.len())
    }

    proptest! {
        #[test]
        fn what_is_needed_is_found_and_nothing_else(
            count in 1_usize..60,
            picks in prop::collection::btree_set(0_usize..60, 0..6),
        ) {
            let needed: Vec<usize> = picks.into_iter().filter(|it| *it < count).collect();
            prop_assert_eq!(counted(count, &needed).0, needed);
        }

        /// Whatever fails: the result fails, and is minimal by one.
        #[test]
        fn the_result_is_minimal_by_one(table in prop::collection::vec(any::<bool>(), 256)) {
            let code = |kept: &[usize]| kept.iter().fold(0, |code, it| code | 1 << it);
            let fails = |kept: &[usize]| kept.len() == 8 || table[code(kept)];
            let found = ddmin(8, |kept| Ok::<_, ()>(fails(kept))).expect("it cannot fail");
            prop_assert!(fails(&found));
            for missing in &found {
                let less: Vec<usize> = found.iter().copied().filter(|it| it != missing).collect();
                prop_assert!(!fails(&less), "{found:?} without {missing}");
            }
        }

        #[test]
        fn the_least_value_is_found(count in 0_usize..40, first in 0_usize..50) {
            let mut tries = 0;
            let found = least(count, |value| { tries += 1; Ok::<_, ()>(value >= first) }).expect("it cannot fail");
            prop_assert_eq!(found, (first < count).then_some(first));
            prop_assert!(tries <= 7);
        }
    }

    /// Any two of fifty faults: a hundred runs at most, so that what follows has its share of the three hundred.
    #[test]
    fn two_of_fifty_are_found_in_few_runs() {
        let mut most = 0;
        for first in 0..50 {
            for second in first + 1..50 {
                let (found, tried) = counted(50, &[first, second]);
                assert_eq!(found, [first, second]);
                most = most.max(tried);
            }
        }
        assert!(most <= 100, "{most} runs");
    }
}
