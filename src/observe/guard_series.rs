//! What policies report of one edge, interval by interval.

use super::Gauge;
use crate::mechanism::outlier_detection::Cause;

/// What the policies of all edges report: of each mechanism the edges that have it, by caller, target and policy.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GuardSeries {
    /// Retries granted and denied.
    pub retry_budgets: Vec<PolicySeries<RetryBudgetRow>>,
    /// Who was refused by circuit breakers, and how these stand.
    pub circuit_breakers: Vec<PolicySeries<CircuitBreakerRow>>,
    /// Who is inside bulkheads, and who waits for that.
    pub bulkheads: Vec<PolicySeries<BulkheadRow>>,
    /// Calls that their own client turned away.
    pub adaptive_throttles: Vec<PolicySeries<AdaptiveThrottleRow>>,
    /// Who had a permit, and who waited for one.
    pub rate_limits: Vec<PolicySeries<RateLimitRow>>,
    /// Who has connections, who waits for one, and how they come and go.
    pub pools: Vec<PolicySeries<PoolRow>>,
    /// Instances that clients left out.
    pub outlier_detection: Vec<PolicySeries<OutlierDetectionRow>>,
    /// Copies of attempts.
    pub hedges: Vec<PolicySeries<HedgeRow>>,
}

/// One mechanism on one edge.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicySeries<R> {
    /// Which edge, as a position in [`Run::edges`](super::Run::edges).
    pub edge: usize,
    /// One per interval.
    pub rows: Vec<R>,
}

impl<R> PolicySeries<R> {
    /// Among these that of one edge, if it has the mechanism.
    pub fn of(series: &[Self], edge: usize) -> Option<&Self> {
        series.iter().find(|series| series.edge == edge)
    }
}

/// One interval of the retry budgets of an edge.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RetryBudgetRow {
    /// Retries that were granted.
    pub granted: u64,
    /// Retries that were denied.
    pub denied: u64,
    /// Budgets that would deny a retry at the end of the interval.
    pub exhausted: u64,
    /// Retries that the budgets would grant at the end of the interval; `None`: there is no such number.
    pub left: Option<u64>,
}

/// One interval of the circuit breakers of an edge.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CircuitBreakerRow {
    /// What was refused by an open breaker.
    pub rejected_open: u64,
    /// What was refused by a half-open one.
    pub rejected_half_open: u64,
    /// How often one opened.
    pub opened: u64,
    /// How often one let a first probe through.
    pub half_opened: u64,
    /// How often one closed.
    pub closed: u64,
    /// Breakers that are open.
    pub open: Gauge,
    /// Breakers that are half-open.
    pub half_open: Gauge,
    /// How many breakers there are; 0 if another edge tells of them.
    pub breakers: u64,
}

/// One interval of the bulkheads of an edge.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BulkheadRow {
    /// Attempts that got a place.
    pub entered: u64,
    /// Attempts that found neither a place nor room to wait.
    pub rejected_full: u64,
    /// Attempts that waited in vain.
    pub rejected_timeout: u64,
    /// Places taken.
    pub in_use: Gauge,
    /// Attempts that wait for a place.
    pub waiting: Gauge,
    /// Places taken for attempts that their callers gave up.
    pub abandoned: Gauge,
}

/// One interval of the adaptive throttles of an edge.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AdaptiveThrottleRow {
    /// Calls that were let through.
    pub passed: u64,
    /// Calls that were rejected.
    pub rejected: u64,
    /// The sum of the probabilities of a rejection at the end, in billionths.
    pub probability_sum: u64,
    /// The largest of them.
    pub probability_max: u64,
    /// How many throttles there are.
    pub throttles: u32,
}

/// One interval of the connection pools of an edge.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PoolRow {
    /// Attempts that got a connection.
    pub acquired: u64,
    /// How long they waited for it, together.
    pub waited_ns: u128,
    /// Attempts that might not wait.
    pub rejected_full: u64,
    /// Attempts that waited in vain.
    pub rejected_timeout: u64,
    /// Attempts that wait.
    pub waiting: Gauge,
    /// Connections that are taken.
    pub in_use: Gauge,
    /// Connections that nobody uses.
    pub idle: Gauge,
    /// Connections that are being opened.
    pub connecting: Gauge,
    /// Connections that were opened.
    pub opened: u64,
    /// Tries to open one that failed.
    pub connect_failures: u64,
    /// Connections that were too old.
    pub closed_expired: u64,
    /// Connections that nobody had used for too long.
    pub closed_unused: u64,
    /// Connections whose caller gave up.
    pub closed_abandoned: u64,
    /// Connections that were found dead.
    pub closed_broken: u64,
}

/// One interval of the rate limits of an edge.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RateLimitRow {
    /// Calls or attempts that went on with a permit.
    pub passed: u64,
    /// Of these, those that waited for it.
    pub waited: u64,
    /// How long these had waited together, in nanoseconds.
    pub waited_ns: u128,
    /// Calls or attempts that were rejected, at once or after waiting in vain.
    pub rejected: u64,
    /// Those whose call was over before they had waited long enough.
    pub left: u64,
    /// Calls or attempts that wait.
    pub waiting: Gauge,
}

/// One interval of the hedging of an edge.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HedgeRow {
    /// Attempts, with all their copies as one.
    pub attempts: u64,
    /// Copies beyond the first.
    pub hedges: u64,
    /// Of these, those whose success ended the call.
    pub won: u64,
    /// Copies that would have been too much extra load.
    pub denied_extra_load: u64,
    /// Copies that the retry budget denied.
    pub denied_budget: u64,
    /// Copies that were under way when another one succeeded.
    pub overtaken: u64,
    /// Copies that a tied one took away.
    pub untied: u64,
    /// The delays of all clients at the end of the interval, together.
    pub delay_sum_ns: u128,
    /// How many clients have a delay.
    pub clients: u64,
}

/// One interval of the outlier detection of an edge.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OutlierDetectionRow {
    /// Ejections, by [`Cause`].
    pub ejected: [u64; Cause::COUNT],
    /// Ejections that did not take place since too many instances were ejected.
    pub overflowed: u64,
    /// Ejections that did not take place since their rule was not enforced.
    pub not_enforced: u64,
    /// Ejections that ended.
    pub returned: u64,
    /// Pairs of a client and an instance that is ejected for it.
    pub hosts_ejected: Gauge,
    /// How many pairs there are; 0 if another edge tells of them.
    pub hosts: u64,
    /// Clients that use all instances since too few are left.
    pub panicking: Gauge,
    /// Attempts that they sent.
    pub attempts_in_panic: u64,
    /// Attempts that were not sent since all instances were ejected.
    pub rejected_no_host: u64,
}

impl OutlierDetectionRow {
    /// Ejections by some rules.
    pub fn ejected_by(&self, causes: &[Cause]) -> u64 {
        causes.iter().map(|cause| self.ejected[*cause as usize]).sum()
    }
}
