//! Fewer points of the same shape: of every stretch its lowest and its highest value.

/// At most so many of the values: of each of equally long stretches the lowest and the highest, in the order in which they come. All of them if they are not more.
pub fn sampled(values: &[Option<f64>], points_max: usize) -> Vec<Option<f64>> {
    if values.len() <= points_max {
        return values.to_vec();
    }
    let pairs = (points_max / 2).max(1);
    let pair = |index: usize| {
        let rows = index * values.len() / pairs..(index + 1) * values.len() / pairs;
        let known = || rows.clone().filter_map(|row| Some((row, values[row]?)));
        let lowest = known().reduce(|one, other| if other.1 < one.1 { other } else { one });
        let highest = known().reduce(|one, other| if other.1 > one.1 { other } else { one });
        let (first, second) = if lowest.map(|it| it.0) <= highest.map(|it| it.0) {
            (lowest, highest)
        } else {
            (highest, lowest)
        };
        [first, second].map(|found| found.map(|it| it.1))
    };
    (0..pairs).flat_map(pair).collect()
}

/// A stretch of a line: what it covers, and the extremes and the mean of its values; `None` if it has none.
#[derive(Clone, PartialEq, Debug)]
pub struct Bucket {
    /// Its rows.
    pub rows: std::ops::Range<usize>,
    /// Lowest, mean and highest value.
    pub values: Option<[f64; 3]>,
}

/// At most so many stretches of about equal length.
pub fn buckets(values: &[Option<f64>], count_max: usize) -> Vec<Bucket> {
    let count = values.len().min(count_max.max(1));
    let bucket = |index: usize| {
        let rows = index * values.len() / count..(index + 1) * values.len() / count;
        let known = || values[rows.clone()].iter().copied().flatten();
        let extremes = known().reduce(f64::min).zip(known().reduce(f64::max));
        let mean = known().sum::<f64>() / known().count().max(1) as f64;
        // A mean of equal numbers may round to one beside them.
        let values = extremes.map(|(low, high)| [low, mean.clamp(low, high), high]);
        Bucket { rows, values }
    };
    (0..count).map(bucket).collect()
}
