//! The ramp, and what one run shows of it.

use std::ops::Range;

use crate::analysis::Frame;
use crate::analysis::course::Counts;
use crate::analysis::window::{hold_rows, sum};
use crate::kernel::{Duration, Time};
use crate::model::JudgeSettings;
use crate::observe::{Run, WorkloadSeries};
use crate::quantity::Share;

/// Loads that are told apart in the course of a ramp.
pub(super) const CELLS: usize = 56;
/// Of a ramp, so much is spent at its foot, before it and behind.
const FOOT: u64 = 32;

/// A load that stays low, rises, falls again as slowly, and stays low.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ramp {
    /// The load at its foot, per second.
    pub low_per_s: f64,
    /// The load at its top.
    pub high_per_s: f64,
    /// How long it stays at its foot, before and behind.
    pub foot: Duration,
    /// How long it rises, and falls.
    pub slope: Duration,
}

/// Requests at about one load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CellCounts {
    /// Those that came.
    pub offered: u64,
    /// Those that succeeded while still wanted.
    pub good: u64,
}

/// One seed.
#[derive(Clone, PartialEq, Debug)]
pub struct RampObservation {
    /// The seed.
    pub seed: u64,
    /// Whether its first window, at the foot, is good; if not, there is nothing that could fall.
    pub begins_good: bool,
    /// The load at which it fell over, if it did.
    pub falls_at_per_s: Option<f64>,
    /// The load at which it was back for good, if it fell and was.
    pub returns_at_per_s: Option<f64>,
    /// The length of a window.
    pub hold: Duration,
    /// What came and succeeded by load: on the way up, and on the way down.
    pub course: [Vec<CellCounts>; 2],
    /// The digest of the run.
    pub digest: [u8; 32],
}

impl Ramp {
    /// A ramp of this length in all; the foot is not shorter than the warm-up. `None` if nothing is left for the slopes.
    pub fn new(low_per_s: f64, high_per_s: f64, length: Duration, warmup: Duration) -> Option<Self> {
        let foot = Duration::from_ns((length.as_ns() / FOOT).max(warmup.as_ns()));
        let slope = Duration::from_ns(length.as_ns().checked_sub(2 * foot.as_ns())? / 2);
        (slope > Duration::ZERO).then_some(Self { low_per_s, high_per_s, foot, slope })
    }

    /// When it is at its top.
    pub fn top(&self) -> Time {
        Time::ZERO + self.foot + self.slope
    }

    /// How much the load moves in a second.
    pub fn speed_per_s(&self) -> f64 {
        (self.high_per_s - self.low_per_s) / self.slope.as_secs_f64()
    }

    /// The load at an instant.
    pub fn load_at(&self, at: Time) -> f64 {
        let from_top = if at < self.top() { self.top().since(at) } else { at.since(self.top()) };
        let height = 1.0 - from_top.as_secs_f64() / self.slope.as_secs_f64();
        self.low_per_s + (self.high_per_s - self.low_per_s) * height.max(0.0)
    }

    /// The same as the profile of a workload whose rate is that at the top.
    pub fn profile(&self) -> String {
        self.profile_down_to(self.low_per_s, self.slope)
    }

    /// A profile that goes up to the top, and from there to a load in so much time.
    pub(super) fn profile_down_to(&self, load_per_s: f64, fall: Duration) -> String {
        let [foot, end] = [self.low_per_s, load_per_s].map(|load| load / self.high_per_s);
        let top = self.foot + self.slope;
        format!(
            "[{{ at = \"0s\", scale = {foot:?} }}, {{ at = \"{}\", scale = 1.0, ramp = \"{}\" }}, {{ at = \"{top}\", scale = {end:?}, ramp = \"{fall}\" }}]",
            self.foot, self.slope,
        )
    }

    fn cell(&self, load_per_s: f64) -> usize {
        let height = (load_per_s - self.low_per_s) / (self.high_per_s - self.low_per_s);
        ((height * CELLS as f64) as usize).min(CELLS - 1)
    }
}

impl RampObservation {
    /// What a run shows of a workload whose load went so.
    pub fn new(ramp: &Ramp, run: &Run, workload: &WorkloadSeries, judge: &JudgeSettings) -> Self {
        let windows = Windows::of_run(run, workload, judge);
        let thresholds = windows.thresholds(ramp);
        Self {
            seed: run.seed,
            begins_good: thresholds.begins_good,
            falls_at_per_s: thresholds.falls_at_per_s,
            returns_at_per_s: thresholds.returns_at_per_s,
            hold: windows.frame.hold(windows.hold_rows),
            course: course(ramp, &windows.frame, &windows.counts),
            digest: run.digest,
        }
    }
}

