//! The columns of what locks report.

use super::{Cell, Field, Interval};
use crate::mechanism::{Column, lock};
use crate::observe::LockRow;

/// The columns of `locks.csv` after the keys.
pub const LOCKS: &[&[Field<LockRow>]] = &[mechanism_fields! { LockRow, lock::COLUMNS, |row, interval|
    "acquired" => Cell::Count(row.acquired);
    "contended" => Cell::Count(row.contended);
    "contended_ratio" => Cell::Quotient { numerator: row.contended.into(), denominator: row.acquired.into() };
    "timed_out" => Cell::Count(row.timed_out);
    "left" => Cell::Count(row.left);
    "wait_mean_s" => Cell::average(&row.wait);
    "wait_p50_s" => Cell::quantile(&row.wait, row.wait.p50_ns);
    "wait_p99_s" => Cell::quantile(&row.wait, row.wait.p99_ns);
    "wait_max_s" => Cell::quantile(&row.wait, row.wait.max_ns);
    "hold_mean_s" => Cell::average(&row.hold);
    "hold_p50_s" => Cell::quantile(&row.hold, row.hold.p50_ns);
    "hold_p99_s" => Cell::quantile(&row.hold, row.hold.p99_ns);
    "hold_max_s" => Cell::quantile(&row.hold, row.hold.max_ns);
    "waiting" => Cell::Count(row.waiting.last);
    "waiting_mean" => Cell::mean(&row.waiting, interval);
    "waiting_max" => Cell::Count(row.waiting.max);
    "holding_mean" => Cell::mean(&row.holding, interval);
}];
