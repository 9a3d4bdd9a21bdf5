//! The rules that compare instances.

use super::host::{BILLION, Bucket, Host, Tally};
use super::state::{Slow, Volume};
use super::{Cause, OutlierDetection, OutlierDetectionState, Verdict};
use crate::kernel::Time;
use crate::kernel::random::Draws;

impl OutlierDetection {
    /// Whoever is too many standard deviations below the mean. Exact: rates in billionths, and no root, since x > f·√v is the same as x² > f²·v.
    pub(super) fn judge_success_rates(
        &self,
        state: &mut OutlierDetectionState,
        now: Time,
        cause: Cause,
        tally: impl Fn(&Bucket) -> Tally,
        draws: &impl Fn(u64) -> Draws,
        tell: &mut impl FnMut(Verdict),
    ) {
        let rate_of = |host: &Host| {
            let tally = host.volume(&tally, self.success_rate)?;
            Some(u128::from(tally.success_rate()))
        };
        let (mut count, mut sum, mut squares) = (0_u128, 0_u128, 0_u128);
        for rate in state.hosts.iter().filter_map(rate_of) {
            (count, sum, squares) = (count + 1, sum + rate, squares + rate * rate);
        }
        if count < u128::from(self.success_rate.hosts) {
            return;
        }
        // Both sides times the number of instances, squared: the variance is count·Σr² - (Σr)², the distance Σr - count·r.
        let variance = count * squares - sum * sum;
        let bound = (u128::from(self.stdev_factor) * u128::from(self.stdev_factor)).saturating_mul(variance);
        for host in 0..state.hosts.len() {
            let Some(rate) = rate_of(&state.hosts[host]) else { continue };
            let Some(below) = sum.checked_sub(count * rate) else { continue };
            if below * below * 1_000_000 > bound && state.hosts[host].ejected_at.is_none() {
                self.decide(state, now, host, cause, draws, tell);
            }
        }
    }

    /// Whoever fails too often, whatever the others do.
    pub(super) fn judge_failure_percentages(
        &self,
        state: &mut OutlierDetectionState,
        now: Time,
        cause: Cause,
        tally: impl Fn(&Bucket) -> Tally,
        draws: &impl Fn(u64) -> Draws,
        tell: &mut impl FnMut(Verdict),
    ) {
        let tally_of = |host: &Host| host.volume(&tally, self.failure_percentage);
        if (state.hosts.iter().filter_map(tally_of).count() as u64) < self.failure_percentage.hosts {
            return;
        }
        for host in 0..state.hosts.len() {
            let Some(Tally { total, successes }) = tally_of(&state.hosts[host]) else { continue };
            let failures = u128::from(total - successes) * u128::from(BILLION);
            let is_too_high = failures >= u128::from(self.failure_threshold) * u128::from(total);
            if is_too_high && state.hosts[host].ejected_at.is_none() {
                self.decide(state, now, host, cause, draws, tell);
            }
        }
    }

    /// Whoever is slower than the lower median of the others by too large a factor.
    pub(super) fn judge_latencies(
        &self,
        state: &mut OutlierDetectionState,
        now: Time,
        Slow { volume: Volume { hosts, requests }, factor }: Slow,
        draws: &impl Fn(u64) -> Draws,
        tell: &mut impl FnMut(Verdict),
    ) {
        let latency_of = |host: &Host| {
            let waits = host.previous.waits;
            (host.is_judged && waits.attempts >= requests).then(|| waits.latency())
        };
        let mut sorted = std::mem::take(&mut state.latencies);
        sorted.clear();
        sorted.extend(state.hosts.iter().filter_map(latency_of));
        if sorted.len() >= 2 && sorted.len() as u64 >= hosts {
            sorted.sort_unstable();
            // Without the instance itself: those that are slow lie behind the middle of the others, so that taking one of them out does not move it.
            let median = sorted[(sorted.len() - 2) / 2];
            for host in 0..state.hosts.len() {
                let Some(latency) = latency_of(&state.hosts[host]) else { continue };
                let is_slow = u128::from(latency) * 1000 > u128::from(factor) * u128::from(median);
                if is_slow && state.hosts[host].ejected_at.is_none() {
                    self.decide(state, now, host, Cause::Slow, draws, tell);
                }
            }
        }
        state.latencies = sorted;
    }
}
