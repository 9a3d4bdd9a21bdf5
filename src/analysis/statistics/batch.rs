//! How well a mean is known from one long run, whose values depend on those before them.

use super::student_t_critical;

/// So many batches: between 10 and 30 are enough, and more only make them shorter (B. Schmeiser, Batch Size Effects in the Analysis of Simulation Output, Operations Research 30(3), 1982).
const BATCHES: usize = 20;

/// A ratio of two sums over a run, such as time by requests, and how well it is known by the means of long batches of rows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BatchMeans {
    /// The ratio over all batches.
    pub mean: f64,
    /// Its standard error, from the spread of the batches.
    pub standard_error: f64,
    /// How many rows a batch has.
    pub rows: usize,
    /// Whether a batch still resembles the one before it: they are too short, the run is, and the error is larger than it seems.
    pub depends: bool,
}

impl BatchMeans {
    /// From the parts of both sums, row by row; rows at the begin that do not fill a batch are left out. `None`: fewer rows than batches, or nothing to divide by.
    pub fn of(rows: &[(f64, f64)]) -> Option<Self> {
        let size = rows.len() / BATCHES;
        if size == 0 {
            return None;
        }
        let used = &rows[rows.len() - size * BATCHES..];
        let batches: Vec<(f64, f64)> = used.chunks(size).map(sum).collect();
        let (above, below) = sum(&batches);
        if below <= 0.0 {
            return None;
        }
        let mean = above / below;
        // W. G. Cochran, Sampling Techniques (1977), 6.4: what a batch has too much of for its size.
        let excess: Vec<f64> = batches.iter().map(|(above, below)| above - mean * below).collect();
        let squares: f64 = excess.iter().map(|excess| excess * excess).sum();
        let count = BATCHES as f64;
        let standard_error = (squares * count / (count - 1.0)).sqrt() / below;
        Some(Self { mean, standard_error, rows: size, depends: depends(&excess, squares) })
    }

    /// How far the two-sided confidence interval reaches to either side; `None` if batches depend on each other.
    pub fn half_width(&self, confidence: f64) -> Option<f64> {
        let half = student_t_critical(confidence, BATCHES as u64 - 1) * self.standard_error;
        (!self.depends).then_some(half)
    }
}

fn sum(rows: &[(f64, f64)]) -> (f64, f64) {
    rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1))
}

/// Whether neighbours are nearer to each other than independent ones are in 99 of 100 cases (J. von Neumann, Distribution of the Ratio of the Mean Square Successive Difference to the
/// Variance, Annals of Mathematical Statistics 12(4), 1941; for batches G. S. Fishman, Management Science 24(5), 1978).
fn depends(excess: &[f64], squares: f64) -> bool {
    /// The point that a normal variable exceeds in one of a hundred cases.
    const ONE_IN_100: f64 = 2.326_347_874_040_841;
    let count = excess.len() as f64;
    let steps: f64 = excess.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
    let spread = (4.0 * (count - 2.0) / (count * count - 1.0)).sqrt();
    steps < (2.0 - ONE_IN_100 * spread) * squares
}

#[cfg(test)]
mod tests {
    use super::super::coverage::{REPETITIONS, Uniform};
    use super::*;
    use crate::analysis::clopper_pearson;

    /// Numbers of which each keeps a share of the one before it; their mean is 5.
    fn autoregressive(uniform: &mut Uniform, count: usize, share: f64) -> Vec<(f64, f64)> {
        // As it is after a long time.
        let mut value = uniform.normal() / (1.0 - share * share).sqrt();
        let mut next = || {
            value = share * value + uniform.normal();
            (5.0 + value, 1.0)
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn twenty_batches_of_known_numbers() {
        let rows: Vec<(f64, f64)> = (0..45).map(|row| (f64::from(row % 2), 1.0)).collect();
        let found = BatchMeans::of(&rows).expect("there are enough");
        assert_eq!((found.mean, found.standard_error, found.rows), (0.5, 0.0, 2));
        // 1 to 20, each twice: mean 10.5, deviation sqrt(35), and each resembles its neighbours.
        let rising: Vec<(f64, f64)> = (0..40).map(|row| (f64::from(row / 2 + 1), 1.0)).collect();
        let found = BatchMeans::of(&rising).expect("there are enough");
        assert!((found.mean - 10.5).abs() < 1e-12);
        assert!((found.standard_error - (35.0_f64 / 20.0).sqrt()).abs() < 1e-12);
        assert!(found.depends && found.half_width(0.95).is_none());
    }

    #[test]
    fn a_row_counts_by_its_size() {
        let rows: Vec<(f64, f64)> =
            (0..20).map(|row| if row % 2 == 0 { (30.0, 10.0) } else { (2.0, 1.0) }).collect();
        assert!((BatchMeans::of(&rows).expect("there are enough").mean - 320.0 / 110.0).abs() < 1e-12);
    }

    #[test]
    fn too_few_rows_or_nothing_in_them_say_nothing() {
        assert_eq!(BatchMeans::of(&[(1.0, 1.0); 19]), None);
        assert_eq!(BatchMeans::of(&[(0.0, 0.0); 40]), None);
    }

    /// Goal: it covers the mean as often as it says where the run is long, and says so where it is short. Method: a thousand runs of numbers whose dependence is known, with a fixed seed.
    #[test]
    fn the_interval_covers_the_mean_of_numbers_that_depend_on_each_other() {
        let mut uniform = Uniform(23);
        let (mut given, mut covered) = (0, 0);
        for _ in 0..REPETITIONS {
            let found = BatchMeans::of(&autoregressive(&mut uniform, 4000, 0.8)).expect("there are enough");
            if let Some(half) = found.half_width(0.95) {
                given += 1;
                covered += u64::from((found.mean - 5.0).abs() <= half);
            }
        }
        assert!(given >= 980, "{given} of {REPETITIONS}: one in a hundred is refused by chance");
        let (low, high) = clopper_pearson(covered, given, 0.999);
        assert!(low <= 0.95 && 0.95 <= high, "{covered} of {given}");

        let is_refused = |_| {
            let run = autoregressive(&mut uniform, 200, 0.99);
            u64::from(BatchMeans::of(&run).expect("there are enough").depends)
        };
        let refused: u64 = (0..REPETITIONS).map(is_refused).sum();
        assert!(refused > 800, "{refused} of {REPETITIONS} runs that are much too short");
    }
}
