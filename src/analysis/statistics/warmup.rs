//! Where the begin of a run stops to matter.

/// So many rows are one value: it takes the noise out, and the rule holds still (K. P. White, M. J. Cobb, S. C. Spratt, A Comparison of Five Steady-State Truncation Heuristics for Simulation,
/// Winter Simulation Conference 2000).
const ROWS: usize = 5;

/// How many rows at the begin of a run are best left out of its mean, by MSER-5: those without which the mean of the others is known best (K. P. White, An Effective Truncation Heuristic for
/// Bias Reduction in Simulation Output, Simulation 69(6), 1997). A row is the parts of two sums, such as time and requests.
///
/// It is looked for in the first half: of the last few values some are alike by chance. `None`: it is best to leave out all of that half, so that the run never settles or is too short to tell; or there are
/// fewer than twenty rows.
pub fn warmup_by_mser(rows: &[(f64, f64)]) -> Option<usize> {
    let mut last = 0.0;
    let values: Vec<f64> = rows
        .chunks_exact(ROWS)
        .map(|chunk| {
            let (above, below) = chunk.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
            // Where there is nothing, nothing has changed.
            last = if below > 0.0 { above / below } else { last };
            last
        })
        .collect();
    if values.len() < 4 {
        return None;
    }
    // From the end, so that every suffix costs one step; sums are taken around the last value, which is near the mean.
    let centre = values[values.len() - 1];
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best: Option<(f64, usize)> = None;
    let half = values.len() / 2;
    for (left_out, value) in values.iter().enumerate().rev() {
        let value = value - centre;
        sum += value;
        squares += value * value;
        let count = (values.len() - left_out) as f64;
        if left_out > half {
            continue;
        }
        let spread = (squares - sum * sum / count).max(0.0) / (count * count);
        // Of equals the one that leaves out less.
        if best.is_none_or(|(least, _)| spread <= least) {
            best = Some((spread, left_out));
        }
    }
    let (_, left_out) = best?;
    (left_out < half).then_some(left_out * ROWS)
}

#[cfg(test)]
mod tests {
    use super::super::coverage::Uniform;
    use super::*;

    fn rows(values: impl IntoIterator<Item = f64>) -> Vec<(f64, f64)> {
        values.into_iter().map(|value| (value, 1.0)).collect()
    }

    /// By its definition, every suffix on its own.
    fn naive(values: &[f64]) -> Option<usize> {
        let batches: Vec<f64> = values.chunks_exact(5).map(|chunk| chunk.iter().sum::<f64>() / 5.0).collect();
        let spread = |from: usize| {
            let rest = &batches[from..];
            let count = rest.len() as f64;
            let mean = rest.iter().sum::<f64>() / count;
            rest.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count * count)
        };
        let half = batches.len() / 2;
        let best = (0..=half).min_by(|&one, &other| spread(one).total_cmp(&spread(other)))?;
        (best < half).then_some(best * 5)
    }

    #[test]
    fn it_is_what_its_definition_says() {
        let mut uniform = Uniform(3);
        for start in [0.0, 2.0, 20.0] {
            for _ in 0..200 {
                let mut rest = start;
                let mut next = |_| {
                    rest *= 0.95;
                    rest + uniform.normal()
                };
                let values: Vec<f64> = (0..203).map(&mut next).collect();
                assert_eq!(warmup_by_mser(&rows(values.iter().copied())), naive(&values));
            }
        }
    }

    #[test]
    fn a_step_is_left_out_to_the_row() {
        let step = (0..200).map(|row| if row < 40 { 10.0 } else { 1.0 });
        assert_eq!(warmup_by_mser(&rows(step)), Some(40));
        assert_eq!(warmup_by_mser(&rows([1.0; 100])), Some(0), "what is the same from the begin stays whole");
    }

    #[test]
    fn what_never_settles_has_no_warmup() {
        assert_eq!(warmup_by_mser(&rows((0..200).map(f64::from))), None);
        assert_eq!(warmup_by_mser(&rows([1.0; 19])), None);
    }

    #[test]
    fn rows_with_nothing_in_them_change_nothing() {
        let gaps = (0..200).map(|row| if row % 10 < 5 { (3.0, 1.0) } else { (0.0, 0.0) });
        assert_eq!(warmup_by_mser(&gaps.collect::<Vec<_>>()), Some(0));
    }
}