/// The windows of one workload, at the level below which it has fallen.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Windows {
    pub(super) frame: Frame,
    pub(super) hold_rows: u64,
    pub(super) counts: Counts,
    pub(super) level: Share,
}

/// What one run shows of the two thresholds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Thresholds {
    pub(super) begins_good: bool,
    pub(super) falls_at_per_s: Option<f64>,
    pub(super) returns_at_per_s: Option<f64>,
}

impl Windows {
    pub(super) fn of_run(run: &Run, workload: &WorkloadSeries, judge: &JudgeSettings) -> Self {
        let counts = Counts {
            offered: workload.rows.iter().map(|row| row.offered).collect(),
            good: workload.rows.iter().map(|row| row.good).collect(),
        };
        let frame = Frame { duration: run.duration, warmup: run.warmup, interval: run.interval };
        let hold_rows = hold_rows(&judge.hold, &frame, &counts);
        Self { frame, hold_rows, counts, level: judge.threshold }
    }

    /// Every window, in order.
    fn all(&self) -> impl DoubleEndedIterator<Item = Range<u64>> + '_ {
        let last = (self.frame.whole_rows() + 1).saturating_sub(self.hold_rows);
        (self.frame.first_row()..last).map(|begin| begin..begin + self.hold_rows)
    }

    fn is_good(&self, rows: &Range<u64>) -> bool {
        let (offered, good) = (sum(&self.counts.offered, rows), sum(&self.counts.good, rows));
        u128::from(good) * 1_000_000_000 >= u128::from(offered) * u128::from(self.level.billionths())
    }

    fn middle(&self, rows: &Range<u64>) -> Time {
        let span = self.frame.span(rows);
        span.begin + Duration::from_ns(span.length().as_ns() / 2)
    }

    /// Where it fell over and where it was back: the first window below the level on the way up, and the last on the way down. One is the other with time reversed, so without memory neither is favoured.
    pub(super) fn thresholds(&self, ramp: &Ramp) -> Thresholds {
        let is_up = |rows: &Range<u64>| self.frame.span(rows).end <= ramp.top();
        let is_down = |rows: &Range<u64>| self.frame.span(rows).begin >= ramp.top();
        let load = |rows: Range<u64>| ramp.load_at(self.middle(&rows));
        let first = self.all().next();
        let falls = self.all().filter(is_up).find(|rows| !self.is_good(rows));
        let last = self.all().next_back();
        let back = self.all().filter(is_down).rfind(|rows| !self.is_good(rows));
        // What falls on one side of the top only, falls or comes back at the top as far as a ramp can tell.
        let is_lost = back.is_some() && back == last;
        let (falls_at_per_s, returns_at_per_s) = match (falls, back) {
            (None, None) => (None, None),
            (falls, back) => {
                let returns = back.map_or(ramp.high_per_s, load);
                (Some(falls.map_or(ramp.high_per_s, load)), (!is_lost).then_some(returns))
            }
        };
        let is_long_enough = self.all().any(|rows| is_up(&rows)) && self.all().any(|rows| is_down(&rows));
        let begins_good = is_long_enough && first.is_some_and(|rows| self.is_good(&rows));
        Thresholds { begins_good, falls_at_per_s, returns_at_per_s }
    }

    /// Whether the window nearest to this load on the way up is good, and whether the last of all is.
    pub(super) fn up_and_last(&self, ramp: &Ramp, load_per_s: f64) -> Option<(bool, bool)> {
        let distance = |rows: &Range<u64>| (ramp.load_at(self.middle(rows)) - load_per_s).abs();
        let up = self.all().filter(|rows| self.frame.span(rows).end <= ramp.top());
        let up = up.min_by(|one, other| distance(one).total_cmp(&distance(other)))?;
        let last = self.all().next_back()?;
        Some((self.is_good(&up), self.is_good(&last)))
    }
}

fn course(ramp: &Ramp, frame: &Frame, counts: &Counts) -> [Vec<CellCounts>; 2] {
    let mut course = [vec![CellCounts::default(); CELLS], vec![CellCounts::default(); CELLS]];
    for row in frame.first_row()..frame.whole_rows() {
        let middle = frame.row_begin(row) + Duration::from_ns(frame.interval.as_ns() / 2);
        let side = usize::from(middle >= ramp.top());
        let cell = &mut course[side][ramp.cell(ramp.load_at(middle))];
        cell.offered += sum(&counts.offered, &(row..row + 1));
        cell.good += sum(&counts.good, &(row..row + 1));
    }
    course
}
