//! What summaries say of locks.

use serde::Serialize;

use super::figures::{Spread, Stretch, per_second, ratio};
use crate::observe::{LockRow, LockSeries};

/// A lock, with all its keys or instances.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LockFigures {
    /// The name in the model.
    pub name: String,
    /// Attempts that got it.
    pub acquired: u64,
    /// Of these, those that had to wait.
    pub contended: u64,
    /// Attempts that waited in vain, as long as they may.
    pub timed_out: u64,
    /// Attempts that left the line for another reason.
    pub left: u64,
    /// Attempts that got it, per second.
    pub acquired_per_s: f64,
    /// `contended` as a share of `acquired`, if there were any.
    pub contended_ratio: Option<f64>,
    /// Time average of those that wait.
    pub waiting_mean: f64,
    /// Most that waited at once.
    pub waiting_max: u64,
    /// How long those had waited that got it.
    pub wait: Spread,
    /// How long those had it that gave it back.
    pub hold: Spread,
}

impl LockFigures {
    pub(super) fn new(series: &LockSeries, stretch: Stretch) -> Self {
        let (rows, span) = (stretch.rows(&series.rows), stretch.length());
        let sum = |of: fn(&LockRow) -> u64| rows.iter().map(of).sum::<u64>();
        let waiting = rows.iter().map(|row| row.waiting.integral).sum::<u128>();
        let (acquired, contended) = (sum(|row| row.acquired), sum(|row| row.contended));
        Self {
            name: series.name.clone(),
            acquired,
            contended,
            timed_out: sum(|row| row.timed_out),
            left: sum(|row| row.left),
            acquired_per_s: per_second(acquired, span),
            contended_ratio: ratio(contended, acquired),
            waiting_mean: if span.is_zero() { 0.0 } else { waiting as f64 / span.as_ns() as f64 },
            waiting_max: rows.iter().map(|row| row.waiting.max).max().unwrap_or(0),
            wait: stretch.spread(&series.wait),
            hold: stretch.spread(&series.hold),
        }
    }
}
