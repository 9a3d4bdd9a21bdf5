//! The arithmetic of windows: whole rows of a run, and ratios of counts, compared exactly.
//!
//! Shares are billionths and counts are integers, so "at or above 90 %" is a multiplication and never a matter of rounding.

use std::ops::Range;

use crate::analysis::{Counts, Frame, Span, WorkloadCourse};
use crate::kernel::{Duration, Time};
use crate::model::{HoldSettings, JudgeSettings};
use crate::quantity::Share;

/// Goodput of the run against goodput of the twin over the same rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ratio {
    good: u64,
    twin_good: u64,
}

/// One hold window that says something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct HoldWindow {
    /// Its rows.
    pub(super) rows: (u64, u64),
    /// What it says.
    pub(super) ratio: Ratio,
}

/// The rows of one workload, ready to be summed over any window.
#[derive(Debug)]
pub(super) struct Windows<'a> {
    frame: Frame,
    hold_rows: u64,
    good_before: Vec<u64>,
    twin_good_before: Vec<u64>,
    load_cuts: &'a [Span],
}

impl Ratio {
    /// The ratio; nothing if the twin has nothing to compare with.
    pub(super) fn new(good: u64, twin_good: u64) -> Option<Self> {
        (twin_good > 0).then_some(Self { good, twin_good })
    }

    /// Whether the run has at least this share of the twin's goodput.
    pub(super) fn is_at_least(self, share: Share) -> bool {
        u128::from(self.good) * 1_000_000_000 >= u128::from(self.twin_good) * u128::from(share.billionths())
    }

    pub(super) fn as_f64(self) -> f64 {
        self.good as f64 / self.twin_good as f64
    }
}

impl Frame {
    /// The first row that is judged.
    pub(super) fn first_row(&self) -> u64 {
        self.warmup.as_ns().div_ceil(self.interval.as_ns())
    }

    /// How many rows are whole.
    pub(super) fn whole_rows(&self) -> u64 {
        self.duration.as_ns() / self.interval.as_ns()
    }

    pub(super) fn row_begin(&self, row: u64) -> Time {
        Time::from_ns(self.interval.as_ns().saturating_mul(row))
    }

    /// The instant from which the run counts.
    pub(super) fn after_warmup(&self) -> Time {
        Time::from_ns(self.warmup.as_ns())
    }

    pub(super) fn span(&self, rows: &Range<u64>) -> Span {
        Span { begin: self.row_begin(rows.start), end: self.row_begin(rows.end) }
    }

    /// Time between an instant and the end of the run.
    pub(super) fn time_after(&self, instant: Time) -> Duration {
        Time::from_ns(self.duration.as_ns()).since(instant)
    }

    /// How long a hold of so many rows is.
    pub(super) fn hold(&self, hold_rows: u64) -> Duration {
        Duration::from_ns(self.interval.as_ns().saturating_mul(hold_rows))
    }
}

/// The longer of the stated number of intervals and the fewest in which the twin, at its mean rate after the warm-up, is
/// offered the stated number of requests; `u64::MAX` if it is offered none at all.
pub(super) fn hold_rows(settings: &HoldSettings, frame: &Frame, twin: &Counts) -> u64 {
    let offered: u128 =
        twin.offered.iter().skip(frame.first_row() as usize).map(|&count| u128::from(count)).sum();
    let judged_ns = u128::from(frame.duration.saturating_sub(frame.warmup).as_ns());
    let wanted = u128::from(settings.requests) * judged_ns;
    let per_row = offered * u128::from(frame.interval.as_ns());
    let rows_for_requests = match (wanted, per_row) {
        (0, _) => 0,
        (_, 0) => u64::MAX,
        (wanted, per_row) => u64::try_from(wanted.div_ceil(per_row)).unwrap_or(u64::MAX),
    };
    rows_for_requests.max(u64::from(settings.intervals)).max(1)
}

