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
        let scale = self.low_per_s / self.high_per_s;
        let top = self.foot + self.slope;
        format!(
            "[{{ at = \"0s\", scale = {scale:?} }}, {{ at = \"{}\", scale = 1.0, ramp = \"{slope}\" }}, {{ at = \"{top}\", scale = {scale:?}, ramp = \"{slope}\" }}]",
            self.foot,
            slope = self.slope,
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
        let counts = Counts {
            offered: workload.rows.iter().map(|row| row.offered).collect(),
            good: workload.rows.iter().map(|row| row.good).collect(),
        };
        let frame = Frame { duration: run.duration, warmup: run.warmup, interval: run.interval };
        let rows = hold_rows(&judge.hold, &frame, &counts);
        let (falls_at_per_s, returns_at_per_s) = thresholds(ramp, &frame, rows, &counts, judge);
        Self {
            seed: run.seed,
            falls_at_per_s,
            returns_at_per_s,
            hold: frame.hold(rows),
            course: course(ramp, &frame, &counts),
            digest: run.digest,
        }
    }
}

/// Where it fell over and where it was back.
pub(super) fn thresholds(
    ramp: &Ramp,
    frame: &Frame,
    hold_rows: u64,
    counts: &Counts,
    judge: &JudgeSettings,
) -> (Option<f64>, Option<f64>) {
    let last = (frame.whole_rows() + 1).saturating_sub(hold_rows);
    let windows = || (frame.first_row()..last).map(|begin| begin..begin + hold_rows);
    let is_at_least = |rows: &Range<u64>, share: Share| {
        let (offered, good) = (sum(&counts.offered, rows), sum(&counts.good, rows));
        u128::from(good) * 1_000_000_000 >= u128::from(offered) * u128::from(share.billionths())
    };
    let has_fallen = |rows: &Range<u64>| !is_at_least(rows, judge.relapse);
    let load = |rows: Range<u64>| {
        let span = frame.span(&rows);
        ramp.load_at(span.begin + Duration::from_ns(span.length().as_ns() / 2))
    };
    let Some(falls) = windows().find(has_fallen) else { return (None, None) };
    let last_fallen = windows().rfind(has_fallen).map_or(0, |rows| rows.start);
    let back = windows().find(|rows| rows.start > last_fallen && is_at_least(rows, judge.threshold));
    (Some(load(falls)), back.map(load))
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
