//! The columns of what callers report of their policies.

use super::{Cell, Field, Interval};
use crate::mechanism::outlier_detection::{self, Cause};
use crate::mechanism::{
    Column, adaptive_throttle, bulkhead, circuit_breaker, connection_pool, hedge, rate_limit, retry_budget,
};
use crate::observe::{
    AdaptiveThrottleRow, BulkheadRow, CircuitBreakerRow, HedgeRow, OutlierDetectionRow, PoolRow,
    RateLimitRow, RetryBudgetRow,
};

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
        "breakers" => Cell::Count(row.breakers);
    }];

/// The columns of `bulkheads.csv` after the keys.
pub const BULKHEADS: &[&[Field<BulkheadRow>]] =
    &[mechanism_fields! { BulkheadRow, bulkhead::COLUMNS, |row, interval|
        "entered" => Cell::Count(row.entered);
        "rejected_full" => Cell::Count(row.rejected_full);
        "rejected_timeout" => Cell::Count(row.rejected_timeout);
        "in_use" => Cell::Count(row.in_use.last);
        "in_use_mean" => Cell::mean(&row.in_use, interval);
        "in_use_max" => Cell::Count(row.in_use.max);
        "waiting" => Cell::Count(row.waiting.last);
        "waiting_mean" => Cell::mean(&row.waiting, interval);
        "waiting_max" => Cell::Count(row.waiting.max);
        "held_by_abandoned" => Cell::Count(row.abandoned.last);
    }];

/// The columns of `pools.csv` after the keys.
pub const POOLS: &[&[Field<PoolRow>]] =
    &[mechanism_fields! { PoolRow, connection_pool::COLUMNS, |row, interval|
        "acquired" => Cell::Count(row.acquired);
        "acquire_wait_mean_s" => Cell::Quotient {
            numerator: row.waited_ns,
            denominator: u128::from(row.acquired) * 1_000_000_000,
        };
        "rejected_full" => Cell::Count(row.rejected_full);
        "rejected_timeout" => Cell::Count(row.rejected_timeout);
        "waiting" => Cell::Count(row.waiting.last);
        "waiting_mean" => Cell::mean(&row.waiting, interval);
        "waiting_max" => Cell::Count(row.waiting.max);
        "in_use" => Cell::Count(row.in_use.last);
        "in_use_mean" => Cell::mean(&row.in_use, interval);
        "in_use_max" => Cell::Count(row.in_use.max);
        "idle" => Cell::Count(row.idle.last);
        "connecting" => Cell::Count(row.connecting.last);
        "connecting_max" => Cell::Count(row.connecting.max);
        "opened" => Cell::Count(row.opened);
        "connect_failures" => Cell::Count(row.connect_failures);
        "closed_expired" => Cell::Count(row.closed_expired);
        "closed_unused" => Cell::Count(row.closed_unused);
        "closed_abandoned" => Cell::Count(row.closed_abandoned);
        "closed_broken" => Cell::Count(row.closed_broken);
    }];

/// The columns of `adaptive_throttles.csv` after the keys.
pub const ADAPTIVE_THROTTLES: &[&[Field<AdaptiveThrottleRow>]] =
    &[mechanism_fields! { AdaptiveThrottleRow, adaptive_throttle::COLUMNS, |row, interval|
        "passed" => Cell::Count(row.passed);
        "rejected" => Cell::Count(row.rejected);
        "rejection_probability_mean" => Cell::Quotient {
            numerator: u128::from(row.probability_sum),
            denominator: u128::from(row.throttles) * 1_000_000_000,
        };
        "rejection_probability_max" => Cell::Quotient {
            numerator: u128::from(row.probability_max),
            denominator: 1_000_000_000,
        };
    }];

/// The columns of `hedges.csv` after the keys.
pub const HEDGES: &[&[Field<HedgeRow>]] = &[mechanism_fields! { HedgeRow, hedge::COLUMNS, |row, interval|
    "attempts" => Cell::Count(row.attempts);
    "hedges" => Cell::Count(row.hedges);
    "won" => Cell::Count(row.won);
    "denied_extra_load" => Cell::Count(row.denied_extra_load);
    "denied_budget" => Cell::Count(row.denied_budget);
    "overtaken" => Cell::Count(row.overtaken);
    "untied" => Cell::Count(row.untied);
    "delay_mean_s" => Cell::Quotient {
        numerator: row.delay_sum_ns,
        denominator: u128::from(row.clients) * 1_000_000_000,
    };
}];

/// The columns of `rate_limits.csv` after the keys.
pub const RATE_LIMITS: &[&[Field<RateLimitRow>]] =
    &[mechanism_fields! { RateLimitRow, rate_limit::COLUMNS, |row, interval|
        "passed" => Cell::Count(row.passed);
        "waited" => Cell::Count(row.waited);
        "rejected" => Cell::Count(row.rejected);
        "left" => Cell::Count(row.left);
        "wait_mean_s" => Cell::Quotient {
            numerator: row.waited_ns,
            denominator: u128::from(row.passed) * 1_000_000_000,
        };
        "waiting" => Cell::Count(row.waiting.last);
        "waiting_mean" => Cell::mean(&row.waiting, interval);
        "waiting_max" => Cell::Count(row.waiting.max);
    }];

/// The columns of `outlier_detection.csv` after the keys.
pub const OUTLIER_DETECTION: &[&[Field<OutlierDetectionRow>]] = &[
    mechanism_fields! { OutlierDetectionRow, outlier_detection::COLUMNS, |row, interval|
        "ejected_consecutive_5xx" => Cell::Count(row.ejected_by(&[Cause::Consecutive5xx]));
        "ejected_consecutive_gateway_failure" => Cell::Count(row.ejected_by(&[Cause::ConsecutiveGatewayFailure]));
        "ejected_consecutive_local_origin_failure" =>
            Cell::Count(row.ejected_by(&[Cause::ConsecutiveLocalOriginFailure]));
        "ejected_success_rate" =>
            Cell::Count(row.ejected_by(&[Cause::SuccessRate, Cause::LocalOriginSuccessRate]));
        "ejected_failure_percentage" =>
            Cell::Count(row.ejected_by(&[Cause::FailurePercentage, Cause::FailurePercentageLocalOrigin]));
        "ejected_slow" => Cell::Count(row.ejected_by(&[Cause::Slow]));
        "overflowed" => Cell::Count(row.overflowed);
        "not_enforced" => Cell::Count(row.not_enforced);
        "returned" => Cell::Count(row.returned);
        "hosts_ejected" => Cell::Count(row.hosts_ejected.last);
        "hosts_ejected_mean" => Cell::mean(&row.hosts_ejected, interval);
        "hosts_ejected_max" => Cell::Count(row.hosts_ejected.max);
        "hosts" => Cell::Count(row.hosts);
        "panicking" => Cell::Count(row.panicking.last);
        "attempts_in_panic" => Cell::Count(row.attempts_in_panic);
        "rejected_no_host" => Cell::Count(row.rejected_no_host);
    },
];