/// The whole rows of the last third of what follows `from`, at most the longer of the stated window and three holds.
pub(super) fn final_window(
    settings: &JudgeSettings,
    frame: &Frame,
    hold_rows: u64,
    from: Time,
) -> Range<u64> {
    let from_ns = from.as_ns().clamp(frame.warmup.as_ns(), frame.duration.as_ns().max(frame.warmup.as_ns()));
    let three_begins_ns = 2 * u128::from(frame.duration.as_ns()) + u128::from(from_ns);
    let begin = three_begins_ns.div_ceil(3 * u128::from(frame.interval.as_ns())) as u64;
    let end = frame.whole_rows();
    let rows_max = (settings.final_window.as_ns() / frame.interval.as_ns()).max(hold_rows.saturating_mul(3));
    begin.max(end.saturating_sub(rows_max)).min(end)..end
}

/// Whether the requests succeed: 0.9 of them, less two standard deviations of a count with that probability.
///
/// `good >= 0.9 offered - 2 sqrt(0.09 offered)`, both sides times ten, squared: no rounding.
pub(super) fn is_healthy(counts: &Counts, rows: &Range<u64>) -> bool {
    let offered = u128::from(sum(&counts.offered, rows));
    let good = u128::from(sum(&counts.good, rows));
    let missing = (9 * offered).saturating_sub(10 * good);
    missing.saturating_mul(missing) <= 36 * offered
}

/// Whether the backlog falls from the first half of the rows to the second by more than both 5 % and 10 attempts.
///
/// Of an odd number of rows the middle one belongs to neither half.
pub(super) fn is_backlog_falling(backlog: &[u128], frame: &Frame, rows: &Range<u64>) -> bool {
    let half_rows = (rows.end - rows.start) / 2;
    let in_rows = |begin: u64| -> u128 { backlog.iter().skip(begin as usize).take(half_rows as usize).sum() };
    let (first, second) = (in_rows(rows.start), in_rows(rows.end - half_rows));
    let fall = first.saturating_sub(second);
    let half_ns = u128::from(frame.interval.as_ns()) * u128::from(half_rows);
    fall.saturating_mul(20) > first && fall > 10 * half_ns
}

/// The sum of a column over rows.
pub(super) fn sum(column: &[u64], rows: &Range<u64>) -> u64 {
    let length = (rows.end - rows.start) as usize;
    column.iter().skip(rows.start as usize).take(length).sum()
}

impl<'a> Windows<'a> {
    pub(super) fn new(frame: Frame, hold_rows: u64, course: &'a WorkloadCourse) -> Self {
        Self {
            frame,
            hold_rows,
            good_before: running_sums(&course.good, frame.whole_rows()),
            twin_good_before: running_sums(&course.twin.good, frame.whole_rows()),
            load_cuts: &course.load_cuts,
        }
    }

    /// What the comparison says over these rows, if anything.
    pub(super) fn ratio(&self, rows: &Range<u64>) -> Option<Ratio> {
        let span = self.frame.span(rows);
        if self.load_cuts.iter().any(|cut| cut.overlaps(&span)) {
            return None;
        }
        let over = |before: &[u64]| before[rows.end as usize] - before[rows.start as usize];
        Ratio::new(over(&self.good_before), over(&self.twin_good_before))
    }

    /// Every hold window inside these rows that says something, in order.
    pub(super) fn inside(&self, rows: Range<u64>) -> impl DoubleEndedIterator<Item = HoldWindow> + '_ {
        let begins = rows.start..(rows.end + 1).saturating_sub(self.hold_rows).max(rows.start);
        begins.filter_map(|begin| {
            let end = begin + self.hold_rows;
            self.ratio(&(begin..end)).map(|ratio| HoldWindow { rows: (begin, end), ratio })
        })
    }

    /// Every hold window that is judged and says something, in order.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = HoldWindow> + '_ {
        let end = self.frame.whole_rows();
        self.inside(self.frame.first_row().min(end)..end)
    }
}

/// Element `i` is the sum of the first `i` rows; rows that are missing count as zero.
fn running_sums(column: &[u64], rows: u64) -> Vec<u64> {
    let padded = column.iter().copied().chain(std::iter::repeat(0)).take(rows as usize);
    let later = padded.scan(0_u64, |total, count| {
        *total += count;
        Some(*total)
    });
    std::iter::once(0).chain(later).collect()
}
