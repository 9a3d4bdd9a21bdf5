//! The search itself: which seeds of which value are next, until there is an answer.

use super::Counted;
use crate::analysis::statistics::clopper_pearson;
use crate::analysis::{CONFIDENCE, Observation};
use crate::kernel::num;
use crate::model::{Along, Scale, VerdictName};
use crate::quantity::Share;

/// After so many seeds of a value it is looked at, and never in between: how many run at a time must not matter.
pub(super) const BATCH: u64 = 12;
/// Nobody asks more seeds than 2 to this.
const SEEDS_BITS: u32 = 20;
/// What is left of a range at most when it is cut at a round number near its middle.
const LEFT: f64 = 0.6;

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// The number that varies, and between which ends.
    pub along: Along,
    /// How ranges are cut.
    pub scale: Scale,
    /// Which runs are counted.
    pub counted: Counted,
    /// The level that their share crosses, above 0 and below 1.
    pub level: Share,
    /// How wide the answer may be, as a share of the larger of its ends.
    pub tolerance: Share,
    /// The most seeds that a value is asked.
    pub seeds_max: u64,
}

/// On which side of the level a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The share is less.
    Below,
    /// The share is more.
    Above,
    /// It is not proven to be on either.
    Open,
}

impl Side {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Above => "above",
            Self::Open => "open",
        }
    }
}

/// What was seen of a value.
#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    /// The value, as a number.
    pub value: f64,
    /// A line per seed, in their order.
    pub observations: Vec<Observation>,
    /// How many of the runs count.
    pub count: u64,
    /// The interval of the share; all intervals of a search hold together with 95 %.
    pub interval: (f64, f64),
    /// Where that is.
    pub side: Side,
}

impl Probe {
    /// Under how many seeds it ran.
    pub fn seed_count(&self) -> u64 {
        self.observations.len() as u64
    }

    /// The share of the runs that count.
    pub fn share(&self) -> f64 {
        self.count as f64 / self.seed_count() as f64
    }

    /// How many runs ended so.
    pub fn verdict_count(&self, verdict: VerdictName) -> u64 {
        self.observations.iter().filter(|observation| observation.verdict == verdict).count() as u64
    }
}

/// What is to be done next.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// Run this value under more seeds, counted from 0, and tell what was seen.
    Run {
        /// The value.
        value: f64,
        /// The first seed.
        from: u64,
        /// The first that is not meant any more.
        until: u64,
    },
    /// Nothing: this is the answer.
    Done(Outcome),
}

/// How a search ends; positions are those of probes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The level is crossed between a value that is below it and one that is above.
    Crossing {
        /// The value at which the share is less.
        below: usize,
        /// The value at which it is more.
        above: usize,
    },
    /// Both ends of the range are on this side.
    SameSide(Side),
    /// It cannot be told on which side this end of the range is.
    OpenEnd(usize),
}

/// A search in progress.
#[derive(Clone, PartialEq, Debug)]
pub struct Search {
    question: Question,
    probes: Vec<Probe>,
    refused: Vec<f64>,
}

