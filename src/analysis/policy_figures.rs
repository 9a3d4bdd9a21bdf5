//! The figures of what policies granted, denied and rejected.

use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::Stretch;
use crate::observe::{EdgeSeries, HedgeRow, PolicySeries, Run};

/// An edge whose policy has a retry budget, a circuit breaker, a bulkhead, outlier detection, a pool, an adaptive throttle, a rate limit or hedging.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PolicyFigures {
    /// The workload or service that calls.
    pub caller: String,
    /// The service that is called.
    pub target: String,
    /// The policy under which it is called.
    pub policy: String,
    /// Retries that its budget granted and denied; null without one.
    pub retries: Option<RetryFigures>,
    /// Copies of its attempts; null without hedging.
    pub hedges: Option<HedgeFigures>,
    /// What ended with `local_reject`, by what rejected it: `circuit_breaker`, `bulkhead`, `outlier_detection` (where nobody is left), `pool`, `adaptive_throttle`, `rate_limit`. Causes that the policy does not have are left out.
    pub rejected: BTreeMap<&'static str, u64>,
    /// All of these / calls that began; null if there was no call, or nothing that rejects.
    pub rejected_ratio: Option<f64>,
    /// Time average of its circuit breakers that are open / all of them; null without any.
    pub breakers_open_ratio: Option<f64>,
    /// Time average of the instances that its clients eject / all of them, for all of its clients; null without outlier detection.
    pub hosts_ejected_ratio: Option<f64>,
}

/// What hedging did.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct HedgeFigures {
    /// Copies beyond the first of an attempt.
    pub sent: u64,
    /// Of these, those whose success ended the call.
    pub won: u64,
    /// Copies that were not sent since they would have been too much extra load, or a retry budget denied them.
    pub denied: u64,
    /// Copies beyond the first / attempts; null if there was no attempt.
    pub extra_load: Option<f64>,
}

/// What a retry budget decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct RetryFigures {
    /// Retries that were granted.
    pub granted: u64,
    /// Retries that were denied.
    pub denied: u64,
}

impl HedgeFigures {
    fn new(rows: &[HedgeRow]) -> Self {
        let sum = |count: fn(&HedgeRow) -> u64| rows.iter().map(count).sum::<u64>();
        let (attempts, sent) = (sum(|row| row.attempts), sum(|row| row.hedges));
        Self {
            sent,
            won: sum(|row| row.won),
            denied: sum(|row| row.denied_extra_load + row.denied_budget),
            extra_load: (attempts > 0).then(|| sent as f64 / attempts as f64),
        }
    }
}

impl PolicyFigures {
    /// Of every edge that has something to tell.
    pub(super) fn of(run: &Run, stretch: Stretch) -> Vec<Self> {
        let figures = run.edges.iter().enumerate().map(|(index, edge)| Self::new(run, index, edge, stretch));
        figures
            .filter(|figures| {
                figures.retries.is_some() || figures.hedges.is_some() || !figures.rejected.is_empty()
            })
            .collect()
    }

    fn new(run: &Run, index: usize, edge: &EdgeSeries, stretch: Stretch) -> Self {
        let budget = PolicySeries::of(&run.guards.retry_budgets, index);
        let breaker = PolicySeries::of(&run.guards.circuit_breakers, index);
        let bulkhead = PolicySeries::of(&run.guards.bulkheads, index);
        let throttle = PolicySeries::of(&run.guards.adaptive_throttles, index);
        let pool = PolicySeries::of(&run.guards.pools, index);
        let outliers = PolicySeries::of(&run.guards.outlier_detection, index);
        let mut rejected = BTreeMap::new();
        if let Some(series) = breaker {
            let rows = stretch.rows(&series.rows);
            rejected.insert(
                "circuit_breaker",
                rows.iter().map(|it| it.rejected_open + it.rejected_half_open).sum(),
            );
        }
        if let Some(series) = bulkhead {
            let rows = stretch.rows(&series.rows);
            rejected.insert("bulkhead", rows.iter().map(|it| it.rejected_full + it.rejected_timeout).sum());
        }
        if let Some(series) = pool {
            let rows = stretch.rows(&series.rows);
            rejected.insert("pool", rows.iter().map(|it| it.rejected_full + it.rejected_timeout).sum());
        }
        if let Some(series) = outliers {
            let rows = stretch.rows(&series.rows);
            rejected.insert("outlier_detection", rows.iter().map(|it| it.rejected_no_host).sum());
        }
        if let Some(series) = throttle {
            rejected
                .insert("adaptive_throttle", stretch.rows(&series.rows).iter().map(|it| it.rejected).sum());
        }
        if let Some(series) = PolicySeries::of(&run.guards.rate_limits, index) {
            rejected.insert("rate_limit", stretch.rows(&series.rows).iter().map(|it| it.rejected).sum());
        }
        let calls: u64 = stretch.rows(&edge.rows).iter().map(|row| row.calls).sum();
        let all: u64 = rejected.values().sum();
        let share = |level: u128, count: u64| {
            let whole = u128::from(stretch.length().as_ns()) * u128::from(count);
            (whole > 0).then(|| level as f64 / whole as f64)
        };
        let breakers_open_ratio = breaker.and_then(|series| {
            let rows = stretch.rows(&series.rows);
            let open = rows.iter().map(|row| row.open.integral).sum();
            share(open, rows.first().map_or(0, |row| row.breakers))
        });
        let hosts_ejected_ratio = outliers.and_then(|series| {
            let rows = stretch.rows(&series.rows);
            let ejected = rows.iter().map(|row| row.hosts_ejected.integral).sum();
            share(ejected, rows.first().map_or(0, |row| row.hosts))
        });
        Self {
            caller: edge.caller.clone(),
            target: edge.target.clone(),
            policy: edge.policy.clone(),
            retries: budget.map(|series| {
                let rows = stretch.rows(&series.rows);
                RetryFigures {
                    granted: rows.iter().map(|row| row.granted).sum(),
                    denied: rows.iter().map(|row| row.denied).sum(),
                }
            }),
            hedges: PolicySeries::of(&run.guards.hedges, index)
                .map(|series| HedgeFigures::new(stretch.rows(&series.rows))),
            rejected_ratio: (calls > 0 && !rejected.is_empty()).then(|| all as f64 / calls as f64),
            rejected,
            breakers_open_ratio,
            hosts_ejected_ratio,
        }
    }
}
