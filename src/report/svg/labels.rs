//! Things in a row, moved apart where they would overlap, or into lines.

/// Where things of these widths stand, one behind the other with a gap, in as many lines as it takes. `gaps`: between two, and from line to line; `first`: where the first stands.
pub(super) fn wrapped(
    widths: impl Iterator<Item = f64>,
    gaps: (f64, f64),
    first: (f64, f64),
    width: f64,
) -> Vec<(f64, f64)> {
    let (mut x, mut y) = first;
    widths
        .map(|needed| {
            if x > first.0 && x + needed > width {
                (x, y) = (first.0, y + gaps.1);
            }
            let place = (x, y);
            x += needed + gaps.0;
            place
        })
        .collect()
}

/// Positions as near to the wanted ones as they can be with this distance between any two, within `low..=high`; in the order of the wanted ones.
/// If there is no room for all, they stand at equal distances.
pub fn spread(wanted: &[f64], distance: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&one, &other| wanted[one].total_cmp(&wanted[other]));
    let gaps = wanted.len().saturating_sub(1) as f64;
    let distance = if gaps > 0.0 { distance.min((high - low).max(0.0) / gaps) } else { distance };
    let sorted: Vec<f64> = order.iter().map(|&index| wanted[index]).collect();
    let offsets: Vec<f64> = (0..wanted.len()).map(|index| index as f64 * distance).collect();
    let last = high - gaps * distance;
    let mut positions = vec![0.0; wanted.len()];
    for (place, (position, offset)) in settled(&sorted, &offsets).into_iter().zip(&offsets).enumerate() {
        positions[order[place]] = (position - offset).min(last).max(low) + offset;
    }
    positions
}

/// Positions in this order, each at least as far behind the one before it as the offsets are apart, with the least sum of squared moves.
pub(super) fn settled(wanted: &[f64], offsets: &[f64]) -> Vec<f64> {
    // Less its offset a position may not be below the one before: neighbours that are in the wrong order share their mean.
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for (want, offset) in wanted.iter().zip(offsets) {
        runs.push((want - offset, 1));
        while let [.., one, other] = runs[..] {
            if one.0 / one.1 as f64 <= other.0 / other.1 as f64 {
                break;
            }
            runs.truncate(runs.len() - 2);
            runs.push((one.0 + other.0, one.1 + other.1));
        }
    }
    let means = runs.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}