impl Search {
    /// A search that has not begun.
    pub fn new(question: Question) -> Self {
        Self { question, probes: Vec::new(), refused: Vec::new() }
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// What was seen, in the order in which it was looked at.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// The fewest seeds per value with which anything can be proven at all; `None` if no search takes as many.
    pub fn seeds_needed(&self) -> Option<u64> {
        let level = self.question.level.as_f64();
        let is_enough = |seeds: &u64| {
            let confidence = self.confidence_of(*seeds);
            let (low, _) = clopper_pearson(*seeds, *seeds, confidence);
            let (_, high) = clopper_pearson(0, *seeds, confidence);
            high < level && level < low
        };
        // More seeds mean more looks, which together cost less than they bring.
        let above = (0..=SEEDS_BITS).map(|bits| 1 << bits).find(is_enough)?;
        (above / 2 + 1..=above).find(is_enough)
    }

    /// The most values that are probed.
    pub(super) fn probes_max(&self) -> u64 {
        let (low, high) = self.question.along.ends();
        let tolerance = self.question.tolerance.as_f64();
        let ratio = match self.question.scale {
            Scale::Linear => (high - low) / (tolerance * f64::midpoint(low.abs(), high.abs())),
            Scale::Log => num::ln(high / low) / tolerance,
        };
        // Either edge of the transition takes that many cuts at most; and the ends, and the first value between them.
        let cuts = (num::ln(ratio.max(1.0)) / -num::ln(LEFT)).ceil() as u64;
        3 + 2 * cuts
    }

    /// The confidence of each look, so that all together have 95 %.
    pub fn confidence_each(&self) -> f64 {
        self.confidence_of(self.question.seeds_max)
    }

    fn confidence_of(&self, seeds_max: u64) -> f64 {
        1.0 - (1.0 - CONFIDENCE) / (self.probes_max() * seeds_max.div_ceil(BATCH)) as f64
    }

    /// What is to be done next.
    pub fn next(&self) -> Next {
        if let Some(last) = self.probes.last()
            && last.side == Side::Open
            && last.seed_count() < self.question.seeds_max
        {
            return self.seeds_of(last.value, last.seed_count());
        }
        let (low, high) = self.question.along.ends();
        let [first, second, ..] = self.probes.as_slice() else {
            return self.seeds_of(if self.probes.is_empty() { low } else { high }, 0);
        };
        match (first.side, second.side) {
            (Side::Open, _) => Next::Done(Outcome::OpenEnd(0)),
            (_, Side::Open) => Next::Done(Outcome::OpenEnd(1)),
            (one, other) if one == other => Next::Done(Outcome::SameSide(one)),
            _ => match self.value_between() {
                Some(value) => self.seeds_of(value, 0),
                None => Next::Done(self.crossing()),
            },
        }
    }

    fn seeds_of(&self, value: f64, from: u64) -> Next {
        Next::Run { value, from, until: (from + BATCH).min(self.question.seeds_max) }
    }

    /// Tells what was seen of the runs that were asked for.
    pub fn observe(&mut self, value: f64, observations: Vec<Observation>) {
        if self.probes.last().is_none_or(|last| last.value != value) {
            let observations = Vec::new();
            self.probes.push(Probe { value, observations, count: 0, interval: (0.0, 1.0), side: Side::Open });
        }
        let (confidence, level) = (self.confidence_each(), self.question.level.as_f64());
        let probe = self.probes.last_mut().expect("invariant: one was added if there was none");
        let counted = self.question.counted;
        probe.count += observations.iter().filter(|it| counted.counts(it.verdict)).count() as u64;
        probe.observations.extend(observations);
        probe.interval = clopper_pearson(probe.count, probe.seed_count(), confidence);
        probe.side = match probe.interval {
            (_, high) if high < level => Side::Below,
            (low, _) if low > level => Side::Above,
            _ => Side::Open,
        };
    }

    /// Whether the share rises from the lower end of the range to the upper one.
    pub fn rises(&self) -> bool {
        self.probes.first().is_some_and(|first| first.side == Side::Below)
    }

    /// The two innermost values that are proven to be on different sides: that like the lower end, and that like the upper one.
    fn edges(&self) -> (usize, usize) {
        let near = self.probes[0].side;
        let with = |is_near: bool| {
            let sides = self.probes.iter().enumerate();
            sides.filter(move |(_, probe)| probe.side != Side::Open && (probe.side == near) == is_near)
        };
        let by_value = |one: &(usize, &Probe), other: &(usize, &Probe)| one.1.value.total_cmp(&other.1.value);
        let low = with(true).max_by(by_value).map_or(0, |(index, _)| index);
        let high = with(false).min_by(by_value).map_or(1, |(index, _)| index);
        (low, high)
    }

    /// Tells that the model cannot have a value that was asked for: the gap that it lies in is not cut.
    pub fn refuse(&mut self, value: f64) {
        self.refused.push(value);
    }

    /// Whether values are left out because there were enough of them, and the answer is wider than was asked for that.
    pub fn is_cut_short(&self) -> bool {
        self.is_exhausted() && self.widest_middle().is_some()
    }

    fn is_exhausted(&self) -> bool {
        self.probes.len() as u64 >= self.probes_max()
    }

    /// The next value worth a look, if there is one.
    fn value_between(&self) -> Option<f64> {
        self.widest_middle().filter(|_| !self.is_exhausted())
    }

    /// The middle of the widest gap that is wider than was asked for.
    fn widest_middle(&self) -> Option<f64> {
        let (low, high) = self.edges();
        let (low, high) = (self.probes[low].value, self.probes[high].value);
        let open = || self.probes.iter().filter(|probe| probe.side == Side::Open).map(|probe| probe.value);
        let open = || open().filter(|&value| low < value && value < high);
        let gaps = match (open().reduce(f64::min), open().reduce(f64::max)) {
            (Some(first), Some(last)) => vec![(low, first), (last, high)],
            _ => vec![(low, high)],
        };
        let size = |gap: &(f64, f64)| (gap.1 - gap.0) / gap.0.abs().max(gap.1.abs());
        let wide = gaps.into_iter().filter(|gap| size(gap) > self.question.tolerance.as_f64());
        let middle = |gap: (f64, f64)| {
            let middle = self.question.along.middle(gap.0, gap.1, self.question.scale);
            middle.filter(|value| !self.refused.contains(value))
        };
        // The wider one first; of two that are equally wide the lower.
        let mut wide: Vec<(f64, f64)> = wide.filter(|&gap| middle(gap).is_some()).collect();
        wide.sort_by(|one, other| size(other).total_cmp(&size(one)));
        middle(*wide.first()?)
    }

    fn crossing(&self) -> Outcome {
        let (low, high) = self.edges();
        if self.rises() {
            Outcome::Crossing { below: low, above: high }
        } else {
            Outcome::Crossing { below: high, above: low }
        }
    }

    /// The values inside the answer at which it cannot be told, in order.
    pub fn open_between(&self) -> Vec<f64> {
        let (low, high) = self.edges();
        let (low, high) = (self.probes[low].value, self.probes[high].value);
        let open = self.probes.iter().filter(|probe| probe.side == Side::Open).map(|probe| probe.value);
        let mut open: Vec<f64> = open.filter(|&value| low < value && value < high).collect();
        open.sort_by(f64::total_cmp);
        open
    }

    /// Two probes that prove that the share does not only rise, or only fall, along the range: the intervals are in the wrong order. The pair that is furthest apart.
    pub fn inversion(&self) -> Option<(usize, usize)> {
        let excess = |low: &Probe, high: &Probe| {
            if self.rises() { low.interval.0 - high.interval.1 } else { high.interval.0 - low.interval.1 }
        };
        let pairs =
            (0..self.probes.len()).flat_map(|low| (0..self.probes.len()).map(move |high| (low, high)));
        let ordered = pairs.filter(|&(low, high)| self.probes[low].value < self.probes[high].value);
        let by_excess =
            ordered.map(|(low, high)| (excess(&self.probes[low], &self.probes[high]), (low, high)));
        let worst = by_excess.reduce(|worst, other| if other.0 > worst.0 { other } else { worst });
        worst.filter(|(excess, _)| *excess > 0.0).map(|(_, pair)| pair)
    }
}
