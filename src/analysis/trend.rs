//! Whether something comes more often along an axis: shares in cells that lie in a row, under the same seeds.

use super::CONFIDENCE;
use super::statistics::sign_test;

/// Whether a share goes one way along an axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Trend {
    /// What the seeds prove.
    pub finding: TrendFinding,
    /// Pairs of cells between which it goes that way beyond doubt.
    pub along: u64,
    /// Pairs between which it goes the other way beyond doubt: the line, and the places of both cells in it.
    pub against: Vec<(usize, usize, usize)>,
    /// How many pairs there are.
    pub pairs: u64,
}

/// What is proven about a trend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrendFinding {
    /// It goes that way between some cells, and the other way between none.
    Holds,
    /// It goes the other way between some.
    Fails,
    /// It goes neither way as far as these seeds tell.
    TooFewSeeds,
}

impl Trend {
    /// Looks at lines of cells, in each of which only the axis changes: for every cell, in its order, whether each seed has what is looked for; `None` where a run has no result.
    ///
    /// Every two cells of a line are compared seed by seed (the exact test of `McNemar`); the confidence of 95 % is that of all comparisons together (Bonferroni).
    pub fn of(lines: &[Vec<Vec<Option<bool>>>]) -> Self {
        let pairs: u64 =
            lines.iter().map(|line| (line.len() * line.len().saturating_sub(1) / 2) as u64).sum();
        let error = (1.0 - CONFIDENCE) / pairs.max(1) as f64;
        let (mut along, mut against) = (0, Vec::new());
        for (number, line) in lines.iter().enumerate() {
            for later in 1..line.len() {
                for earlier in 0..later {
                    let (more, fewer) = changes(&line[earlier], &line[later]);
                    if sign_test(more, fewer) > error {
                        continue;
                    }
                    if more > fewer {
                        along += 1;
                    } else {
                        against.push((number, earlier, later));
                    }
                }
            }
        }
        let finding = match (along, against.is_empty()) {
            (_, false) => TrendFinding::Fails,
            (0, true) => TrendFinding::TooFewSeeds,
            (_, true) => TrendFinding::Holds,
        };
        Self { finding, along, against, pairs }
    }
}

/// Under how many seeds the later cell has it and the earlier one not, and the other way round.
fn changes(earlier: &[Option<bool>], later: &[Option<bool>]) -> (u64, u64) {
    let count = |of: (Option<bool>, Option<bool>)| {
        earlier.iter().zip(later).filter(|(earlier, later)| (**earlier, **later) == of).count() as u64
    };
    (count((Some(false), Some(true))), count((Some(true), Some(false))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::{Bits as _, Stream};

    fn cell(yes: usize, of: usize) -> Vec<Option<bool>> {
        (0..of).map(|seed| Some(seed < yes)).collect()
    }

    #[test]
    fn a_share_that_only_rises_rises() {
        let trend = Trend::of(&[vec![cell(0, 20), cell(1, 20), cell(20, 20)]]);
        assert_eq!((trend.finding, trend.along, trend.pairs), (TrendFinding::Holds, 2, 3));
    }

    #[test]
    fn one_place_where_it_falls_is_enough() {
        let trend = Trend::of(&[vec![cell(0, 20), cell(20, 20)], vec![cell(20, 20), cell(3, 20)]]);
        assert_eq!((trend.finding, trend.against.as_slice()), (TrendFinding::Fails, &[(1, 0, 1)][..]));
    }

    #[test]
    fn what_does_not_change_is_no_trend() {
        assert_eq!(Trend::of(&[vec![cell(20, 20), cell(20, 20)]]).finding, TrendFinding::TooFewSeeds);
        assert_eq!(Trend::of(&[vec![cell(0, 3), cell(3, 3)]]).finding, TrendFinding::TooFewSeeds);
        assert_eq!(Trend::of(&[]).finding, TrendFinding::TooFewSeeds);
        let missing = vec![None; 20];
        assert_eq!(Trend::of(&[vec![missing, cell(20, 20)]]).finding, TrendFinding::TooFewSeeds);
    }

    /// Where nothing changes along the axis, at most 5 of 100 sweeps are told to go either way: 50 seeds, 4 lines of 6 cells, 1000 repetitions. At 5 % there would be more than 68 with a
    /// probability of less than .5 %.
    #[test]
    fn chance_is_not_taken_for_a_trend() {
        let mut stream = Stream::new(1, 2);
        let mut wrong = 0;
        for _ in 0..1000 {
            let mut line = || -> Vec<Vec<Option<bool>>> {
                (0..6).map(|_| (0..50).map(|_| Some(stream.unit() < 0.5)).collect()).collect()
            };
            let lines: Vec<_> = (0..4).map(|_| line()).collect();
            wrong += u64::from(Trend::of(&lines).finding != TrendFinding::TooFewSeeds);
        }
        assert!(wrong <= 68, "{wrong} of 1000");
    }
}
