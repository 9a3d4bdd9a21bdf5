//! The columns of what callers report of their policies.

use super::{Cell, Field, Interval};
use crate::mechanism::{Column, circuit_breaker, retry_budget};
use crate::observe::{CircuitBreakerRow, RetryBudgetRow};

/// The columns of `retry_budgets.csv` after the keys.
pub const RETRY_BUDGETS: &[&[Field<RetryBudgetRow>]] =
    &[mechanism_fields! { RetryBudgetRow, retry_budget::COLUMNS, |row, interval|
        "granted" => Cell::Count(row.granted);
        "denied" => Cell::Count(row.denied);
        "clients_exhausted" => Cell::Count(row.exhausted);
        "retries_left" => row.left.map_or(Cell::Empty, Cell::Count);
    }];

/// The columns of `circuit_breakers.csv` after the keys.
pub const CIRCUIT_BREAKERS: &[&[Field<CircuitBreakerRow>]] =
    &[mechanism_fields! { CircuitBreakerRow, circuit_breaker::COLUMNS, |row, interval|
        "rejected_open" => Cell::Count(row.rejected_open);
        "rejected_half_open" => Cell::Count(row.rejected_half_open);
        "opened" => Cell::Count(row.opened);
        "half_opened" => Cell::Count(row.half_opened);
        "closed" => Cell::Count(row.closed);
        "open" => Cell::Count(row.open.last);
        "open_mean" => Cell::mean(&row.open, interval);
        "half_open" => Cell::Count(row.half_open.last);
        "breakers" => {
            let _ = row;
            interval.threads.map_or(Cell::Empty, Cell::Count)
        };
    }];
