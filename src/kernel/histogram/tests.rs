//! The histogram against a sorted list of all values.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Values of every magnitude, from exact buckets to the end of u64.
fn any_ns() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(word, shift)| word >> shift)
}

fn histogram_of(values: &[u64]) -> Histogram {
    let mut histogram = Histogram::new();
    for &ns in values {
        histogram.record(ns);
    }
    histogram
}

proptest! {
    #[test]
    fn a_quantile_is_within_one_percent_of_the_sorted_list(mut values in vec(any_ns(), 1..300), permille in 0_usize..=1000) {
        let histogram = histogram_of(&values);
        values.sort_unstable();
        let rank = (permille * values.len()).div_ceil(1000).max(1);
        let exact = values[rank - 1];
        let reported = histogram.quantile(permille as f64 / 1000.0).expect("there are values");
        prop_assert!(reported.abs_diff(exact) as f64 <= 0.01 * exact as f64, "{} for {}", reported, exact);
        prop_assert!(exact >= 128 || reported == exact, "{} for {}, which has a bucket of its own", reported, exact);
        prop_assert!(reported <= values[values.len() - 1]);
    }

    #[test]
    fn count_sum_and_maximum_are_exact(values in vec(any_ns(), 0..300)) {
        let histogram = histogram_of(&values);
        prop_assert_eq!(histogram.count(), values.len() as u64);
        prop_assert_eq!(histogram.sum_ns(), values.iter().copied().map(u128::from).sum::<u128>());
        prop_assert_eq!(histogram.max_ns(), values.iter().copied().max().unwrap_or(0));
    }

    #[test]
    fn merging_equals_recording_everything_in_one(first in vec(any_ns(), 0..100), second in vec(any_ns(), 0..100)) {
        let mut merged = histogram_of(&second);
        histogram_of(&first).merge_into(&mut merged);
        prop_assert_eq!(merged, histogram_of(&[first, second].concat()));
    }

    #[test]
    fn pouring_is_merging_and_forgetting(first in vec(any_ns(), 0..100), second in vec(any_ns(), 0..100), third in vec(any_ns(), 0..100)) {
        let (mut poured, mut other) = (histogram_of(&first), histogram_of(&second));
        poured.pour_into(&mut other);
        prop_assert_eq!(&poured, &Histogram::new());
        for &ns in &third {
            poured.record(ns);
        }
        prop_assert_eq!(poured, histogram_of(&third));
        prop_assert_eq!(other, histogram_of(&[first, second].concat()));
    }

    #[test]
    fn many_times_is_one_by_one(values in vec((any_ns(), 0_u64..5), 0..20)) {
        let mut histogram = Histogram::new();
        for &(ns, times) in &values {
            histogram.record_times(ns, times);
        }
        let repeated: Vec<u64> = values.iter().flat_map(|&(ns, times)| (0..times).map(move |_| ns)).collect();
        prop_assert_eq!(histogram, histogram_of(&repeated));
    }

    #[test]
    fn together_is_one_by_one(before in vec(any_ns(), 0..10), values in vec(any_ns(), 0..100), settled in 1_usize..100) {
        let (mut together, mut batch) = (histogram_of(&before), Batch::new());
        for (index, &ns) in values.iter().enumerate() {
            if batch.add(ns) || index % settled == 0 {
                together.record_batch(&mut batch);
            }
        }
        together.record_batch(&mut batch);
        together.record_batch(&mut batch);
        prop_assert_eq!(together, histogram_of(&[before, values].concat()));
    }

    #[test]
    fn there_is_room_for_the_octaves_in_use_and_no_others(values in vec(any_ns(), 1..50)) {
        let octave = |ns: &u64| bucket_of(*ns) / STEPS;
        let (first, last) = (values.iter().map(octave).min().unwrap_or(0), values.iter().map(octave).max().unwrap_or(0));
        prop_assert_eq!(histogram_of(&values).buckets.len(), (last - first + 1) * STEPS);
    }

    #[test]
    fn many_quantiles_equal_single_ones_in_any_order(values in vec(any_ns(), 1..100), qs in prop::array::uniform5(0.0..=1.0)) {
        let histogram = histogram_of(&values);
        let single = qs.map(|q| histogram.quantile(q).expect("there are values"));
        prop_assert_eq!(histogram.quantile_many(qs), single);
    }

    #[test]
    fn a_cleared_histogram_is_a_new_one(values in vec(any_ns(), 0..100)) {
        let mut histogram = histogram_of(&values);
        histogram.clear();
        prop_assert_eq!(histogram, Histogram::new());
    }

    #[test]
    fn a_longer_duration_is_never_in_a_lower_bucket(ns in any_ns(), other in any_ns()) {
        prop_assert_eq!(ns.cmp(&other).then(bucket_of(ns).cmp(&bucket_of(other))), ns.cmp(&other));
        prop_assert!(bucket_of(ns.min(other)) <= bucket_of(ns.max(other)));
        prop_assert_eq!(bucket_of(middle_of(bucket_of(ns))), bucket_of(ns));
    }
}

#[test]
fn nothing_has_no_quantile() {
    assert_eq!(Histogram::new().quantile(0.5), None);
    assert_eq!(Histogram::new().quantile_many([0.5, 1.0]), [0, 0]);
    let nothing: [u64; 0] = histogram_of(&[7]).quantile_many([]);
    assert!(nothing.is_empty());
}

#[test]
fn the_buckets_cover_every_duration_without_a_gap() {
    assert_eq!(bucket_of(0), 0);
    assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    for bucket in 0..BUCKETS {
        assert_eq!(bucket_of(middle_of(bucket)), bucket);
    }
    for octave in 0..58 {
        let first = 64_u64 << octave;
        assert_eq!(bucket_of(first), bucket_of(first - 1) + 1, "at {first}");
    }
}

#[test]
fn a_rank_is_the_one_that_the_decimal_means() {
    let histogram = histogram_of(&(1..=100).collect::<Vec<_>>());
    for percent in 1..=100_u64 {
        assert_eq!(histogram.quantile(percent as f64 / 100.0), Some(percent), "{percent} %");
    }
    assert_eq!(histogram.quantile(0.0), Some(1));
    assert_eq!(histogram.quantile(0.070_000_1), Some(8));
}

#[test]
fn no_quantile_exceeds_the_maximum() {
    let histogram = histogram_of(&[1 << 40]);
    assert_eq!(histogram.quantile_many([0.0, 0.5, 1.0]), [1 << 40; 3]);
}

#[test]
#[should_panic(expected = "99 is no quantile")]
fn a_percentage_is_refused_as_a_quantile() {
    histogram_of(&[1]).quantile(99.0);
}
